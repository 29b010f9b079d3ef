import type { Int64 } from '../base/int64.ts';
import type { LogConfig } from './log-config.ts';
import type {
  AbortedTransaction,
  AppendDone,
  AppendOptions,
  AppendResult,
  EpochEndOffset,
  LogListener,
  ReadOptions,
  ReadOutcome,
  SegmentInfo,
  TimestampAndOffset,
} from './log-types.ts';
import type { ActiveProducer } from './producers/producer-state.ts';

/** One partition's log on this broker, as everybody but storage itself has it. */
export interface Log {
  readonly topic: string;
  readonly partition: number;
  /** `<topic>-<partition>` */
  readonly name: string;
  /** 22 characters, or undefined where the folder has no `partition.metadata`. */
  readonly topicId: string | undefined;
  /** The log directory that holds the partition's folder. */
  readonly logDir: string;
  readonly config: LogConfig;
  updateConfig(config: LogConfig): void;
  /** Why nothing can be read or written any more; undefined in good health. */
  readonly failure: Error | undefined;
  /** One owner, the replica. */
  listener: LogListener | undefined;

  /**
   * Appends as the leader: assigns offsets now (patching base offset and leader epoch in place),
   * writes at the end of the turn. `batch` is one valid magic-2 batch; it belongs to the log until
   * `done.written`. Refuses with OUT_OF_ORDER_SEQUENCE_NUMBER, INVALID_PRODUCER_EPOCH,
   * INVALID_TXN_STATE, TRANSACTION_COORDINATOR_FENCED, RECORD_LIST_TOO_LARGE, KAFKA_STORAGE_ERROR.
   */
  append(batch: Buffer, options: AppendOptions, done: AppendDone): AppendResult;
  /**
   * Appends a leader's bytes as they are: whole magic-2 batches, offsets and epochs kept. Refuses
   * with CORRUPT_MESSAGE (nothing is taken) and KAFKA_STORAGE_ERROR; with OFFSET_OUT_OF_RANGE where
   * the first batch begins below the log end offset.
   */
  appendAsFollower(batches: Buffer, done: AppendDone): AppendResult;
  /** Syncs everything written so far. Rejects when the log directory has failed. */
  flush(): Promise<void>;

  /** At once for recently written data, a promise for older data. Never throws or rejects. */
  read(options: ReadOptions): ReadOutcome | Promise<ReadOutcome>;
  /** The first record at or after `timestamp`, undefined when there is none. */
  offsetForTimestamp(timestamp: Int64): Promise<TimestampAndOffset | undefined>;
  /** The first record that has the largest timestamp, undefined in an empty log. */
  offsetOfMaxTimestamp(): Promise<TimestampAndOffset | undefined>;
  /** The aborted transactions with records in [fromOffset, upToOffset), in order of their markers. */
  abortedTransactions(range: { fromOffset: number; upToOffset: number }): AbortedTransaction[];
  activeProducers(): ActiveProducer[];
  /** Oldest first; the last one is active. */
  segmentInfos(): SegmentInfo[];

  /** Everything below is gone. */
  readonly logStartOffset: number;
  /** Everything below is as durable as the flush policy asks for, and readable. */
  readonly logEndOffset: number;
  /** The high watermark, or the first offset of the oldest open transaction if that is lower. */
  readonly lastStableOffset: number;
  readonly sizeInBytes: number;
  /** Bytes appended but not yet written; for back-pressure. */
  readonly queuedBytes: number;
  /** Log start offset, with its epoch when known. */
  earliestOffset(): TimestampAndOffset;
  /** Log end offset, with the latest epoch. */
  latestOffset(): TimestampAndOffset;

  /** -1 when no batch and no election gave one. */
  readonly latestLeaderEpoch: number;
  /** This broker leads from the log end offset on. */
  startLeaderEpoch(epoch: number): void;
  /** For OffsetForLeaderEpoch and truncation (KIP-101, KIP-279). */
  endOffsetForEpoch(epoch: number): EpochEndOffset;

  /**
   * DeleteRecords, or a leader's higher start: records below `offset` are gone at once, their
   * segments with them. At most the log end offset; a lower offset than now deletes nothing. Resolves
   * when no crash brings them back, or to the error because of which one may; never rejects.
   */
  incrementLogStartOffset(offset: number): Promise<Error | undefined>;
  /** A follower drops what its leader does not have: everything from `offset` on. */
  truncateTo(offset: number): void;
  /** A follower too far behind starts again, empty, at `offset`. */
  truncateFullyAndStartAt(offset: number): void;
}
