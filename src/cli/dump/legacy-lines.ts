import { crc32 } from 'node:zlib';
import type { LegacyMessageCursor } from '../../protocol/records/legacy-message.ts';
import { readLegacySet } from '../../protocol/records/legacy-message-set-reader.ts';
import { CorruptRecordsError } from '../../protocol/records/record.ts';
import * as RecordBatch from '../../protocol/records/record-batch.ts';
import { codecName } from './codec-name.ts';

// The lines of Kafka's DumpLogSegments for messages of formats v0 and v1. Each message of a segment is
// a batch there: alone, or compressed and holding others.

const MAGIC = 16;
const ATTRIBUTES = 17;
const TIMESTAMP = 18;

/** What a file may hold; a broker refuses to take so much. */
const LIMITS = {
  maxMessageBytes: Number.POSITIVE_INFINITY,
  maxDecompressedBytes: 1024 * 1024 * 1024,
  maxRecords: 50_000_000,
};

/** The line of the message that fills `message`, which lies at `position` of its file. */
export function legacyBatchLine(message: Buffer, position: number): string {
  const magic = RecordBatch.magic(message);
  const attributes = message[ATTRIBUTES] ?? 0;
  const append = (attributes & RecordBatch.TIMESTAMP_TYPE_BIT) !== 0;
  const time =
    magic === 0
      ? 'NoTimestampType: -1'
      : `${append ? 'LogAppendTime' : 'CreateTime'}: ${message.readBigInt64BE(TIMESTAMP)}`;
  const crc = message.readUInt32BE(RecordBatch.LOG_OVERHEAD);
  return (
    `offset: ${message.readBigInt64BE(0)} position: ${position} ${time} size: ${message.length}` +
    ` magic: ${magic} compresscodec: ${codecName(attributes & RecordBatch.CODEC_MASK)}` +
    ` crc: ${crc} isvalid: ${crc32(message.subarray(MAGIC)) === crc}\n`
  );
}

export interface LegacyContents {
  readonly offset: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/**
 * The lines of what a message is or holds: `line` makes each of its contents and of what is known
 * about it. Throws CorruptRecordsError.
 */
export function legacyRecordLines(
  message: Buffer,
  line: (contents: LegacyContents, facts: string) => string,
): string {
  const found: { offset: number; facts: string; key: Buffer | null; value: Buffer | null }[] = [];
  // Offsets inside a message of format v1 count from the first one; the last one is the message's.
  let base = 0;
  const rejection = readLegacySet(message, LIMITS, {
    begin() {},
    record(record, wrapper) {
      const offset = Number(record.storedOffset);
      if (wrapper?.magic === 1) base = Number(wrapper.storedOffset) - offset;
      const { key, value } = record;
      found.push({ offset, facts: factsOf(record, wrapper), key, value });
    },
  });
  if (rejection) throw new CorruptRecordsError(rejection.detail);
  return found
    .map(({ offset, facts, key, value }) =>
      line({ offset: base + offset, key, value }, `offset: ${base + offset} ${facts}`),
    )
    .join('');
}

function factsOf(record: LegacyMessageCursor, wrapper: LegacyMessageCursor | undefined): string {
  const { timestampType } = wrapper ?? record;
  const { timestamp } = wrapper && timestampType === 'LogAppendTime' ? wrapper : record;
  const time = record.magic === 0 ? 'NoTimestampType: -1' : `${timestampType}: ${timestamp}`;
  return (
    `${time} keySize: ${record.key?.length ?? -1} valueSize: ${record.value?.length ?? -1}` +
    ` isValid: true crc: ${record.crc}`
  );
}
