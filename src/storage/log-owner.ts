import type { DiskSpace } from './disk-space.ts';
import type { Log } from './log.ts';
import type { UnsyncedBudget } from './unsynced-budget.ts';

/** What a log needs of the directory that it lies in: its disk, and who is told what happens to it. */
export interface LogOwner {
  /** Of the directory. */
  readonly path: string;
  readonly space: DiskSpace;
  readonly unsynced: UnsyncedBudget;
  /** The disk failed under this log; whether that is its end is the directory's decision. */
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
