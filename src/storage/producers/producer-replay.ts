import * as RecordBatch from '../../protocol/records/record-batch.ts';
import { applyToProducers } from '../append/batch-facts.ts';
import { type ScanEnd, scanBatches } from '../read/batch-scan.ts';
import type { Segment } from '../segment/segment.ts';
import type { FileTask } from '../segment/segment-io.ts';
import type { SegmentList } from '../segment/segment-list.ts';
import type { StorageContext } from '../storage-context.ts';
import type { ProducerSnapshots } from './producer-snapshots.ts';
import type { ProducerState } from './producer-state.ts';

/** One segment to go through so that the producers' state is right at the log's end. */
export interface ReplayStep {
  readonly segment: Segment;
  task(): FileTask<ScanEnd>;
}

/**
 * Brings the producers' state to what it was at `endOffset`: the newest snapshot at or below
 * `snapshotUpTo`, then the log from there. The caller runs the steps in order, its own way.
 */
export function* replayProducers(
  context: StorageContext,
  log: { segments: SegmentList; producers: ProducerState; snapshots: ProducerSnapshots },
  range: { logStartOffset: number; snapshotUpTo: number; endOffset: number },
): Generator<ReplayStep, void, undefined> {
  const { producers, snapshots, segments } = log;
  const found = snapshots.loadNewest({ from: range.logStartOffset, upTo: range.snapshotUpTo });
  producers.load(found?.entries ?? [], context.clock.now(), context.producerIdExpirationMs);
  const fromOffset = found?.offset ?? range.logStartOffset;
  if (fromOffset >= range.endOffset) return;
  for (const segment of segments.from(fromOffset)) {
    if (!segment.fileExists) continue;
    const task = () =>
      scanBatches({
        fromPosition: segment.indexes().offsets.lookup(fromOffset).position,
        endPosition: segment.writtenBytes,
        verify: false,
        visit: ({ buffer, at }) => {
          if (RecordBatch.baseOffset(buffer, at) >= fromOffset) {
            applyToProducers(producers, buffer, at, segment);
          }
          return true;
        },
      });
    yield { segment, task };
  }
}
