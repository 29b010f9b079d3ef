import type { Int64 } from '../../base/int64.ts';
import { recordsPayload, recordTimestamp } from '../../protocol/records/record.ts';
import * as RecordBatch from '../../protocol/records/record-batch.ts';
import { RecordCursor } from '../../protocol/records/record-cursor.ts';
import type { TimestampAndOffset } from '../log-types.ts';
import type { Segment } from '../segment/segment.ts';
import { runAsync } from '../segment/segment-io.ts';
import type { SegmentList } from '../segment/segment-list.ts';
import { type ScannedBatch, scanBatches } from './batch-scan.ts';

interface TimeLookup {
  /** Records below it are gone. */
  readonly logStartOffset: number;
  /** Records from here on are not there yet. */
  readonly logEndOffset: number;
}

/**
 * Runs a search again when the log was cut under it. Rejects with the log's failure, or with what
 * the disk throws.
 */
export async function lookUp<T>(
  log: { readonly failure: Error | undefined; readonly truncations: number },
  find: () => Promise<T>,
): Promise<T> {
  for (;;) {
    if (log.failure) throw log.failure;
    const { truncations } = log;
    try {
      const found = await find();
      if (log.truncations === truncations) return found;
    } catch (error) {
      if (log.truncations === truncations) throw error;
    }
  }
}

/** The first record at or after `timestamp`, in offset order. Rejects with what the disk throws. */
export async function findByTimestamp(
  segments: SegmentList,
  timestamp: Int64,
  bounds: TimeLookup,
): Promise<TimestampAndOffset | undefined> {
  for (const segment of segments.all) {
    if (segment.maxTimestamp().timestamp < timestamp) continue;
    const { offsets, times } = segment.indexes();
    const from = Math.max(times.lookup(timestamp).offset, bounds.logStartOffset);
    const found = await findRecord(segment, offsets.lookup(from).position, bounds, (max) =>
      max >= timestamp ? (record) => record.timestamp >= timestamp : undefined,
    );
    if (found) return found;
  }
  return undefined;
}

/** The first record of the batch that brought the largest timestamp. */
export async function findMaxTimestamp(
  segments: SegmentList,
  bounds: TimeLookup,
): Promise<TimestampAndOffset | undefined> {
  let latest = segments.first;
  for (const segment of segments.all) {
    if (segment.maxTimestamp().timestamp > latest.maxTimestamp().timestamp) latest = segment;
  }
  const { timestamp, offset } = latest.maxTimestamp();
  if (timestamp < 0) return undefined;
  const { position } = latest.indexes().offsets.lookup(offset);
  return findRecord(latest, position, bounds, (max) =>
    max === timestamp ? (record) => record.timestamp === timestamp : undefined,
  );
}

/** The index leads to within a few kilobytes of a record: more than this is seldom needed. */
const FIRST_READ_BYTES = 64 * 1024;

type RecordMatcher = (record: { readonly timestamp: Int64 }) => boolean;

/**
 * The first record of a batch that matches. No object is made for the others: a small batch may hold many
 * millions, and what a producer says of their number is not to be believed.
 */
function firstMatch(
  buffer: Buffer,
  at: number,
  fromOffset: number,
  matches: RecordMatcher,
): { readonly offset: number; readonly timestamp: Int64 } | undefined {
  const baseOffset = RecordBatch.baseOffset(buffer, at);
  const cursor = new RecordCursor(recordsPayload(buffer, at));
  for (let left = RecordBatch.recordCount(buffer, at); left > 0; left--) {
    cursor.next();
    cursor.skipHeaders();
    const offset = baseOffset + cursor.offsetDelta;
    if (offset < fromOffset) continue;
    const timestamp = recordTimestamp(buffer, at, cursor);
    if (matches({ timestamp })) return { offset, timestamp };
  }
  return undefined;
}

/** The first record that matches, in the batches whose largest timestamp is worth decoding. */
async function findRecord(
  segment: Segment,
  fromPosition: number,
  { logStartOffset, logEndOffset }: TimeLookup,
  matcher: (maxTimestamp: Int64) => RecordMatcher | undefined,
): Promise<TimestampAndOffset | undefined> {
  if (!segment.fileExists || segment.isDeleted) return undefined;
  let found: TimestampAndOffset | undefined;
  const visit = ({ buffer, at }: ScannedBatch): boolean => {
    if (RecordBatch.lastOffset(buffer, at) >= logEndOffset) return false;
    const matches = matcher(RecordBatch.maxTimestamp(buffer, at));
    if (!matches) return true;
    const record = firstMatch(buffer, at, logStartOffset, matches);
    if (!record) return true;
    const leaderEpoch = RecordBatch.leaderEpoch(buffer, at);
    found = { timestamp: record.timestamp, offset: record.offset, leaderEpoch };
    return false;
  };
  const pinned = segment.pin();
  try {
    const endPosition = segment.writtenBytes;
    const range = { fromPosition, endPosition, firstReadBytes: FIRST_READ_BYTES };
    await runAsync(scanBatches({ ...range, verify: false, visit }), pinned.file);
  } finally {
    pinned.unpin();
  }
  return found;
}
