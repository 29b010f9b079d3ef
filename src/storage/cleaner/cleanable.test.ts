// If this breaks, logs are compacted too early, too late, or where they must not be.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_LOG_CONFIG, type LogConfig } from '../log-config.ts';
import { type CleanableLog, cleanableOf } from './cleanable.ts';
import { groupSegments } from './segment-groups.ts';

/** Segments of ten offsets and 100 bytes; the numbers are their timestamps. The last one is active. */
function log(timestamps: number[], config: Partial<LogConfig>, at: Partial<CleanableLog> = {}) {
  const end = timestamps.length * 10;
  return {
    segments: timestamps.map((timestamp, index) => ({
      baseOffset: index * 10,
      sizeInBytes: 100,
      largestTimestamp: () => timestamp,
      firstBatchTimestamp: () => timestamp,
    })),
    config: { ...DEFAULT_LOG_CONFIG, cleanupPolicy: ['compact' as const], ...config },
    logStartOffset: 0,
    logEndOffset: end,
    lastStableOffset: end,
    ...at,
  };
}

const FIVE = [1, 2, 3, 4, 5];

test('the dirty part begins at the checkpoint and ends before the active segment', () => {
  const at = { checkpoint: 20, now: 100 };
  const plan = cleanableOf(log(FIVE, {}), at);
  assert.deepEqual([plan.firstDirtyOffset, plan.firstUncleanableOffset], [20, 40]);
  assert.deepEqual([plan.cleanBytes, plan.dirtyBytes, plan.dirtyRatio], [200, 200, 0.5]);
  assert.equal(plan.isDue, false, 'the share must be above min.cleanable.dirty.ratio');
  assert.equal(cleanableOf(log(FIVE, { minCleanableDirtyRatio: 0.49 }), at).isDue, true);
  assert.equal(cleanableOf(log(FIVE, {}), { checkpoint: undefined, now: 100 }).dirtyRatio, 1);
  assert.equal(cleanableOf(log([1], {}), { checkpoint: undefined, now: 100 }).isDue, false);
});

test('nothing that is not stable or too young', () => {
  const at = { checkpoint: undefined, now: 100 };
  const boundOf = (config: Partial<LogConfig>, more: Partial<CleanableLog> = {}) =>
    cleanableOf(log(FIVE, config, more), at).firstUncleanableOffset;
  assert.equal(boundOf({}, { lastStableOffset: 25 }), 20, 'segments go as a whole');
  assert.equal(boundOf({}, { lastStableOffset: 30 }), 30);
  assert.equal(boundOf({ minCompactionLagMs: 97 }), 30);
  assert.equal(boundOf({ minCompactionLagMs: 1000 }), 0);
});

test('max.compaction.lag.ms makes a log due whatever its share is', () => {
  const at = { checkpoint: 30, now: 100 };
  const config = { minCleanableDirtyRatio: 0.9 };
  assert.equal(cleanableOf(log(FIVE, config), at).isDue, false);
  const plan = cleanableOf(log(FIVE, { ...config, maxCompactionLagMs: 90 }), at);
  assert.deepEqual([plan.isDue, plan.overdueMs], [true, 6]);
  assert.equal(cleanableOf(log(FIVE, { ...config, maxCompactionLagMs: 97 }), at).isDue, false);
});

test('a checkpoint outside the log is not believed', () => {
  for (const checkpoint of [5, 51]) {
    const plan = cleanableOf(log(FIVE, {}, { logStartOffset: 10 }), { checkpoint, now: 100 });
    assert.deepEqual([plan.checkpointIsWrong, plan.firstDirtyOffset], [true, 10]);
  }
});

test('neighbours are joined up to a segment, an index, and as far as an index reaches', () => {
  const sizes = (groups: { baseOffset: number }[][]) => groups.map((group) => group.length);
  const segment = (baseOffset: number, sizeInBytes: number, indexBytes = 1) => ({
    baseOffset,
    sizeInBytes,
    indexBytes,
  });
  const limits = { maxBytes: 100, maxIndexBytes: 10, endOffset: 1000 };
  const some = [segment(0, 40), segment(10, 60), segment(20, 1), segment(30, 99)];
  assert.deepEqual(sizes(groupSegments(some, limits)), [2, 2]);
  assert.deepEqual(sizes(groupSegments([segment(0, 1, 6), segment(10, 1, 5)], limits)), [1, 1]);
  assert.deepEqual(sizes(groupSegments([segment(0, 500), segment(10, 1)], limits)), [1, 1]);
  const far = [segment(0, 1), segment(10, 1), segment(2 ** 31 + 5, 1)];
  const endOffset = 2 ** 31 + 10;
  assert.deepEqual(sizes(groupSegments(far, { ...limits, endOffset })), [1, 2]);
  // An empty one has no offset that an index could not say.
  const empty = [segment(0, 1), segment(10, 0), segment(2 ** 31 + 5, 1)];
  assert.deepEqual(sizes(groupSegments(empty, { ...limits, endOffset })), [2, 1]);
  assert.deepEqual(groupSegments([], limits), []);
});
