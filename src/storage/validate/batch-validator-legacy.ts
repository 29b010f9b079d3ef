import { BatchBuilder } from '../../protocol/records/batch-builder.ts';
import type { LegacyMessageCursor } from '../../protocol/records/legacy-message.ts';
import {
  LEGACY_SET_LIMITS,
  type LegacySetFacts,
  type LegacySetVisitor,
  readLegacySet,
} from '../../protocol/records/legacy-message-set-reader.ts';
import * as RecordBatch from '../../protocol/records/record-batch.ts';
import { RecordJudge } from './batch-validator-record.ts';
import { type ProduceValidation, reject, rejectSize } from './batch-validator-result.ts';
import type { ProduceRules } from './batch-validator-rules.ts';

/**
 * Converts a message set of magic 0 or 1 (Produce v0-v2) to one magic-2 batch, under the same rules
 * as any other batch. It keeps the set's codec unless the topic has its own.
 */
export function convertAndValidate(set: Buffer, rules: ProduceRules): ProduceValidation {
  const conversion = new Conversion(rules);
  const rejection = readLegacySet(
    set,
    { maxMessageBytes: rules.maxMessageBytes, ...LEGACY_SET_LIMITS },
    conversion,
  );
  if (rejection !== undefined) {
    const { error, detail, oversizedBytes } = rejection;
    return oversizedBytes === undefined ? reject(error, detail) : rejectSize(oversizedBytes, rules);
  }
  return conversion.result();
}

/** Gathers the records of a set into a batch, as long as all of them may be written. */
class Conversion implements LegacySetVisitor {
  readonly #rules: ProduceRules;
  readonly #judge: RecordJudge;
  #builder = new BatchBuilder();
  #count = 0;

  constructor(rules: ProduceRules) {
    this.#rules = rules;
    this.#judge = new RecordJudge(rules);
  }

  begin({ codec }: LegacySetFacts): void {
    const { compressionType, compressionLevel, timestampType, now } = this.#rules;
    this.#builder = new BatchBuilder({
      codec: compressionType === 'producer' ? codec : compressionType,
      level: compressionType === 'producer' ? undefined : compressionLevel,
      timestampType,
      logAppendTime: now,
    });
  }

  record(record: LegacyMessageCursor, wrapper: LegacyMessageCursor | undefined): void {
    // What the wrapper says of its timestamps holds for all inside.
    const said = wrapper ?? record;
    const { timestampType } = said;
    const { timestamp } = timestampType === 'LogAppendTime' ? said : record;
    const { keySize } = record;
    this.#judge.judge(this.#count++, { hasKey: keySize >= 0, timestamp, timestampType });
    if (!this.#judge.isClean) return;
    this.#builder.append({ timestamp, key: record.key, value: record.value });
  }

  result(): ProduceValidation {
    const rules = this.#rules;
    if (this.#judge.rejection !== undefined) return this.#judge.rejection;
    const batch = this.#builder.build();
    if (batch.length > rules.maxMessageBytes) return rejectSize(batch.length, rules);
    return {
      kind: 'valid',
      batch,
      recordCount: this.#count,
      maxTimestamp: RecordBatch.maxTimestamp(batch),
      logAppendTime: rules.timestampType === 'LogAppendTime' ? rules.now : RecordBatch.NO_TIMESTAMP,
      converted: true,
    };
  }
}
