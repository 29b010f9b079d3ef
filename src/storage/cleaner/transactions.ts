import type { Int64 } from '../../base/int64.ts';
import { parseEndTxnMarker } from '../../protocol/records/control-batch.ts';
import * as RecordBatch from '../../protocol/records/record-batch.ts';
import type { AbortedTxn } from '../index/transaction-index.ts';

interface OngoingAbort {
  readonly txn: AbortedTxn;
  /** One of its batches is still in the log. */
  hasBatches: boolean;
}

/**
 * What one walk through a log learns about its transactions: which batches were aborted, and which
 * markers nobody needs any more because no batch of their transaction is left.
 */
export class CleanedTransactions {
  /** Told of each aborted transaction whose marker has to stay. */
  onAborted: (txn: AbortedTxn) => void = () => {};
  /** By first offset. */
  #ahead: AbortedTxn[] = [];
  readonly #aborted = new Map<Int64, OngoingAbort>();
  readonly #committed = new Set<Int64>();

  /** Those of the segments that come next; the same one may come twice. */
  add(txns: readonly AbortedTxn[]): void {
    this.#ahead.push(...txns);
    this.#ahead.sort((a, b) => a.firstOffset - b.firstOffset);
  }

  /** Takes a batch into account, in the log's order; whether its records or its marker may go. */
  visit(buffer: Buffer, at: number): boolean {
    this.#enter(RecordBatch.lastOffset(buffer, at));
    return RecordBatch.isControl(buffer, at)
      ? this.#visitMarker(buffer, at)
      : this.#visitData(buffer, at);
  }

  #visitData(buffer: Buffer, at: number): boolean {
    if (!RecordBatch.isTransactional(buffer, at)) return false;
    const producerId = RecordBatch.producerId(buffer, at);
    const abort = this.#aborted.get(producerId);
    if (abort) abort.hasBatches = true;
    else this.#committed.add(producerId);
    return abort !== undefined;
  }

  #visitMarker(buffer: Buffer, at: number): boolean {
    // An empty one was cleaned before.
    if (RecordBatch.recordCount(buffer, at) === 0) return true;
    const marker = parseEndTxnMarker(buffer, at);
    // A control record of another kind: nobody knows what it is for.
    if (!marker) return false;
    const producerId = RecordBatch.producerId(buffer, at);
    if (marker.type === 'COMMIT') return !this.#committed.delete(producerId);
    const abort = this.#aborted.get(producerId);
    this.#aborted.delete(producerId);
    if (!abort?.hasBatches) return true;
    this.onAborted(abort.txn);
    return false;
  }

  /** Transactions that began at or before `offset` are under way. */
  #enter(offset: number): void {
    let count = 0;
    for (const txn of this.#ahead) {
      if (txn.firstOffset > offset) break;
      count++;
      if (!this.#aborted.has(txn.producerId)) {
        this.#aborted.set(txn.producerId, { txn, hasBatches: false });
      }
    }
    if (count > 0) this.#ahead.splice(0, count);
  }
}
