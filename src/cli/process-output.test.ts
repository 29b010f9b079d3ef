// If this breaks, a tool whose output cannot be written, or whose broker is gone, ends as if all were well, or never. The
// program runs as a process of its own.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { startToolBroker, type ToolBroker } from './testing/tool-broker.ts';

let work: string;
let program: string;
let broker: ToolBroker;

before(async () => {
  mkdirSync('build', { recursive: true });
  work = mkdtempSync(join('build', 'process-output-'));
  execFileSync(process.execPath, ['tools/build.mjs', join(work, 'dist')]);
  program = resolve(work, 'dist', 'sluice.mjs');
  broker = await startToolBroker();
  await broker.ok('topics', ['--create', '--topic', 't']);
  await broker.ok('console-producer', ['--topic', 't'], 'a\nb\nc\n');
});

after(async () => {
  await broker.stop();
  rmSync(work, { recursive: true, force: true });
});

interface Ended {
  readonly code: number | null;
  readonly err: string;
}

/** Runs a command with its standard output there; `input` is written and closed. */
async function run(args: readonly string[], stdout: number | 'pipe', input = ''): Promise<Ended> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['pipe', stdout, 'pipe'] });
  // A reader that goes away before the first byte.
  child.stdout?.destroy();
  child.stdin?.on('error', () => {});
  child.stdin?.end(input);
  let err = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    err += chunk;
  });
  const code = await new Promise<number | null>((done) => child.on('close', done));
  return { code, err };
}

const at = () => ['--bootstrap-server', broker.bootstrap];
const READING = ['--topic', 't', '--from-beginning', '--max-messages', '3'];

/** Commands that print, and whether they need the broker. */
const COMMANDS: readonly (readonly string[])[] = [
  ['--help'],
  ['topics', '--help'],
  ['completion', 'bash'],
  ['topics', '--list', '@'],
  ['consumer-perf-test', '--topic', 't', '--messages', '3', '@'],
];
const lineOf = (command: readonly string[]) =>
  command.flatMap((word) => (word === '@' ? at() : [word]));

test('a full disk under standard output is said in one sentence, and the exit code is 1', async (t) => {
  if (!existsSync('/dev/full')) return t.skip('there is no /dev/full here');
  const full = openSync('/dev/full', 'w');
  for (const command of COMMANDS) {
    const { code, err } = await run(lineOf(command), full);
    assert.equal(code, 1, command.join(' '));
    assert.match(
      err,
      /^sluice.*: standard output cannot be written: no space left on device\n$/,
      command.join(' '),
    );
  }
  closeSync(full);
});

test('a reader that goes away ends any command quietly', async () => {
  for (const command of COMMANDS) {
    assert.deepEqual(await run(lineOf(command), 'pipe'), { code: 0, err: '' }, command.join(' '));
  }
});

test('console-consumer counts and commits nothing that the disk did not take', async (t) => {
  if (!existsSync('/dev/full')) return t.skip('there is no /dev/full here');
  const full = openSync('/dev/full', 'w');
  const { code, err } = await run(['console-consumer', ...at(), '--group', 'g', ...READING], full);
  closeSync(full);
  assert.equal(code, 1);
  assert.match(err, /^Unable to write to standard out, closing consumer\.\n/);
  assert.match(err, /Processed a total of 0 messages\n/);
  const again = await broker.run('console-consumer', ['--group', 'g', ...READING]);
  assert.equal(again.out, 'a\nb\nc\n');
});

test('what a broker that is gone did not store is reported by its lines', async () => {
  const other = await startToolBroker({ 'auto.create.topics.enable': 'true' });
  const args = ['console-producer', '--bootstrap-server', other.bootstrap, '--topic', 't'];
  const timeout = ['--producer-property', 'delivery.timeout.ms=300'];
  const child = spawn(process.execPath, [program, ...args, '--sync', ...timeout], {
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  let err = '';
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk;
  });
  const ended = new Promise<number | null>((done) => child.on('close', done));
  child.stdin.write('one\n');
  const reading = ['--topic', 't', '--from-beginning', '--max-messages', '1'];
  assert.equal(await other.ok('console-consumer', reading), 'one\n');
  await other.stop();
  child.stdin.end('two\nthree\n');
  assert.equal(await ended, 1);
  assert.match(
    err,
    /^sluice console-producer: 2 of 3 records were not stored in topic t \(lines 2 to 3\): not stored within the 300 ms of delivery\.timeout\.ms; before: .*127\.0\.0\.1/,
  );
});

test('the half line that had come when a producer was told to stop is not stored, and reported', async () => {
  await broker.ok('topics', ['--create', '--topic', 'half']);
  const child = spawn(process.execPath, [program, 'console-producer', ...at(), '--topic', 'half'], {
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  const ended = new Promise<number | null>((done) => child.on('close', done));
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  child.stdin.write('whole\nhal');
  const reading = ['--topic', 'half', '--from-beginning'];
  assert.equal(await broker.ok('console-consumer', [...reading, '--max-messages', '1']), 'whole\n');
  child.kill('SIGTERM');
  assert.equal(await ended, 1);
  assert.match(said, /\(line 2\): the program was stopped before the end of the line was read/);
  assert.equal(await broker.ok('console-consumer', [...reading, '--timeout-ms', '200']), 'whole\n');
});

test('a full disk under its log does not end a broker', async (t) => {
  if (!existsSync('/dev/full')) return t.skip('there is no /dev/full here');
  const full = openSync('/dev/full', 'w');
  const listeners = ['listeners=PLAINTEXT://127.0.0.1:0', 'http.listeners=http://127.0.0.1:0'];
  const configs = [`log.dirs=${join(work, 'data')}`, ...listeners];
  const flags = configs.map((config) => `--override=${config}`);
  const child = spawn(process.execPath, [program, 'server', ...flags], {
    stdio: ['ignore', full, 'pipe'],
  });
  closeSync(full);
  const ended = new Promise<number | null>((done) => child.on('close', done));
  let err = '';
  const isReady = new Promise<void>((ready) => {
    child.stderr?.on('data', (chunk: Buffer) => {
      err += chunk;
      if (/is ready/.test(err)) ready();
    });
  });
  await Promise.race([isReady, ended]);
  child.kill('SIGTERM');
  assert.equal(await ended, 0, err);
});

test('an input that cannot be read is one sentence', async () => {
  const folder = openSync('.', 'r');
  const child = spawn(process.execPath, [program, 'console-producer', ...at(), '--topic', 't'], {
    stdio: [folder, 'ignore', 'pipe'],
  });
  closeSync(folder);
  let err = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    err += chunk;
  });
  assert.equal(await new Promise((done) => child.on('close', done)), 1);
  assert.match(err, /^sluice console-producer: standard input cannot be read: illegal operation/);
});
