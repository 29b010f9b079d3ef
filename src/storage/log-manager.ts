import { basename } from 'node:path';
import { assert } from '../base/assert.ts';
import type { Clock } from '../base/clock.ts';
import { BufferPool } from '../base/collections/buffer-pool.ts';
import { NamedTimers } from '../base/collections/named-timers.ts';
import {
  FileGoneError,
  isGone,
  isOutOfHandles,
  isOutOfSpace,
  isPassing,
} from '../base/disk-error.ts';
import type { FileSystem } from '../base/file-system.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import { withSentence } from '../base/system-error.ts';
import { AppendQueue } from './append-queue.ts';
import { CheckpointWriter } from './checkpoint-writer.ts';
import { Cleaner } from './cleaner/cleaner.ts';
import { FileHandles } from './file-handles.ts';
import { FileRemover } from './file-remover.ts';
import { GuardedFileSystem } from './guarded-file-system.ts';
import { IndexCache } from './index-cache.ts';
import { InventoryKeeper, type MissingLog } from './inventory-keeper.ts';
import { Log } from './log.ts';
import type { LogConfig } from './log-config.ts';
import {
  CLEANER_OFFSET_CHECKPOINT,
  LOG_START_OFFSET_CHECKPOINT,
  LogDir,
  RECOVERY_POINT_CHECKPOINT,
} from './log-dir.ts';
import { closeLogDir } from './log-dir-closing.ts';
import type { LogDirLayout } from './log-dir-layout.ts';
import { loadLogDir } from './log-dir-loader.ts';
import { type LogDirOpeningOptions, openLogDirs } from './log-dir-opening.ts';
import { DEFAULT_LOG_MANAGER_SETTINGS, type LogManagerSettings } from './log-manager-settings.ts';
import type { LogEvents } from './log-parts.ts';
import { logName } from './log-types.ts';
import { toError } from './log-writer.ts';
import { createLog, isObstructed, writePartitionMetadata } from './new-log.ts';
import { RelievedFileSystem } from './relieved-file-system.ts';
import { Limiter } from './segment-io.ts';
import type { StorageContext } from './storage-context.ts';
import { TurnQuota } from './turn-quota.ts';
import type { UnsyncedBudget } from './unsynced-budget.ts';

/** Reads on the thread pool at a time: one of its four threads stays free for syncs. */
const COLD_READS = 3;

/** What all readers together read on the event loop in one turn; then the thread pool goes on. */
const READ_BYTES_PER_TURN = 2 * 1024 * 1024;

/** Logs that sync at a time because somebody waits; the thread pool's last thread is for reads. */
const COMMIT_SYNCS = 3;

/** Free read buffers kept for reuse. */
const RETAINED_READ_BYTES = 32 * 1024 * 1024;

/** Logs synced at a time before a start shows them. */
const RECOVERED_SYNCS = 8;

const PRODUCER_EXPIRY_CHECK_MS = 600_000;

/** Between looks whether the log directories are still what they were; Kafka notices within 3 s. */
const WATCH_INTERVAL_MS = 2000;

/** After a log that could not be made for want of space or handles. */
const CREATION_RETRY_MS = 2000;

/** A line about missing file handles, no more often than this. */
const HANDLES_WARNING_INTERVAL_MS = 10_000;

