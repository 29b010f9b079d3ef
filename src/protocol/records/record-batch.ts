import { type Int64, readInt64, readSaturatedInt64, writeInt64 } from '../../base/int64.ts';
import { crc32c } from './crc32c.ts';

// The header of a record batch (magic 2, KIP-98) read in place: every function takes the buffer and
// the position of the batch in it, so that no object is made per batch. Import all of it under the
// name RecordBatch; calls then read `RecordBatch.baseOffset(buffer, at)`.

export const MAGIC_V2 = 2;
/** Bytes before the counted part: base offset and batch length. They open every message format. */
export const LOG_OVERHEAD = 12;
/** Bytes of a magic-2 header, where the records begin. */
export const HEADER_SIZE = 61;

export const NO_TIMESTAMP = -1;
export const NO_LEADER_EPOCH = -1;
export const NO_PRODUCER_ID = -1;
export const NO_PRODUCER_EPOCH = -1;
export const NO_SEQUENCE = -1;

const BATCH_LENGTH = 8;
const LEADER_EPOCH = 12;
/** The magic byte has this place in the headers of all three formats. */
const MAGIC = 16;
const CRC = 17;
const ATTRIBUTES = 21;
const LAST_OFFSET_DELTA = 23;
const BASE_TIMESTAMP = 27;
const MAX_TIMESTAMP = 35;
const PRODUCER_ID = 43;
const PRODUCER_EPOCH = 51;
const BASE_SEQUENCE = 53;
const RECORD_COUNT = 57;

export const CODEC_MASK = 0x07;
export const TIMESTAMP_TYPE_BIT = 0x08;
export const TRANSACTIONAL_BIT = 0x10;
export const CONTROL_BIT = 0x20;
export const DELETE_HORIZON_BIT = 0x40;

/** Kafka's names of the two meanings of a record's timestamp. */
export type TimestampType = 'CreateTime' | 'LogAppendTime';

/** Offset of the first record. No log gets beyond 2^53, and `headerProblem` refuses what says so. */
export function baseOffset(buffer: Buffer, at = 0): number {
  return readSaturatedInt64(buffer, at);
}

/** The length field: bytes after the first twelve. */
export function batchLength(buffer: Buffer, at = 0): number {
  return buffer.readInt32BE(at + BATCH_LENGTH);
}

/** Bytes of the whole batch, its first twelve included. */
export function sizeInBytes(buffer: Buffer, at = 0): number {
  return batchLength(buffer, at) + LOG_OVERHEAD;
}

export function leaderEpoch(buffer: Buffer, at = 0): number {
  return buffer.readInt32BE(at + LEADER_EPOCH);
}

/** The message format, 0 to 2. At the same place in all of them. */
export function magic(buffer: Buffer, at = 0): number {
  return buffer.readInt8(at + MAGIC);
}

/** CRC-32C of everything from the attributes on, unsigned. */
export function crc(buffer: Buffer, at = 0): number {
  return buffer.readUInt32BE(at + CRC);
}

export function attributes(buffer: Buffer, at = 0): number {
  return buffer.readInt16BE(at + ATTRIBUTES);
}

/** The compression codec's number, 0 to 7; 0 to 4 exist. */
export function codecId(buffer: Buffer, at = 0): number {
  return buffer[at + ATTRIBUTES + 1]! & CODEC_MASK;
}

export function timestampType(buffer: Buffer, at = 0): TimestampType {
  return buffer[at + ATTRIBUTES + 1]! & TIMESTAMP_TYPE_BIT ? 'LogAppendTime' : 'CreateTime';
}

export function isTransactional(buffer: Buffer, at = 0): boolean {
  return (buffer[at + ATTRIBUTES + 1]! & TRANSACTIONAL_BIT) !== 0;
}

/** Whether the records are for the broker and the client library, not for the application. */
export function isControl(buffer: Buffer, at = 0): boolean {
  return (buffer[at + ATTRIBUTES + 1]! & CONTROL_BIT) !== 0;
}

/** Whether the base timestamp is the time when tombstones may go (KIP-534). */
export function hasDeleteHorizon(buffer: Buffer, at = 0): boolean {
  return (buffer[at + ATTRIBUTES + 1]! & DELETE_HORIZON_BIT) !== 0;
}

export function lastOffsetDelta(buffer: Buffer, at = 0): number {
  return buffer.readInt32BE(at + LAST_OFFSET_DELTA);
}

/** What the records' timestamp deltas count from; a delete horizon where that bit is set. */
export function baseTimestamp(buffer: Buffer, at = 0): Int64 {
  return readInt64(buffer, at + BASE_TIMESTAMP);
}

/** The largest timestamp in the batch, or -1. Every record's timestamp with LogAppendTime. */
export function maxTimestamp(buffer: Buffer, at = 0): Int64 {
  return readInt64(buffer, at + MAX_TIMESTAMP);
}

/** -1 without idempotence. */
export function producerId(buffer: Buffer, at = 0): Int64 {
  return readInt64(buffer, at + PRODUCER_ID);
}

export function producerEpoch(buffer: Buffer, at = 0): number {
  return buffer.readInt16BE(at + PRODUCER_EPOCH);
}

/** Sequence number of the first record, or -1. */
export function baseSequence(buffer: Buffer, at = 0): number {
  return buffer.readInt32BE(at + BASE_SEQUENCE);
}

/** Sequence number of the last record, or -1. It wraps from 2^31 - 1 to 0. */
export function lastSequence(buffer: Buffer, at = 0): number {
  const first = baseSequence(buffer, at);
  return first === NO_SEQUENCE ? NO_SEQUENCE : addToSequence(first, lastOffsetDelta(buffer, at));
}

