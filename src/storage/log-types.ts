import type { Int64 } from '../base/int64.ts';
import type { ErrorName } from '../protocol/errors.ts';
import type { TopicPartition } from '../protocol/topic-partition.ts';

/** The folder of a partition's log, and its printed form. */
export function logName(topic: string, partition: number): string {
  return `${topic}-${partition}`;
}

/**
 * Who appends. A `client`'s batches are checked for producer epoch and sequence; a `coordinator`'s
 * (group and transaction records, markers) for the epoch alone; a follower checks nothing, since
 * its leader did.
 */
export type AppendOrigin = 'client' | 'coordinator' | 'replication';

export interface AppendOptions {
  /** Stamped into every batch. */
  readonly leaderEpoch: number;
  readonly origin: AppendOrigin;
  /**
   * Nobody waits for an answer (acks=0): `done` hears when the bytes are written, also where others
   * wait for a sync.
   */
  readonly unacknowledged?: boolean;
}

/**
 * When an append is answered and its records become visible. `os`: when the operating system has
 * them, as Kafka does; a background sync follows. `group-commit`: when the disk has them.
 */
export type FlushPolicy = 'os' | 'group-commit';

/**
 * What an append decided, before any byte is written. Nothing may be acknowledged until
 * `AppendDone.written` says so.
 */
export type AppendResult =
  | { readonly kind: 'appended'; readonly firstOffset: number; readonly lastOffset: number }
  /** One of the producer's last five batches came again: these are the offsets it got then. */
  | {
      readonly kind: 'duplicate';
      readonly firstOffset: number;
      readonly lastOffset: number;
      /** Largest timestamp of the original batch. */
      readonly timestamp: Int64;
    }
  /** Nothing was appended and `done` is never called. */
  | { readonly kind: 'refused'; readonly error: ErrorName; readonly detail: string };

export interface AppendDone {
  /**
   * Called once, at the end of the event-loop turn or after the sync that `flush.policy` or
   * `flush.messages` asks for: the bytes are in the file and the log end offset has moved, or the
   * log directory failed (KAFKA_STORAGE_ERROR) and nothing of the append may be acknowledged.
   */
  written(error: Error | undefined): void;
}

/** The replica that a log belongs to: it is told what happens, and decides what is committed. */
export interface LogListener {
  /** Everything below is committed: only that may be deleted, compacted, or seen by clients. In the log's bounds. */
  readonly highWatermark: number;
  /** Once per turn, after the log end offset moved and before the appends' `written`. */
  logEndOffsetMoved(log: LogEnds): void;
  /** The log was cut, and ends at `offset`. */
  truncated(offset: number): void;
}

/** The offsets that a log owns. */
export interface LogEnds extends TopicPartition {
  /** Everything below is as durable as the flush policy asks for, and readable. */
  readonly logEndOffset: number;
  /** Everything below is gone. */
  readonly logStartOffset: number;
}

export interface ReadOptions {
  readonly offset: number;
  readonly maxBytes: number;
  /** Return the first batch whole even when it alone is larger than `maxBytes`. */
  readonly minOneBatch: boolean;
  /** No batch that reaches this offset is returned: high watermark, last stable or log end offset. */
  readonly upToOffset: number;
}

export interface ReadResult {
  readonly kind: 'read';
  /** Whole batches, in order; one may begin in one buffer and end in the next. Theirs until `release`; do not keep slices beyond it. */
  readonly buffers: readonly Buffer[];
  readonly sizeInBytes: number;
  /** Base offset of the first batch returned, or the offset asked for when there is none. */
  readonly firstOffset: number;
  /** The offset after the last batch returned, or the offset asked for when there is none. */
  readonly nextOffset: number;
  /**
   * Size of the first batch when it was left out because it is larger than `maxBytes`, else 0. Old
   * fetch versions have no way to return it whole.
   */
  readonly oversizedFirstBatchBytes: number;
  /** Gives the buffers back to their pool; idempotent. */
  release(): void;
}

export type ReadOutcome =
  | ReadResult
  /** The offset lies outside [logStartOffset, logEndOffset] (OFFSET_OUT_OF_RANGE). */
  | {
      readonly kind: 'out-of-range';
      readonly logStartOffset: number;
      readonly logEndOffset: number;
    }
  /** The bytes at the offset are no record batch (CORRUPT_MESSAGE); nothing of them is returned. */
  | { readonly kind: 'damaged'; readonly detail: string }
  /** The log directory is offline or the log is deleted (KAFKA_STORAGE_ERROR). */
  | { readonly kind: 'offline' };

export interface TimestampAndOffset {
  /** -1 where the question was about a position, not a time. */
  readonly timestamp: Int64;
  readonly offset: number;
  /** -1 when unknown. */
  readonly leaderEpoch: number;
}

/** An aborted transaction that overlaps a read, as Fetch returns it. */
export interface AbortedTransaction {
  readonly producerId: Int64;
  readonly firstOffset: number;
}

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
