import {
  type Codec,
  type CodecName,
  codecById,
  DecompressionError,
  lz4ForMagic0,
  OutputTooLargeError,
} from '../../compression/index.ts';
import {
  type LegacyMagic,
  LegacyMessageCursor,
  MalformedMessageError,
  UnknownMagicError,
} from './legacy-message.ts';
import { CorruptRecordsError } from './record-cursor.ts';

// Message sets of magic 0 and 1 as producers send them. Which error what is wrong with one gets is
// Kafka 3.9's choice, case by case: test/interop/probes/areas/legacy-damage.ts asks both. Where that
// is UNKNOWN_SERVER_ERROR, a client gives up; CORRUPT_MESSAGE it would send again and again.

/** What a set says of itself before its records. */
export interface LegacySetFacts {
  readonly magic: LegacyMagic;
  readonly codec: CodecName;
}

/** Why a set is refused. */
export interface LegacySetRejection {
  readonly error:
    | 'CORRUPT_MESSAGE'
    | 'INVALID_RECORD'
    | 'MESSAGE_TOO_LARGE'
    | 'UNKNOWN_SERVER_ERROR';
  readonly detail: string;
  /** Of the message that is larger than `maxMessageBytes`, where that is the reason. */
  readonly oversizedBytes?: number;
}

/** Gets the records of a set one after the other; what it got counts only when the set is accepted. */
export interface LegacySetVisitor {
  begin(facts: LegacySetFacts): void;
  /** The cursor stands on the record; `wrapper` on the compressed message around it, if there is one. */
  record(record: LegacyMessageCursor, wrapper: LegacyMessageCursor | undefined): void;
}

/** Bounds on what one set may ask of the broker. */
export interface LegacySetLimits {
  /** Bytes of one message as it came. */
  readonly maxMessageBytes: number;
  readonly maxDecompressedBytes: number;
  /** Records in a compressed message: empty ones cost as much time as others, and hardly any bytes. */
  readonly maxRecords: number;
}

/**
 * What one set may grow to. These producers are old, and so were their limits: the set is read while
 * all others wait (64 MiB of ordinary records take a tenth of a second, as many records as are
 * allowed here a third).
 */
export const LEGACY_SET_LIMITS = {
  maxDecompressedBytes: 64 * 1024 * 1024,
  maxRecords: 500_000,
} as const;

/** A set that is intact, but breaks a rule: the records were made wrong, not damaged. */
class InvalidSetError extends Error {}

class SetTooLargeError extends Error {}

class MessageTooLargeError extends SetTooLargeError {
  readonly size: number;

  constructor(size: number) {
    super(`a message of ${size} bytes`);
    this.size = size;
  }
}

const ZSTD = 4;
const LAST_CODEC = 4;

/**
 * Reads a message set of magic 0 or 1: plain messages, or one compressed message that holds them. A
 * message cut off at the end is left out, as Kafka does. Undefined when the set is fine. Never throws
 * for what the set holds.
 */
export function readLegacySet(
  set: Buffer,
  limits: LegacySetLimits,
  visitor: LegacySetVisitor,
): LegacySetRejection | undefined {
  try {
    readSet(set, limits, visitor);
    return undefined;
  } catch (error) {
    const code = rejectionOf(error);
    if (code === undefined) throw error;
    const detail = error instanceof Error ? error.message : String(error);
    return error instanceof MessageTooLargeError
      ? { error: code, detail, oversizedBytes: error.size }
      : { error: code, detail };
  }
}

function rejectionOf(error: unknown): LegacySetRejection['error'] | undefined {
  if (error instanceof OutputTooLargeError || error instanceof SetTooLargeError) {
    return 'MESSAGE_TOO_LARGE';
  }
  if (error instanceof DecompressionError || error instanceof MalformedMessageError) {
    return 'UNKNOWN_SERVER_ERROR';
  }
  if (error instanceof CorruptRecordsError) return 'CORRUPT_MESSAGE';
  return error instanceof InvalidSetError ? 'INVALID_RECORD' : undefined;
}

