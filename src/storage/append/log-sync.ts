import { join } from 'node:path';
import { syncFolder, syncFolderNow, syncOpen } from '../../base/syncing.ts';
import { replaceFile, syncFile } from '../files/atomic-file.ts';
import { encodeEpochCheckpoint } from '../files/checkpoint-file.ts';
import type { Segment } from '../segment/segment.ts';
import type { StorageContext } from '../storage-context.ts';
import type { LeaderEpochCache } from './leader-epoch-cache.ts';
import type { UnsyncedBudget } from './unsynced-budget.ts';

export const LEADER_EPOCH_FILE = 'leader-epoch-checkpoint';

/**
 * What of a log is written and not yet synced. One sync runs at a time, oldest data first, so that
 * after a power cut nothing newer than a hole is trusted.
 */
export class LogSync {
  readonly #context: StorageContext;
  readonly #folder: string;
  /** Files that are complete: rolled segments, their indexes, snapshots. */
  #files: string[] = [];
  #newNames = false;
  /** Segment files made, and how many of them have a name that is on the disk. */
  #segmentNames = 0;
  #settledSegmentNames = 0;
  #newFolder: boolean;
  #isStopped = false;
  #unsyncedBytes = 0;
  readonly #budget: UnsyncedBudget;

  constructor(
    context: StorageContext,
    options: { folder: string; isNewFolder: boolean; unsynced: UnsyncedBudget },
  ) {
    this.#context = context;
    this.#folder = options.folder;
    this.#newFolder = options.isNewFolder;
    this.#newNames = options.isNewFolder;
    this.#budget = options.unsynced;
  }

  get unsyncedBytes(): number {
    return this.#unsyncedBytes;
  }

  get isNeeded(): boolean {
    return this.#unsyncedBytes > 0 || this.#files.length > 0 || this.#newNames;
  }

  /** Bytes went to the active segment. */
  written(sizeInBytes: number): void {
    this.#unsyncedBytes += sizeInBytes;
    this.#budget.written(sizeInBytes);
  }

  #synced(sizeInBytes: number): void {
    this.#unsyncedBytes -= sizeInBytes;
    this.#budget.synced(sizeInBytes);
  }

  /** Complete files to be synced before anything that is written after them. */
  addFiles(paths: readonly string[]): void {
    this.#files.push(...paths);
    if (paths.length > 0) this.#newNames = true;
  }

  /** The active segment's file was created. */
  addSegmentName(): void {
    this.#newNames = true;
    this.#segmentNames++;
  }

  /**
   * Before another segment is begun: the names so far should survive whenever its name does, or a power cut could take
   * a segment from the middle unnoticed. Most file systems keep the order of names and see to that themselves. For others
   * the event loop waits here, where a segment fills up before its first background sync, and for so long as LoopSyncs
   * allows.
   */
  trySettleSegmentNames(): void {
    if (this.#context.loopSyncs.hasRoom) this.settleSegmentNames();
  }

  /** The names so far are durable from now on, however long everybody waits for it. */
  settleSegmentNames(): void {
    if (this.#areNamesSettled) return;
    const { fileSystem, loopSyncs } = this.#context;
    loopSyncs.run(() => {
      syncFolderNow(fileSystem, this.#folder);
      if (this.#newFolder) syncFolderNow(fileSystem, join(this.#folder, '..'));
    });
    this.#settledSegmentNames = this.#segmentNames;
    this.#newFolder = false;
  }

  get #areNamesSettled(): boolean {
    return this.#settledSegmentNames === this.#segmentNames;
  }

  /** The same on the thread pool, however long it takes. Rejects with what the disk throws, and once stopped. */
  async settleLater(): Promise<void> {
    const segmentNames = this.#segmentNames;
    if (this.#settledSegmentNames === segmentNames && !this.#newFolder) return;
    const { fileSystem } = this.#context;
    await syncFolder(fileSystem, this.#folder);
    this.#checkStopped();
    if (this.#newFolder) {
      await syncFolder(fileSystem, join(this.#folder, '..'));
      this.#checkStopped();
      this.#newFolder = false;
    }
    this.#settledSegmentNames = Math.max(this.#settledSegmentNames, segmentNames);
  }

  /** The folder is not this log's any more; a run under way ends before it touches it again. */
  stop(): void {
    this.#isStopped = true;
    this.#synced(this.#unsyncedBytes);
  }

  #checkStopped(): void {
    if (this.#isStopped) throw new Error(`${this.#folder} is not in use any more`);
  }

  /**
   * Syncs all that is written by now. Rejects with what the disk throws; where that passes again
   * (`isPassing`), everything is as before and another run may follow, else the disk is done for.
   */
  async run(active: Segment, epochs: LeaderEpochCache): Promise<void> {
    const files = this.#files;
    const bytes = this.#unsyncedBytes;
    const newNames = this.#newNames;
    const segmentNames = this.#segmentNames;
    const dirtyEpochs = epochs.dirty;
    this.#files = [];
    this.#newNames = false;
    epochs.dirty = false;
    try {
      await this.#syncFiles(files, active);
      if (dirtyEpochs) {
        const text = encodeEpochCheckpoint(epochs.entries);
        await replaceFile(this.#context.fileSystem, join(this.#folder, LEADER_EPOCH_FILE), text);
      } else if (newNames) {
        await syncFolder(this.#context.fileSystem, this.#folder);
      }
      if (this.#newFolder) {
        await syncFolder(this.#context.fileSystem, join(this.#folder, '..'));
        this.#newFolder = false;
      }
    } catch (error) {
      this.#files = [...files, ...this.#files];
      this.#newNames ||= newNames;
      epochs.dirty ||= dirtyEpochs;
      throw error;
    }
    this.#settledSegmentNames = Math.max(this.#settledSegmentNames, segmentNames);
    if (!this.#isStopped) this.#synced(bytes);
  }

  async #syncFiles(files: readonly string[], active: Segment): Promise<void> {
    for (const path of files) {
      this.#checkStopped();
      await this.#syncUnlessGone(path);
    }
    this.#checkStopped();
    if (active.fileExists && !active.isDeleted) {
      const pinned = active.pin();
      try {
        await syncOpen(pinned.file);
      } finally {
        pinned.unpin();
      }
    }
    this.#checkStopped();
  }

  /** Retention may have taken the file meanwhile. */
  async #syncUnlessGone(path: string): Promise<void> {
    if (!this.#context.fileSystem.stat(path)) return;
    await syncFile(this.#context.fileSystem, path);
  }
}
