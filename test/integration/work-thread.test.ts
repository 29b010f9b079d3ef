// If this breaks, one compressed batch stops a whole broker, or a dead thread leaves its producers without an answer.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { LoopWork } from '../../src/base/loop-work.ts';
import { NodeClock } from '../../src/base/node/node-clock.ts';
import { NodeWorkThread } from '../../src/base/node/node-work-thread.ts';
import { type Job, WorkFailedError } from '../../src/base/work-thread.ts';
import { rulesOf } from '../../src/broker/replica/produce-rules.ts';
import { RECORD_TASKS, validateElsewhere } from '../../src/broker/replica/record-work.ts';
import { BatchBuilder } from '../../src/protocol/records/batch-builder.ts';
import { DEFAULT_LOG_CONFIG } from '../../src/storage/log-config.ts';
import { LogCapture } from '../support/log-capture.ts';

const MB = 1024 * 1024;
const folder = mkdtempSync(join(tmpdir(), 'sluice-work-'));
const clock = new NodeClock();
const always = () => true;
/** As a broker's sockets do: the thread itself keeps no process alive. */
const alive = setInterval(() => {}, 1000);

before(async () => {
  await build({
    entryPoints: { work: 'src/broker/work-main.ts' },
    outdir: folder,
    bundle: true,
    platform: 'node',
    format: 'esm',
    outExtension: { '.js': '.mjs' },
    external: ['@node-rs/crc32', 'snappy', 'lz4-napi', '@bokuweb/zstd-wasm'],
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    logLevel: 'silent',
  });
  writeFileSync(join(folder, 'broken.mjs'), 'throw new Error("it does not start");');
  writeFileSync(
    join(folder, 'dies.mjs'),
    "import { parentPort } from 'node:worker_threads'; parentPort.on('message', () => process.exit(3)); parentPort.postMessage({ kind: 'ready' });",
  );
});
after(() => {
  clearInterval(alive);
  rmSync(folder, { recursive: true });
});

function thread(program: string) {
  const logger = new LogCapture();
  const fallback = new LoopWork(clock, RECORD_TASKS);
  const entry = pathToFileURL(join(folder, program));
  return { logger, work: new NodeWorkThread({ entry, clock, logger, fallback }) };
}

const rules = {
  ...rulesOf({ ...DEFAULT_LOG_CONFIG, cleanupPolicy: ['compact'] }),
  requestVersion: 9,
};

function batchOf(bytes: number): Buffer {
  const builder = new BatchBuilder({ codec: 'gzip' });
  builder.append({ timestamp: 0, key: Buffer.from('k'), value: Buffer.alloc(bytes), headers: [] });
  return builder.build();
}

test('a batch is judged on the thread as it is here, and the event loop goes on meanwhile', async () => {
  const { work, logger } = thread('work.mjs');
  let turns = 0;
  let isOver = false;
  const count = () => {
    turns++;
    if (!isOver) setImmediate(count);
  };
  count();
  const small = batchOf(100);
  const judged = await validateElsewhere(work, small, rules, always);
  assert.equal(judged.kind, 'valid');
  assert.deepEqual(judged.batch, small);
  assert.deepEqual([judged.recordCount, judged.converted], [1, false]);
  const turnsBefore = turns;
  const large = await validateElsewhere(work, batchOf(60 * MB), rules, always);
  assert.equal(large.kind, 'valid');
  assert.ok(turns - turnsBefore > 5, `${turns - turnsBefore} turns`);
  const tooLarge = await validateElsewhere(work, batchOf(70 * MB), rules, always);
  assert.equal(tooLarge.kind, 'rejected');
  assert.equal(tooLarge.kind === 'rejected' && tooLarge.error, 'MESSAGE_TOO_LARGE');
  isOver = true;
  await work.stop();
  assert.deepEqual(logger.lines, []);
  assert.deepEqual([work.figures.jobs, work.figures.waitingBytes], [3, 0]);
});

test('what the task throws is the error of its job, and the next job is done', async () => {
  const { work } = thread('work.mjs');
  const job: Job = { task: 'nobody knows', pieces: [Buffer.from('x')], detail: null };
  await assert.rejects(work.run(job), /no task has the name nobody knows/);
  const judged = await validateElsewhere(work, batchOf(10), rules, always);
  assert.equal(judged.kind, 'valid');
  await work.stop();
});

test('a thread that dies fails its job, says so, and the next job gets a new one', async () => {
  const { work, logger } = thread('dies.mjs');
  for (let round = 1; round <= 2; round++) {
    await assert.rejects(validateElsewhere(work, batchOf(10), rules, always), WorkFailedError);
    assert.equal(logger.lines.length, round);
  }
  assert.match(logger.lines[0]?.msg ?? '', /the work thread died: it ended with 3; its job failed/);
  assert.equal(work.figures.failedJobs, 2);
  await work.stop();
});

test('where the thread does not start the event loop does its work', async () => {
  const { work, logger } = thread('broken.mjs');
  const judged = await validateElsewhere(work, batchOf(10), rules, always);
  assert.equal(judged.kind, 'valid');
  assert.match(logger.lines[0]?.msg ?? '', /the work thread does not start: it does not start/);
  await work.stop();
});

test('jobs that wait are refused when it stops, and those that nobody wants any more', async () => {
  const { work } = thread('work.mjs');
  const running = validateElsewhere(work, batchOf(1 * MB), rules, always);
  const unwanted = validateElsewhere(work, batchOf(10), rules, () => false);
  await running;
  await assert.rejects(unwanted, /nobody waits for it/);
  const waiting = Promise.allSettled([
    validateElsewhere(work, batchOf(50 * MB), rules, always),
    validateElsewhere(work, batchOf(10), rules, always),
  ]);
  await work.stop();
  for (const outcome of await waiting) assert.equal(outcome.status, 'rejected');
});
