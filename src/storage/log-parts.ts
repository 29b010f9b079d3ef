import type { DiskSpace } from './disk-space.ts';
import type { LeaderEpochCache } from './leader-epoch-cache.ts';
import type { Log } from './log.ts';
import type { LogConfig } from './log-config.ts';
import type { ProducerSnapshots } from './producer-snapshots.ts';
import type { ProducerState } from './producer-state.ts';
import type { SegmentList } from './segment-list.ts';
import type { StorageContext } from './storage-context.ts';
import type { UnsyncedBudget } from './unsynced-budget.ts';

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

/** What loading finds out about a log. */
export interface LoadedLog {
  readonly segments: SegmentList;
  readonly producers: ProducerState;
  readonly snapshots: ProducerSnapshots;
  readonly epochs: LeaderEpochCache;
  readonly logStartOffset: number;
  /** What the checkpoint says was deleted by request, 0 for nothing. */
  readonly deletedBefore: number;
  readonly logEndOffset: number;
  readonly recoveryPoint: number;
  readonly topicId: string | undefined;
  /** Files that recovery wrote or could not trust to be on the disk. */
  readonly unsyncedFiles: readonly string[];
}

/** How a log tells its manager what happened to it. */
export interface LogEvents {
  /** The disk failed under this log; whether that is its end is the manager's decision. */
  failed(log: Log, error: Error): void;
  /** There is something to sync in the background. */
  written(log: Log): void;
  /** There is something to sync now: its readers and producers wait for it. */
  commit(log: Log): void;
  /**
   * `deletedBefore` is to be kept: resolves when it is on the disk, or to the error that keeps it from
   * there. Never rejects.
   */
  logStartOffsetMoved(log: Log): Promise<Error | undefined>;
}

export interface LogOptions {
  readonly context: StorageContext;
  readonly events: LogEvents;
  readonly topic: string;
  readonly partition: number;
  readonly logDir: string;
  readonly folder: string;
  readonly isNewFolder: boolean;
  readonly config: LogConfig;
  readonly loaded: LoadedLog;
  /** Of the log directory. */
  readonly space: DiskSpace;
  readonly unsynced: UnsyncedBudget;
}
