import { parseEndTxnMarker } from '../../protocol/records/control-batch.ts';
import * as RecordBatch from '../../protocol/records/record-batch.ts';
import type { ProducerBatch, ProducerMarker, ProducerState } from '../producers/producer-state.ts';
import type { Segment } from '../segment/segment.ts';

/** What the producer checks look at, for a data batch that begins at `firstOffset`. */
export function producerBatch(buffer: Buffer, at: number, firstOffset: number): ProducerBatch {
  return {
    producerId: RecordBatch.producerId(buffer, at),
    producerEpoch: RecordBatch.producerEpoch(buffer, at),
    baseSequence: RecordBatch.baseSequence(buffer, at),
    lastSequence: RecordBatch.lastSequence(buffer, at),
    firstOffset,
    lastOffset: firstOffset + RecordBatch.lastOffsetDelta(buffer, at),
    maxTimestamp: RecordBatch.maxTimestamp(buffer, at),
    isTransactional: RecordBatch.isTransactional(buffer, at),
  };
}

/** The same for a control batch; undefined when it holds no transaction marker (any more). */
export function producerMarker(
  buffer: Buffer,
  at: number,
  offset: number,
): ProducerMarker | undefined {
  if (RecordBatch.recordCount(buffer, at) === 0) return undefined;
  const marker = parseEndTxnMarker(buffer, at);
  return (
    marker && {
      producerId: RecordBatch.producerId(buffer, at),
      producerEpoch: RecordBatch.producerEpoch(buffer, at),
      coordinatorEpoch: marker.coordinatorEpoch,
      isAbort: marker.type === 'ABORT',
      offset,
      timestamp: RecordBatch.maxTimestamp(buffer, at),
    }
  );
}

/**
 * Takes a batch of the log into the producers' state. An aborted transaction is noted in `segment`,
 * unless its index has it already.
 */
export function applyToProducers(
  producers: ProducerState,
  buffer: Buffer,
  at: number,
  segment: Segment,
): void {
  if (RecordBatch.producerId(buffer, at) < 0) return;
  const offset = RecordBatch.baseOffset(buffer, at);
  if (!RecordBatch.isControl(buffer, at)) {
    producers.addBatch(producerBatch(buffer, at, offset));
    return;
  }
  const marker = producerMarker(buffer, at, offset);
  const completed = marker && producers.addMarker(marker);
  if (!completed?.isAbort) return;
  const known = segment.abortedTxns().at(-1);
  if (known === undefined || known.lastOffset < completed.lastOffset) {
    segment.addAbortedTxn(completed);
  }
}
