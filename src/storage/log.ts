import type { LogConfig } from './log-config.ts';
import type {
  AbortedTransaction,
  AppendDone,
  AppendOptions,
  AppendResult,
  LogEnds,
  LogListener,
  ReadOptions,
  ReadOutcome,
  TimestampAndOffset,
} from './log-types.ts';

export interface EpochEndOffset {
  /** The largest epoch at or below the one asked for; -1 when none is known. */
  readonly leaderEpoch: number;
  /** Where that epoch ends (exclusive); -1 when none is known. */
  readonly endOffset: number;
}

export interface SegmentInfo {
  readonly baseOffset: number;
  readonly sizeInBytes: number;
  readonly lastModifiedMs: number;
}

/** What DescribeProducers shows of one producer. */
export interface ActiveProducer {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly lastSequence: number;
  readonly lastTimestamp: number;
  /** -1 when no transaction marker was seen. */
  readonly coordinatorEpoch: number;
  /** -1 when no transaction is open. */
  readonly currentTransactionStartOffset: number;
}

/** One partition's log on this broker. Created by the LogManager alone. */
export declare class Log implements LogEnds {
  readonly topic: string;
  readonly partition: number;
  /** `<topic>-<partition>` */
  readonly name: string;
  /** 22 characters, or undefined where the folder has no `partition.metadata`. */
  readonly topicId: string | undefined;
  /** The log directory that holds the partition's folder. */
  readonly logDir: string;
  /** Told of every move of the log end offset; one owner, the replica. */
  listener: LogListener | undefined;

  get config(): LogConfig;
  get logStartOffset(): number;
  get logEndOffset(): number;
  /** Everything below is synced. */
  get recoveryPoint(): number;
  /** Bytes appended but not yet written; for back-pressure. */
  get queuedBytes(): number;
  get sizeInBytes(): number;
  /** Why nothing can be read or written any more; undefined in good health. */
  get failure(): Error | undefined;

  /**
   * Appends as the leader: assigns offsets now (patching base offset and leader epoch in place),
   * writes at the end of the turn. Every buffer holds one valid magic-2 batch and belongs to the log
   * until `done.written`. Refuses with OUT_OF_ORDER_SEQUENCE_NUMBER, INVALID_PRODUCER_EPOCH,
   * INVALID_TXN_STATE, TRANSACTION_COORDINATOR_FENCED, RECORD_LIST_TOO_LARGE, KAFKA_STORAGE_ERROR.
   */
  append(
    batches: Buffer | readonly Buffer[],
    options: AppendOptions,
    done: AppendDone,
  ): AppendResult;
  /** Appends a leader's bytes as they are: whole batches, offsets and epochs kept. */
  appendAsFollower(batches: Buffer, done: AppendDone): AppendResult;

  /** At once for recently written data, a promise for older data. Never throws or rejects. */
  read(options: ReadOptions): ReadOutcome | Promise<ReadOutcome>;

  /**
   * The high watermark as the replica decides it. Retention, deletion and the last stable offset are
   * bounded by it. Starts at the log start offset.
   */
  updateHighWatermark(offset: number): void;
  get highWatermark(): number;
  /** The high watermark, or the first offset of the oldest open transaction if that is lower. */
  get lastStableOffset(): number;
  /** The aborted transactions with records in [fromOffset, upToOffset), by first offset. */
  abortedTransactions(range: { fromOffset: number; upToOffset: number }): AbortedTransaction[];

  /** The first record at or after `timestamp`, undefined when there is none. */
  offsetForTimestamp(timestamp: number): Promise<TimestampAndOffset | undefined>;
  /** The first record that has the largest timestamp, undefined in an empty log. */
  offsetOfMaxTimestamp(): Promise<TimestampAndOffset | undefined>;
  /** Log start offset, with its epoch when known. */
  earliestOffset(): TimestampAndOffset;
  /** Log end offset, with the latest epoch. */
  latestOffset(): TimestampAndOffset;

  /** -1 when no batch and no election gave one. */
  get latestLeaderEpoch(): number;
  /** This broker leads from the log end offset on. */
  startLeaderEpoch(epoch: number): void;
  /** For OffsetForLeaderEpoch and truncation (KIP-101, KIP-279). */
  endOffsetForEpoch(epoch: number): EpochEndOffset;

  /** Oldest first; the last one is active. */
  segments(): SegmentInfo[];
  activeProducers(): ActiveProducer[];

  /**
   * DeleteRecords, or a leader's higher start: records below `offset` are gone at once, their
   * segments with them. At most the high watermark; a lower offset than now changes nothing.
   */
  incrementLogStartOffset(offset: number): void;
  /** A follower drops what its leader does not have: everything from `offset` on. */
  truncateTo(offset: number): void;
  /** A follower too far behind starts again, empty, at `offset`. */
  truncateFullyAndStartAt(offset: number): void;

  /** Syncs everything written so far. Rejects when the log directory has failed. */
  flush(): Promise<void>;
}
