import type { Int64 } from '../../base/int64.ts';
import {
  codecById,
  codecByName,
  DecompressionError,
  lz4ForMagic0,
} from '../../compression/index.ts';
import {
  type LegacyMagic,
  type LegacyMessageInput,
  legacyMessageSize,
  writeLegacyMessageAt,
} from './legacy-message.ts';
import { mostContentBytes, recordsPayload, recordTimestamp } from './record.ts';
import * as RecordBatch from './record-batch.ts';
import { CorruptRecordsError, RecordCursor } from './record-cursor.ts';

export type { LegacyMagic } from './legacy-message.ts';

/** Magic-2 batches as a message set of an older format, for Fetch v0-v3. `plainBytes`: its messages uncompressed. */
export type DownConversion =
  | { kind: 'converted'; messageSet: Buffer; messageCount: number; plainBytes: number }
  | { kind: 'unsupported'; error: 'UNSUPPORTED_COMPRESSION_TYPE'; detail: string }
  | { kind: 'corrupt'; detail: string };

export interface ConversionTarget {
  readonly magic: LegacyMagic;
  readonly fromOffset: number;
  readonly maxDecompressedBytes?: number;
  readonly enoughBytes?: number;
}

const ZSTD = codecByName('zstd').id;

/**
 * What one conversion makes, and what it makes of compressed batches before it compresses again: the
 * batch that goes beyond is the last one. All other clients wait for it, and the old one asks again.
 */
const ENOUGH_BYTES = 16 * 1024 * 1024;

/** The same bound for one batch, which must be converted whole: half a second for records of nothing. */
const MOST_RECORDS = 1_000_000;

/**
 * Converts whole batches (a partial tail is left out) to messages of `magic`, each batch with the
 * codec it has. zstd does not exist there: the set ends before such a batch, and is unsupported when
 * nothing comes before it. Records below `fromOffset` are left out of uncompressed
 * batches, where old librdkafka relies on it; control batches and headers are always left out. The set
 * ends early where it gets long.
 */
export function downConvert(batches: Buffer, to: ConversionTarget): DownConversion {
  const enoughBytes = to.enoughBytes ?? ENOUGH_BYTES;
  const set = new MessageWriter(to.magic);
  let messageCount = 0;
  let bytes = 0;
  try {
    for (const at of RecordBatch.batchPositions(batches)) {
      if (bytes >= enoughBytes) break;
      const problem = RecordBatch.headerProblem(batches, at);
      if (problem !== undefined) return { kind: 'corrupt', detail: problem };
      if (RecordBatch.isControl(batches, at)) continue;
      const codecId = RecordBatch.codecId(batches, at);
      if (codecId === ZSTD) {
        if (set.size > 0) break;
        const detail = `zstd does not exist in magic ${to.magic}`;
        return { kind: 'unsupported', error: 'UNSUPPORTED_COMPRESSION_TYPE', detail };
      }
      const count = RecordBatch.recordCount(batches, at);
      if (count > MOST_RECORDS) {
        return { kind: 'corrupt', detail: `${count} records in one batch are not converted` };
      }
      const payload = recordsPayload(
        batches,
        at,
        to.maxDecompressedBytes ?? mostContentBytes(RecordBatch.sizeInBytes(batches, at)),
      );
      if (codecId === 0) {
        const sizeBefore = set.size;
        messageCount += writeRecords(set, batches, at, payload, to.fromOffset, 0);
        bytes += set.size - sizeBefore;
      } else {
        // Large enough that it is not copied into a larger one.
        const capacity = payload.length + count * legacyMessageSize(to.magic, 0, 0);
        const inner = new MessageWriter(to.magic, capacity);
        messageCount += writeCompressed(set, inner, batches, at, payload);
        bytes += inner.size;
      }
    }
  } catch (error) {
    if (error instanceof CorruptRecordsError || error instanceof DecompressionError) {
      return { kind: 'corrupt', detail: error.message };
    }
    throw error;
  }
  return { kind: 'converted', messageSet: set.bytes, messageCount, plainBytes: bytes };
}

