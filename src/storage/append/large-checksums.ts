import type { Clock } from '../../base/clock.ts';
import * as RecordBatch from '../../protocol/records/record-batch.ts';
import { LARGE_BATCH_BYTES } from './large-batch.ts';

/** Whether the checksum of so many bytes is better computed ahead, over several turns. */
export function isLargeChecksum(sizeInBytes: number): boolean {
  return sizeInBytes > LARGE_BATCH_BYTES;
}

/**
 * Checks the checksums of large batches one after the other, a piece in each turn of the event loop,
 * since others would wait for many milliseconds. `done` hears, in a later turn, which of them match.
 * Nobody may change the batches meanwhile.
 */
export function checkInTurns(
  batches: readonly Buffer[],
  clock: Clock,
  done: (isValid: ReadonlyMap<Buffer, boolean>) => void,
): void {
  const isValid = new Map<Buffer, boolean>();
  const step = (index: number, pieces: Generator<void, boolean, undefined>) => {
    const piece = pieces.next();
    if (!piece.done) {
      clock.nextTurn(() => step(index, pieces));
      return;
    }
    isValid.set(batches[index]!, piece.value);
    begin(index + 1);
  };
  const begin = (index: number) => {
    const batch = batches[index];
    clock.nextTurn(() => {
      if (batch) step(index, RecordBatch.isCrcValidInPieces(batch, LARGE_BATCH_BYTES));
      else done(isValid);
    });
  };
  begin(0);
}
