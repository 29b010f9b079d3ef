// If this breaks, a power cut loses records that a producer was told are safe, or syncs are not shared.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogConfig } from '../log-config.ts';
import type { OwnedLog } from '../log-owner.ts';
import {
  appendBatch,
  appendValues,
  asRead,
  batchOf,
  contentsOf,
  LOG_DIR,
  TestStorage,
} from '../testing/test-storage.ts';

async function committing(config: Partial<LogConfig> = {}): Promise<{
  storage: TestStorage;
  log: OwnedLog;
}> {
  const storage = new TestStorage({ flushPolicy: 'group-commit', ...config });
  const log = await storage.open();
  return { storage, log };
}

/** Counts the syncs of segment files from now on. */
function countSyncs(storage: TestStorage): () => string[] {
  const synced: string[] = [];
  storage.disk.fault = (operation, path) => {
    if (operation === 'sync' && path.endsWith('.log')) synced.push(path.split('/').at(-2)!);
    return undefined;
  };
  return () => synced.splice(0);
}

test('an answer leaves, and a record is seen, when the disk has it', async () => {
  const { storage, log } = await committing();
  const { answers } = appendBatch(log, batchOf(['a']));
  storage.clock.runTurn();
  assert.deepEqual(answers, []);
  assert.equal(log.logEndOffset, 0);
  assert.equal(asRead(await log.read({ offset: 0, ...ALL })).sizeInBytes, 0);
  await storage.clock.settle();
  assert.deepEqual(answers, [undefined]);
  assert.equal(log.logEndOffset, 1);
  // The folder and its names too: nothing else was synced by hand.
  storage.crash('none');
  assert.deepEqual(await contentsOf(await storage.open()), ['0:a']);
});

const ALL = { maxBytes: 1000, minOneBatch: true, upToOffset: 1000 };

test('requests of a turn share a sync; those that come meanwhile share the next', async () => {
  const { storage, log } = await committing();
  const others = [1, 2, 3, 4, 5].map((partition) => storage.log(partition));
  const takeSyncs = countSyncs(storage);
  const first = [log, log, ...others].map((one) => appendBatch(one, batchOf(['a'])));
  storage.clock.runTurn();
  // The round begins; what comes now is too late for it.
  await Promise.resolve();
  await Promise.resolve();
  const second = [log, log, others[0]!].map((one) => appendBatch(one, batchOf(['b'])));
  storage.clock.runTurn();
  for (let calls = 0; calls < 4; calls++) await storage.clock.settle();
  const all = [...first, ...second];
  assert.ok(all.every(({ answers }) => answers.length === 1 && answers[0] === undefined));
  assert.deepEqual(takeSyncs(), ['t-0', 't-1', 't-2', 't-3', 't-4', 't-5', 't-0', 't-1']);
});

test('a round ends before the next begins, so that a slow disk gathers more', async () => {
  const storage = new TestStorage({ flushPolicy: 'group-commit' });
  const log = await storage.open();
  const other = storage.log(1);
  for (const one of [log, other]) appendBatch(one, batchOf(['warm']));
  await storage.clock.settle();
  const finish: (() => void)[] = [];
  const hold = (one: OwnedLog) => {
    const flush = one.flush.bind(one);
    one.flush = () => new Promise<void>((resolve) => finish.push(resolve)).then(flush);
  };
  hold(log);
  hold(other);
  appendBatch(log, batchOf(['a']));
  await storage.clock.settle();
  assert.equal(finish.length, 1);
  const late = [log, log, other].map((one) => appendBatch(one, batchOf(['b'])));
  await storage.clock.settle();
  assert.equal(finish.length, 1, 'the next round waits');
  finish.shift()!();
  await storage.clock.settle();
  assert.equal(finish.length, 2, 'both logs join it, each once');
  for (const resume of finish.splice(0)) resume();
  await storage.clock.settle();
  assert.ok(late.every(({ answers }) => answers.length === 1));
});

test('acks=0 waits for no disk, and is seen only when the disk has it', async () => {
  const { storage, log } = await committing();
  let written = 0;
  const done = { written: () => void written++ };
  const options = { leaderEpoch: 0, origin: 'client', unacknowledged: true } as const;
  log.append(batchOf(['a']), options, done);
  assert.equal(written, 0, 'its bytes are still needed');
  storage.clock.runTurn();
  assert.equal(written, 1);
  assert.equal(log.logEndOffset, 0);
  await storage.clock.settle();
  assert.equal(log.logEndOffset, 1);
  assert.equal(written, 1);
});