/** Messages one after the other in a buffer that grows. */
class MessageWriter {
  readonly magic: LegacyMagic;
  #buffer: Buffer;
  #end = 0;

  constructor(magic: LegacyMagic, capacity = 4096) {
    this.magic = magic;
    this.#buffer = Buffer.allocUnsafe(capacity);
  }

  get size(): number {
    return this.#end;
  }

  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#end);
  }

  write(message: LegacyMessageInput): void {
    const { key, value } = message;
    const needed = legacyMessageSize(this.magic, key?.length ?? 0, value?.length ?? 0) + this.#end;
    if (needed > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
      this.#buffer.copy(larger, 0, 0, this.#end);
      this.#buffer = larger;
    }
    this.#end = writeLegacyMessageAt(this.#buffer, this.#end, message, this.magic);
  }
}

/** Writes the batch's records from an offset on, their offsets counted from `base`; their number. */
function writeRecords(
  into: MessageWriter,
  batches: Buffer,
  at: number,
  payload: Buffer,
  fromOffset: number,
  base: number,
): number {
  const count = RecordBatch.recordCount(batches, at);
  const baseOffset = RecordBatch.baseOffset(batches, at);
  const timestampType = RecordBatch.timestampType(batches, at);
  const cursor = new RecordCursor(payload);
  const message: LegacyMessageInput = {
    offset: 0,
    timestamp: 0,
    timestampType,
    key: null,
    value: null,
    codecId: 0,
  };
  let written = 0;
  for (let index = 0; index < count; index++) {
    cursor.next();
    cursor.skipHeaders();
    const offset = baseOffset + cursor.offsetDelta;
    const timestamp = recordTimestamp(batches, at, cursor);
    if (offset < fromOffset) continue;
    message.offset = offset - base;
    message.timestamp = timestamp;
    message.key = cursor.key;
    message.value = cursor.value;
    into.write(message);
    written++;
  }
  if (!cursor.isAtEnd) throw new CorruptRecordsError(`bytes are left after ${count} records`);
  return written;
}

/**
 * One message that holds the records of a batch. It has the offset of the last one; with magic 1 the
 * offsets inside count from the first, and its timestamp is the largest inside.
 */
function writeCompressed(
  into: MessageWriter,
  inner: MessageWriter,
  batches: Buffer,
  at: number,
  payload: Buffer,
): number {
  const span = spanOf(batches, at, payload);
  if (span === undefined) return 0;
  const { magic } = into;
  const base = magic === 1 ? span.firstOffset : 0;
  const count = writeRecords(inner, batches, at, payload, 0, base);
  const codecId = RecordBatch.codecId(batches, at);
  const codec = codecById(codecId)!;
  const compressor = magic === 0 && codec.name === 'lz4' ? lz4ForMagic0 : codec;
  into.write({
    offset: span.lastOffset,
    timestamp: span.maxTimestamp,
    timestampType: RecordBatch.timestampType(batches, at),
    key: null,
    value: compressor.compress(inner.bytes),
    codecId,
  });
  return count;
}

/** First and last offset and the largest timestamp of a batch's records; undefined without any. */
function spanOf(batches: Buffer, at: number, payload: Buffer) {
  const cursor = new RecordCursor(payload);
  const baseOffset = RecordBatch.baseOffset(batches, at);
  let firstOffset = -1;
  let lastOffset = -1;
  let maxTimestamp: Int64 = RecordBatch.NO_TIMESTAMP;
  const count = RecordBatch.recordCount(batches, at);
  for (let index = 0; index < count; index++) {
    cursor.next();
    cursor.skipHeaders();
    const offset = baseOffset + cursor.offsetDelta;
    if (index > 0 && offset <= lastOffset) {
      throw new CorruptRecordsError('offsets do not grow in a batch');
    }
    if (index === 0) firstOffset = offset;
    lastOffset = offset;
    const timestamp = recordTimestamp(batches, at, cursor);
    if (index === 0 || timestamp > maxTimestamp) maxTimestamp = timestamp;
  }
  return count > 0 ? { firstOffset, lastOffset, maxTimestamp } : undefined;
}
