import { saturated } from '../../base/int64.ts';
import { codecById, codecByName, DecompressionError } from '../../compression/index.ts';
import * as RecordBatch from '../../protocol/records/record-batch.ts';
import { recordSizesAddUp } from '../../protocol/records/record-cursor.ts';
import { validateRecords } from './batch-validator-deep.ts';
import { convertAndValidate } from './batch-validator-legacy.ts';
import {
  type ProduceValidation,
  type RejectedBatch,
  reject,
  rejectSize,
} from './batch-validator-result.ts';
import type { ProduceRules } from './batch-validator-rules.ts';

export type {
  ProduceError,
  ProduceValidation,
  RecordError,
  RejectedBatch,
  ValidBatch,
} from './batch-validator-result.ts';
export type { ProduceRules } from './batch-validator-rules.ts';

// What is read of a produced batch.
//
// Always: the header and the CRC. With an uncompressed batch also the sizes of its records, which
// must add up to the batch (3 to 8 ns a record; reading them whole would take 25 to 45, 10 % of a core
// at full load). A compressed batch is not decompressed: of its stream the header is read, and those of its
// blocks, so that what Kafka's consumers cannot read (linked lz4 blocks, windows too large, ...) stays out.
//
// The records themselves are read, decompressed if need be, only when a rule asks about them: a
// compacted topic (keys), a lower limit on timestamps, a header whose maximum timestamp is out of
// range or cannot be right, another compression.type, an older message format.
//
// Kafka reads every record of every batch, and so do we where rules.readRecords is set. The difference a client
// can see: records that are damaged under a correct CRC, and a wrong maximum timestamp in the header that is not
// far ahead, are stored here as they came. Consumers get an error for the former, as does every reader of ours
// (CorruptRecordsError); the latter is believed by the time index and by retention.

/**
 * How far ahead of now a header's largest time is believed. One that no record has would keep its segment from
 * ageing, and those who ask for the latest record from finding it.
 */
const BELIEVED_AHEAD_MS = 60_000;

/** Produce versions from which only batches of magic 2 are taken (KIP-98), and zstd (KIP-110). */
const ONLY_MAGIC_2_FROM = 3;
const ZSTD_FROM = 7;

/**
 * Judges the bytes a producer sent for one partition. Never throws for what they hold; the same bytes
 * and rules give the same answer. `records` may be patched in place.
 */
export function validateForProduce(records: Buffer, rules: ProduceRules): ProduceValidation {
  if (records.length < RecordBatch.LOG_OVERHEAD + 5) {
    return reject('INVALID_RECORD', 'there is no record batch');
  }
  const magic = RecordBatch.magic(records);
  if (magic !== RecordBatch.MAGIC_V2) {
    if (magic < 0 || magic > RecordBatch.MAGIC_V2) {
      return reject('CORRUPT_MESSAGE', `magic ${magic} is no known format`);
    }
    if (rules.requestVersion >= ONLY_MAGIC_2_FROM) {
      const detail = `Produce version ${rules.requestVersion} takes magic 2, not ${magic}`;
      return reject('INVALID_RECORD', detail);
    }
    return convertAndValidate(records, rules);
  }
  const rejected =
    checkFrame(records, rules) ?? checkHeader(records, rules) ?? checkStream(records);
  if (rejected !== undefined) return rejected;
  if (mustReadRecords(records, rules)) return validateRecords(records, rules);

  const recordCount = RecordBatch.recordCount(records);
  if (
    RecordBatch.codecId(records) === 0 &&
    !recordSizesAddUp(records, RecordBatch.HEADER_SIZE, records.length, recordCount)
  ) {
    return reject('INVALID_RECORD', `the batch does not hold ${recordCount} records exactly`);
  }
  const logAppendTime = rules.timestampType === 'LogAppendTime';
  if (logAppendTime) RecordBatch.setMaxTimestampAndType(records, 0, rules.now, 'LogAppendTime');
  return {
    kind: 'valid',
    batch: records,
    recordCount,
    maxTimestamp: RecordBatch.maxTimestamp(records),
    logAppendTime: logAppendTime ? rules.now : RecordBatch.NO_TIMESTAMP,
    converted: false,
  };
}

