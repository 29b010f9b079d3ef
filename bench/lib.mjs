// What the benches share: a broker process of their own, its CPU and memory, and the C load.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const LOAD_SOURCE = 'bench/librdkafka/load.c';
const LOAD = 'build/bench/load';
const TICKS_PER_SECOND = 100;

export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** ApiVersions v0 without a client id, its length before it. */
const API_VERSIONS = Buffer.from('0000000a0012000000000001ffff', 'hex');

/** Resolves with the time, in ms, until `port` answers ApiVersions: a port may be bound long before. */
async function untilAccepting(port, child, timeoutMs = 30_000) {
  const start = performance.now();
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the broker ended with ${child.exitCode}`);
    const open = await new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => socket.write(API_VERSIONS));
      socket.once('data', () => {
        resolve(true);
        socket.destroy();
      });
      socket.once('error', () => resolve(false)).once('close', () => resolve(false));
    });
    if (open) return performance.now() - start;
    if (performance.now() - start > timeoutMs) throw new Error('the broker does not accept');
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/**
 * Starts a broker on a fresh folder, or on `folder`; `stop` ends it and removes the fresh one. With
 * `probe` it can be asked for its heap and its longest block (bench/probe.mjs); with `diskMB` its disk
 * syncs so many megabytes a second (bench/slow-disk.mjs); `nodeFlags` are for its Node.
 */
export async function startBroker({
  overrides = {},
  folder,
  probe = false,
  diskMB,
  timeoutMs,
  nodeFlags = [],
} = {}) {
  const port = await freePort();
  const data = folder ?? mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  const settings = {
    listeners: `PLAINTEXT://127.0.0.1:${port}`,
    'log.dirs': data,
    'http.listeners': '',
    ...overrides,
  };
  const args = Object.entries(settings).flatMap(([key, value]) => [
    '--override',
    `${key}=${value}`,
  ]);
  const probePort = probe ? await freePort() : 0;
  const nodeArgs = probe ? ['--expose-gc', '--import', './bench/probe.mjs'] : [];
  nodeArgs.push(...nodeFlags);
  if (diskMB) nodeArgs.push('--import', './bench/slow-disk.mjs');
  const child = spawn(process.execPath, [...nodeArgs, 'bin/sluice', 'server', ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      SLUICE_PROBE_PORT: String(probePort),
      SLUICE_DISK_MB_PER_SECOND: String(diskMB ?? 0),
    },
  });
  const end = () => child.kill('SIGKILL');
  process.once('exit', end);
  child.once('exit', () => process.off('exit', end));
  const acceptedMs = await untilAccepting(port, child, timeoutMs);
  return {
    pid: child.pid,
    /** How it ended, undefined while it runs. */
    get ended() {
      return child.signalCode ?? child.exitCode ?? undefined;
    },
    async ask(question) {
      const answer = await fetch(`http://127.0.0.1:${probePort}/${question}`);
      return answer.json();
    },
    address: `127.0.0.1:${port}`,
    acceptedMs,
    folder: data,
    /** User and system time so far, in seconds. */
    cpuSeconds() {
      const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1].split(' ');
      return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
    },
    residentMegabytes() {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      return Number(/VmRSS:\s+(\d+)/.exec(status)[1]) / 1024;
    },
    /** `SIGKILL` for a crash; how long it took, in ms. */
    async stop(signal = 'SIGTERM') {
      const start = performance.now();
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill(signal);
      await ended;
      const tookMs = performance.now() - start;
      if (!folder) rmSync(data, { recursive: true, force: true });
      return tookMs;
    },
  };
}

/** Compiles the C load when it is missing or older than its source. */
export function buildLoad() {
  const isFresh = existsSync(LOAD) && statSync(LOAD).mtimeMs > statSync(LOAD_SOURCE).mtimeMs;
  if (isFresh) return;
  mkdirSync('build/bench', { recursive: true });
  const done = spawnSync('gcc', ['-O2', '-o', LOAD, LOAD_SOURCE, '-lrdkafka'], {
    stdio: 'inherit',
  });
  if (done.status !== 0) throw new Error('needs gcc and librdkafka-dev');
}

/** Runs the C load; its figures. */
export async function load(mode, address, topic, n, m, size, config = {}) {
  const settings = Object.entries(config).map(([key, value]) => `${key}=${value}`);
  const child = spawn(LOAD, [mode, address, topic, n, m, size, ...settings].map(String), {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  for await (const chunk of child.stdout) text += chunk;
  if (text === '') throw new Error(`the load ended with ${child.exitCode}`);
  return JSON.parse(text);
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

export function print(what, value, unit, goal) {
  const text = typeof value === 'number' ? value.toFixed(value < 10 ? 2 : 1) : value;
  console.log(`${what.padEnd(52)} ${text.padStart(10)} ${unit.padEnd(10)} ${goal ?? ''}`);
}
