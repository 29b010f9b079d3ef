import type { Int64 } from '../base/int64.ts';
import type { UnsyncedBudget } from './append/unsynced-budget.ts';
import type { SwapParts } from './cleaner/segment-swap.ts';
import type { DiskSpace } from './dirs/disk-space.ts';
import type { Log } from './log.ts';
import type { LastRecord } from './producers/producer-state.ts';
import type { SegmentList } from './segment/segment-list.ts';

/** A log as its directory and the cleaner have it: what ends it, syncs it and takes its segments away. */
export interface OwnedLog extends Log {
  readonly folder: string;
  /** May be set where the folder does not say it. */
  topicId: string | undefined;
  /** Oldest first; the last one is active. */
  readonly segments: SegmentList;
  /** Everything below is synced. */
  readonly recoveryPoint: number;
  /** Bytes written but not yet synced. */
  readonly unsyncedBytes: number;
  /** Up to where records were deleted by request, which no crash may undo; 0 for nothing. */
  readonly deletedBefore: number;
  /** Retention by time, size and log start offset; how many segments went. */
  deleteOldSegments(now: number): number;
  expireProducers(now: number): void;
  /** What compaction has to leave of each producer. */
  lastRecords(): Map<Int64, LastRecord>;
  /**
   * A compacted segment takes the place of its sources, unless the log has changed meanwhile; whether it
   * did. One at a time. Rejects with what the disk throws.
   */
  swapIn(parts: SwapParts): Promise<boolean>;
  /** The disk failed under it: what follows from that is the directory's decision. */
  fail(error: Error): void;
  /** Nothing is read, written or acknowledged from now on, and this is why. */
  goOffline(error: Error): void;
  /**
   * Writes and syncs all of it, indexes and producers included, so that the next start needs no recovery.
   * The log is not used any more. Rejects where a start must recover it.
   */
  close(): Promise<void>;
}

/** What a log needs of the directory that it lies in: its disk, and who is told what happens to it. */
export interface LogOwner {
  /** Of the directory. */
  readonly path: string;
  readonly space: DiskSpace;
  readonly unsynced: UnsyncedBudget;
  /** The disk failed under this log; whether that is its end is the directory's decision. */
  failed(log: OwnedLog, error: Error): void;
  /** There is something to sync in the background. */
  written(log: OwnedLog): void;
  /** There is something to sync now: its readers and producers wait for it. */
  commit(log: OwnedLog): void;
  /**
   * `deletedBefore` is to be kept: resolves when it is on the disk, or to the error that keeps it from
   * there. Never rejects.
   */
  logStartOffsetMoved(log: OwnedLog): Promise<Error | undefined>;
}