/** `sequence + count`, wrapping from 2^31 - 1 to 0. */
export function addToSequence(sequence: number, count: number): number {
  return (sequence + count) % 0x80000000;
}

/** Records in the batch; a compacted batch may hold fewer than its offsets span, even none. */
export function recordCount(buffer: Buffer, at = 0): number {
  return buffer.readInt32BE(at + RECORD_COUNT);
}

/** Offset of the last record, or what it was before compaction removed it. */
export function lastOffset(buffer: Buffer, at = 0): number {
  return baseOffset(buffer, at) + lastOffsetDelta(buffer, at);
}

/** The offset after the batch. */
export function nextOffset(buffer: Buffer, at = 0): number {
  return lastOffset(buffer, at) + 1;
}

/** In place; outside the CRC. */
export function setBaseOffset(buffer: Buffer, at: number, offset: number): void {
  writeInt64(buffer, offset, at);
}

/** In place; outside the CRC. */
export function setLeaderEpoch(buffer: Buffer, at: number, epoch: number): void {
  buffer.writeInt32BE(epoch, at + LEADER_EPOCH);
}

/** In place; recomputes the CRC over the whole batch. */
export function setMaxTimestampAndType(
  buffer: Buffer,
  at: number,
  timestamp: Int64,
  type: TimestampType,
): void {
  writeInt64(buffer, timestamp, at + MAX_TIMESTAMP);
  const low = at + ATTRIBUTES + 1;
  buffer[low] =
    type === 'LogAppendTime'
      ? buffer[low]! | TIMESTAMP_TYPE_BIT
      : buffer[low]! & ~TIMESTAMP_TYPE_BIT;
  buffer.writeUInt32BE(computeCrc(buffer, at), at + CRC);
}

/** In place; recomputes the CRC. For transactions that a client started before it had an id. */
export function setProducerState(
  buffer: Buffer,
  at: number,
  producer: { id: Int64; epoch: number; baseSequence: number },
): void {
  writeInt64(buffer, producer.id, at + PRODUCER_ID);
  buffer.writeInt16BE(producer.epoch, at + PRODUCER_EPOCH);
  buffer.writeInt32BE(producer.baseSequence, at + BASE_SEQUENCE);
  buffer.writeUInt32BE(computeCrc(buffer, at), at + CRC);
}

/** The checksum the batch should carry. The whole batch must lie in the buffer. */
export function computeCrc(buffer: Buffer, at = 0): number {
  return crc32c(buffer.subarray(at + ATTRIBUTES, at + sizeInBytes(buffer, at)));
}

/** False also where the length field does not fit a batch or the buffer. Never throws. */
export function isCrcValid(buffer: Buffer, at = 0): boolean {
  const size = completeSize(buffer, at);
  return (
    size >= HEADER_SIZE && crc32c(buffer.subarray(at + ATTRIBUTES, at + size)) === crc(buffer, at)
  );
}

/**
 * As `isCrcValid`, a step for each `pieceBytes` of the batch: yields between them, returns the answer.
 * For batches of many megabytes, whose checksum takes milliseconds.
 */
export function* isCrcValidInPieces(
  buffer: Buffer,
  pieceBytes: number,
): Generator<void, boolean, undefined> {
  const size = completeSize(buffer, 0);
  if (size < HEADER_SIZE) return false;
  let checksum = 0;
  for (let from = ATTRIBUTES; from < size; from += pieceBytes) {
    if (from > ATTRIBUTES) yield;
    checksum = crc32c(buffer.subarray(from, Math.min(from + pieceBytes, size)), checksum);
  }
  return checksum === crc(buffer);
}

/**
 * Bytes of the batch, or message of an older format, that begins at `at` and lies in the buffer
 * whole; 0 where it is cut off, and where its length is too small for any format. Never throws.
 */
export function completeSize(buffer: Buffer, at: number): number {
  if (buffer.length - at <= MAGIC) return 0;
  const size = sizeInBytes(buffer, at);
  const least = magic(buffer, at) < MAGIC_V2 ? MAGIC + 1 : HEADER_SIZE;
  return size < least || size > buffer.length - at ? 0 : size;
}

/** Positions of the batches in a buffer, in order; stops before a partial or impossible one. */
export function* batchPositions(buffer: Buffer, from = 0): Generator<number, void, undefined> {
  let at = from;
  for (;;) {
    const size = completeSize(buffer, at);
    if (size === 0) return;
    yield at;
    at += size;
  }
}

/**
 * What is wrong with a magic-2 header, or undefined. After it has found nothing, no accessor here
 * throws. It looks at what every stored batch must fulfil, those from leaders, disks and compaction
 * included; the rules for producers are in the produce validation. Never throws.
 */
export function headerProblem(buffer: Buffer, at = 0): string | undefined {
  if (buffer.length - at < HEADER_SIZE) return 'the header is cut off';
  if (magic(buffer, at) !== MAGIC_V2) return `magic ${magic(buffer, at)} is not 2`;
  const size = sizeInBytes(buffer, at);
  if (size < HEADER_SIZE) return `${size} bytes are fewer than a header`;
  const delta = lastOffsetDelta(buffer, at);
  if (delta < 0) return `last offset delta ${delta} is negative`;
  const first = baseOffset(buffer, at);
  if (first < 0) return `base offset ${first} is negative`;
  if (first + delta >= Number.MAX_SAFE_INTEGER) return 'the last offset is beyond 2^53';
  const count = recordCount(buffer, at);
  if (count < 0 || count > delta + 1) return `${count} records in ${delta + 1} offsets`;
  return undefined;
}
