import { codecById, codecByName, lz4ForMagic0 } from '../../compression/index.ts';
import { type LegacyMagic, writeLegacyMessage } from './legacy-message.ts';
import {
  type BatchRecord,
  CorruptRecordsError,
  DEFAULT_MAX_DECOMPRESSED_BYTES,
  decodeRecords,
} from './record.ts';
import * as RecordBatch from './record-batch.ts';

export type { LegacyMagic } from './legacy-message.ts';

/** Magic-2 batches as a message set of an older format, for Fetch v0-v3. */
export type DownConversion =
  | { kind: 'converted'; messageSet: Buffer; messageCount: number }
  | { kind: 'unsupported'; error: 'UNSUPPORTED_COMPRESSION_TYPE'; detail: string }
  | { kind: 'corrupt'; detail: string };

const ZSTD = codecByName('zstd').id;

/**
 * Converts whole batches (a partial tail is left out) to messages of `magic`, each batch with the
 * codec it has. zstd does not exist there: the set ends before such a batch, and is unsupported when
 * nothing comes before it. Records below `fromOffset` are left out of uncompressed
 * batches, where old librdkafka relies on it; control batches and headers are always left out.
 */
export function downConvert(
  batches: Buffer,
  to: { magic: LegacyMagic; fromOffset: number; maxDecompressedBytes?: number },
): DownConversion {
  const maxBytes = to.maxDecompressedBytes ?? DEFAULT_MAX_DECOMPRESSED_BYTES;
  const messages: Buffer[] = [];
  let messageCount = 0;
  try {
    for (const at of RecordBatch.batchPositions(batches)) {
      const problem = RecordBatch.headerProblem(batches, at);
      if (problem !== undefined) return { kind: 'corrupt', detail: problem };
      if (RecordBatch.isControl(batches, at)) continue;
      const codecId = RecordBatch.codecId(batches, at);
      if (codecId === ZSTD) {
        if (messages.length > 0) break;
        const detail = `zstd does not exist in magic ${to.magic}`;
        return { kind: 'unsupported', error: 'UNSUPPORTED_COMPRESSION_TYPE', detail };
      }
      const records = decodeRecords(batches, at, maxBytes);
      if (codecId === 0) {
        for (const record of records) {
          if (record.offset < to.fromOffset) continue;
          messages.push(plainMessage(record, to.magic, record.offset));
          messageCount++;
        }
      } else if (records.length > 0) {
        messages.push(compressedMessage(records, to.magic, codecId));
        messageCount += records.length;
      }
    }
  } catch (error) {
    if (error instanceof CorruptRecordsError) return { kind: 'corrupt', detail: error.message };
    throw error;
  }
  return { kind: 'converted', messageSet: Buffer.concat(messages), messageCount };
}

function plainMessage(record: BatchRecord, magic: LegacyMagic, offset: number): Buffer {
  return writeLegacyMessage({ ...record, offset, codecId: 0 }, magic);
}

/**
 * One message that holds the records of a batch. It has the offset of the last one; with magic 1 the
 * offsets inside count from the first, and its timestamp is the largest inside.
 */
function compressedMessage(
  records: readonly BatchRecord[],
  magic: LegacyMagic,
  codecId: number,
): Buffer {
  const first = records[0]!;
  const last = records.at(-1)!;
  const base = magic === 1 ? first.offset : 0;
  const inner: Buffer[] = [];
  let timestamp = first.timestamp;
  let before = first.offset - 1;
  for (const record of records) {
    if (record.offset <= before) throw new CorruptRecordsError('offsets do not grow in a batch');
    before = record.offset;
    if (record.timestamp > timestamp) timestamp = record.timestamp;
    inner.push(plainMessage(record, magic, record.offset - base));
  }
  const codec = codecById(codecId)!;
  const compressor = magic === 0 && codec.name === 'lz4' ? lz4ForMagic0 : codec;
  const value = compressor.compress(Buffer.concat(inner));
  return writeLegacyMessage(
    {
      offset: last.offset,
      timestamp,
      timestampType: last.timestampType,
      key: null,
      value,
      codecId,
    },
    magic,
  );
}
