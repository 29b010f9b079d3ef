import * as RecordBatch from '../../protocol/records/record-batch.ts';
import type { Refusal } from '../producers/producer-state.ts';

/** What a leader sent: whole valid batches, or why they cannot be appended. */
export type FollowerBatches =
  | { readonly kind: 'valid'; readonly firstOffset: number; readonly endOffset: number }
  | ({ readonly kind: 'refused' } & Refusal);

/** Checks every batch before any is taken, so that a bad one leaves the log as it was. */
export function checkFollowerBatches(batches: Buffer, logEndOffset: number): FollowerBatches {
  const refuse = (error: Refusal['error'], detail: string) =>
    ({ kind: 'refused', error, detail }) as const;
  let next = logEndOffset;
  let firstOffset = -1;
  let end = 0;
  for (const at of RecordBatch.batchPositions(batches)) {
    const problem =
      RecordBatch.headerProblem(batches, at) ??
      (RecordBatch.isCrcValid(batches, at) ? undefined : 'the checksum does not match');
    if (problem !== undefined) return refuse('CORRUPT_MESSAGE', `at offset ${next}: ${problem}`);
    const baseOffset = RecordBatch.baseOffset(batches, at);
    if (baseOffset < next) {
      return refuse('OFFSET_OUT_OF_RANGE', `batch at ${baseOffset}, the log ends at ${next}`);
    }
    if (firstOffset < 0) firstOffset = baseOffset;
    next = RecordBatch.nextOffset(batches, at);
    end = at + RecordBatch.sizeInBytes(batches, at);
  }
  if (end !== batches.length) return refuse('CORRUPT_MESSAGE', 'the last batch is cut off');
  return { kind: 'valid', firstOffset: firstOffset < 0 ? next : firstOffset, endOffset: next };
}
