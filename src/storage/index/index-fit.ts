import * as RecordBatch from '../../protocol/records/record-batch.ts';
import { type ScannedBatch, scanBatches } from '../read/batch-scan.ts';
import type { FileTask } from '../segment/segment-io.ts';
import type { OffsetPosition } from './offset-index.ts';
import type { TimestampOffset } from './time-index.ts';

/** The ends of a segment's index files. */
export interface IndexEnds {
  /** Where the segment begins, for a file without entries. */
  readonly lastOffset: OffsetPosition;
  readonly offsetCount: number;
  /** Of both files. */
  readonly sizeInBytes: number;
  readonly lastTime: TimestampOffset;
}

/** Without an entry for this much, an index leads nowhere near. */
const LEAST_GAP_BYTES = 64 * 1024;

/** Most of what is looked at is one index interval. */
const FIRST_READ_BYTES = 8 * 1024;

/** Where the latest record lies further back, what follows it is not looked through at every start. */
const MOST_BYTES_BACK = 1024 * 1024;

/**
 * Whether the indexes of a segment that is complete reach its end: their last entries are of batches that are
 * there, hardly anything follows the last one, and nothing that follows is later than the latest. A file that
 * was cut, or is another segment's, is well-formed and does not. `latestPosition`: from where on the offset
 * index would look for the latest record.
 */
export function* indexesFit(
  { writtenBytes }: { readonly writtenBytes: number },
  { lastOffset, offsetCount, lastTime, latestPosition }: IndexEnds & { latestPosition: number },
  indexIntervalBytes: number,
): FileTask<boolean> {
  const perEntry = offsetCount === 0 ? 0 : lastOffset.position / offsetCount;
  const largestGap = Math.max(LEAST_GAP_BYTES, 2 * indexIntervalBytes, 4 * perEntry);
  let isLatestSeen = lastTime.timestamp < 0;
  let isEntrySeen = offsetCount === 0;
  // A later one of the same time says as much.
  const isLatest = ({ buffer, at }: ScannedBatch): boolean =>
    lastTime.offset <= RecordBatch.lastOffset(buffer, at) &&
    RecordBatch.maxTimestamp(buffer, at) === lastTime.timestamp;
  const range = { endPosition: writtenBytes, verify: false, firstReadBytes: FIRST_READ_BYTES };
  let fromPosition = Math.min(latestPosition, lastOffset.position);
  if (writtenBytes - fromPosition > MOST_BYTES_BACK && fromPosition < lastOffset.position) {
    const visit = (batch: ScannedBatch): boolean => {
      isLatestSeen ||= isLatest(batch);
      return !isLatestSeen && RecordBatch.lastOffset(batch.buffer, batch.at) < lastTime.offset;
    };
    yield* scanBatches({ ...range, fromPosition, visit });
    if (!isLatestSeen) return false;
    fromPosition = lastOffset.position;
  }
  const end = yield* scanBatches({
    ...range,
    fromPosition,
    visit: (batch) => {
      const { buffer, at, position } = batch;
      if (position === lastOffset.position) {
        isEntrySeen ||= RecordBatch.lastOffset(buffer, at) === lastOffset.offset;
      }
      isLatestSeen ||= isLatest(batch);
      if (position > lastOffset.position && !isEntrySeen) return false;
      if (position - lastOffset.position > largestGap) return false;
      return RecordBatch.maxTimestamp(buffer, at) <= lastTime.timestamp;
    },
  });
  if (end.kind === 'end') return isLatestSeen && isEntrySeen;
  // Damage of the segment itself is somebody else's business; up to the entry it is the index's.
  return end.kind !== 'stopped' && isEntrySeen;
}
