import { codecById } from '../../compression/index.ts';
import { parseEndTxnMarker } from '../../protocol/records/control-batch.ts';
import { type BatchRecord, decodeRecords } from '../../protocol/records/record.ts';
import * as RecordBatch from '../../protocol/records/record-batch.ts';
import type { RecordDecoder } from './decoders.ts';

// The lines of Kafka's DumpLogSegments for the batches of a segment.

export interface BatchLineOptions {
  /** A line per record too. */
  readonly deep: boolean;
  /** Keys and values, as this decoder shows them; undefined: without. */
  readonly decoder: RecordDecoder | undefined;
  readonly skipRecordMetadata: boolean;
}

const LEGACY_ATTRIBUTES = 17;
const LEGACY_TIMESTAMP = 18;
const CODEC_NAMES: readonly (string | undefined)[] = [0, 1, 2, 3, 4].map(
  (id) => codecById(id)?.name,
);

/** An optional number as Java writes it. */
function optionalLong(value: number | undefined): string {
  return value === undefined ? 'OptionalLong.empty' : `OptionalLong[${value}]`;
}

/** The line of the whole batch that fills `batch`, which lies at `position` of its file. */
export function batchLine(batch: Buffer, position: number): string {
  const magic = RecordBatch.magic(batch);
  if (magic < RecordBatch.MAGIC_V2) return legacyLine(batch, magic, position);
  const horizon = RecordBatch.hasDeleteHorizon(batch)
    ? RecordBatch.baseTimestamp(batch)
    : undefined;
  return (
    `baseOffset: ${RecordBatch.baseOffset(batch)} lastOffset: ${RecordBatch.lastOffset(batch)}` +
    ` count: ${RecordBatch.recordCount(batch)} baseSequence: ${RecordBatch.baseSequence(batch)}` +
    ` lastSequence: ${RecordBatch.lastSequence(batch)} producerId: ${RecordBatch.producerId(batch)}` +
    ` producerEpoch: ${RecordBatch.producerEpoch(batch)}` +
    ` partitionLeaderEpoch: ${RecordBatch.leaderEpoch(batch)}` +
    ` isTransactional: ${RecordBatch.isTransactional(batch)}` +
    ` isControl: ${RecordBatch.isControl(batch)} deleteHorizonMs: ${optionalLong(horizon)}` +
    ` position: ${position} ${RecordBatch.timestampType(batch)}: ${RecordBatch.maxTimestamp(batch)}` +
    ` size: ${batch.length} magic: ${magic} compresscodec: ${codecName(RecordBatch.codecId(batch))}` +
    ` crc: ${RecordBatch.crc(batch)} isvalid: ${RecordBatch.isCrcValid(batch)}\n`
  );
}

/** Magic 0 and 1: one message, or one compressed set of them. */
function legacyLine(batch: Buffer, magic: number, position: number): string {
  const attributes = batch[LEGACY_ATTRIBUTES] ?? 0;
  const append = (attributes & RecordBatch.TIMESTAMP_TYPE_BIT) !== 0;
  const time =
    magic === 0
      ? 'NoTimestampType: -1'
      : `${append ? 'LogAppendTime' : 'CreateTime'}: ${batch.readBigInt64BE(LEGACY_TIMESTAMP)}`;
  return (
    `offset: ${batch.readBigInt64BE(0)} position: ${position} ${time} size: ${batch.length}` +
    ` magic: ${magic} compresscodec: ${codecName(attributes & RecordBatch.CODEC_MASK)}` +
    ` crc: ${batch.readUInt32BE(RecordBatch.LOG_OVERHEAD)}\n`
  );
}

function codecName(id: number): string {
  return CODEC_NAMES[id] ?? `unknown(${id})`;
}

/**
 * The lines of a batch's records (magic 2 only). `seen` is called for each offset. Throws
 * CorruptRecordsError.
 */
export function recordLines(
  batch: Buffer,
  { decoder, skipRecordMetadata }: BatchLineOptions,
  seen: (offset: number) => void,
): string {
  const control = RecordBatch.isControl(batch);
  let text = '';
  for (const record of decodeRecords(batch)) {
    seen(record.offset);
    let prefix = '| ';
    if (!skipRecordMetadata) {
      text += prefix + metadata(record) + (control ? controlText(batch, record) : '');
      prefix = ' ';
    }
    if (decoder && !control) {
      const { key, payload } = decoder(record);
      if (key !== undefined) {
        text += `${prefix}key: ${key}`;
        prefix = ' ';
      }
      if (payload !== undefined) text += ` payload: ${payload}`;
    }
    text += '\n';
  }
  return text;
}

function metadata({
  offset,
  timestamp,
  timestampType,
  key,
  value,
  sequence,
  headers,
}: BatchRecord): string {
  return (
    `offset: ${offset} ${timestampType}: ${timestamp} keySize: ${key?.length ?? -1}` +
    ` valueSize: ${value?.length ?? -1} sequence: ${sequence}` +
    ` headerKeys: [${headers.map((header) => header.key).join(',')}]`
  );
}

function controlText(batch: Buffer, { key }: BatchRecord): string {
  const marker = parseEndTxnMarker(batch);
  if (marker) {
    return ` endTxnMarker: ${marker.type} coordinatorEpoch: ${marker.coordinatorEpoch}`;
  }
  return ` controlType: UNKNOWN(${key && key.length >= 4 ? key.readInt16BE(2) : -1})`;
}
