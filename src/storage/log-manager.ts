import { basename } from 'node:path';
import { assert } from '../base/assert.ts';
import { NamedTimers } from '../base/collections/named-timers.ts';
import { isPassing } from '../base/disk-error.ts';
import type { FileSystem } from '../base/file-system.ts';
import { LoopWork } from '../base/loop-work.ts';
import { type LongWork, Slices } from '../base/slices.ts';
import type { WorkThread } from '../base/work-thread.ts';
import { toError } from './append/log-writer.ts';
import type { UnsyncedBudget } from './append/unsynced-budget.ts';
import { Cleaner } from './cleaner/cleaner.ts';
import { InventoryKeeper } from './dirs/inventory-keeper.ts';
import { LogDir, LogUnusableError } from './dirs/log-dir.ts';
import {
  CLEANER_OFFSET_CHECKPOINT,
  type OffsetOf,
  RECOVERY_POINT_CHECKPOINT,
  recoveryPointOf,
} from './dirs/log-dir-checkpoints.ts';
import type { LogDirLayout } from './dirs/log-dir-layout.ts';
import { type LogDirOpeningOptions, openLogDirs } from './dirs/log-dir-opening.ts';
import { writePartitionMetadata } from './dirs/new-log.ts';
import type { LogConfig } from './log-config.ts';
import { DEFAULT_LOG_MANAGER_SETTINGS, type LogManagerSettings } from './log-manager-settings.ts';
import type { OwnedLog } from './log-owner.ts';
import { logName } from './log-types.ts';
import { Limiter } from './segment/segment-io.ts';
import { type StorageContext, type StorageWorld, storageContext } from './storage-context.ts';
import { STORAGE_TASKS } from './storage-tasks.ts';

export { LogUnusableError } from './dirs/log-dir.ts';

/** Logs synced at a time before a start shows them. */
const RECOVERED_SYNCS = 8;

const PRODUCER_EXPIRY_CHECK_MS = 600_000;

/** Between looks whether the log directories are still what they were; Kafka notices within 3 s. */
const WATCH_INTERVAL_MS = 2000;

/** After a log that could not be made for want of space or handles. */
const CREATION_RETRY_MS = 2000;

/** A line about missing file handles, no more often than this. */
const HANDLES_WARNING_INTERVAL_MS = 10_000;

export interface LogManagerOptions extends LogDirOpeningOptions, Omit<StorageWorld, 'work'> {
  /** Where records are decompressed that hold much; turns of the event loop by default. */
  readonly work?: WorkThread;
  /** log.dirs; made when missing. */
  readonly logDirs: readonly string[];
  /** Sees each log directory before it is read; may throw what the disk throws. */
  readonly beforeLoading?: (fileSystem: FileSystem, logDir: string, layout: LogDirLayout) => void;
  /** The configuration of a topic found on disk at start. */
  readonly configOf: (topic: string) => LogConfig;
  /** A log directory stopped working; its logs answer KAFKA_STORAGE_ERROR from now on. */
  readonly onLogDirFailure: (logDir: string, error: Error) => void;
  /** A log could not be made for want of space or handles; there may be some now. */
  readonly onCreationRetry?: () => void;
  readonly settings?: Partial<LogManagerSettings>;
  /** The share of the event loop for what goes through all logs; its own by default. */
  readonly slices?: LongWork;
}

/** What a log that is asked for belongs to. */
export interface WantedLog {
  readonly topicId: string;
  readonly config: LogConfig;
  /** The partition was made just now: there is no log of it in a directory that is offline. */
  readonly isNew?: boolean;
}

/** Kept per log directory for other layers: high watermarks, and how far compaction got. */
export type CheckpointName = 'replication-offset-checkpoint' | 'cleaner-offset-checkpoint';

/** Looking at the segments of a log is as much work as so many steps. */
const STEPS_OF_RETENTION = 4;

