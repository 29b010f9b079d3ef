import { type Int64, subtractInt64, writeInt64 } from '../../base/int64.ts';
import { type CodecName, codecByName } from '../../compression/index.ts';
import { crc32c } from './crc32c.ts';
import * as RecordBatch from './record-batch.ts';
import { CorruptRecordsError } from './record-cursor.ts';
import { sizeOfVarint, sizeOfVarlong, writeVarint, writeVarlong } from './varint.ts';

/** A record to be written. Text is UTF-8. */
export interface RecordInput {
  /** Milliseconds; -1 or absent for none. */
  timestamp?: Int64;
  key?: Uint8Array | string | null;
  value?: Uint8Array | string | null;
  headers?: readonly { key: string; value: Uint8Array | string | null }[];
  /** Offset minus the base offset; absent means one more than the record before. */
  offsetDelta?: number;
}

export interface BatchOptions {
  /** Default 0. */
  baseOffset?: number;
  /** Default -1. */
  leaderEpoch?: number;
  /** Default 'none'. */
  codec?: CodecName;
  /** Compression level; the codec's own default when absent. */
  level?: number | undefined;
  /** Default 'CreateTime'. */
  timestampType?: RecordBatch.TimestampType;
  /** The one timestamp of all records with LogAppendTime. */
  logAppendTime?: Int64;
  /** Defaults -1. */
  producerId?: Int64;
  producerEpoch?: number;
  baseSequence?: number;
  transactional?: boolean;
  control?: boolean;
  /** Replaces the base timestamp and sets its bit (KIP-534); record deltas then count from it. */
  deleteHorizonMs?: Int64;
  /** Larger than the last record's where compaction took records off the end. */
  lastOffsetDelta?: number;
}

const FIRST_CAPACITY = 512;

/** Gathers records into one magic-2 batch. */
export class BatchBuilder {
  readonly options: BatchOptions;
  #buffer = Buffer.allocUnsafe(FIRST_CAPACITY);
  #end = RecordBatch.HEADER_SIZE;
  #recordCount = 0;
  #nextOffsetDelta = 0;
  #baseTimestamp: Int64 = RecordBatch.NO_TIMESTAMP;
  #maxTimestamp: Int64 = RecordBatch.NO_TIMESTAMP;

  constructor(options: BatchOptions = {}) {
    this.options = options;
    if (options.deleteHorizonMs !== undefined) this.#baseTimestamp = options.deleteHorizonMs;
  }

  /** Records so far. */
  get recordCount(): number {
    return this.#recordCount;
  }

  /** Bytes of the batch as it stands, before compression. */
  get sizeInBytes(): number {
    return this.#end;
  }

