// If this breaks, data outlives its retention, or goes before its time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_LOG_CONFIG, type LogConfig } from '../log-config.ts';
import { replicaAt } from '../testing/replicas.ts';
import { appendValues, contentsOf, FOLDER, LOG_DIR, TestStorage } from '../testing/test-storage.ts';
import { segmentsToDelete } from './retention.ts';

const HOUR_MS = 3_600_000;

/** Segments of ten offsets and 100 bytes; the numbers are their largest timestamps. */
function decide(
  timestamps: number[],
  config: Partial<LogConfig>,
  at: Partial<Record<'now' | 'logStartOffset' | 'highWatermark', number>> = {},
) {
  const segments = timestamps.map((timestamp, index) => ({
    baseOffset: index * 10,
    sizeInBytes: timestamp < 0 ? 0 : 100,
    largestTimestamp: () => timestamp,
  }));
  const logEndOffset = timestamps.length * 10;
  const base = { now: 1000, logStartOffset: 0, highWatermark: logEndOffset, logEndOffset };
  return segmentsToDelete({
    segments,
    ...base,
    ...at,
    config: { ...DEFAULT_LOG_CONFIG, retentionMs: -1, ...config },
  });
}

test('which segments go', () => {
  assert.deepEqual(decide([1, 2, 3], {}), { count: 0, reason: undefined });
  assert.deepEqual(decide([1, 900, 950], { retentionMs: 100 }), { count: 1, reason: 'time' });
  assert.deepEqual(decide([899, 900, 950], { retentionMs: 100 }), { count: 1, reason: 'time' });
  // A young segment shields the older ones behind it.
  assert.deepEqual(decide([950, 1, 1], { retentionMs: 100 }), { count: 0, reason: undefined });
  // All of them: the active one too.
  assert.deepEqual(decide([1, 2, 3], { retentionMs: 100 }), { count: 3, reason: 'time' });
  // An empty active segment stays.
  assert.deepEqual(decide([1, 2, -1], { retentionMs: 100 }), { count: 2, reason: 'time' });
  assert.deepEqual(decide([1, 2, 3], { retentionBytes: 250 }), { count: 0, reason: undefined });
  assert.deepEqual(decide([1, 2, 3], { retentionBytes: 200 }), { count: 1, reason: 'size' });
  assert.deepEqual(decide([1, 2, 3], { retentionBytes: 0 }), { count: 3, reason: 'size' });
  // Nothing above the high watermark.
  assert.deepEqual(decide([1, 2, 3], { retentionMs: 100 }, { highWatermark: 19 }), {
    count: 1,
    reason: 'time',
  });
  assert.deepEqual(decide([1, 2, 3], {}, { logStartOffset: 20 }), {
    count: 2,
    reason: 'log start offset',
  });
  assert.deepEqual(decide([1, 2, 3], {}, { logStartOffset: 30 }), {
    count: 2,
    reason: 'log start offset',
  });
  // A compacted topic keeps its values whatever their age and number.
  const compact = { cleanupPolicy: ['compact'] as const, retentionMs: 100, retentionBytes: 0 };
  assert.deepEqual(decide([1, 2, 3], compact), { count: 0, reason: undefined });
  assert.deepEqual(
    decide([1, 2, 3], { ...compact, cleanupPolicy: ['compact', 'delete'] }).count,
    3,
  );
});

test('old data ages out by the timer, the active segment included, files a minute later', async () => {
  const storage = new TestStorage({ retentionMs: HOUR_MS, segmentBytes: 250 });
  const log = await storage.open();
  for (let index = 0; index < 7; index++)
    appendValues(storage, log, ['x'], {}, storage.clock.now());
  await storage.clock.advanceAndSettle(HOUR_MS - 1000);
  assert.equal(log.logStartOffset, 0);
  await storage.clock.advanceAndSettle(300_000);
  assert.equal(log.logStartOffset, 7);
  assert.equal(log.logEndOffset, 7);
  assert.equal(log.sizeInBytes, 0);
  assert.deepEqual(await contentsOf(log), []);
  await storage.clock.advanceAndSettle(61_000);
  const left = storage.disk.list(FOLDER).filter((name) => /log|index|deleted/.test(name));
  assert.deepEqual(left, ['00000000000000000007.log'], 'an empty file keeps the offset');
  appendValues(storage, log, ['y'], {}, storage.clock.now());
  assert.deepEqual(await contentsOf(log), ['7:y']);
  const reopened = await storage.killAndReopen();
  assert.deepEqual(await contentsOf(reopened), ['7:y']);
});

test('an emptied log keeps its offsets over restarts', async () => {
  for (const stop of ['close', 'kill'] as const) {
    const storage = new TestStorage({ retentionMs: 1000 });
    const log = await storage.open();
    appendValues(storage, log, ['x', 'y']);
    storage.manager.runRetention();
    await storage.clock.settle();
    assert.equal(log.logStartOffset, 2);
    const reopened =
      stop === 'close' ? await storage.closeAndReopen() : await storage.killAndReopen();
    assert.equal(reopened.logStartOffset, 2, stop);
    assert.equal(reopened.logEndOffset, 2, stop);
    const next = appendValues(storage, reopened, ['z']);
    assert.equal(next.kind === 'appended' && next.firstOffset, 2, stop);
  }
});