/** All logs of this broker, over one or several log directories. */
export class LogManager {
  readonly #options: LogManagerOptions;
  readonly #context: StorageContext;
  /** Compacts the logs of compacted topics in the background. */
  readonly cleaner: Cleaner;
  readonly #dirs: LogDir[];
  readonly #timers: NamedTimers;
  readonly #slices: LongWork;
  #settings: LogManagerSettings;
  #layout: LogDirLayout | undefined;
  #inventory: InventoryKeeper | undefined;
  /** The inventory is kept from when it is known whose the directories are. */
  #isInventoryKept = false;
  #runningCheckpoint: Promise<void> | undefined;
  /** Asked for, and not begun. */
  #nextCheckpoint: Promise<void> | undefined;
  /** `close` was called. */
  #isEnding = false;
  /** Nothing goes on in the background any more. */
  #isStopped = false;
  #isClosed = false;
  #nextHandlesWarningMs = 0;

  /**
   * Locks the directories, loads every log, recovers those that were not closed cleanly. A directory
   * that does not work is reported through `onLogDirFailure` and left out; rejects when none works,
   * one is in use by another process (FolderLockedError), or they are not what they were
   * (LogDirLayoutError, MetaPropertiesError).
   */
  static async open(options: LogManagerOptions): Promise<LogManager> {
    const manager = new LogManager(options);
    await manager.#open();
    return manager;
  }

