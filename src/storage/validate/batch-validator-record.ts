import { type Int64, saturated } from '../../base/int64.ts';
import { NO_TIMESTAMP, type TimestampType } from '../../protocol/records/record-batch.ts';
import type { ProduceError, RecordError, RejectedBatch } from './batch-validator-result.ts';
import type { ProduceRules } from './batch-validator-rules.ts';

/** What the rules look at in one record. */
export interface JudgedRecord {
  hasKey: boolean;
  timestamp: Int64;
  /** What the producer said of its timestamps; only CreateTime is for it to say. */
  timestampType: TimestampType;
}

/** Records named in a response; a client needs a few to understand, and the rest would be a flood. */
const MOST_RECORD_ERRORS = 100;

/** Gathers what is wrong with the records of a batch, one after the other. */
export class RecordJudge {
  readonly #rules: ProduceRules;
  readonly #errors: RecordError[] = [];
  #count = 0;
  #error: ProduceError = 'INVALID_RECORD';

  constructor(rules: ProduceRules) {
    this.#rules = rules;
  }

  /** `index` is the record's place in the batch. */
  judge(index: number, record: JudgedRecord): void {
    if (this.#rules.compacted && !record.hasKey) {
      this.#add(index, 'a record of a compacted topic must have a key');
      return;
    }
    const problem = timestampProblem(record, this.#rules);
    if (problem === undefined) return;
    this.#error = 'INVALID_TIMESTAMP';
    this.#add(index, problem);
  }

  /** Whether every record so far was fine. */
  get isClean(): boolean {
    return this.#count === 0;
  }

  /** Undefined when every record was fine: no record of a batch is written unless all are. */
  get rejection(): RejectedBatch | undefined {
    if (this.isClean) return undefined;
    return {
      kind: 'rejected',
      error: this.#error,
      detail: `${this.#count} records refused: ${this.#errors[0]?.message}`,
      recordErrors: this.#errors,
    };
  }

  #add(batchIndex: number, message: string): void {
    this.#count++;
    if (this.#errors.length < MOST_RECORD_ERRORS) this.#errors.push({ batchIndex, message });
  }
}

/** The rules of message.timestamp.type and of message.timestamp.before and after.max.ms (KIP-937). */
function timestampProblem(record: JudgedRecord, rules: ProduceRules): string | undefined {
  const { timestamp } = record;
  // A producer that says LogAppendTime is refused, except where its timestamp is to be kept: there
  // Kafka has always corrected the type instead.
  if (rules.timestampType === 'LogAppendTime' || timestamp === NO_TIMESTAMP) {
    return record.timestampType === 'LogAppendTime'
      ? 'only the broker may set timestamps of type LogAppendTime'
      : undefined;
  }
  const age = rules.now - saturated(timestamp);
  if (age <= rules.timestampBeforeMaxMs && -age <= rules.timestampAfterMaxMs) return undefined;
  const earliest = rules.now - rules.timestampBeforeMaxMs;
  const latest = rules.now + rules.timestampAfterMaxMs;
  return `timestamp ${timestamp} is not within ${earliest} and ${latest}`;
}
