import * as RecordBatch from '../../protocol/records/record-batch.ts';
import { findBatch, NotABatchError } from '../read/batch-reader.ts';
import { scanBatches } from '../read/batch-scan.ts';
import type { StorageContext } from '../storage-context.ts';
import type { Segment } from './segment.ts';
import { runSync } from './segment-io.ts';

/**
 * Cuts a segment before the batch that holds `offset` or comes after it, and finds its largest
 * timestamp anew. Throws what the disk throws, and NotABatchError for a damaged file.
 */
export function truncateSegment(context: StorageContext, segment: Segment, offset: number): void {
  if (!segment.fileExists) return;
  const fromPosition = segment.indexes().offsets.lookup(offset).position;
  const endPosition = segment.writtenBytes;
  const search = (from: number) =>
    runSync(
      findBatch(context.readBuffers, { offset, fromPosition: from, endPosition }),
      segment.file(),
    );
  let place: ReturnType<typeof search>;
  try {
    place = search(fromPosition);
  } catch (error) {
    if (!(error instanceof NotABatchError) || fromPosition === 0) throw error;
    // The index is not this segment's.
    place = search(0);
  }
  segment.truncate(place?.position ?? endPosition, offset);
  const { offsets, times } = segment.indexes();
  const scan = scanBatches({
    fromPosition: offsets.lookup(times.last().offset).position,
    endPosition: segment.writtenBytes,
    verify: false,
    visit: ({ buffer, at }) => {
      const timestamp = RecordBatch.maxTimestamp(buffer, at);
      segment.raiseMaxTimestamp({ timestamp, offset: RecordBatch.lastOffset(buffer, at) });
      return true;
    },
  });
  runSync(scan, segment.file());
}
