import {
  type Codec,
  type CodecName,
  codecById,
  DecompressionError,
  lz4ForMagic0,
  OutputTooLargeError,
} from '../../compression/index.ts';
import { type LegacyMagic, type LegacyMessage, readLegacyMessage } from './legacy-message.ts';
import type { TimestampType } from './record-batch.ts';
import { CorruptRecordsError } from './record-cursor.ts';

/** One record of a message set, out of its compressed wrapper if it had one. */
export interface LegacyRecord {
  /** Absolute. What a producer wrote, so good for nothing but finding gaps. */
  offset: bigint;
  /** -1 with magic 0. */
  timestamp: bigint;
  timestampType: TimestampType;
  key: Buffer | null;
  value: Buffer | null;
}

export type LegacySet =
  | {
      kind: 'read';
      magic: LegacyMagic;
      codec: CodecName;
      records: LegacyRecord[];
      /** Bytes of the largest message, which is what size limits look at. */
      largestMessageBytes: number;
    }
  | {
      kind: 'rejected';
      error: 'CORRUPT_MESSAGE' | 'INVALID_RECORD' | 'MESSAGE_TOO_LARGE';
      detail: string;
    };

/** A set that is intact, but breaks a rule: the records were made wrong, not damaged. */
class InvalidSetError extends Error {}

const ZSTD = 4;

/** What one set may decompress to: these producers are old, and so were their limits. */
const MAX_DECOMPRESSED_BYTES = 64 * 1024 * 1024;

/**
 * Reads a message set of magic 0 or 1 as a producer sends it: plain messages, or one compressed
 * message that holds them. A message cut off at the end is left out, as Kafka does. Never throws.
 */
export function readLegacyMessageSet(
  set: Buffer,
  maxDecompressedBytes = MAX_DECOMPRESSED_BYTES,
): LegacySet {
  try {
    return readSet(set, maxDecompressedBytes);
  } catch (error) {
    if (error instanceof OutputTooLargeError) {
      return { kind: 'rejected', error: 'MESSAGE_TOO_LARGE', detail: error.message };
    }
    if (error instanceof CorruptRecordsError || error instanceof DecompressionError) {
      return { kind: 'rejected', error: 'CORRUPT_MESSAGE', detail: error.message };
    }
    if (error instanceof InvalidSetError) {
      return { kind: 'rejected', error: 'INVALID_RECORD', detail: error.message };
    }
    throw error;
  }
}

function readSet(set: Buffer, maxDecompressedBytes: number): LegacySet {
  const messages = readMessages(set);
  const first = messages[0];
  if (first === undefined) throw new InvalidSetError('there is no complete message');
  const { magic } = first;
  if (messages.some((message) => message.magic !== magic)) {
    throw new InvalidSetError('messages of different formats in one set');
  }
  const largestMessageBytes = messages.reduce((most, { size }) => Math.max(most, size), 0);
  const wrapper = messages.find(({ codecId }) => codecId !== 0);
  if (wrapper === undefined) {
    const records = messages.map((message) => recordOf(message, message.storedOffset));
    return { kind: 'read', magic, codec: 'none', records, largestMessageBytes };
  }
  if (messages.length > 1) throw new InvalidSetError('a compressed message is not alone');
  const codec = codecOf(wrapper);
  const records = unwrap(wrapper, codec, maxDecompressedBytes);
  return { kind: 'read', magic, codec: codec.name, records, largestMessageBytes };
}

function readMessages(set: Buffer): LegacyMessage[] {
  const messages: LegacyMessage[] = [];
  for (let at = 0; ; ) {
    const message = readLegacyMessage(set, at);
    if (message === undefined) return messages;
    messages.push(message);
    at += message.size;
  }
}

function codecOf(wrapper: LegacyMessage): Codec {
  const codec = codecById(wrapper.codecId);
  if (codec === undefined || codec.id === ZSTD) {
    throw new InvalidSetError(`codec ${wrapper.codecId} does not exist in magic ${wrapper.magic}`);
  }
  return wrapper.magic === 0 && codec.name === 'lz4' ? lz4ForMagic0 : codec;
}

/** The records inside a compressed message. Compressed messages inside those are not allowed. */
function unwrap(
  wrapper: LegacyMessage,
  codec: Codec,
  maxDecompressedBytes: number,
): LegacyRecord[] {
  if (wrapper.value === null) throw new InvalidSetError('a compressed message without a value');
  const inner = readMessages(codec.decompress(wrapper.value, maxDecompressedBytes));
  const last = inner.at(-1);
  if (last === undefined) throw new InvalidSetError('a compressed message with nothing inside');
  for (const message of inner) {
    if (message.codecId !== 0) throw new InvalidSetError('a compressed message inside another');
    if (message.magic !== wrapper.magic) {
      throw new InvalidSetError('a message of another format inside a compressed one');
    }
  }
  // With magic 1 the wrapper has the offset of its last record and the others count from the first.
  // Some producers, librdkafka among them, leave it 0.
  let base = 0n;
  if (wrapper.magic === 1 && wrapper.storedOffset !== 0n) {
    base = wrapper.storedOffset - last.storedOffset;
    if (base < 0n) throw new InvalidSetError('the offset of a compressed message is too small');
  }
  return inner.map((message) => {
    const record = recordOf(message, base + message.storedOffset);
    if (wrapper.timestampType === 'LogAppendTime') {
      return { ...record, timestamp: wrapper.timestamp, timestampType: 'LogAppendTime' };
    }
    return { ...record, timestampType: 'CreateTime' };
  });
}

function recordOf(message: LegacyMessage, offset: bigint): LegacyRecord {
  const { timestamp, timestampType, key, value } = message;
  return { offset, timestamp, timestampType, key, value };
}
