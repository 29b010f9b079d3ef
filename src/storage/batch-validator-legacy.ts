import { BatchBuilder } from '../protocol/records/batch-builder.ts';
import { readLegacyMessageSet } from '../protocol/records/legacy-message-set-reader.ts';
import * as RecordBatch from '../protocol/records/record-batch.ts';
import { RecordJudge } from './batch-validator-record.ts';
import { type ProduceValidation, reject, rejectSize } from './batch-validator-result.ts';
import type { ProduceRules } from './batch-validator-rules.ts';

/**
 * Converts a message set of magic 0 or 1 (Produce v0-v2) to one magic-2 batch, under the same rules
 * as any other batch. It keeps the set's codec unless the topic has its own.
 */
export function convertAndValidate(set: Buffer, rules: ProduceRules): ProduceValidation {
  const read = readLegacyMessageSet(set);
  if (read.kind === 'rejected') return reject(read.error, read.detail);
  if (read.largestMessageBytes > rules.maxMessageBytes) {
    return rejectSize(read.largestMessageBytes, rules);
  }
  const judge = new RecordJudge(rules);
  const builder = new BatchBuilder({
    codec: rules.compressionType === 'producer' ? read.codec : rules.compressionType,
    level: rules.compressionType === 'producer' ? undefined : rules.compressionLevel,
    timestampType: rules.timestampType,
    logAppendTime: rules.now,
  });
  for (const [index, record] of read.records.entries()) {
    // What rounding changes here is far out of the range that the judge allows.
    const timestamp = Number(record.timestamp);
    const { key, value, timestampType } = record;
    judge.judge(index, { hasKey: key !== null, timestamp, timestampType });
    if (judge.isClean) builder.append({ timestamp, key, value });
  }
  if (judge.rejection !== undefined) return judge.rejection;
  const batch = builder.build();
  if (batch.length > rules.maxMessageBytes) return rejectSize(batch.length, rules);
  return {
    kind: 'valid',
    batch,
    recordCount: read.records.length,
    maxTimestamp: RecordBatch.maxTimestamp(batch),
    logAppendTime: rules.timestampType === 'LogAppendTime' ? rules.now : RecordBatch.NO_TIMESTAMP,
    converted: true,
  };
}
