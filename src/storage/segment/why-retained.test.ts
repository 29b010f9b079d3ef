// If this breaks, nobody is told why a disk fills up.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cleanableOf } from '../cleaner/cleanable.ts';
import { DEFAULT_LOG_CONFIG, type LogConfig } from '../log-config.ts';
import { type WhyRetainedInput, whyRetained } from './why-retained.ts';

const NOW = Date.UTC(2026, 0, 10);
const DAY = 86_400_000;

/** Segments of ten offsets and 100 bytes, their newest records so many days old; all reasons. */
function reasons(
  agesInDays: number[],
  config: Partial<LogConfig>,
  more: Partial<WhyRetainedInput> & { checkpoint?: number } = {},
): string[] {
  const segments = agesInDays.map((age, index) => ({
    baseOffset: index * 10,
    sizeInBytes: 100,
    largestTimestamp: () => NOW - age * DAY,
    firstBatchTimestamp: () => NOW - age * DAY,
  }));
  const end = segments.length * 10;
  const base = {
    segments,
    config: { ...DEFAULT_LOG_CONFIG, retentionMs: 7 * DAY, ...config },
    now: NOW,
    logStartOffset: 0,
    logEndOffset: end,
    highWatermark: end,
    lastStableOffset: end,
  };
  const compaction = cleanableOf(
    { ...base, ...more, segments },
    { checkpoint: more.checkpoint, now: NOW },
  );
  return whyRetained({ ...base, compaction, ...more }).map((one) => one.reasons.join(' '));
}

test('by time: until when, shielded by an older one, from the future, never', () => {
  assert.deepEqual(reasons([8, 6, 9], {}), [
    'The next check removes it, by time.',
    'Its newest record is from 2026-01-04T00:00:00.000Z: retention.ms = 604800000 keeps it until 2026-01-11T00:00:00.000Z.',
    'It is old enough since 2026-01-08T00:00:00.000Z, but the segment at offset 10 is not, and the oldest go first.',
  ]);
  assert.match(
    reasons([-30], {})[0]!,
    /from the future, 2026-02-09.*until 2026-02-16.*message\.timestamp\.after\.max\.ms/,
  );
  assert.deepEqual(reasons([99], { retentionMs: -1 }), [
    'retention.ms is -1: time removes nothing.',
  ]);
  assert.deepEqual(reasons([99], {}, { highWatermark: 9 }), [
    'It reaches to offset 10, beyond the high watermark 9.',
  ]);
  assert.match(reasons([-(2 ** 40)], {})[0]!, /from the future, \d+ ms/);
});

test('by size', () => {
  const forever = { retentionMs: -1 };
  assert.match(
    reasons([1, 1], { ...forever, retentionBytes: 500 })[0]!,
    /has 200 bytes.*allows 500/,
  );
  const [first, second] = reasons([1, 1], { ...forever, retentionBytes: 150 });
  assert.match(
    first!,
    /Without this segment the partition, 200 bytes now, would fall below .* 150/,
  );
  assert.match(second!, /Without this segment/);
  assert.equal(
    reasons([1, 1], { ...forever, retentionBytes: 100 })[0],
    'The next check removes it, by size.',
  );
});

test('by compaction: done, due, not worth it, too young, not stable, active, impossible', () => {
  const compact = { cleanupPolicy: ['compact'] as const };
  const [clean, dirty, active] = reasons([3, 2, 1], compact, { checkpoint: 10 });
  assert.match(clean!, /^It is compacted: /);
  assert.match(
    dirty!,
    /a share of 0\.50 of the log is not, and min\.cleanable\.dirty\.ratio = 0\.5/,
  );
  assert.match(active!, /active/);
  assert.equal(reasons([3, 2, 1], compact)[0], 'It is compacted soon.');
  const lagging = { ...compact, minCompactionLagMs: 3 * DAY };
  assert.match(reasons([4, 2, 1], lagging)[1]!, /keeps it from compaction until 2026-01-11T/);
  assert.match(reasons([2, 4, 1], lagging)[1]!, /A segment before it is too young/);
  assert.match(reasons([3, 2, 1], compact, { lastStableOffset: 15 })[1]!, /last stable offset 15/);
  assert.match(
    reasons([3, 2, 1], compact, { uncleanable: 'x.log is damaged at position 5' })[0]!,
    /not compacted any more: x\.log is damaged at position 5\.$/,
  );
  const both = { cleanupPolicy: ['compact', 'delete'] as const };
  assert.match(
    reasons([3, 2, 1], both)[0]!,
    /retention\.ms = 604800000 keeps it .* compacted soon/,
  );
});