/** One whole batch of an allowed size and codec, undamaged. */
function checkFrame(records: Buffer, rules: ProduceRules): RejectedBatch | undefined {
  const size = RecordBatch.sizeInBytes(records);
  if (size < RecordBatch.HEADER_SIZE) {
    return reject('CORRUPT_MESSAGE', `a batch of ${size} bytes`);
  }
  if (size > records.length) {
    return reject('INVALID_RECORD', `the batch is cut off: ${records.length} of ${size} bytes`);
  }
  if (size < records.length) {
    return reject('INVALID_RECORD', `${records.length - size} bytes follow the one batch allowed`);
  }
  const codec = codecById(RecordBatch.codecId(records));
  if (codec === undefined) {
    const detail = `no codec has the number ${RecordBatch.codecId(records)}`;
    return reject('UNSUPPORTED_COMPRESSION_TYPE', detail);
  }
  if (codec.name === 'zstd' && rules.requestVersion < ZSTD_FROM) {
    const detail = `zstd needs Produce version ${ZSTD_FROM}, not ${rules.requestVersion}`;
    return reject('UNSUPPORTED_COMPRESSION_TYPE', detail);
  }
  if (size > rules.maxMessageBytes) return rejectSize(size, rules);
  if (!(rules.crcIsValid ?? RecordBatch.isCrcValid(records))) {
    return reject('CORRUPT_MESSAGE', 'the checksum does not match');
  }
  return undefined;
}

/** Compressed records that no consumer of Kafka could read, by the headers of the stream and its blocks. */
function checkStream(batch: Buffer): RejectedBatch | undefined {
  const codecId = RecordBatch.codecId(batch);
  if (codecId === 0) return undefined;
  try {
    codecById(codecId)?.checkFrame(batch.subarray(RecordBatch.HEADER_SIZE));
    return undefined;
  } catch (error) {
    if (error instanceof DecompressionError) return reject('INVALID_RECORD', error.message);
    throw error;
  }
}

/** What a producer may put into the header. */
function checkHeader(batch: Buffer, rules: ProduceRules): RejectedBatch | undefined {
  const problem = RecordBatch.headerProblem(batch);
  if (problem !== undefined) return reject('INVALID_RECORD', problem);
  const baseOffset = RecordBatch.baseOffset(batch);
  if (baseOffset !== 0) return reject('INVALID_RECORD', `base offset ${baseOffset} is not 0`);
  const count = RecordBatch.recordCount(batch);
  if (count < 1) return reject('INVALID_RECORD', `a batch of ${count} records`);
  const delta = RecordBatch.lastOffsetDelta(batch);
  if (delta !== count - 1) {
    return reject('INVALID_RECORD', `last offset delta ${delta} with ${count} records`);
  }
  if (RecordBatch.isControl(batch)) {
    return rules.allowControl === true
      ? undefined
      : reject('INVALID_RECORD', 'clients may not write control batches');
  }
  const producerId = RecordBatch.producerId(batch);
  if (producerId >= 0) {
    const sequence = RecordBatch.baseSequence(batch);
    const epoch = RecordBatch.producerEpoch(batch);
    if (sequence < 0 || epoch < 0) {
      const detail = `producer ${producerId} with epoch ${epoch} and sequence ${sequence}`;
      return reject('INVALID_RECORD', detail);
    }
  } else if (RecordBatch.isTransactional(batch)) {
    return reject('INVALID_RECORD', 'a transaction needs a producer id');
  }
  return undefined;
}

/** Whether a rule cannot be judged, or not be met, by the header alone. */
export function mustReadRecords(batch: Buffer, rules: ProduceRules): boolean {
  if (RecordBatch.isControl(batch)) return false;
  if (rules.compacted || rules.readRecords === true) return true;
  const { compressionType } = rules;
  if (
    compressionType !== 'producer' &&
    codecByName(compressionType).id !== RecordBatch.codecId(batch)
  ) {
    return true;
  }
  // Only brokers may say LogAppendTime; what becomes of a batch that does is decided over there.
  if (RecordBatch.timestampType(batch) === 'LogAppendTime') return true;
  if (rules.timestampType === 'LogAppendTime') return false;
  if (rules.timestampBeforeMaxMs !== Number.POSITIVE_INFINITY) return true;
  const maxTimestamp = RecordBatch.maxTimestamp(batch);
  const aheadMs = saturated(maxTimestamp) - rules.now;
  return (
    aheadMs > rules.timestampAfterMaxMs ||
    aheadMs > BELIEVED_AHEAD_MS ||
    maxTimestamp < RecordBatch.baseTimestamp(batch)
  );
}
