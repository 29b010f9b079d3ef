// A client that writes one small record every 20 ms, in a process of its own: how long it waits at most.
//   probe.mjs PORT: a frame to send comes as the first message, in base64; 'reset' and 'ask' come after it.
import { connect } from 'node:net';

const EVERY_MS = 20;
const port = Number(process.argv[2]);
let frame;
let socket;
let sentAt;
let worstMs = 0;
let tickAt = 0;
let lateMs = 0;

function open() {
  socket = connect(port, '127.0.0.1');
  socket.setNoDelay(true);
  let left = 4;
  let head = [];
  socket.on('data', (chunk) => {
    for (let at = 0; at < chunk.length; ) {
      if (head.length < 4) {
        head.push(chunk[at++]);
        if (head.length === 4) left = Buffer.from(head).readInt32BE(0);
        continue;
      }
      const count = Math.min(left, chunk.length - at);
      at += count;
      left -= count;
      if (left > 0) continue;
      head = [];
      worstMs = Math.max(worstMs, performance.now() - sentAt);
      sentAt = undefined;
    }
  });
  socket.on('error', () => undefined);
  // The broker has gone, or comes back: whatever waits goes on waiting.
  socket.on('close', () => setTimeout(open, 50));
  if (sentAt !== undefined) socket.once('connect', () => socket.write(frame));
}

process.on('message', (message) => {
  if (message === 'ask') {
    const waitingMs = sentAt === undefined ? 0 : performance.now() - sentAt;
    process.send({ worstMs: Math.max(worstMs, waitingMs), waitingMs, lateMs });
  } else if (message === 'reset') {
    worstMs = 0;
    lateMs = 0;
    process.send('reset');
  } else {
    frame = Buffer.from(message, 'base64');
    open();
    tickAt = performance.now();
    setInterval(() => {
      const now = performance.now();
      // How late this process itself is run: what the machine adds.
      lateMs = Math.max(lateMs, now - tickAt - EVERY_MS);
      tickAt = now;
      if (sentAt !== undefined || socket.connecting) return;
      sentAt = now;
      socket.write(frame);
    }, EVERY_MS);
  }
});
process.on('disconnect', () => process.exit());
