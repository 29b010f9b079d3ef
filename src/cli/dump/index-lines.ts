import { type Int64, readInt64 } from '../../base/int64.ts';
import { decodeRecords } from '../../protocol/records/record.ts';
import * as RecordBatch from '../../protocol/records/record-batch.ts';
import { lastOffsetOf, type SegmentFile } from './segment-file.ts';

// The lines of Kafka's DumpLogSegments for indexes, and what it says of entries that are wrong.

export interface OffsetEntry {
  readonly offset: number;
  readonly position: number;
}

export interface TimeEntry {
  readonly timestamp: Int64;
  readonly offset: number;
}

const OFFSET_ENTRY_BYTES = 8;
const TIME_ENTRY_BYTES = 12;
const TRANSACTION_ENTRY_BYTES = 34;

/** Up to the zeros that a crash may have left behind the last entry. */
export function offsetEntries(bytes: Buffer, baseOffset: number): OffsetEntry[] {
  const entries: OffsetEntry[] = [];
  for (let at = 0; at + OFFSET_ENTRY_BYTES <= bytes.length; at += OFFSET_ENTRY_BYTES) {
    const offset = baseOffset + bytes.readInt32BE(at);
    if (offset === baseOffset && at > 0) break;
    entries.push({ offset, position: bytes.readInt32BE(at + 4) });
  }
  return entries;
}

export function timeEntries(bytes: Buffer, baseOffset: number): TimeEntry[] {
  const entries: TimeEntry[] = [];
  for (let at = 0; at + TIME_ENTRY_BYTES <= bytes.length; at += TIME_ENTRY_BYTES) {
    const offset = baseOffset + bytes.readInt32BE(at + 8);
    if (offset === baseOffset && at > 0) break;
    entries.push({ timestamp: readInt64(bytes, at), offset });
  }
  return entries;
}

/** Whether the offsets ascend and the file holds whole entries: what a broker asks at its start. */
export function isSane(
  bytes: Buffer,
  offsets: readonly number[],
  baseOffset: number,
  entryBytes: 8 | 12,
): boolean {
  const last = offsets.at(-1);
  return bytes.length % entryBytes === 0 && (last === undefined || last >= baseOffset);
}

/** Pairs of an entry's offset and the last offset of the batch at its position, where they differ. */
export function offsetMismatches(
  entries: readonly OffsetEntry[],
  log: SegmentFile,
): (readonly [index: number, log: number])[] {
  return entries.flatMap(({ offset, position }) => {
    const batch = log.batchAt(position);
    const found = batch ? lastOffsetOf(batch.bytes) : -1;
    return found === offset ? [] : [[offset, found] as const];
  });
}

/** What is wrong with the entries of a time index. */
export interface TimeFindings {
  /** The entry's timestamp, and the batch's. */
  readonly mismatches: (readonly [Int64, Int64])[];
  /** The entry's timestamp, and the one before. */
  readonly outOfOrder: (readonly [Int64, Int64])[];
  /** The entry's offset, and the last one of the batch that should end with it. */
  readonly notFound: (readonly [number, number])[];
}

export function timeFindings(
  entries: readonly TimeEntry[],
  index: readonly OffsetEntry[],
  log: SegmentFile,
): TimeFindings {
  const findings: TimeFindings = { mismatches: [], outOfOrder: [], notFound: [] };
  let previous: Int64 = RecordBatch.NO_TIMESTAMP;
  for (const { timestamp, offset } of entries) {
    const from = index.findLast((entry) => entry.offset <= offset)?.position ?? 0;
    let last = -1;
    for (const { bytes } of log.batches(from)) {
      last = lastOffsetOf(bytes);
      if (last < offset) continue;
      if (last > offset) break;
      const found = maxTimestamp(bytes);
      if (found !== timestamp) findings.mismatches.push([timestamp, found]);
      if (previous >= timestamp) findings.outOfOrder.push([timestamp, previous]);
      break;
    }
    if (last !== offset) findings.notFound.push([offset, last < offset ? -1 : last]);
    previous = timestamp;
  }
  return findings;
}

function maxTimestamp(batch: Buffer): Int64 {
  if (RecordBatch.magic(batch) < RecordBatch.MAGIC_V2) return readInt64(batch, 18);
  return decodeRecords(batch).reduce<Int64>(
    (most, { timestamp }) => (timestamp > most ? timestamp : most),
    RecordBatch.NO_TIMESTAMP,
  );
}

/** The lines of a transaction index: one per aborted transaction. */
export function transactionIndexLines(bytes: Buffer): string {
  let text = '';
  for (let at = 0; at + TRANSACTION_ENTRY_BYTES <= bytes.length; at += TRANSACTION_ENTRY_BYTES) {
    text +=
      `version: ${bytes.readInt16BE(at)} producerId: ${readInt64(bytes, at + 2)}` +
      ` firstOffset: ${readInt64(bytes, at + 10)}` +
      ` lastOffset: ${readInt64(bytes, at + 18)}` +
      ` lastStableOffset: ${readInt64(bytes, at + 26)}\n`;
  }
  return text;
}