export interface LogManagerOptions extends LogDirOpeningOptions {
  readonly fileSystem: FileSystem;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
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

/** A log that another topic of the same name, or damage, keeps from being used. */
export class LogUnusableError extends Error {
  override name = 'LogUnusableError';
}

/** All logs of this broker, over one or several log directories. */
export class LogManager {
  readonly #options: LogManagerOptions;
  readonly #context: StorageContext;
  readonly #checkpoints: CheckpointWriter;
  /** Compacts the logs of compacted topics in the background. */
  readonly cleaner: Cleaner;
  readonly #events: LogEvents;
  readonly #dirs: LogDir[];
  readonly #timers: NamedTimers;
  #settings: LogManagerSettings;
  #layout: LogDirLayout | undefined;
  #inventory: InventoryKeeper | undefined;
  /** The inventory is kept from when it is known whose the directories are. */
  #isInventoryKept = false;
  #isClosing = false;
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
    const { clock, random, logger } = options;
    this.#options = options;
    this.#timers = new NamedTimers(clock);
    this.#settings = { ...DEFAULT_LOG_MANAGER_SETTINGS, ...options.settings };
    const fileSystem = new RelievedFileSystem(
      options.locker
        ? new GuardedFileSystem(options.fileSystem, () => this.#assertOwned())
        : options.fileSystem,
    );
    const handles = new FileHandles(fileSystem, this.#settings.maxOpenFiles);
    fileSystem.relieve = () => handles.closeIdle() > 0;
    this.#context = {
      fileSystem,
      clock,
      random,
      logger,
      handles,
      readBuffers: new BufferPool({ maxRetainedBytes: RETAINED_READ_BYTES }),
      indexCache: new IndexCache(),
      readsOfTurn: new TurnQuota(clock, READ_BYTES_PER_TURN),
      coldReads: new Limiter(COLD_READS),
      syncs: new Limiter(COMMIT_SYNCS),
      appendQueue: new AppendQueue(clock),
      remover: new FileRemover(fileSystem, clock, logger),
      producerIdExpirationMs: this.#settings.producerIdExpirationMs,
    };
    this.#checkpoints = new CheckpointWriter(fileSystem);
    this.#dirs = options.logDirs.map(
      (path) => new LogDir(path, this.#context, () => this.#settings),
    );
    this.cleaner = new Cleaner(
      this.#context,
      {
        logs: () => this.logs(),
        readCheckpoint: () => this.readCheckpoint(CLEANER_OFFSET_CHECKPOINT),
        writeCheckpoint: (offsetOf) => this.writeCheckpoint(CLEANER_OFFSET_CHECKPOINT, offsetOf),
        writeRecoveryPoints: () =>
          this.#writeToEachDir(RECOVERY_POINT_CHECKPOINT, (dir) => dir.recoveryPoints()),
        reservedBytes: () => this.#settings.reservedBytes,
      },
      this.#settings.cleaner,
    );
    this.#events = {
      failed: (log, error) => this.#logFailed(log, error),
      written: (log) => this.#dirOf(log.logDir).flusher.written(log),
      commit: (log) => this.#dirOf(log.logDir).commits.join(log),
      logStartOffsetMoved: (log) => this.#checkpointLogStarts(log.logDir),
    };
  }