function readSet(set: Buffer, limits: LegacySetLimits, visitor: LegacySetVisitor): void {
  const { first, count, magic, isCompressed } = survey(set, limits);
  if (!isCompressed) {
    visitor.begin({ magic, codec: 'none' });
    const cursor = new LegacyMessageCursor(set, { trusted: true });
    while (cursor.next()) visitor.record(cursor, undefined);
    return;
  }
  if (count > 1) throw new InvalidSetError('a compressed message is not alone');
  const codec = codecOf(first);
  visitor.begin({ magic, codec: codec.name });
  unwrap(first, codec, limits, visitor);
}

/** What is seen from outside, before anything is decompressed: sizes, checksums and formats. */
function survey(set: Buffer, limits: LegacySetLimits) {
  const cursor = new LegacyMessageCursor(set);
  if (!cursor.next()) throw new InvalidSetError('there is no complete message');
  const first = new LegacyMessageCursor(set, { trusted: true });
  first.next();
  const { magic } = cursor;
  let count = 0;
  let isCompressed = false;
  let hasOtherMagic = false;
  do {
    count++;
    if (cursor.codecId !== 0) isCompressed = true;
    if (cursor.magic !== magic) hasOtherMagic = true;
    if (cursor.size > limits.maxMessageBytes) {
      throw new MessageTooLargeError(cursor.size);
    }
  } while (cursor.next());
  if (hasOtherMagic) throw new InvalidSetError('messages of different formats in one set');
  return { first, count, magic, isCompressed };
}

function codecOf(wrapper: LegacyMessageCursor): Codec {
  const codec = codecById(wrapper.codecId);
  if (codec === undefined)
    throw new MalformedMessageError(`no codec has the number ${wrapper.codecId}`);
  if (codec.id === ZSTD) {
    throw new InvalidSetError(`zstd does not exist in messages of magic ${wrapper.magic}`);
  }
  return wrapper.magic === 0 && codec.name === 'lz4' ? lz4ForMagic0 : codec;
}

/** The records inside a compressed message. */
function unwrap(
  wrapper: LegacyMessageCursor,
  codec: Codec,
  limits: LegacySetLimits,
  visitor: LegacySetVisitor,
): void {
  const { value } = wrapper;
  if (value === null) throw new InvalidSetError('a compressed message without a value');
  let insides: Buffer;
  try {
    insides = codec.decompress(value, limits.maxDecompressedBytes);
  } catch (error) {
    // The first bytes of a set that is too large may show what is wrong with it, as they do for Kafka.
    if (error instanceof OutputTooLargeError && codec.decompressStart) {
      readInsides(codec.decompressStart(value), wrapper, limits, () => {});
    }
    throw error;
  }
  const lastOffset = readInsides(insides, wrapper, limits, (cursor) =>
    visitor.record(cursor, wrapper),
  );
  if (lastOffset === undefined) {
    throw new InvalidSetError('a compressed message with nothing inside');
  }
  // With magic 1 the wrapper has the offset of its last record and the others count from the first.
  // Some producers, librdkafka among them, leave it 0.
  const { magic, storedOffset } = wrapper;
  if (magic === 1 && storedOffset !== 0n && storedOffset < lastOffset) {
    throw new InvalidSetError('the offset of a compressed message is too small');
  }
}

/** The last record's stored offset; undefined where there is no whole record. */
function readInsides(
  insides: Buffer,
  wrapper: LegacyMessageCursor,
  limits: LegacySetLimits,
  each: (cursor: LegacyMessageCursor) => void,
): bigint | undefined {
  const cursor = new LegacyMessageCursor(insides, { isInside: true });
  let count = 0;
  while (nextInside(cursor)) {
    if (++count > limits.maxRecords) {
      throw new SetTooLargeError(`more than ${limits.maxRecords} records in a compressed message`);
    }
    if (cursor.codecId > LAST_CODEC) {
      throw new MalformedMessageError(`no codec has the number ${cursor.codecId}`);
    }
    if (cursor.codecId !== 0) throw new InvalidSetError('a compressed message inside another');
    if (cursor.magic !== wrapper.magic) {
      throw new InvalidSetError('a message of another format inside a compressed one');
    }
    each(cursor);
  }
  return count === 0 ? undefined : cursor.storedOffset;
}

function nextInside(cursor: LegacyMessageCursor): boolean {
  try {
    return cursor.next();
  } catch (error) {
    if (error instanceof UnknownMagicError) throw new InvalidSetError(error.message);
    throw error;
  }
}
