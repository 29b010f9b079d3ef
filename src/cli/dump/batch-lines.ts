import { addInt64, type Int64, readInt64 } from '../../base/int64.ts';
import { parseEndTxnMarker } from '../../protocol/records/control-batch.ts';
import { type BatchRecord, decodeRecords } from '../../protocol/records/record.ts';
import * as RecordBatch from '../../protocol/records/record-batch.ts';
import { codecName } from './codec-name.ts';
import type { RecordDecoder } from './decoders.ts';
import { legacyBatchLine, legacyRecordLines } from './legacy-lines.ts';

// The lines of Kafka's DumpLogSegments for the batches of a segment.

export interface BatchLineOptions {
  /** A line per record too. */
  readonly deep: boolean;
  /** Keys and values, as this decoder shows them; undefined: without. */
  readonly decoder: RecordDecoder | undefined;
  readonly skipRecordMetadata: boolean;
}

/** An optional number as Java writes it. */
function optionalLong(value: Int64 | undefined): string {
  return value === undefined ? 'OptionalLong.empty' : `OptionalLong[${value}]`;
}

/** The line of the whole batch that fills `batch`, which lies at `position` of its file. */
export function batchLine(batch: Buffer, position: number): string {
  const magic = RecordBatch.magic(batch);
  if (magic < RecordBatch.MAGIC_V2) return legacyBatchLine(batch, position);
  const horizon = RecordBatch.hasDeleteHorizon(batch)
    ? RecordBatch.baseTimestamp(batch)
    : undefined;
  const baseOffset = readInt64(batch, 0);
  const lastOffset = addInt64(baseOffset, RecordBatch.lastOffsetDelta(batch));
  return (
    `baseOffset: ${baseOffset} lastOffset: ${lastOffset}` +
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

/**
 * The lines of a batch's records. `seen` is called for each offset. Throws
 * CorruptRecordsError.
 */
export function recordLines(
  batch: Buffer,
  { decoder, skipRecordMetadata }: BatchLineOptions,
  seen: (offset: number) => void,
): string {
  if (RecordBatch.magic(batch) < RecordBatch.MAGIC_V2) {
    return legacyRecordLines(batch, ({ offset, key, value }, facts) => {
      seen(offset);
      const contents = decoder?.({ offset, key, value });
      return recordLine(skipRecordMetadata ? undefined : facts, contents);
    });
  }
  const control = RecordBatch.isControl(batch);
  let text = '';
  for (const record of decodeRecords(batch)) {
    seen(record.offset);
    const facts = metadata(record) + (control ? controlText(batch, record) : '');
    const contents = control ? undefined : decoder?.(record);
    text += recordLine(skipRecordMetadata ? undefined : facts, contents);
  }
  return text;
}

function recordLine(
  facts: string | undefined,
  contents: ReturnType<RecordDecoder> | undefined,
): string {
  const parts = facts === undefined ? [] : [facts];
  if (contents?.key !== undefined) parts.push(`key: ${contents.key}`);
  if (contents?.payload !== undefined) parts.push(`payload: ${contents.payload}`);
  return parts.length === 0 ? '\n' : `| ${parts.join(' ')}\n`;
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
