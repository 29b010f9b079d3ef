// Child processes of a test run: started here, watched here, and always ended by their own id.
import { spawn } from 'node:child_process';
import { createServer, connect as netConnect } from 'node:net';

/** Every child that this process started and that has not yet exited. */
const running = new Set();

/**
 * Starts a child and remembers it until it exits. `label` names it in messages.
 * Its last 64 KB of standard error are kept in `child.errorText()`.
 */
export function start(
  command,
  args,
  { label = command, stdio = ['pipe', 'pipe', 'pipe'], ...options } = {},
) {
  const child = spawn(command, args, { stdio, ...options });
  child.label = label;
  let errorText = '';
  child.stderr?.on('data', (chunk) => {
    errorText = (errorText + chunk.toString('utf8')).slice(-65_536);
  });
  child.stdin?.on('error', () => {}); // A child may end before it has read everything.
  child.errorText = () => errorText;
  child.exited = new Promise((resolve) => {
    child.on('error', (error) => {
      errorText += `${error.message}\n`;
      running.delete(child);
      resolve({ code: -1, signal: null });
    });
    child.on('close', (code, signal) => {
      running.delete(child);
      resolve({ code: code ?? -1, signal });
    });
  });
  if (child.pid !== undefined) running.add(child);
  return child;
}

/** Ends one child: asks with SIGTERM, insists with SIGKILL after `graceMs`. Resolves when it is gone. */
export async function stop(child, { graceMs = 10_000, signal = 'SIGTERM' } = {}) {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) {
    return child.exited;
  }
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
  const result = await child.exited;
  clearTimeout(timer);
  return result;
}

/** Ends every child still running. For the end of a run, whatever its outcome. */
export async function stopAll() {
  await Promise.all([...running].map((child) => stop(child, { graceMs: 3_000 })));
}

process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    stopAll().finally(() => process.exit(signal === 'SIGINT' ? 130 : 143));
  });
}

/**
 * Runs a command to its end. Resolves to `{ code, stdout, stderr }` (text; `stdoutBytes` for the exact bytes).
 * A command that outlives `timeoutMs` is killed and reported with code -1.
 */
export async function run(command, args, { input, timeoutMs = 120_000, ...options } = {}) {
  const child = start(command, args, options);
  const chunks = [];
  child.stdout?.on('data', (chunk) => chunks.push(chunk));
  if (child.stdin) child.stdin.end(input);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill('SIGKILL');
  }, timeoutMs);
  const { code } = await child.exited;
  clearTimeout(timer);
  const stdoutBytes = Buffer.concat(chunks);
  const stderr = child.errorText() + (late ? `\n[killed after ${timeoutMs} ms]` : '');
  return { code: late ? -1 : code, stdoutBytes, stdout: stdoutBytes.toString('utf8'), stderr };
}

/** A port of the loopback address that nobody listens on right now. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Whether something accepts TCP connections on this port of the loopback address. */
export function accepts(port) {
  return new Promise((resolve) => {
    const socket = netConnect({ host: '127.0.0.1', port });
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

/** Resolves after `ms`; for polling things outside this process only. */
export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Polls `check` until it answers something truthy; throws with `what` after `timeoutMs`. */
export async function until(check, { what, timeoutMs = 30_000, everyMs = 100 }) {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await check();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`${what}: not within ${timeoutMs} ms`);
    await pause(everyMs);
  }
}

/** Whether a program is on the PATH. */
export async function hasProgram(name) {
  const { code } = await run('sh', ['-c', `command -v ${name}`], { timeoutMs: 5_000 });
  return code === 0;
}