  private constructor(options: LogManagerOptions) {
    this.#options = options;
    this.#timers = new NamedTimers(options.clock);
    this.#slices = options.slices ?? new Slices(options.clock);
    this.#settings = { ...DEFAULT_LOG_MANAGER_SETTINGS, ...options.settings };
    const assertOwned = () => {
      for (const dir of this.#dirs) dir.assertHeld();
    };
    const work = options.work ?? new LoopWork(options.clock, STORAGE_TASKS);
    const world = { ...options, work };
    this.#context = storageContext(world, this.#settings, options.locker && assertOwned);
    const ports = {
      context: this.#context,
      settings: () => this.#settings,
      onFailure: (dir: LogDir, error: Error) => options.onLogDirFailure(dir.path, error),
      onOutOfHandles: (error: Error) => this.#warnOfHandles(error),
    };
    this.#dirs = options.logDirs.map((path) => new LogDir(path, ports));
    this.cleaner = new Cleaner(
      this.#context,
      {
        logs: () => this.logs(),
        readCheckpoint: () => this.readCheckpoint(CLEANER_OFFSET_CHECKPOINT),
        writeCheckpoint: (offsetOf) => this.writeCheckpoint(CLEANER_OFFSET_CHECKPOINT, offsetOf),
        writeRecoveryPoints: () => this.writeCheckpoint(RECOVERY_POINT_CHECKPOINT, recoveryPointOf),
        reservedBytes: () => this.#settings.reservedBytes,
      },
      this.#settings.cleaner,
    );
  }

  async #open(): Promise<void> {
    try {
      const layout = await openLogDirs(this.#dirs, this.#options, {
        ...this.#context,
        lost: (dir, error) => this.#lost(dir, error),
      });
      this.#layout = layout;
      this.#requireOne();
      await Promise.all(this.#dirs.map((dir) => this.#loadDir(dir, layout)));
      this.#requireOne();
      this.#inventory = new InventoryKeeper(this.#context, {
        dirs: this.#dirs,
        layout,
        topicsVersion: () => this.#options.topicList?.version(),
      });
      this.#inventory.compare();
      // A list of topics that is made anew begins at its first change: what is noted of the one before it must
      // not be held against it, also where the broker is killed before the next inventory.
      if (layout.isFirstStart && layout.inventory) await this.keepInventory();
    } catch (error) {
      for (const dir of this.#dirs) await dir.release();
      throw error;
    }
    for (const dir of this.#dirs) dir.start();
    this.cleaner.start();
    this.#timers.every('retention', this.#settings.initialTaskDelayMs, () => {
      void this.runRetention();
      return this.#settings.retentionCheckIntervalMs;
    });
    this.#timers.every('checkpoint', this.#settings.recoveryPointCheckpointIntervalMs, () => {
      void this.#checkpoint().then(() => {
        if (!this.#isStopped) void this.#writeInventory(false);
      });
      return this.#settings.recoveryPointCheckpointIntervalMs;
    });
    this.#timers.every('watch', WATCH_INTERVAL_MS, () => {
      for (const dir of this.#dirs) dir.isInPlace();
      return WATCH_INTERVAL_MS;
    });
    this.#timers.every('producers', PRODUCER_EXPIRY_CHECK_MS, () => {
      void this.#expireProducers();
      return PRODUCER_EXPIRY_CHECK_MS;
    });
  }

  /** With one directory in other hands the rest is no whole any more; with one that is gone it is. */
  #lost(lost: LogDir, error: Error): void {
    if (!lost.isInPlace()) return;
    for (const dir of this.#dirs) dir.fail(error);
  }

  #requireOne(): void {
    if (this.onlineLogDirs().length > 0) return;
    const reason = this.#dirs[0]?.failure?.message ?? 'log.dirs is empty';
    throw new Error(`No log directory works: ${reason}`, { cause: this.#dirs[0]?.failure });
  }

  /** The directory that holds the list of topics, or is to, and whether there is no list yet. */
  get home(): { readonly path: string; readonly isNew: boolean } {
    assert(this.#layout !== undefined, 'the log directories are open');
    return { path: this.#layout.home, isNew: this.#layout.isFirstStart };
  }

  /** The id of a directory that works. */
  directoryId(path: string): string {
    const { id } = this.#dirOf(path);
    assert(id !== undefined, 'a directory that works has an id');
    return id;
  }

  /**
   * From now on every directory says what all of them hold. To be called when it is known whose they are,
   * and before anything is made in them.
   */
  async keepInventory(): Promise<void> {
    this.#isInventoryKept = true;
    await this.#writeInventory(false);
  }

  async #writeInventory(isComplete: boolean): Promise<void> {
    if (!this.#inventory || !this.#isInventoryKept) return;
    for (const dir of this.#dirs) dir.isInPlace();
    try {
      await this.#inventory.write({ isComplete });
    } catch (error) {
      this.#dirOf(this.home.path).diskFailed(toError(error));
    }
  }

  /** Of the partitions that were here and are not, forgets those that are not wanted any more. */
  forgetMissing(isWanted: (name: string, topicId: string | undefined) => boolean): void {
    this.#inventory?.forgetMissing(isWanted);
  }

  /** Folders that have a partition's name and nothing of a partition in them. */
  *hollowFolders(): IterableIterator<string> {
    for (const dir of this.#dirs) {
      for (const name of dir.hollow) if (!dir.logs.has(name)) yield dir.file(name);
    }
  }

  #loadDir(dir: LogDir, layout: LogDirLayout): Promise<void> {
    const before = layout.inventory?.directories.find(({ id }) => id === dir.id);
    return dir.load(
      {
        configOf: this.#options.configOf,
        concurrency: this.#settings.recoveryConcurrency,
        known: (name) => layout.known.get(name),
        wasHere: (name) => before?.logs.has(name) === true,
      },
      () => this.#options.beforeLoading?.(this.#context.fileSystem, dir.path, layout),
    );
  }

  /** Opens files for other parts of the broker too: it makes room where no handle is free. */
  get fileSystem(): FileSystem {
    return this.#context.fileSystem;
  }

  get(topic: string, partition: number): OwnedLog | undefined {
    const name = logName(topic, partition);
    for (const dir of this.#dirs) {
      const log = dir.logs.get(name);
      if (log) return log;
    }
    return undefined;
  }

  *logs(): IterableIterator<OwnedLog> {
    for (const dir of this.#dirs) yield* dir.logs.values();
  }

  /** Directories that work, in the order of log.dirs. */
  onlineLogDirs(): string[] {
    return this.#dirs.filter((dir) => !dir.failure).map((dir) => dir.path);
  }

  /** The others: an I/O error took them out of use until the next start. */
  offlineLogDirs(): string[] {
    return this.#dirs.filter((dir) => dir.failure).map((dir) => dir.path);
  }

  /**
   * The log, made in the directory with the fewest logs when there is none. Cheap: a folder,
   * `partition.metadata` and an empty segment; the rest comes with the first append. A log left over from another topic
   * of the same name is set aside as `<name>.<id>-stray`. Throws when no directory works, and
   * LogUnusableError when the folder is there but could not be loaded, or may be in a directory that
   * is offline.
   */
  getOrCreate(topic: string, partition: number, at: WantedLog): OwnedLog {
    const name = logName(topic, partition);
    const existing = this.get(topic, partition);
    if (existing) {
      if (existing.topicId === at.topicId) return existing;
      if (existing.topicId === undefined) {
        writePartitionMetadata(this.#context, existing.folder, at.topicId);
        existing.topicId = at.topicId;
        return existing;
      }
      this.#setAside(existing, at.topicId);
    }
    for (const dir of this.#dirs) {
      const reason = dir.unusable.get(name);
      if (reason) throw new LogUnusableError(`${dir.file(name)}: ${reason.message}`);
    }
    const offline = this.offlineLogDirs();
    if (!at.isNew && offline.length > 0) {
      // Made anew, empty, it would hide the one that is there.
      throw new LogUnusableError(`${name} may lie in ${offline.join(', ')}, which is offline`);
    }
    let dir: LogDir | undefined;
    for (const one of this.#dirs) {
      if (!one.failure && (!dir || one.logs.size < dir.logs.size)) dir = one;
    }
    if (!dir) throw new Error('No log directory works');
    const startOffset = this.#inventory?.startOf(name, at.topicId) ?? 0;
    try {
      const log = dir.create({ topic, partition, ...at, startOffset });
      this.#inventory?.wasMade(name, at.topicId);
      return log;
    } catch (error) {
      if (isPassing(error)) this.#retryCreations();
      throw error;
    }
  }

  /** Whoever wanted a log that could not be made hears when it is worth another try. */
  #retryCreations(): void {
    this.#timers.once('creations', CREATION_RETRY_MS, () => this.#options.onCreationRetry?.());
  }

  /** Data of a topic that is not this one: nobody asked to delete it. */
  #setAside(log: OwnedLog, topicId: string): void {
    const { folder, logStartOffset, logEndOffset } = log;
    const aside = this.#dirOf(log.logDir).takeOut(log, 'stray');
    const offsets =
      logStartOffset < logEndOffset
        ? `has the offsets ${logStartOffset} to ${logEndOffset - 1}`
        : 'has no records';
    this.#context.logger.warn(
      { log: log.name, foundTopicId: log.topicId, topicId },
      `${folder} is of another topic of this name (${log.topicId}) and ${offsets}: it is set aside as ${aside}`,
    );
    void this.#checkpoint();
  }

  /**
   * The folder loses its name at once (so the topic can be created again), reads in flight end as
   * `offline`, and the promise resolves when the files are gone. No error when there is no log.
   */
  async delete(topic: string, partition: number): Promise<void> {
    const log = this.get(topic, partition);
    if (!log) return;
    const path = this.#dirOf(log.logDir).takeOut(log, 'delete');
    this.#context.logger.debug({ log: log.name, folder: basename(path) }, 'deleting a log');
    // A topic of the same name must not take over how far this one was compacted, synced, or deleted.
    if (this.cleaner.cleanedUpTo(log) !== undefined) void this.cleaner.checkpoint();
    if (log.recoveryPoint > 0 || log.logStartOffset > 0) await this.#checkpointTogether();
    await this.#context.remover.removeFolder(path);
  }

  /**
   * Syncs what a recovery found and could not know to be on the disk, where `flush.policy` promises that
   * nobody sees a record before it is. For the start, before anybody can read.
   */
  async syncRecovered(): Promise<void> {
    const limit = new Limiter(RECOVERED_SYNCS);
    const isOpen = (log: OwnedLog) =>
      log.config.flushPolicy === 'group-commit' && log.recoveryPoint < log.logEndOffset;
    const syncs = Array.from(this.logs())
      .filter(isOpen)
      // A failure has taken the log's directory offline; there is nothing more to do about it.
      .map((log) => limit.run(() => log.flush().catch(() => undefined)));
    await Promise.all(syncs);
  }

  updateSettings(settings: Partial<LogManagerSettings>): void {
    this.#settings = { ...this.#settings, ...settings };
    this.cleaner.updateSettings(this.#settings.cleaner);
    this.#context.producerIdExpirationMs = this.#settings.producerIdExpirationMs;
    this.#context.handles.setMaxOpen(this.#settings.maxOpenFiles);
  }

  /** A checkpoint file of all log directories, for what other layers keep per partition. */
  readCheckpoint(name: CheckpointName): Map<string, number> {
    const all = new Map<string, number>();
    for (const dir of this.#dirs) {
      if (dir.failure) continue;
      for (const [log, offset] of dir.readCheckpoint(name)) {
        if (dir.logs.has(log)) all.set(log, offset);
      }
    }
    return all;
  }

  /** Keeps an offset of each log in the checkpoint file of its directory, atomically. */
  async writeCheckpoint(name: string, offsetOf: OffsetOf): Promise<void> {
    for (const dir of this.#dirs) await dir.writeCheckpoint(name, offsetOf);
  }

  /** Thousands ask for it when a topic goes: those who come while one is under way share the next. */
  #checkpointTogether(): Promise<void> {
    this.#nextCheckpoint ??= this.#startNextCheckpoint(this.#runningCheckpoint);
    return this.#nextCheckpoint;
  }

  async #startNextCheckpoint(before: Promise<void> | undefined): Promise<void> {
    await before?.catch(() => undefined);
    this.#nextCheckpoint = undefined;
    this.#runningCheckpoint = this.#checkpoint();
    await this.#runningCheckpoint;
  }

  async #checkpoint(): Promise<void> {
    for (const dir of this.#dirs) await dir.checkpoint();
  }

  #dirOf(path: string): LogDir {
    const dir = this.#dirs.find((one) => one.path === path);
    if (!dir) throw new Error(`${path} is no log directory`);
    return dir;
  }

  #warnOfHandles(error: Error): void {
    const now = this.#context.clock.monotonicMs();
    if (now < this.#nextHandlesWarningMs) return;
    this.#nextHandlesWarningMs = now + HANDLES_WARNING_INTERVAL_MS;
    this.#context.logger.error(
      { error },
      `no file handle is free: ${error.message}; raise the limit of open files (ulimit -n), or lower max.connections`,
    );
  }

  /** Takes a log directory out of use until the next start: its disk failed, whoever noticed. */
  failLogDir(path: string, error: Error): void {
    this.#dirOf(path).fail(error);
  }

  /** What does not work while the broker goes on, a sentence for each; empty in good health. */
  troubles(): string[] {
    return this.#dirs.flatMap((dir) => dir.troubles());
  }

  /** What of each log directory is written and not synced. */
  get unsynced(): readonly UnsyncedBudget[] {
    return this.#dirs.map(({ unsynced }) => unsynced);
  }

  /** Bytes appended and not yet written, over all logs; for back-pressure. */
  get queuedBytes(): number {
    return this.#context.appendQueue.queuedBytes;
  }

  /** Runs retention now, as the timer does. */
  async runRetention(): Promise<void> {
    const slices = this.#slices;
    const now = this.#context.clock.now();
    for (const log of this.logs()) {
      log.deleteOldSegments(now);
      if (!slices.isOver(STEPS_OF_RETENTION)) continue;
      await slices.nextTurn();
      if (this.#isEnding) return;
    }
  }

  async #expireProducers(): Promise<void> {
    for (const log of this.logs()) {
      log.expireProducers(this.#context.clock.now());
      if (this.#slices.isOver()) await this.#slices.nextTurn();
    }
  }

  /** Writes everything, syncs, checkpoints, marks the shutdown clean, gives up the locks. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isEnding = true;
    this.#timers.end();
    // Nothing is written to a folder that only has the path of the one that was opened.
    for (const dir of this.#dirs) dir.isInPlace();
    await this.cleaner.stop();
    this.#context.remover.stop();
    this.#context.appendQueue.run();
    await Promise.all(this.#dirs.map((dir) => dir.stop()));
    this.#isStopped = true;
    for (const dir of this.#dirs) await dir.close();
    await this.#writeInventory(true);
    this.#isClosed = true;
    this.#context.handles.closeAll();
    for (const dir of this.#dirs) await dir.release();
  }
}
