import { crc32 } from 'node:zlib';
import { type Int64, readInt64, writeInt64 } from '../../base/int64.ts';
import { LOG_OVERHEAD, type TimestampType } from './record-batch.ts';
import { CorruptRecordsError } from './record-cursor.ts';

// One message of the formats before record batches. A message set is such messages one after the
// other; a compressed set is one message whose value is a compressed set.

/** Magic 0 has no timestamps; magic 1 (KIP-32) has, and relative offsets inside compressed sets. */
export type LegacyMagic = 0 | 1;

const SIZE = 8;
const CRC = LOG_OVERHEAD;
const MAGIC = 16;
const ATTRIBUTES = 17;
const TIMESTAMP = 18;
/** Where the key's size lies, by magic. */
const KEY_SIZE = [18, 26] as const;

const CODEC_MASK = 0x07;
const LAST_CODEC = 4;
const TIMESTAMP_TYPE_BIT = 0x08;
const NULL_SIZE = -1;

/** Bytes of the smallest message, its offset and size included, by magic. */
const LEAST_SIZE = [26, 34] as const;

/** Offset and size together must still be countable in 31 bits, or nothing can be said of the message. */
const LARGEST_SIZE = 2 ** 31 - 1 - LOG_OVERHEAD;

/** A message that says it is of another format, and otherwise could be one of magic 1. */
export class UnknownMagicError extends CorruptRecordsError {
  override name = 'UnknownMagicError';
}

/** A message whose checksum is right and whose fields cannot be: it was made wrong, not damaged. */
export class MalformedMessageError extends CorruptRecordsError {
  override name = 'MalformedMessageError';
}

/**
 * Steps over the messages of a set without making an object for any: after `next()` the fields tell
 * what the message holds and where. Throws CorruptRecordsError (or one of the two above) where its
 * size, checksum or structure is wrong.
 */
export class LegacyMessageCursor {
  readonly #bytes: Buffer;
  readonly #trusted: boolean;
  readonly #isInside: boolean;
  /** Where the message begins, and its bytes with offset and size. */
  at = 0;
  size = 0;
  magic: LegacyMagic = 0;
  codecId = 0;
  timestampType: TimestampType = 'CreateTime';
  keyAt = 0;
  /** Negative for a null key. */
  keySize = NULL_SIZE;
  valueAt = 0;
  /** Negative for a null value. */
  valueSize = NULL_SIZE;

  /**
   * `trusted` leaves the checksums out: these messages have been stepped over before. `isInside` says
   * that the bytes come out of a compressed message.
   */
  constructor(bytes: Buffer, { trusted = false, isInside = false } = {}) {
    this.#bytes = bytes;
    this.#trusted = trusted;
    this.#isInside = isInside;
  }

  /** Steps to the next message; false where there is none, or only a part of one. */
  next(): boolean {
    const bytes = this.#bytes;
    const at = this.at + this.size;
    const left = bytes.length - at;
    if (left < MAGIC + 1) return false;
    const claimed = bytes.readInt32BE(at + SIZE);
    if (claimed > LARGEST_SIZE) throw new MalformedMessageError(`a message of ${claimed} bytes`);
    const size = claimed + LOG_OVERHEAD;
    if (size < LEAST_SIZE[0]) throw new CorruptRecordsError(`a message of ${size} bytes`);
    if (size > left) return false;
    const magic = bytes.readInt8(at + MAGIC);
    if (magic !== 0 && magic !== 1) this.#refuseMagic(magic, at, at + size);
    if (size < LEAST_SIZE[magic]) throw new CorruptRecordsError(`a message of ${size} bytes`);
    const end = at + size;
    if (!this.#trusted && crc32(bytes.subarray(at + MAGIC, end)) !== bytes.readUInt32BE(at + CRC)) {
      throw new CorruptRecordsError('a message has a wrong checksum');
    }
    this.at = at;
    this.size = size;
    this.magic = magic;
    const attributes = bytes[at + ATTRIBUTES]!;
    this.codecId = attributes & CODEC_MASK;
    const appended = magic === 1 && (attributes & TIMESTAMP_TYPE_BIT) !== 0;
    this.timestampType = appended ? 'LogAppendTime' : 'CreateTime';
    this.#readSizes(at + KEY_SIZE[magic] + 4, end);
    return true;
  }

  /** As stored, so relative inside a magic-1 set. A bigint since producers put anything here. */
  get storedOffset(): bigint {
    return this.#bytes.readBigInt64BE(this.at);
  }