test('bytes are not given back before they are written, even when a sync ends first', async () => {
  const { storage, log } = await committing();
  appendBatch(log, batchOf(['a']));
  storage.clock.runTurn();
  const answers: unknown[] = [];
  const options = { leaderEpoch: 0, origin: 'client', unacknowledged: true } as const;
  log.append(batchOf(['b']), options, { written: (error) => void answers.push(error) });
  // The round ends while the second append is queued and not yet written.
  await Promise.resolve();
  for (let hop = 0; hop < 64; hop++) await Promise.resolve();
  assert.equal(log.logEndOffset, 1);
  assert.deepEqual(answers, []);
  await storage.clock.settle();
  assert.deepEqual(answers, [undefined]);
});

test('a duplicate waits for the sync of its original, also after the policy changed', async () => {
  const { storage, log } = await committing({ flushPolicy: 'os' });
  const producer = { producerId: 5, producerEpoch: 0, baseSequence: 0 };
  appendBatch(log, batchOf(['a'], producer));
  storage.clock.runTurn();
  assert.equal(log.logEndOffset, 1);
  log.updateConfig({ ...log.config, flushPolicy: 'group-commit' });
  const again = appendBatch(log, batchOf(['a'], producer));
  assert.equal(again.result.kind, 'duplicate');
  storage.clock.runTurn();
  assert.deepEqual(again.answers, []);
  await storage.clock.settle();
  assert.deepEqual(again.answers, [undefined]);
  storage.crash('none');
  assert.deepEqual(await contentsOf(await storage.open()), ['0:a']);
});

test('going back to os answers those who still wait', async () => {
  const { storage, log } = await committing();
  const waiting = appendBatch(log, batchOf(['a']));
  storage.clock.runTurn();
  log.updateConfig({ ...log.config, flushPolicy: 'os' });
  const next = appendBatch(log, batchOf(['b']));
  storage.clock.runTurn();
  assert.deepEqual([waiting.answers, next.answers], [[undefined], [undefined]]);
  await storage.clock.settle();
  assert.equal(log.logEndOffset, 2);
});

test('rolled segments, snapshots and names are as durable as the records', async () => {
  const { storage, log } = await committing({ segmentBytes: 200, indexIntervalBytes: 1 });
  const outcomes = Array.from({ length: 12 }, (_, step) => appendBatch(log, batchOf([`v${step}`])));
  // Many files are synced one after the other: more steps than one call settles.
  for (let calls = 0; calls < 10; calls++) await storage.clock.settle();
  assert.ok(outcomes.every(({ answers }) => answers.length === 1));
  assert.ok(log.segments.count > 3);
  storage.crash('none');
  const again = await storage.open();
  assert.equal((await contentsOf(again)).length, 12);
});

test('a failed sync is an error for everybody in the round, and is not tried again', async () => {
  const { storage, log } = await committing();
  const other = storage.log(1);
  let syncs = 0;
  storage.disk.fault = (operation, path) => {
    if (operation !== 'sync' || !path.endsWith('.log')) return undefined;
    syncs++;
    return 'EIO';
  };
  const waiting = [log, other].map((one) => appendBatch(one, batchOf(['a'])));
  await storage.clock.settle();
  assert.ok(waiting.every(({ answers }) => answers[0] instanceof Error));
  await storage.clock.advanceAndSettle(10_000);
  assert.ok(syncs <= 2);
  assert.deepEqual(storage.failedDirs, [LOG_DIR]);
});

test('retention leaves what still waits for its sync', async () => {
  const { storage, log } = await committing({ retentionMs: 1 });
  appendBatch(log, batchOf(['old']));
  await storage.clock.settle();
  const waiting = appendBatch(log, batchOf(['new']));
  storage.clock.runTurn();
  assert.equal(log.deleteOldSegments(storage.clock.now()), 0);
  await storage.clock.settle();
  assert.deepEqual(waiting.answers, [undefined]);
  assert.deepEqual(await contentsOf(log), ['0:old', '1:new']);
});

test('closing answers everybody who waits, with what they waited for', async () => {
  const { storage, log } = await committing();
  const { answers } = appendBatch(log, batchOf(['a']));
  await storage.manager.close();
  assert.deepEqual(answers, [undefined]);
  storage.crash('none');
  assert.deepEqual(await contentsOf(await storage.open()), ['0:a']);
});

test('what a killed process had not synced is on the disk before a start shows it', async () => {
  const storage = new TestStorage({ flushPolicy: 'group-commit' });
  appendValues(storage, await storage.open(), ['written']);
  const log = await storage.killAndReopen();
  assert.deepEqual(await contentsOf(log), ['0:written']);
  await storage.manager.syncRecovered();
  storage.crash('none');
  assert.deepEqual(await contentsOf(await storage.open()), ['0:written']);
});