test('deleted records stay deleted after a crash, and their segments are gone', async () => {
  const storage = new TestStorage({ segmentBytes: 250 });
  const log = await storage.open();
  for (let index = 0; index < 10; index++) appendValues(storage, log, [`v${index}`]);
  log.incrementLogStartOffset(7);
  assert.equal(log.logStartOffset, 7);
  assert.ok(log.segments.first.baseOffset > 0);
  log.incrementLogStartOffset(3);
  assert.equal(log.logStartOffset, 7);
  await storage.clock.settle();
  assert.match(
    storage.disk.readFile(`${LOG_DIR}/log-start-offset-checkpoint`).toString(),
    /^0\n1\nt 0 7\n$/,
  );
  const reopened = await storage.killAndReopen();
  assert.deepEqual(await contentsOf(reopened), ['7:v7', '8:v8', '9:v9']);
  assert.deepEqual(reopened.earliestOffset(), { timestamp: -1, offset: 7, leaderEpoch: 0 });
});

test('nothing is deleted that is not below the high watermark', async () => {
  const storage = new TestStorage({ retentionMs: 1000, segmentBytes: 100 });
  const log = await storage.open();
  log.listener = replicaAt(2);
  for (let index = 0; index < 4; index++) appendValues(storage, log, ['x']);
  storage.manager.runRetention();
  assert.equal(log.logStartOffset, 2);
  assert.deepEqual(await contentsOf(log), ['2:x', '3:x']);
});

test('a topic whose records carry no timestamp ages by its files', async () => {
  const storage = new TestStorage({ retentionMs: 5000 });
  const log = await storage.open();
  appendValues(storage, log, ['x'], {}, -1);
  storage.clock.advance(4000);
  storage.manager.runRetention();
  assert.equal(log.logStartOffset, 0);
  storage.clock.advance(1001);
  storage.manager.runRetention();
  await storage.clock.settle();
  assert.equal(log.logStartOffset, 1);
});

test('a file that cannot be looked at while retention asks for an age fails the directory, not the timer', async () => {
  const storage = new TestStorage({ segmentBytes: 200, retentionMs: HOUR_MS });
  const log = await storage.open();
  // Without times in the records the age is the file's.
  for (let index = 0; index < 6; index++) appendValues(storage, log, [`value ${index}`], {}, -1);
  const again = await storage.closeAndReopen();
  const stat = storage.disk.stat.bind(storage.disk);
  storage.disk.stat = (path) => {
    if (path.endsWith('.log')) throw Object.assign(new Error('EIO: it fails'), { code: 'EIO' });
    return stat(path);
  };
  storage.manager.runRetention();
  assert.ok(again.failure);
  assert.deepEqual(storage.failedDirs, [LOG_DIR]);
});

/** Syncs that hold up the event loop. */
function countSyncsOnLoop(storage: TestStorage): { count: number } {
  const syncs = { count: 0 };
  const syncFolder = storage.disk.syncFolder.bind(storage.disk);
  storage.disk.syncFolder = (path) => {
    syncs.count++;
    syncFolder(path);
  };
  return syncs;
}

test('retention that empties very many logs waits for no disk on the event loop, and looks at some of them in a turn', async () => {
  const storage = new TestStorage({ retentionMs: 1000 });
  await storage.open();
  const logs = Array.from({ length: 1200 }, (_, partition) => storage.log(partition));
  for (const log of logs) appendValues(storage, log, ['x']);
  const syncs = countSyncsOnLoop(storage);
  storage.clock.advance(2000);
  const looked: number[] = [];
  let inTurn = 0;
  for (const log of logs) {
    const deleteOld = log.deleteOldSegments.bind(log);
    log.deleteOldSegments = (now) => {
      inTurn++;
      return deleteOld(now);
    };
  }
  let isOver = false;
  void storage.manager.runRetention().then(() => {
    isOver = true;
  });
  for (let turn = 0; !isOver; turn++) {
    assert.ok(turn < 1000);
    looked.push(inTurn);
    inTurn = 0;
    for (let hop = 0; hop < 64; hop++) await undefined;
    storage.clock.runTurn();
  }
  assert.ok(Math.max(...looked) <= 1100, `${Math.max(...looked)} logs in one turn`);
  const areEmpty = () => logs.every(({ logStartOffset }) => logStartOffset === 1);
  for (let round = 0; round < 2000 && !areEmpty(); round++) await storage.clock.settle();
  assert.ok(areEmpty());
  assert.equal(syncs.count, 0);
});

test('a log that gets records while it is emptied keeps those', async () => {
  const storage = new TestStorage({ retentionMs: 1000 });
  const log = await storage.open();
  appendValues(storage, log, ['old']);
  storage.clock.advance(2000);
  storage.manager.runRetention();
  appendValues(storage, log, ['new'], {}, storage.clock.now());
  await storage.clock.settle();
  assert.deepEqual(await contentsOf(log), ['1:new']);
  const reopened = await storage.killAndReopen();
  assert.deepEqual(await contentsOf(reopened), ['1:new']);
});
