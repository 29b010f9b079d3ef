import { basename, join } from 'node:path';
import type { Clock, Timer } from '../base/clock.ts';
import { BufferPool } from '../base/collections/buffer-pool.ts';
import type { FileSystem } from '../base/file-system.ts';
import type { FolderLocker } from '../base/folder-lock.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import { AppendQueue } from './append-queue.ts';
import { makeFolderDurably, replaceFileSync } from './atomic-file.ts';
import { CheckpointWriter } from './checkpoint-writer.ts';
import { CLEAN_SHUTDOWN_FILE, encodeCleanShutdown } from './clean-shutdown-file.ts';
import { FileHandles } from './file-handles.ts';
import { FileRemover } from './file-remover.ts';
import { IndexCache } from './index-cache.ts';
import { LeaderEpochCache } from './leader-epoch-cache.ts';
import { Log } from './log.ts';
import type { LogConfig } from './log-config.ts';
import { LOG_START_OFFSET_CHECKPOINT, LogDir, RECOVERY_POINT_CHECKPOINT } from './log-dir.ts';
import { loadLogDir } from './log-dir-loader.ts';
import { LogFlusher } from './log-flusher.ts';
import type { LoadedLog, LogEvents } from './log-parts.ts';
import { logName } from './log-types.ts';
import { toError } from './log-writer.ts';
import { encodePartitionMetadata, PARTITION_METADATA_FILE } from './partition-metadata.ts';
import { ProducerSnapshots } from './producer-snapshots.ts';
import { ProducerState } from './producer-state.ts';
import { Segment } from './segment.ts';
import { fileName, LOG_SUFFIX } from './segment-files.ts';
import { Limiter } from './segment-io.ts';
import { SegmentList } from './segment-list.ts';
import type { StorageContext } from './storage-context.ts';

/** Reads on the thread pool at a time: one of its four threads stays free for syncs. */
const COLD_READS = 3;

/** Free read buffers kept for reuse. */
const RETAINED_READ_BYTES = 32 * 1024 * 1024;

/** Logs closed at a time at shutdown, each with its syncs. */
const CLOSE_CONCURRENCY = 8;

const PRODUCER_EXPIRY_CHECK_MS = 600_000;

export interface LogManagerOptions {
  readonly fileSystem: FileSystem;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** One owner per folder; absent in tests that need none. */
  readonly locker?: FolderLocker;
  /** log.dirs; made when missing. */
  readonly logDirs: readonly string[];
  /** The configuration of a topic found on disk at start. */
  readonly configOf: (topic: string) => LogConfig;
  /** A log directory stopped working; its logs answer KAFKA_STORAGE_ERROR from now on. */
  readonly onLogDirFailure: (logDir: string, error: Error) => void;
  readonly settings?: Partial<LogManagerSettings>;
}

/** Broker-level settings, each with the name of Kafka's config. */
export interface LogManagerSettings {
  /** log.initial.task.delay.ms, 30000: the first retention check, so that a short-lived broker has one. */
  readonly initialTaskDelayMs: number;
  /** log.retention.check.interval.ms, 300000 */
  readonly retentionCheckIntervalMs: number;
  /** log.flush.offset.checkpoint.interval.ms, 60000 */
  readonly recoveryPointCheckpointIntervalMs: number;
  /** Ours: how long written data stays unsynced at most before the background sync; 200. */
  readonly backgroundFlushMs: number;
  /** Ours: unsynced bytes of a log that start its background sync sooner; 16 MB. */
  readonly backgroundFlushBytes: number;
  /** producer.id.expiration.ms, 86400000 */
  readonly producerIdExpirationMs: number;
  /** num.recovery.threads.per.data.dir: logs loaded at a time, 1. */
  readonly recoveryConcurrency: number;
  /** Ours: files kept open, 1000. */
  readonly maxOpenFiles: number;
  /** Stored in the clean shutdown file (KIP-966), -1. */
  readonly brokerEpoch: number;
}

