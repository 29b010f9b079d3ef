import type { TimestampType } from './record-batch.ts';

/** A header of a record. Kafka allows a null value and repeated keys. */
export interface RecordHeader {
  key: string;
  value: Buffer | null;
}

/** One record as decoded; buffers are slices of the batch, or of its decompressed payload. */
export interface BatchRecord {
  offset: number;
  /** Milliseconds, by the batch's timestamp type; -1 for none. */
  timestamp: number;
  timestampType: TimestampType;
  /** Producer sequence number, or -1. */
  sequence: number;
  key: Buffer | null;
  value: Buffer | null;
  headers: RecordHeader[];
}

/** A batch whose bytes do not hold what its header says. */
export class CorruptRecordsError extends Error {
  override name = 'CorruptRecordsError';
}

/** What records of one batch may decompress to, where the caller does not say. */
export const DEFAULT_MAX_DECOMPRESSED_BYTES = 256 * 1024 * 1024;

/**
 * The records section of a magic-2 batch, decompressed when it is compressed, else a slice. Throws
 * CorruptRecordsError, also when the output would be larger than `maxBytes`.
 */
export function recordsPayload(
  _buffer: Buffer,
  _at = 0,
  _maxBytes = DEFAULT_MAX_DECOMPRESSED_BYTES,
): Buffer {
  throw new Error('not yet');
}

/** All records of a magic-2 batch. Throws CorruptRecordsError. */
export function decodeRecords(
  _buffer: Buffer,
  _at = 0,
  _maxBytes = DEFAULT_MAX_DECOMPRESSED_BYTES,
): BatchRecord[] {
  throw new Error('not yet');
}

/** All records of all batches (magic 2) in a buffer, up to a partial tail. Throws CorruptRecordsError. */
export function decodeAllRecords(
  _buffer: Buffer,
  _maxBytes = DEFAULT_MAX_DECOMPRESSED_BYTES,
): BatchRecord[] {
  throw new Error('not yet');
}
