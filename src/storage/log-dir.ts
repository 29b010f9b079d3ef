import { join } from 'node:path';
import { Complaints } from '../base/complaints.ts';
import { FileGoneError } from '../base/disk-error.ts';
import type { FileSystem } from '../base/file-system.ts';
import type { FolderLock } from '../base/folder-lock.ts';
import type { Logger } from '../base/logger.ts';
import {
  CheckpointFormatError,
  decodeOffsetCheckpoint,
  encodeOffsetCheckpoint,
  type OffsetCheckpoint,
  readTextIfPresent,
} from './checkpoint-file.ts';
import { DiskSpace } from './disk-space.ts';
import { GroupCommit } from './group-commit.ts';
import type { Log } from './log.ts';
import { LogFlusher } from './log-flusher.ts';
import type { LogManagerSettings } from './log-manager-settings.ts';
import type { StorageContext } from './storage-context.ts';
import { UnsyncedBudget } from './unsynced-budget.ts';

export const RECOVERY_POINT_CHECKPOINT = 'recovery-point-offset-checkpoint';
export const LOG_START_OFFSET_CHECKPOINT = 'log-start-offset-checkpoint';
/** How far compaction got; what comes after it is dirty. */
export const CLEANER_OFFSET_CHECKPOINT = 'cleaner-offset-checkpoint';

/** What the name of a folder in a log directory says. */
export type FolderKind =
  | { readonly kind: 'partition'; readonly topic: string; readonly partition: number }
  /** A deleted topic's partition that is still to be removed. */
  | { readonly kind: 'deleted' }
  | { readonly kind: 'other' };

export function folderKind(name: string): FolderKind {
  if (/^.+-\d+\.[0-9a-f]{32}-delete$/.test(name)) return { kind: 'deleted' };
  // KRaft's own log: a copied folder may hold it, and no retention may touch it.
  if (name === '__cluster_metadata-0') return { kind: 'other' };
  const match = /^([a-zA-Z0-9._-]+)-(\d{1,10})$/.exec(name);
  if (!match) return { kind: 'other' };
  return { kind: 'partition', topic: match[1]!, partition: Number(match[2]) };
}

/** A disk that cannot keep up makes somebody wait many times a second. */
const SLOW_DISK_RATE = { lines: 1, windowMs: 60_000 };

/** One directory of log.dirs. */
export class LogDir {
  readonly path: string;
  /** KIP-858's id; known once the directory was looked at. */
  id: string | undefined;
  /** Of the folder that was opened, and files in it that must stay. */
  #folderId: string | undefined;
  #files: readonly string[] = [];
  readonly #seen = new Set<string>();
  readonly logs = new Map<string, Log>();
  /** Partitions whose folder could not be loaded, and why; they are not made anew. */
  readonly unusable = new Map<string, Error>();
  /** Folders that have a partition's name and hold nothing of one; they are left alone. */
  readonly hollow: string[] = [];
  /** Syncs that somebody waits for. */
  readonly commits: GroupCommit;
  readonly space: DiskSpace;
  readonly unsynced: UnsyncedBudget;
  /** Syncs that nobody waits for. */
  readonly flusher: LogFlusher;
  lock: FolderLock | undefined;
  failure: Error | undefined;
  readonly #fileSystem: FileSystem;
  readonly #logger: Logger;
  readonly #complaints: Complaints;

  constructor(
    path: string,
    { fileSystem, clock, logger, syncs }: StorageContext,
    settings: () => LogManagerSettings,
  ) {
    this.path = path;
    this.commits = new GroupCommit(syncs);
    const reservedBytes = () => settings().reservedBytes;
    this.space = new DiskSpace({ path, fileSystem, clock, logger, reservedBytes });
    this.unsynced = new UnsyncedBudget({
      limitBytes: () => settings().maxUnsyncedBytes,
      freeBytes: () => settings().backgroundFlushBytes,
      onWait: () => this.#warnOfSlowDisk(),
    });
    this.flusher = new LogFlusher(clock, settings);
    this.#fileSystem = fileSystem;
    this.#logger = logger;
    this.#complaints = new Complaints(clock, logger);
  }

  /** What its logs share of the disk. */
  get bounds(): { space: DiskSpace; unsynced: UnsyncedBudget } {
    return { space: this.space, unsynced: this.unsynced };
  }

  #warnOfSlowDisk(): void {
    const megabytes = Math.round(this.unsynced.bytes / 1024 / 1024);
    this.#complaints.warn(
      { about: this.path, kind: 'slow disk', rate: SLOW_DISK_RATE },
      { logDir: this.path },
      `the disk of ${this.path} is behind: ${megabytes} MB are written and not synced, the most there may be (log.unsynced.max.bytes), so producers of its busiest partitions wait`,
    );
  }

  /** From now on it has to be this folder, with these of the files; those that are not there count from when they are. */
  watch(files: readonly string[]): void {
    this.#folderId = this.#fileSystem.stat(this.path)?.id;
    this.#files = files;
  }

  /**
   * Why it is not the folder any more that was opened: nothing may be made in another one. Undefined
   * where it is. Throws what the disk throws.
   */
  problem(): Error | undefined {
    const { path } = this;
    const stat = this.#fileSystem.stat(path);
    if (!stat) return new FileGoneError(`${path} was removed, or cannot be reached any more`);
    if (!stat.isFolder) {
      return new FileGoneError(`${path} is not a folder any more: a file is in its place`);
    }
    if (this.#folderId !== undefined && stat.id !== this.#folderId) {
      return new FileGoneError(
        `${path} is another folder than it was: it was replaced, or its disk was unmounted`,
      );
    }
    const gone = this.#files.find((name) => {
      const isThere = this.#fileSystem.stat(this.file(name)) !== undefined;
      if (isThere) this.#seen.add(name);
      return !isThere && this.#seen.has(name);
    });
    return gone === undefined
      ? undefined
      : new FileGoneError(`${this.file(gone)} was removed while it was in use`);
  }

  file(name: string): string {
    return join(this.path, name);
  }

  /** Empty where there is no such file, or (with a log line) none that can be read. */
  readCheckpoint(name: string): OffsetCheckpoint {
    const path = this.file(name);
    const text = readTextIfPresent(this.#fileSystem, path);
    if (text === undefined) return new Map();
    try {
      return decodeOffsetCheckpoint(path, text);
    } catch (error) {
      if (!(error instanceof CheckpointFormatError)) throw error;
      this.#logger.error({ path, error }, 'a checkpoint file is damaged and is not used');
      return new Map();
    }
  }

  recoveryPoints(): string {
    return this.#encode((log) => log.recoveryPoint);
  }

  /**
   * Of every log from which somebody deleted records, for good: the names of its oldest segments may come
   * back with a power cut, so they do not say it. (Kafka leaves out a log that begins with a segment.)
   */
  logStartOffsets(): string {
    return this.#encode(({ deletedBefore }) => (deletedBefore > 0 ? deletedBefore : undefined));
  }

  offsets(offsetOf: (log: Log) => number | undefined): string {
    return this.#encode(offsetOf);
  }

  #encode(offsetOf: (log: Log) => number | undefined): string {
    const offsets: OffsetCheckpoint = new Map();
    for (const [name, log] of this.logs) {
      const offset = offsetOf(log);
      if (offset !== undefined) offsets.set(name, offset);
    }
    return encodeOffsetCheckpoint(offsets);
  }
}
