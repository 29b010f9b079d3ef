import type { Int64 } from '../../base/int64.ts';
import {
  type Codec,
  codecById,
  codecByName,
  DecompressionError,
  OutputTooLargeError,
  SMALL_BYTES,
} from '../../compression/index.ts';
import { BatchBuilder } from '../../protocol/records/batch-builder.ts';
import { mostContentBytes, recordTimestamp } from '../../protocol/records/record.ts';
import * as RecordBatch from '../../protocol/records/record-batch.ts';
import { CorruptRecordsError, RecordCursor } from '../../protocol/records/record-cursor.ts';
import { RecordJudge } from './batch-validator-record.ts';
import { type ProduceValidation, reject, rejectSize } from './batch-validator-result.ts';
import type { ProduceRules } from './batch-validator-rules.ts';

/**
 * Records of a batch that is read: empty ones take as much time as others and hardly any bytes, and all
 * other clients wait meanwhile.
 */
const MOST_RECORDS_READ = 2_000_000;

/**
 * Judges the records of a magic-2 batch whose header was found good, and brings the batch into the
 * form the topic asks for: its codec, its timestamp type, offsets without gaps.
 */
export function validateRecords(batch: Buffer, rules: ProduceRules): ProduceValidation {
  const source = codecById(RecordBatch.codecId(batch));
  if (source === undefined) return reject('UNSUPPORTED_COMPRESSION_TYPE', 'unknown codec');
  const target = rules.compressionType === 'producer' ? source : codecByName(rules.compressionType);
  const recordCount = RecordBatch.recordCount(batch);
  if (recordCount > MOST_RECORDS_READ) {
    const detail = `${recordCount} records where the topic's rules allow ${MOST_RECORDS_READ} in a batch`;
    return reject('MESSAGE_TOO_LARGE', detail);
  }
  try {
    const stored = batch.subarray(RecordBatch.HEADER_SIZE);
    const most = mostContentBytes(batch.length);
    // What gzip claims was believed when it was judged to be little.
    const limit = rules.isOnLoop ? Math.max(SMALL_BYTES, source.contentBound(stored)) : most;
    const payload = source.decompress(stored, Math.min(limit, most));
    return validatePayload(batch, payload, { source, target, rules });
  } catch (error) {
    if (error instanceof OutputTooLargeError) return reject('MESSAGE_TOO_LARGE', error.message);
    // Not CORRUPT_MESSAGE: clients send again what the network is to blame for, and this stays as it is.
    if (error instanceof DecompressionError) return reject('INVALID_RECORD', error.message);
    if (error instanceof CorruptRecordsError) return reject('INVALID_RECORD', error.message);
    throw error;
  }
}

/** Throws CorruptRecordsError where the records are not what the header says. */
function validatePayload(
  batch: Buffer,
  payload: Buffer,
  { source, target, rules }: { source: Codec; target: Codec; rules: ProduceRules },
): ProduceValidation {
  const recordCount = RecordBatch.recordCount(batch);
  const claimedType = RecordBatch.timestampType(batch);
  const judge = new RecordJudge(rules);
  const cursor = new RecordCursor(payload);
  let maxTimestamp: Int64 = RecordBatch.NO_TIMESTAMP;
  let inOrder = true;
  for (let index = 0; index < recordCount; index++) {
    cursor.next();
    cursor.skipHeaders();
    const timestamp = recordTimestamp(batch, 0, cursor);
    judge.judge(index, { hasKey: cursor.keySize >= 0, timestamp, timestampType: claimedType });
    if (timestamp > maxTimestamp) maxTimestamp = timestamp;
    if (cursor.offsetDelta !== index) inOrder = false;
  }
  if (!cursor.isAtEnd) throw new CorruptRecordsError(`bytes are left after ${recordCount} records`);
  if (judge.rejection !== undefined) return judge.rejection;

  // Where Kafka is to be equalled nothing is mended: it takes plain records as they are numbered.
  const isAsInKafka = rules.readRecords === true && !rules.compacted;
  if (isAsInKafka && !inOrder && source.id !== 0) {
    throw new CorruptRecordsError('its records are not numbered from 0 on');
  }
  const converted = target !== source || (!inOrder && !isAsInKafka);
  const stored = converted ? rebuild(batch, payload, target, rules) : batch;
  if (stored.length > rules.maxMessageBytes) return rejectSize(stored.length, rules);
  const logAppendTime = rules.timestampType === 'LogAppendTime';
  if (logAppendTime) maxTimestamp = rules.now;
  if (
    RecordBatch.maxTimestamp(stored) !== maxTimestamp ||
    RecordBatch.timestampType(stored) !== rules.timestampType
  ) {
    RecordBatch.setMaxTimestampAndType(stored, 0, maxTimestamp, rules.timestampType);
  }
  return {
    kind: 'valid',
    batch: stored,
    recordCount,
    maxTimestamp,
    logAppendTime: logAppendTime ? rules.now : RecordBatch.NO_TIMESTAMP,
    converted,
  };
}

/** The same records in a new batch with `codec`, their offsets counted anew. */
function rebuild(batch: Buffer, payload: Buffer, codec: Codec, rules: ProduceRules): Buffer {
  const builder = new BatchBuilder({
    codec: codec.name,
    level: rules.compressionType === 'producer' ? undefined : rules.compressionLevel,
    producerId: RecordBatch.producerId(batch),
    producerEpoch: RecordBatch.producerEpoch(batch),
    baseSequence: RecordBatch.baseSequence(batch),
    transactional: RecordBatch.isTransactional(batch),
  });
  const cursor = new RecordCursor(payload);
  for (let left = RecordBatch.recordCount(batch); left > 0; left--) {
    cursor.next();
    builder.append({
      timestamp: recordTimestamp(batch, 0, cursor),
      key: cursor.key,
      value: cursor.value,
      headers: cursor.readHeaders(),
    });
  }
  return builder.build();
}