  async #open(): Promise<void> {
    try {
      const layout = await openLogDirs(this.#dirs, this.#options, {
        ...this.#context,
        failed: (dir, error) => this.#failDir(dir.path, error),
        lost: (dir, error) => this.#lost(dir, error),
      });
      this.#layout = layout;
      this.#requireOne();
      await Promise.all(this.#dirs.map((dir) => this.#loadDir(dir, layout)));
      this.#requireOne();
      this.#inventory = new InventoryKeeper(this.#context.fileSystem, this.#checkpoints, {
        dirs: this.#dirs,
        layout,
        topicsVersion: () => this.#options.topicList?.version(),
      });
      this.#inventory.compare();
    } catch (error) {
      for (const dir of this.#dirs) await dir.lock?.release();
      throw error;
    }
    for (const { flusher } of this.#dirs) flusher.start();
    this.cleaner.start();
    this.#timers.every('retention', this.#settings.initialTaskDelayMs, () => {
      this.runRetention();
      return this.#settings.retentionCheckIntervalMs;
    });
    this.#timers.every('checkpoint', this.#settings.recoveryPointCheckpointIntervalMs, () => {
      void this.#checkpoint().then(() => {
        if (!this.#isClosing) void this.#writeInventory(false);
      });
      return this.#settings.recoveryPointCheckpointIntervalMs;
    });
    this.#timers.every('watch', WATCH_INTERVAL_MS, () => {
      for (const dir of this.#dirs) this.#isInPlace(dir);
      return WATCH_INTERVAL_MS;
    });
    this.#timers.every('producers', PRODUCER_EXPIRY_CHECK_MS, () => {
      for (const log of this.logs()) log.expireProducers(this.#context.clock.now());
      return PRODUCER_EXPIRY_CHECK_MS;
    });
  }

  /** With one directory in other hands the rest is no whole any more; with one that is gone it is. */
  #lost(lost: LogDir, error: Error): void {
    if (!this.#isInPlace(lost)) return;
    for (const dir of this.#dirs) this.#failDir(dir.path, error);
  }

  #assertOwned(): void {
    for (const { lock, failure } of this.#dirs) if (!failure) lock?.assertHeld();
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
    for (const dir of this.#dirs) this.#isInPlace(dir);
    try {
      await this.#inventory.write({ isComplete });
    } catch (error) {
      this.#diskFailed(this.home.path, toError(error));
    }
  }

  /** Of the partitions that were here and are not, forgets those that are not wanted any more. */
  forgetMissing(isWanted: (name: string, topicId: string | undefined) => boolean): void {
    const missing = this.#inventory?.missing ?? new Map<string, MissingLog>();
    for (const [name, { topicId }] of missing) if (!isWanted(name, topicId)) missing.delete(name);
  }

  /** Folders that have a partition's name and nothing of a partition in them. */
  *hollowFolders(): IterableIterator<string> {
    for (const dir of this.#dirs) {
      for (const name of dir.hollow) if (!dir.logs.has(name)) yield dir.file(name);
    }
  }

  async #loadDir(dir: LogDir, layout: LogDirLayout): Promise<void> {
    if (dir.failure) return;
    const before = layout.inventory?.directories.find(({ id }) => id === dir.id);
    try {
      this.#options.beforeLoading?.(this.#context.fileSystem, dir.path, layout);
      const { hasStrayOffsets } = await loadLogDir(this.#context, dir, {
        configOf: this.#options.configOf,
        concurrency: this.#settings.recoveryConcurrency,
        known: (name) => layout.known.get(name),
        wasHere: (name) => before?.logs.has(name) === true,
        addLog: (found) => {
          const shared = { context: this.#context, events: this.#events };
          const log = new Log({ ...found, ...shared, ...dir.bounds });
          dir.logs.set(log.name, log);
          if (log.recoveryPoint < log.logEndOffset) dir.flusher.written(log);
        },
      });
      // Those of a topic whose deletion was interrupted: a new one of its name must not take them over.
      if (hasStrayOffsets) await this.#checkpoint([dir]);
    } catch (error) {
      this.#failDir(dir.path, toError(withSentence(error, { path: dir.path })));
    }
    if (!dir.failure) dir.space.check();
  }

  /** Opens files for other parts of the broker too: it makes room where no handle is free. */
  get fileSystem(): FileSystem {
    return this.#context.fileSystem;
  }

  get(topic: string, partition: number): Log | undefined {
    const name = logName(topic, partition);
    for (const dir of this.#dirs) {
      const log = dir.logs.get(name);
      if (log) return log;
    }
    return undefined;
  }

  *logs(): IterableIterator<Log> {
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
  getOrCreate(topic: string, partition: number, at: WantedLog): Log {
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
    if (!this.#isInPlace(dir)) throw dir.failure;
    const missing = this.#inventory?.missing.get(name);
    const isSame = missing?.topicId === undefined || missing.topicId === at.topicId;
    const startOffset = missing && isSame ? missing.endOffset : 0;
    try {
      const log = createLog(this.#context, this.#events, {
        dir,
        topic,
        partition,
        ...at,
        startOffset,
      });
      this.#inventory?.missing.delete(name);
      if (missing && isSame) this.#tellMissing(name, missing);
      return log;
    } catch (error) {
      if (isObstructed(this.#context.fileSystem, dir.path, name)) {
        throw new LogUnusableError(
          `${dir.file(name)} is a file, or a link that leads nowhere, where the folder of ${name} should be; move it away, and start the broker again`,
        );
      }
      this.#diskFailed(dir.path, toError(error));
      if (isPassing(error)) this.#retryCreations();
      throw error;
    }
  }

  #tellMissing(name: string, { dir, startOffset, endOffset }: MissingLog): void {
    const records =
      startOffset < endOffset ? ` with the offsets ${startOffset} to ${endOffset - 1}` : '';
    this.#context.logger.error(
      { log: name, logDir: dir.path, startOffset, endOffset },
      `${name} was here${records} and its folder is gone from ${dir.path}: it goes on, empty, at offset ${endOffset}; to have the records back, stop the broker before anything is written to ${name}, and put the folder in the place of the new one`,
    );
  }

  /** Whoever wanted a log that could not be made hears when it is worth another try. */
  #retryCreations(): void {
    this.#timers.once('creations', CREATION_RETRY_MS, () => this.#options.onCreationRetry?.());
  }

  /** Data of a topic that is not this one: nobody asked to delete it. */
  #setAside(log: Log, topicId: string): void {
    this.#context.logger.warn(
      { log: log.name, foundTopicId: log.topicId, topicId },
      'the folder belongs to another topic of this name; it is set aside',
    );
    this.#takeOut(log, 'stray');
    void this.#checkpoint();
  }

  /** Renames the log's folder; the new path. */
  #takeOut(log: Log, suffix: 'delete' | 'stray'): string {
    const { fileSystem, handles, random } = this.#context;
    const dir = this.#dirOf(log.logDir);
    dir.flusher.forget(log);
    log.goOffline(new Error(`${log.name} is deleted`));
    handles.closeUnder(log.folder);
    const id = random.bytes(16).toString('hex');
    // A file name has 255 bytes: a long topic name gives way to the id.
    const tail = `-${log.partition}.${id}-${suffix}`;
    const path = dir.file(log.topic.slice(0, 255 - tail.length) + tail);
    fileSystem.rename(log.folder, path);
    dir.logs.delete(log.name);
    return path;
  }

  /**
   * The folder loses its name at once (so the topic can be created again), reads in flight end as
   * `offline`, and the promise resolves when the files are gone. No error when there is no log.
   */
  async delete(topic: string, partition: number): Promise<void> {
    const log = this.get(topic, partition);
    if (!log) return;
    let path: string;
    try {
      path = this.#takeOut(log, 'delete');
    } catch (error) {
      this.#diskFailed(log.logDir, toError(error));
      throw error;
    }
    this.#context.logger.debug({ log: log.name, folder: basename(path) }, 'deleting a log');
    // A topic of the same name must not take over how far this one was compacted, synced, or deleted.
    if (this.cleaner.cleanedUpTo(log) !== undefined) void this.cleaner.checkpoint();
    if (log.recoveryPoint > 0 || log.logStartOffset > 0) await this.#checkpoint();
    await this.#context.remover.removeFolder(path);
  }

  /**
   * Syncs what a recovery found and could not know to be on the disk, where `flush.policy` promises that
   * nobody sees a record before it is. For the start, before anybody can read.
   */
  async syncRecovered(): Promise<void> {
    const limit = new Limiter(RECOVERED_SYNCS);
    const isOpen = (log: Log) =>
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

  /** Writes the values of the logs of each directory to its checkpoint file, atomically. */
  async writeCheckpoint(
    name: CheckpointName,
    offsetOf: (log: Log) => number | undefined,
  ): Promise<void> {
    await this.#writeToEachDir(name, (dir) => dir.offsets(offsetOf));
  }

  async #checkpoint(dirs: readonly LogDir[] = this.#dirs): Promise<void> {
    await this.#writeToEachDir(RECOVERY_POINT_CHECKPOINT, (dir) => dir.recoveryPoints(), dirs);
    await this.#writeToEachDir(LOG_START_OFFSET_CHECKPOINT, (dir) => dir.logStartOffsets(), dirs);
  }

  async #checkpointLogStarts(logDir: string): Promise<Error | undefined> {
    const dir = this.#dirOf(logDir);
    try {
      const path = dir.file(LOG_START_OFFSET_CHECKPOINT);
      await this.#checkpoints.write(path, () => dir.logStartOffsets());
      return undefined;
    } catch (error) {
      const cause = toError(error);
      this.#diskFailed(logDir, cause);
      return cause;
    }
  }

  async #writeToEachDir(
    name: string,
    text: (dir: LogDir) => string,
    dirs: readonly LogDir[] = this.#dirs,
  ): Promise<void> {
    for (const dir of dirs) {
      if (this.#isClosing || !this.#isInPlace(dir)) continue;
      try {
        await this.#checkpoints.write(dir.file(name), () => text(dir));
      } catch (error) {
        this.#diskFailed(dir.path, toError(error));
      }
    }
  }

  #dirOf(path: string): LogDir {
    const dir = this.#dirs.find((one) => one.path === path);
    if (!dir) throw new Error(`${path} is no log directory`);
    return dir;
  }

  /** Whether the directory is still what was opened; where it is not, it goes offline. */
  #isInPlace(dir: LogDir): boolean {
    if (dir.failure) return false;
    try {
      const problem = dir.problem();
      if (problem) this.#failDir(dir.path, problem);
    } catch (error) {
      this.#diskFailed(dir.path, toError(error));
    }
    return !dir.failure;
  }

  /** Where the files of one log were taken away, and the directory is there, the others go on. */
  #logFailed(log: Log, error: Error): void {
    const dir = this.#dirOf(log.logDir);
    if (!isGone(error) || !this.#isInPlace(dir)) {
      this.#diskFailed(log.logDir, error);
      return;
    }
    dir.flusher.forget(log);
    const { name: partition, logStartOffset, logEndOffset } = log;
    const gone =
      error instanceof FileGoneError
        ? error
        : new FileGoneError(
            `a file was removed from ${partition} while it was in use (${error.message})`,
            { cause: error },
          );
    this.#context.logger.error(
      { log: partition, error, logStartOffset, logEndOffset },
      `${partition} goes offline, with the offsets ${logStartOffset} to ${logEndOffset}: ${gone.message}; put the file back, or start the broker again without it`,
    );
    log.goOffline(gone);
  }

  /** Want of space or handles passes, and what failed is tried again; everything else is final. */
  #diskFailed(path: string, error: Error): void {
    if (isOutOfSpace(error)) this.#dirOf(path).space.exhausted(error);
    else if (isOutOfHandles(error)) this.#warnOfHandles(error);
    else this.#failDir(path, error);
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
    this.#failDir(path, error);
  }

  #failDir(path: string, error: Error): void {
    const dir = this.#dirOf(path);
    if (dir.failure || this.#isClosed) return;
    dir.failure = error;
    dir.space.stop();
    this.#context.logger.error(
      { logDir: path, error, logs: dir.logs.size },
      `log directory ${path} failed and goes offline: ${error.message}`,
    );
    for (const log of dir.logs.values()) {
      dir.flusher.forget(log);
      log.goOffline(error);
    }
    this.#options.onLogDirFailure(path, error);
  }

  /** What does not work while the broker goes on, a sentence for each; empty in good health. */
  troubles(): string[] {
    const found: string[] = [];
    for (const { path, failure, logs, space } of this.#dirs) {
      if (failure) {
        found.push(`log directory ${path} is offline: ${failure.message}`);
        continue;
      }
      if (space.isLow) found.push(`producers must wait: ${space.reason}`);
      const offline = [...logs.values()].filter((log) => log.failure);
      const [first] = offline;
      if (first?.failure) {
        const count = offline.length === 1 ? '1 partition' : `${offline.length} partitions`;
        found.push(`${count} of ${path} offline, ${first.name} for one: ${first.failure.message}`);
      }
    }
    return found;
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
  runRetention(): void {
    const now = this.#context.clock.now();
    for (const log of this.logs()) log.deleteOldSegments(now);
  }

  /** Writes everything, syncs, checkpoints, marks the shutdown clean, gives up the locks. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#timers.end();
    // Nothing is written to a folder that only has the path of the one that was opened.
    for (const dir of this.#dirs) this.#isInPlace(dir);
    await this.cleaner.stop();
    this.#context.remover.stop();
    this.#context.appendQueue.run();
    await Promise.all(this.#dirs.map(({ flusher }) => flusher.stop()));
    // What is still to be written in the background is written here, once.
    this.#isClosing = true;
    await this.#checkpoints.settle();
    for (const dir of this.#dirs) {
      dir.space.stop();
      if (dir.failure) continue;
      await closeLogDir(this.#context.fileSystem, dir, this.#settings).catch((error: unknown) =>
        this.#failDir(dir.path, toError(error)),
      );
    }
    await this.#writeInventory(true);
    this.#isClosed = true;
    for (const log of this.logs()) log.goOffline(new Error('The broker has stopped'));
    this.#context.handles.closeAll();
    for (const dir of this.#dirs) await this.#unlock(dir);
  }

  /** The end of the process gives it up too, where the disk does not even take this any more. */
  async #unlock(dir: LogDir): Promise<void> {
    try {
      await dir.lock?.release();
    } catch (error) {
      this.#context.logger.warn({ logDir: dir.path, error }, 'could not give up the lock');
    }
  }
}
