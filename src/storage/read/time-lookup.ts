import type { Int64 } from '../../base/int64.ts';
import type { TaskResult, WorkThread } from '../../base/work-thread.ts';
import { recordsPayload, recordTimestamp } from '../../protocol/records/record.ts';
import * as RecordBatch from '../../protocol/records/record-batch.ts';
import { RecordCursor } from '../../protocol/records/record-cursor.ts';
import type { TimestampAndOffset } from '../log-types.ts';
import { batchAt, runElsewhere, smallPayload } from '../records-elsewhere.ts';
import type { Segment } from '../segment/segment.ts';
import { runAsync } from '../segment/segment-io.ts';
import type { SegmentList } from '../segment/segment-list.ts';
import { type ScannedBatch, scanBatches } from './batch-scan.ts';

interface LookedUp {
  /** Records below it are gone. */
  readonly logStartOffset: number;
  /** Records from here on are not there yet. */
  readonly logEndOffset: number;
}

interface LookupParts {
  readonly log: LookedUp;
  /** Where batches are looked through that hold much. */
  readonly work: WorkThread;
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
  parts: LookupParts,
): Promise<TimestampAndOffset | undefined> {
  for (const segment of segments.all) {
    if (segment.maxTimestamp().timestamp < timestamp) continue;
    const { offsets, times } = segment.indexes();
    const from = Math.max(times.lookup(timestamp).offset, parts.log.logStartOffset);
    const found = await findRecord(segment, offsets.lookup(from).position, parts, (max) =>
      max >= timestamp ? { from: timestamp } : undefined,
    );
    if (found) return found;
  }
  return undefined;
}

/** The first record of the batch that brought the largest timestamp. */
export async function findMaxTimestamp(
  segments: SegmentList,
  parts: LookupParts,
): Promise<TimestampAndOffset | undefined> {
  let latest = segments.first;
  for (const segment of segments.all) {
    if (segment.maxTimestamp().timestamp > latest.maxTimestamp().timestamp) latest = segment;
  }
  const { timestamp, offset } = latest.maxTimestamp();
  if (timestamp < 0) return undefined;
  const { position } = latest.indexes().offsets.lookup(offset);
  return findRecord(latest, position, parts, (max) =>
    max === timestamp ? { exactly: timestamp } : undefined,
  );
}

/** The index leads to within a few kilobytes of a record: more than this is seldom needed. */
const FIRST_READ_BYTES = 64 * 1024;

/** Which timestamp a record is to have. */
type Wanted = { readonly from: Int64 } | { readonly exactly: Int64 };

interface Match {
  readonly offset: number;
  readonly timestamp: Int64;
}

/**
 * The first record of a batch that matches. No object is made for the others: a small batch may hold many
 * millions, and what a producer says of their number is not to be believed. Throws CorruptRecordsError.
 */
function firstMatch(
  buffer: Buffer,
  at: number,
  payload: Buffer,
  { fromOffset, wanted }: { readonly fromOffset: number; readonly wanted: Wanted },
): Match | undefined {
  const baseOffset = RecordBatch.baseOffset(buffer, at);
  const cursor = new RecordCursor(payload);
  for (let left = RecordBatch.recordCount(buffer, at); left > 0; left--) {
    cursor.next();
    cursor.skipHeaders();
    const offset = baseOffset + cursor.offsetDelta;
    if (offset < fromOffset) continue;
    const timestamp = recordTimestamp(buffer, at, cursor);
    const isWanted = 'from' in wanted ? timestamp >= wanted.from : timestamp === wanted.exactly;
    if (isWanted) return { offset, timestamp };
  }
  return undefined;
}

/** The same elsewhere; see STORAGE_TASKS. */
export function firstMatchTask(
  batch: Buffer,
  detail: { readonly fromOffset: number; readonly wanted: Wanted },
): TaskResult {
  return { value: firstMatch(batch, 0, recordsPayload(batch), detail) };
}

/** A batch that takes long to look through. */
interface LargeBatch {
  readonly batch: Buffer;
  readonly endPosition: number;
  readonly wanted: Wanted;
}

/** The first record that matches, in the batches whose largest timestamp is worth decoding. */
async function findRecord(
  segment: Segment,
  fromPosition: number,
  { log, work }: LookupParts,
  matcher: (maxTimestamp: Int64) => Wanted | undefined,
): Promise<TimestampAndOffset | undefined> {
  if (!segment.fileExists || segment.isDeleted) return undefined;
  const { logStartOffset: fromOffset, logEndOffset } = log;
  let found: TimestampAndOffset | undefined;
  let large: LargeBatch | undefined;
  const foundIn = (buffer: Buffer, at: number, match: Match) => {
    found = { ...match, leaderEpoch: RecordBatch.leaderEpoch(buffer, at) };
  };
  const visit = ({ buffer, at, position, sizeInBytes }: ScannedBatch): boolean => {
    if (RecordBatch.lastOffset(buffer, at) >= logEndOffset) return false;
    const wanted = matcher(RecordBatch.maxTimestamp(buffer, at));
    if (!wanted) return true;
    const payload = smallPayload(buffer, at);
    if (!payload) {
      large = { batch: batchAt(buffer, at), endPosition: position + sizeInBytes, wanted };
      return false;
    }
    const match = firstMatch(buffer, at, payload, { fromOffset, wanted });
    if (!match) return true;
    foundIn(buffer, at, match);
    return false;
  };
  const pinned = segment.pin();
  try {
    const endPosition = segment.writtenBytes;
    for (let from = fromPosition; ; ) {
      large = undefined;
      const range = { fromPosition: from, endPosition, firstReadBytes: FIRST_READ_BYTES };
      await runAsync(scanBatches({ ...range, verify: false, visit }), pinned.file);
      const next = large as LargeBatch | undefined;
      if (!next) return found;
      const { batch, wanted } = next;
      const { value } = await runElsewhere(work, 'firstMatch', batch, { fromOffset, wanted });
      if (value) {
        foundIn(batch, 0, value as Match);
        return found;
      }
      from = next.endPosition;
    }
  } finally {
    pinned.unpin();
  }
}
