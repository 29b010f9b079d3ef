// Loaded into the broker under measurement (`node --import`): answers its heap and the longest time the
// event loop was blocked, asked for over HTTP.
import { readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 2;
const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
delays.enable();

const answers = {
  /** The longest block since the last question, in ms. */
  block() {
    const longestMs = Math.max(0, delays.max / 1e6 - RESOLUTION_MS);
    delays.reset();
    return longestMs;
  },
  /** Bytes that are still reachable. */
  memory() {
    // Twice: what finalizers free in the first goes in the second.
    globalThis.gc();
    globalThis.gc();
    return process.memoryUsage();
  },
  /** Descriptors, sockets included. */
  openFiles() {
    return readdirSync('/proc/self/fd').length;
  },
};

const server = createServer((request, response) => {
  response.end(JSON.stringify(answers[request.url.slice(1)]()));
});
server.listen(Number(process.env.SLUICE_PROBE_PORT), '127.0.0.1');
server.unref();
