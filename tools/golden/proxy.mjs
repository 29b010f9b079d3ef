// A TCP proxy between a Kafka client and a broker that hands every whole frame to a listener. It reads no more of
// a frame than key, version and correlation id, so that what it records owes nothing to our codec.
import { connect, createServer } from 'node:net';

/** Cuts a stream into frames (without their 4 length bytes) and passes them to `onFrame`. */
function frames(onFrame) {
  let pending = Buffer.alloc(0);
  return (chunk) => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= 4 && pending.length >= 4 + pending.readInt32BE(0)) {
      const end = 4 + pending.readInt32BE(0);
      onFrame(Buffer.from(pending.subarray(4, end)));
      pending = pending.subarray(end);
    }
  };
}

/**
 * Listens on `port` of the loopback address and forwards to `target`. `onExchange` gets
 * `{ apiKey, version, clientId, type, frame }` for every request and for every response to one.
 */
export async function startProxy({ port, target, onExchange }) {
  const sockets = new Set();
  const server = createServer((client) => {
    const broker = connect(target, '127.0.0.1');
    const waiting = new Map();
    const onRequest = frames((frame) => {
      const apiKey = frame.readInt16BE(0);
      const version = frame.readInt16BE(2);
      const length = frame.length >= 10 ? frame.readInt16BE(8) : -1;
      const clientId = length < 0 ? null : frame.toString('utf8', 10, 10 + length);
      const exchange = { apiKey, version, clientId };
      waiting.set(frame.readInt32BE(4), exchange);
      onExchange({ ...exchange, type: 'request', frame });
    });
    const onResponse = frames((frame) => {
      const exchange = waiting.get(frame.readInt32BE(0));
      waiting.delete(frame.readInt32BE(0));
      if (exchange !== undefined) onExchange({ ...exchange, type: 'response', frame });
    });
    for (const [from, to, listen] of [
      [client, broker, onRequest],
      [broker, client, onResponse],
    ]) {
      sockets.add(from);
      from.on('data', (chunk) => {
        listen(chunk);
        to.write(chunk);
      });
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
