import type { Int64 } from '../../../base/int64.ts';
import type { ErrorName } from '../../../protocol/errors.ts';

/** One record of an internal topic, before it has an offset. A null value is a tombstone. */
export interface CoordinatorRecord {
  key: Buffer;
  value: Buffer | null;
}

/** One record read back. The buffers are only valid during the call that delivers them. */
export interface LoadedRecord {
  offset: number;
  key: Buffer | null;
  value: Buffer | null;
}

/** One record batch read back, with what its header says. */
export interface LoadedBatch {
  baseOffset: number;
  producerId: Int64;
  isTransactional: boolean;
  /** True for a transaction marker; its single record is a control record. */
  isControl: boolean;
  records: Iterable<LoadedRecord>;
}

export interface AppendOutcome {
  /** `NONE`, or why the records are not committed: NOT_LEADER_OR_FOLLOWER, MESSAGE_TOO_LARGE, ... */
  error: ErrorName;
  /** The offset of the first record; -1 on an error. */
  baseOffset: number;
}

/**
 * A coordinator's durable truth: the partitions of one internal topic that this broker leads. Declared
 * here and implemented above, where the replicas are known.
 */
export interface CoordinatorLog {
  /**
   * Appends `records` as one batch (create time `timestampMs`, acks all, from the coordinator, so
   * that the ban on producing to internal topics does not apply). `done` is called exactly once:
   * when the batch is below the high watermark, or with the error that says it is not. Outcomes of
   * one partition arrive in the order of the appends, and never during the call to `append`.
   */
  append(
    partition: number,
    records: readonly CoordinatorRecord[],
    timestampMs: number,
    done: (outcome: AppendOutcome) => void,
  ): void;
  /**
   * Delivers every batch from the log start to the log end as of the call, in order. Rejects when
   * the log cannot be read. It must give up soon after `isStale()` turns true.
   */
  load(
    partition: number,
    onBatch: (batch: LoadedBatch) => void,
    isStale: () => boolean,
  ): Promise<void>;
}
