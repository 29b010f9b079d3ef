import { crc32 } from 'node:zlib';
import { LOG_OVERHEAD, type TimestampType, writeInt64 } from './record-batch.ts';
import { CorruptRecordsError } from './record-cursor.ts';

// One message of the formats before record batches. A message set is such messages one after the
// other; a compressed set is one message whose value is a compressed set.

/** Magic 0 has no timestamps; magic 1 (KIP-32) has, and relative offsets inside compressed sets. */
export type LegacyMagic = 0 | 1;

const CRC = LOG_OVERHEAD;
const MAGIC = 16;
const ATTRIBUTES = 17;
const TIMESTAMP = 18;
/** Where the key's size lies, by magic. */
const KEY_SIZE = [18, 26] as const;

const CODEC_MASK = 0x07;
const TIMESTAMP_TYPE_BIT = 0x08;
const NULL_SIZE = -1;

/** Bytes of the smallest message, its offset and size included, by magic. */
const LEAST_SIZE = [26, 34] as const;

/** A message where it lies; the offset is as stored, so relative inside a magic-1 set. */
export interface LegacyMessage {
  magic: LegacyMagic;
  /** As stored. A bigint since producers put anything here. */
  storedOffset: bigint;
  codecId: number;
  timestampType: TimestampType;
  /** -1 with magic 0. A bigint since it is the producer's and not checked yet. */
  timestamp: bigint;
  key: Buffer | null;
  value: Buffer | null;
  /** Bytes of the message, its offset and size included. */
  size: number;
}

/**
 * The message at `at`, or undefined where it is cut off. Throws CorruptRecordsError where its size,
 * checksum or structure is wrong.
 */
export function readLegacyMessage(set: Buffer, at: number): LegacyMessage | undefined {
  if (set.length - at < MAGIC + 1) return undefined;
  const size = set.readInt32BE(at + 8) + LOG_OVERHEAD;
  if (size < LEAST_SIZE[0]) throw new CorruptRecordsError(`a message of ${size} bytes`);
  if (size > set.length - at) return undefined;
  const magic = set.readInt8(at + MAGIC);
  if (magic !== 0 && magic !== 1) throw new CorruptRecordsError(`magic ${magic} among messages`);
  if (size < LEAST_SIZE[magic]) throw new CorruptRecordsError(`a message of ${size} bytes`);
  const end = at + size;
  if (crc32(set.subarray(at + MAGIC, end)) !== set.readUInt32BE(at + CRC)) {
    throw new CorruptRecordsError('a message has a wrong checksum');
  }
  const attributes = set[at + ATTRIBUTES]!;
  const keySizeAt = at + KEY_SIZE[magic];
  const key = sizedBytes(set, keySizeAt, end);
  const value = sizedBytes(set, keySizeAt + 4 + (key?.length ?? 0), end);
  return {
    magic,
    storedOffset: set.readBigInt64BE(at),
    codecId: attributes & CODEC_MASK,
    timestampType: magic === 1 && attributes & TIMESTAMP_TYPE_BIT ? 'LogAppendTime' : 'CreateTime',
    timestamp: magic === 0 ? -1n : set.readBigInt64BE(at + TIMESTAMP),
    key,
    value,
    size,
  };
}

function sizedBytes(set: Buffer, sizeAt: number, end: number): Buffer | null {
  if (end - sizeAt < 4) throw new CorruptRecordsError('a message ends within its fields');
  const size = set.readInt32BE(sizeAt);
  if (size < 0) return null;
  if (size > end - sizeAt - 4) throw new CorruptRecordsError(`${size} bytes beyond a message`);
  return set.subarray(sizeAt + 4, sizeAt + 4 + size);
}

/** A message to be written. */
export interface LegacyMessageInput {
  /** Relative inside a compressed magic-1 set. */
  offset: number;
  /** Not written with magic 0. */
  timestamp: number;
  timestampType: TimestampType;
  key: Uint8Array | null;
  value: Uint8Array | null;
  /** 0 unless the value is a compressed set. */
  codecId: number;
}

/** The bytes of one message, with its offset, size and checksum. */
export function writeLegacyMessage(message: LegacyMessageInput, magic: LegacyMagic): Buffer {
  const { key, value } = message;
  const bytes = Buffer.allocUnsafe(LEAST_SIZE[magic] + (key?.length ?? 0) + (value?.length ?? 0));
  writeInt64(bytes, message.offset, 0);
  bytes.writeInt32BE(bytes.length - LOG_OVERHEAD, 8);
  bytes[MAGIC] = magic;
  let attributes = message.codecId;
  if (magic === 1) {
    if (message.timestampType === 'LogAppendTime') attributes |= TIMESTAMP_TYPE_BIT;
    writeInt64(bytes, message.timestamp, TIMESTAMP);
  }
  bytes[ATTRIBUTES] = attributes;
  const afterKey = writeSized(bytes, key, KEY_SIZE[magic]);
  writeSized(bytes, value, afterKey);
  bytes.writeUInt32BE(crc32(bytes.subarray(MAGIC)), CRC);
  return bytes;
}

function writeSized(target: Buffer, bytes: Uint8Array | null, at: number): number {
  target.writeInt32BE(bytes === null ? NULL_SIZE : bytes.length, at);
  if (bytes === null) return at + 4;
  target.set(bytes, at + 4);
  return at + 4 + bytes.length;
}
