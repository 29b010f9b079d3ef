import { addInt64, type Int64 } from '../../base/int64.ts';
import { codecById, DecompressionError } from '../../compression/index.ts';
import * as RecordBatch from './record-batch.ts';
import { CorruptRecordsError, RecordCursor } from './record-cursor.ts';

export { CorruptRecordsError } from './record-cursor.ts';

/** A header of a record. Kafka allows a null value and repeated keys. */
export interface RecordHeader {
  key: string;
  value: Buffer | null;
}

/** One record as decoded; buffers are slices of the batch, or of its decompressed payload. */
export interface BatchRecord {
  offset: number;
  /** Milliseconds, by the batch's timestamp type; -1 for none. */
  timestamp: Int64;
  timestampType: RecordBatch.TimestampType;
  /** Producer sequence number, or -1. */
  sequence: number;
  key: Buffer | null;
  value: Buffer | null;
  headers: RecordHeader[];
}

/** What records of one batch may decompress to, where the caller does not say: clients and tools. */
export const DEFAULT_MAX_DECOMPRESSED_BYTES = 256 * 1024 * 1024;

const ALWAYS_READ_BYTES = 64 * 1024 * 1024;
const MOST_READ_BYTES = DEFAULT_MAX_DECOMPRESSED_BYTES;
const MOST_EXPANSION = 32;

/**
 * What the records of a batch of so many bytes may decompress to for a broker to read them: 64 MiB, or 32 times the
 * batch where that is more, but at most 256 MiB (or the batch, which without compression is its own content).
 */
export function mostContentBytes(sizeInBytes: number): number {
  const byExpansion = Math.min(sizeInBytes * MOST_EXPANSION, MOST_READ_BYTES);
  return Math.max(ALWAYS_READ_BYTES, byExpansion, sizeInBytes);
}

/**
 * The records section of a magic-2 batch, decompressed when it is compressed, else a slice. Throws
 * CorruptRecordsError, also when the output would be larger than `maxBytes`.
 */
export function recordsPayload(
  buffer: Buffer,
  at = 0,
  maxBytes = DEFAULT_MAX_DECOMPRESSED_BYTES,
): Buffer {
  const problem = RecordBatch.headerProblem(buffer, at);
  if (problem !== undefined) throw new CorruptRecordsError(problem);
  const end = at + RecordBatch.sizeInBytes(buffer, at);
  if (end > buffer.length) throw new CorruptRecordsError('the batch is cut off');
  const stored = buffer.subarray(at + RecordBatch.HEADER_SIZE, end);
  const codecId = RecordBatch.codecId(buffer, at);
  // Compaction may leave a batch without records, and then without a compressed stream either.
  if (codecId === 0 || stored.length === 0) return stored;
  const codec = codecById(codecId);
  if (codec === undefined) throw new CorruptRecordsError(`no codec has the number ${codecId}`);
  try {
    return codec.decompress(stored, maxBytes);
  } catch (error) {
    if (error instanceof DecompressionError) {
      throw new CorruptRecordsError(error.message, { cause: error });
    }
    throw error;
  }
}

/** All records of a magic-2 batch. Throws CorruptRecordsError. */
export function decodeRecords(
  buffer: Buffer,
  at = 0,
  maxBytes = DEFAULT_MAX_DECOMPRESSED_BYTES,
): BatchRecord[] {
  const records: BatchRecord[] = [];
  appendRecords(records, buffer, at, maxBytes);
  return records;
}

/** All records of all batches (magic 2) in a buffer, up to a partial tail. Throws CorruptRecordsError. */
export function decodeAllRecords(
  buffer: Buffer,
  maxBytes = DEFAULT_MAX_DECOMPRESSED_BYTES,
): BatchRecord[] {
  const records: BatchRecord[] = [];
  for (const at of RecordBatch.batchPositions(buffer)) {
    appendRecords(records, buffer, at, maxBytes);
  }
  return records;
}

function appendRecords(into: BatchRecord[], buffer: Buffer, at: number, maxBytes: number): void {
  const cursor = new RecordCursor(recordsPayload(buffer, at, maxBytes));
  const count = RecordBatch.recordCount(buffer, at);
  const baseOffset = RecordBatch.baseOffset(buffer, at);
  const baseSequence = RecordBatch.baseSequence(buffer, at);
  const timestampType = RecordBatch.timestampType(buffer, at);
  for (let index = 0; index < count; index++) {
    cursor.next();
    into.push({
      offset: baseOffset + cursor.offsetDelta,
      timestamp: recordTimestamp(buffer, at, cursor),
      timestampType,
      sequence:
        baseSequence < 0
          ? RecordBatch.NO_SEQUENCE
          : RecordBatch.addToSequence(baseSequence, cursor.offsetDelta),
      key: cursor.key,
      value: cursor.value,
      headers: cursor.readHeaders(),
    });
  }
  if (!cursor.isAtEnd) throw new CorruptRecordsError(`bytes are left after ${count} records`);
}

/** Timestamp of the record the cursor is at. */
export function recordTimestamp(buffer: Buffer, at: number, cursor: RecordCursor): Int64 {
  if (RecordBatch.timestampType(buffer, at) === 'LogAppendTime') {
    return RecordBatch.maxTimestamp(buffer, at);
  }
  return addInt64(RecordBatch.baseTimestamp(buffer, at), cursor.timestampDelta);
}