  /** The checksum as stored. */
  get crc(): number {
    return this.#bytes.readUInt32BE(this.at + CRC);
  }

  /** Milliseconds; -1 with magic 0. */
  get timestamp(): Int64 {
    return this.magic === 0 ? -1 : readInt64(this.#bytes, this.at + TIMESTAMP);
  }

  /** A slice. */
  get key(): Buffer | null {
    if (this.keySize < 0) return null;
    return this.#bytes.subarray(this.keyAt, this.keyAt + this.keySize);
  }

  /** A slice. */
  get value(): Buffer | null {
    if (this.valueSize < 0) return null;
    return this.#bytes.subarray(this.valueAt, this.valueAt + this.valueSize);
  }

  #readSizes(keyAt: number, end: number): void {
    this.keyAt = keyAt;
    this.keySize = this.#sizeBefore(keyAt, end);
    this.valueAt = keyAt + Math.max(0, this.keySize) + 4;
    this.valueSize = this.#sizeBefore(this.valueAt, end);
  }

  /** As in Kafka, whatever is not magic 0 inside another message is read like magic 1 before it is refused. */
  #refuseMagic(magic: number, at: number, end: number): never {
    if (!this.#isInside) throw new CorruptRecordsError(`magic ${magic} among messages`);
    this.#readSizes(at + KEY_SIZE[1] + 4, end);
    const codecId = this.#bytes[at + ATTRIBUTES]! & CODEC_MASK;
    if (codecId > LAST_CODEC) throw new MalformedMessageError(`no codec has the number ${codecId}`);
    throw new UnknownMagicError(`magic ${magic} among messages`);
  }

  /** The size that lies before the bytes at `at`, which must end with the message. */
  #sizeBefore(at: number, end: number): number {
    if (at > end) throw new MalformedMessageError('a message ends within its fields');
    const size = this.#bytes.readInt32BE(at - 4);
    if (size > end - at) throw new MalformedMessageError(`${size} bytes beyond a message`);
    return size;
  }
}

/** A message to be written. */
export interface LegacyMessageInput {
  /** Relative inside a compressed magic-1 set. */
  offset: number;
  /** Not written with magic 0. */
  timestamp: Int64;
  timestampType: TimestampType;
  key: Uint8Array | null;
  value: Uint8Array | null;
  /** 0 unless the value is a compressed set. */
  codecId: number;
}

/** Bytes of a message with a key and value of these sizes (0 for null), offset and size included. */
export function legacyMessageSize(magic: LegacyMagic, keySize: number, valueSize: number): number {
  return LEAST_SIZE[magic] + keySize + valueSize;
}

/** Writes one message, with its offset, size and checksum, to `target` at `at`; where it ends. */
export function writeLegacyMessageAt(
  target: Buffer,
  at: number,
  message: LegacyMessageInput,
  magic: LegacyMagic,
): number {
  const { key, value } = message;
  const size = legacyMessageSize(magic, key?.length ?? 0, value?.length ?? 0);
  writeInt64(target, message.offset, at);
  target.writeInt32BE(size - LOG_OVERHEAD, at + SIZE);
  target[at + MAGIC] = magic;
  let attributes = message.codecId;
  if (magic === 1) {
    if (message.timestampType === 'LogAppendTime') attributes |= TIMESTAMP_TYPE_BIT;
    writeInt64(target, message.timestamp, at + TIMESTAMP);
  }
  target[at + ATTRIBUTES] = attributes;
  const afterKey = writeSized(target, key, at + KEY_SIZE[magic]);
  writeSized(target, value, afterKey);
  target.writeUInt32BE(crc32(target.subarray(at + MAGIC, at + size)), at + CRC);
  return at + size;
}

/** The bytes of one message. */
export function writeLegacyMessage(message: LegacyMessageInput, magic: LegacyMagic): Buffer {
  const { key, value } = message;
  const bytes = Buffer.allocUnsafe(legacyMessageSize(magic, key?.length ?? 0, value?.length ?? 0));
  writeLegacyMessageAt(bytes, 0, message, magic);
  return bytes;
}

function writeSized(target: Buffer, bytes: Uint8Array | null, at: number): number {
  target.writeInt32BE(bytes === null ? NULL_SIZE : bytes.length, at);
  if (bytes === null) return at + 4;
  target.set(bytes, at + 4);
  return at + 4 + bytes.length;
}
