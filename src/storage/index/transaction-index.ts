import { type Int64, readInt64, readSaturatedInt64, writeInt64 } from '../../base/int64.ts';

const ENTRY_SIZE = 34;
const VERSION = 0;

/** One aborted transaction, in the segment that holds its marker. */
export interface AbortedTxn {
  producerId: Int64;
  firstOffset: number;
  /** Offset of the marker. */
  lastOffset: number;
  /** The last stable offset once the marker counts. */
  lastStableOffset: number;
}

/** The bytes of one entry of a `.txnindex` file: version int16, then four int64. */
export function encodeAbortedTxn(txn: AbortedTxn): Buffer {
  const bytes = Buffer.alloc(ENTRY_SIZE);
  bytes.writeInt16BE(VERSION, 0);
  writeInt64(bytes, txn.producerId, 2);
  writeInt64(bytes, txn.firstOffset, 10);
  writeInt64(bytes, txn.lastOffset, 18);
  writeInt64(bytes, txn.lastStableOffset, 26);
  return bytes;
}

/** Undefined when the bytes are no transaction index of a segment that begins at `baseOffset`. */
export function decodeAbortedTxns(bytes: Buffer, baseOffset: number): AbortedTxn[] | undefined {
  if (bytes.length % ENTRY_SIZE !== 0) return undefined;
  const txns: AbortedTxn[] = [];
  for (let at = 0; at < bytes.length; at += ENTRY_SIZE) {
    if (bytes.readInt16BE(at) > VERSION) return undefined;
    try {
      const txn = {
        producerId: readInt64(bytes, at + 2),
        firstOffset: readSaturatedInt64(bytes, at + 10),
        lastOffset: readSaturatedInt64(bytes, at + 18),
        lastStableOffset: readSaturatedInt64(bytes, at + 26),
      };
      if (txn.lastOffset < baseOffset || txn.lastOffset < (txns.at(-1)?.lastOffset ?? 0)) {
        return undefined;
      }
      txns.push(txn);
    } catch {
      return undefined;
    }
  }
  return txns;
}