  /**
   * Adds a record after those already there. Throws CorruptRecordsError where its offset cannot follow
   * theirs, which only records of a damaged batch can bring about.
   */
  append(record: RecordInput): void {
    const timestamp = record.timestamp ?? RecordBatch.NO_TIMESTAMP;
    if (this.#recordCount === 0 && this.options.deleteHorizonMs === undefined) {
      this.#baseTimestamp = timestamp;
    }
    if (timestamp > this.#maxTimestamp) this.#maxTimestamp = timestamp;
    const offsetDelta = record.offsetDelta ?? this.#nextOffsetDelta;
    if (offsetDelta < this.#nextOffsetDelta) {
      throw new CorruptRecordsError('offsets in a batch must grow');
    }
    const timestampDelta = subtractInt64(timestamp, this.#baseTimestamp);
    const body =
      1 + sizeOfVarlong(timestampDelta) + sizeOfVarint(offsetDelta) + sizeOfContent(record);
    this.#reserve(sizeOfVarint(body) + body);
    const buffer = this.#buffer;
    let at = writeVarint(buffer, body, this.#end);
    buffer[at++] = 0;
    at = writeVarlong(buffer, timestampDelta, at);
    at = writeVarint(buffer, offsetDelta, at);
    at = writeBytes(buffer, record.key ?? null, at);
    at = writeBytes(buffer, record.value ?? null, at);
    const headers = record.headers ?? [];
    at = writeVarint(buffer, headers.length, at);
    for (const header of headers) {
      at = writeBytes(buffer, header.key, at);
      at = writeBytes(buffer, header.value, at);
    }
    this.#end = at;
    this.#recordCount++;
    this.#nextOffsetDelta = offsetDelta + 1;
  }

  /** The finished batch, with its CRC. The builder is done then. */
  build(): Buffer {
    const { options } = this;
    const codec = codecByName(options.codec ?? 'none');
    let batch = this.#buffer.subarray(0, this.#end);
    if (codec.id !== 0 && this.#recordCount > 0) {
      const records = codec.compress(batch.subarray(RecordBatch.HEADER_SIZE), options.level);
      batch = Buffer.concat([batch.subarray(0, RecordBatch.HEADER_SIZE), records]);
    }
    const appendTime = options.timestampType === 'LogAppendTime';
    let attributes: number = codec.id;
    if (appendTime) attributes |= RecordBatch.TIMESTAMP_TYPE_BIT;
    if (options.transactional) attributes |= RecordBatch.TRANSACTIONAL_BIT;
    if (options.control) attributes |= RecordBatch.CONTROL_BIT;
    if (options.deleteHorizonMs !== undefined) attributes |= RecordBatch.DELETE_HORIZON_BIT;

    writeInt64(batch, options.baseOffset ?? 0, 0);
    batch.writeInt32BE(batch.length - RecordBatch.LOG_OVERHEAD, 8);
    batch.writeInt32BE(options.leaderEpoch ?? RecordBatch.NO_LEADER_EPOCH, 12);
    batch.writeInt8(RecordBatch.MAGIC_V2, 16);
    batch.writeInt16BE(attributes, 21);
    batch.writeInt32BE(options.lastOffsetDelta ?? Math.max(0, this.#nextOffsetDelta - 1), 23);
    writeInt64(batch, this.#baseTimestamp, 27);
    const appendedAt = options.logAppendTime ?? this.#maxTimestamp;
    writeInt64(batch, appendTime ? appendedAt : this.#maxTimestamp, 35);
    writeInt64(batch, options.producerId ?? RecordBatch.NO_PRODUCER_ID, 43);
    batch.writeInt16BE(options.producerEpoch ?? RecordBatch.NO_PRODUCER_EPOCH, 51);
    batch.writeInt32BE(options.baseSequence ?? RecordBatch.NO_SEQUENCE, 53);
    batch.writeInt32BE(this.#recordCount, 57);
    batch.writeUInt32BE(crc32c(batch.subarray(21)), 17);
    return batch;
  }

  #reserve(size: number): void {
    const needed = this.#end + size;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.#end);
    this.#buffer = larger;
  }
}

/** One magic-2 batch of `records`. */
export function buildBatch(records: readonly RecordInput[], options: BatchOptions = {}): Buffer {
  const builder = new BatchBuilder(options);
  for (const record of records) builder.append(record);
  return builder.build();
}

/** What `record` adds to an uncompressed batch at most; for accumulators. */
export function estimateRecordSize(record: RecordInput): number {
  const [varint, varlong, attributes] = [5, 10, 1];
  return varint + attributes + varlong + varint + sizeOfContent(record);
}

/** Key, value and headers with their sizes. */
function sizeOfContent(record: RecordInput): number {
  const headers = record.headers ?? [];
  let size = sizeOfBytes(record.key ?? null) + sizeOfBytes(record.value ?? null);
  size += sizeOfVarint(headers.length);
  for (const header of headers) size += sizeOfBytes(header.key) + sizeOfBytes(header.value);
  return size;
}

function lengthOf(bytes: Uint8Array | string): number {
  return typeof bytes === 'string' ? Buffer.byteLength(bytes) : bytes.length;
}

function sizeOfBytes(bytes: Uint8Array | string | null): number {
  if (bytes === null) return 1;
  const length = lengthOf(bytes);
  return sizeOfVarint(length) + length;
}

function writeBytes(target: Buffer, bytes: Uint8Array | string | null, at: number): number {
  if (bytes === null) return writeVarint(target, -1, at);
  const start = writeVarint(target, lengthOf(bytes), at);
  if (typeof bytes === 'string') return start + target.write(bytes, start, 'utf8');
  target.set(bytes, start);
  return start + bytes.length;
}