const DEFAULT_SETTINGS: LogManagerSettings = {
  initialTaskDelayMs: 30_000,
  retentionCheckIntervalMs: 300_000,
  recoveryPointCheckpointIntervalMs: 60_000,
  backgroundFlushMs: 200,
  backgroundFlushBytes: 16 * 1024 * 1024,
  producerIdExpirationMs: 86_400_000,
  recoveryConcurrency: 1,
  maxOpenFiles: 1000,
  brokerEpoch: -1,
};

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
  readonly #flusher: LogFlusher;
  readonly #events: LogEvents;
  readonly #dirs: LogDir[];
  readonly #timers = new Map<string, Timer>();
  #settings: LogManagerSettings;
  #isClosed = false;

  /**
   * Locks the directories, loads every log, recovers those that were not closed cleanly. A directory
   * that does not work is reported through `onLogDirFailure` and left out; rejects when none works
   * or one is in use by another process (FolderLockedError).
   */
  static async open(options: LogManagerOptions): Promise<LogManager> {
    const manager = new LogManager(options);
    await manager.#open();
    return manager;
  }

  private constructor(options: LogManagerOptions) {
    const { fileSystem, clock, random, logger } = options;
    this.#options = options;
    this.#settings = { ...DEFAULT_SETTINGS, ...options.settings };
    this.#context = {
      fileSystem,
      clock,
      random,
      logger,
      handles: new FileHandles(fileSystem, this.#settings.maxOpenFiles),
      readBuffers: new BufferPool({ maxRetainedBytes: RETAINED_READ_BYTES }),
      indexCache: new IndexCache(),
      coldReads: new Limiter(COLD_READS),
      appendQueue: new AppendQueue(clock),
      remover: new FileRemover(fileSystem, clock, logger),
      producerIdExpirationMs: this.#settings.producerIdExpirationMs,
    };
    this.#checkpoints = new CheckpointWriter(fileSystem);
    this.#flusher = new LogFlusher(clock, this.#settings);
    this.#dirs = options.logDirs.map((path) => new LogDir(path, fileSystem, logger));
    this.#events = {
      failed: (log, error) => this.#failDir(log.logDir, error),
      written: (log) => this.#flusher.written(log),
      logStartOffsetMoved: (log) => this.#checkpointLogStarts(log.logDir),
    };
  }

  async #open(): Promise<void> {
    try {
      for (const dir of this.#dirs) await this.#openDir(dir);
      if (this.onlineLogDirs().length === 0) {
        const reason = this.#dirs[0]?.failure?.message ?? 'log.dirs is empty';
        throw new Error(`No log directory works: ${reason}`);
      }
    } catch (error) {
      for (const dir of this.#dirs) await dir.lock?.release();
      throw error;
    }
    this.#flusher.start();
    this.#every('retention', this.#settings.initialTaskDelayMs, () => {
      this.runRetention();
      return this.#settings.retentionCheckIntervalMs;
    });
    this.#every('checkpoint', this.#settings.recoveryPointCheckpointIntervalMs, () => {
      void this.#checkpoint();
      return this.#settings.recoveryPointCheckpointIntervalMs;
    });
    this.#every('producers', PRODUCER_EXPIRY_CHECK_MS, () => {
      for (const log of this.logs()) log.expireProducers(this.#context.clock.now());
      return PRODUCER_EXPIRY_CHECK_MS;
    });
  }

  async #openDir(dir: LogDir): Promise<void> {
    const { fileSystem, locker, configOf } = this.#options;
    try {
      makeFolderDurably(fileSystem, dir.path);
    } catch (error) {
      this.#failDir(dir.path, toError(error));
      return;
    }
    dir.lock = await locker?.lock(dir.path);
    try {
      await loadLogDir(this.#context, dir, {
        configOf,
        concurrency: this.#settings.recoveryConcurrency,
        addLog: (found) => {
          const log = new Log({ ...found, context: this.#context, events: this.#events });
          dir.logs.set(log.name, log);
          if (log.recoveryPoint < log.logEndOffset) this.#flusher.written(log);
        },
      });
    } catch (error) {
      this.#failDir(dir.path, toError(error));
    }
  }

  /** Runs `work` after `firstMs`, and again after as long as it says. */
  #every(name: string, firstMs: number, work: () => number): void {
    const arm = (delayMs: number) =>
      this.#timers.set(
        name,
        this.#context.clock.after(delayMs, () => arm(work())),
      );
    arm(firstMs);
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
   * LogUnusableError when the folder is there but could not be loaded.
   */
  getOrCreate(topic: string, partition: number, at: { topicId: string; config: LogConfig }): Log {
    const name = logName(topic, partition);
    const existing = this.get(topic, partition);
    if (existing) {
      if (existing.topicId === at.topicId) return existing;
      if (existing.topicId === undefined) {
        this.#writeMetadata(existing.folder, at.topicId);
        existing.topicId = at.topicId;
        return existing;
      }
      this.#setAside(existing, at.topicId);
    }
    for (const dir of this.#dirs) {
      const reason = dir.unusable.get(name);
      if (reason) throw new LogUnusableError(`${dir.file(name)}: ${reason.message}`);
    }
    let dir: LogDir | undefined;
    for (const one of this.#dirs) {
      if (!one.failure && (!dir || one.logs.size < dir.logs.size)) dir = one;
    }
    if (!dir) throw new Error('No log directory works');
    try {
      return this.#create(dir, topic, partition, at);
    } catch (error) {
      this.#failDir(dir.path, toError(error));
      throw error;
    }
  }

  #create(
    dir: LogDir,
    topic: string,
    partition: number,
    { topicId, config }: { topicId: string; config: LogConfig },
  ): Log {
    const { fileSystem, logger } = this.#context;
    const name = logName(topic, partition);
    const folder = dir.file(name);
    fileSystem.makeFolder(folder);
    const metadata = this.#writeMetadata(folder, topicId);
    // Kafka's tools are pointed at this file, also when nothing was ever appended.
    fileSystem.writeFile(join(folder, fileName(0, LOG_SUFFIX)), '');
    const loaded = emptyLog(this.#context, { folder, topicId, unsyncedFiles: [metadata] });
    const log = new Log({
      context: this.#context,
      events: this.#events,
      topic,
      partition,
      logDir: dir.path,
      folder,
      isNewFolder: true,
      config,
      loaded,
    });
    dir.logs.set(name, log);
    logger.debug({ log: name, topicId, logDir: dir.path }, 'created a log');
    return log;
  }

  #writeMetadata(folder: string, topicId: string): string {
    const path = join(folder, PARTITION_METADATA_FILE);
    this.#context.fileSystem.writeFile(path, encodePartitionMetadata(topicId));
    return path;
  }

  /** Data of a topic that is not this one: nobody asked to delete it. */
  #setAside(log: Log, topicId: string): void {
    this.#context.logger.warn(
      { log: log.name, foundTopicId: log.topicId, topicId },
      'the folder belongs to another topic of this name; it is set aside',
    );
    this.#takeOut(log, 'stray');
  }

  /** Renames the log's folder; the new path. */
  #takeOut(log: Log, suffix: 'delete' | 'stray'): string {
    const { fileSystem, handles, random } = this.#context;
    const dir = this.#dirOf(log.logDir);
    dir.logs.delete(log.name);
    this.#flusher.forget(log);
    log.goOffline(new Error(`${log.name} is deleted`));
    handles.closeUnder(log.folder);
    const id = random.bytes(16).toString('hex');
    // A file name has 255 bytes: a long topic name gives way to the id.
    const tail = `-${log.partition}.${id}-${suffix}`;
    const path = dir.file(log.topic.slice(0, 255 - tail.length) + tail);
    fileSystem.rename(log.folder, path);
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
      this.#failDir(log.logDir, toError(error));
      throw error;
    }
    this.#context.logger.debug({ log: log.name, folder: basename(path) }, 'deleting a log');
    await this.#context.remover.removeFolder(path);
  }

  /** Applies a changed topic configuration to its logs. */
  updateConfig(topic: string, config: LogConfig): void {
    for (const log of this.logs()) if (log.topic === topic) log.updateConfig(config);
  }

  updateSettings(settings: Partial<LogManagerSettings>): void {
    this.#settings = { ...this.#settings, ...settings };
    this.#flusher.settings = this.#settings;
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
  async writeCheckpoint(name: CheckpointName, offsetOf: (log: Log) => number): Promise<void> {
    await this.#writeToEachDir(name, (dir) => dir.offsets(offsetOf));
  }

  async #checkpoint(): Promise<void> {
    await this.#writeToEachDir(RECOVERY_POINT_CHECKPOINT, (dir) => dir.recoveryPoints());
    await this.#writeToEachDir(LOG_START_OFFSET_CHECKPOINT, (dir) => dir.logStartOffsets());
  }

  #checkpointLogStarts(logDir: string): void {
    const dir = this.#dirOf(logDir);
    const path = dir.file(LOG_START_OFFSET_CHECKPOINT);
    void this.#checkpoints
      .write(path, () => dir.logStartOffsets())
      .catch((error) => this.#failDir(logDir, toError(error)));
  }

  async #writeToEachDir(name: string, text: (dir: LogDir) => string): Promise<void> {
    for (const dir of this.#dirs) {
      if (dir.failure) continue;
      try {
        await this.#checkpoints.write(dir.file(name), () => text(dir));
      } catch (error) {
        this.#failDir(dir.path, toError(error));
      }
    }
  }

  #dirOf(path: string): LogDir {
    const dir = this.#dirs.find((one) => one.path === path);
    if (!dir) throw new Error(`${path} is no log directory`);
    return dir;
  }

  #failDir(path: string, error: Error): void {
    const dir = this.#dirOf(path);
    if (dir.failure || this.#isClosed) return;
    dir.failure = error;
    this.#context.logger.error(
      { logDir: path, error, logs: dir.logs.size },
      `log directory ${path} failed and goes offline: ${error.message}`,
    );
    for (const log of dir.logs.values()) {
      this.#flusher.forget(log);
      log.goOffline(error);
    }
    this.#options.onLogDirFailure(path, error);
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
    for (const timer of this.#timers.values()) timer.cancel();
    this.#context.remover.stop();
    this.#context.appendQueue.run();
    await this.#flusher.stop();
    await this.#checkpoints.settle();
    for (const dir of this.#dirs) {
      if (!dir.failure) await this.#closeDir(dir);
    }
    this.#isClosed = true;
    for (const log of this.logs()) log.goOffline(new Error('The broker has stopped'));
    this.#context.handles.closeAll();
    for (const dir of this.#dirs) await dir.lock?.release();
  }

  async #closeDir(dir: LogDir): Promise<void> {
    const { fileSystem } = this.#context;
    const limit = new Limiter(CLOSE_CONCURRENCY);
    try {
      await Promise.all([...dir.logs.values()].map((log) => limit.run(() => log.close())));
      if (dir.failure) return;
      replaceFileSync(fileSystem, dir.file(RECOVERY_POINT_CHECKPOINT), dir.recoveryPoints());
      replaceFileSync(fileSystem, dir.file(LOG_START_OFFSET_CHECKPOINT), dir.logStartOffsets());
      const marker = encodeCleanShutdown(this.#settings.brokerEpoch);
      replaceFileSync(fileSystem, dir.file(CLEAN_SHUTDOWN_FILE), marker);
    } catch (error) {
      this.#failDir(dir.path, toError(error));
    }
  }
}

function emptyLog(
  context: StorageContext,
  at: { folder: string; topicId: string; unsyncedFiles: string[] },
): LoadedLog {
  const { fileSystem, logger } = context;
  const { folder } = at;
  const segment = { context, folder, baseOffset: 0, sizeInBytes: 0, isNew: true, rollJitterMs: 0 };
  return {
    segments: new SegmentList([new Segment(segment)]),
    producers: new ProducerState(),
    snapshots: new ProducerSnapshots(fileSystem, logger, { folder, names: [] }),
    epochs: new LeaderEpochCache(),
    logStartOffset: 0,
    logEndOffset: 0,
    recoveryPoint: 0,
    topicId: at.topicId,
    unsyncedFiles: at.unsyncedFiles,
  };
}
