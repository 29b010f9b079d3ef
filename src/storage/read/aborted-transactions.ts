import type { AbortedTransaction } from '../log-types.ts';
import type { SegmentList } from '../segment/segment-list.ts';

/** The aborted transactions with records in [fromOffset, upToOffset), in order of their markers. */
export function abortedTransactions(
  segments: SegmentList,
  range: { fromOffset: number; upToOffset: number },
): AbortedTransaction[] {
  const found: AbortedTransaction[] = [];
  for (const segment of segments.from(range.fromOffset)) {
    for (const txn of segment.abortedTxns()) {
      if (txn.lastOffset >= range.fromOffset && txn.firstOffset < range.upToOffset) {
        found.push({ producerId: txn.producerId, firstOffset: txn.firstOffset });
      }
      // Everything that began before this offset was decided by this marker or an earlier one.
      if (txn.lastStableOffset >= range.upToOffset) return found;
    }
  }
  return found;
}
