// Two requests of Kafka's protocol by hand, so that a bench measures the broker and not a client.
import { connect } from 'node:net';

const FETCH = 1;
const LIST_OFFSETS = 2;

/** One connection, one request at a time. */
export async function rawConnection(address) {
  const [host, port] = address.split(':');
  const socket = connect(Number(port), host);
  socket.setNoDelay(true);
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  let received = Buffer.alloc(0);
  let answered;
  socket.on('data', (chunk) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    if (received.length < 4 || received.length < 4 + received.readInt32BE(0)) return;
    const answer = received;
    received = Buffer.alloc(0);
    answered(answer);
  });
  const send = (apiKey, apiVersion, body) =>
    new Promise((resolve) => {
      answered = resolve;
      const header = Buffer.alloc(14);
      header.writeInt32BE(10 + body.length, 0);
      header.writeInt16BE(apiKey, 4);
      header.writeInt16BE(apiVersion, 6);
      header.writeInt16BE(-1, 12);
      socket.write(Buffer.concat([header, body]));
    });
  return {
    /** The first record at or after `timestamp`: its offset. */
    async offsetOf(topic, timestamp) {
      const answer = await send(LIST_OFFSETS, 1, partition(topic, [int32(-1)], [int64(timestamp)]));
      return Number(answer.readBigInt64BE(answer.length - 8));
    },
    /** The batch that holds `offset`; the bytes of the answer. */
    async fetch(topic, offset) {
      const before = [int32(-1), int32(0), int32(1), int32(1024 * 1024), Buffer.from([0])];
      const answer = await send(FETCH, 4, partition(topic, before, [int64(offset), int32(1)]));
      return answer.length;
    },
    close: () => socket.destroy(),
  };
}

/** A request about partition 0 of one topic. */
function partition(topic, before, after) {
  const name = Buffer.from(topic);
  return Buffer.concat([
    ...before,
    int32(1),
    int16(name.length),
    name,
    int32(1),
    int32(0),
    ...after,
  ]);
}

function int16(value) {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function int64(value) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes;
}
