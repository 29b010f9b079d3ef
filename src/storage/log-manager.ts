import type { Clock } from '../base/clock.ts';
import type { FileSystem } from '../base/file-system.ts';
import type { FolderLocker } from '../base/folder-lock.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import type { Log } from './log.ts';
import type { LogConfig } from './log-config.ts';

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
  /** num.recovery.threads.per.data.dir: logs recovered at a time, 1. */
  readonly recoveryConcurrency: number;
  /** Ours: closed segments' file handles kept open, 1000. */
  readonly maxOpenFiles: number;
  /** Stored in the clean shutdown file (KIP-966), -1. */
  readonly brokerEpoch: number;
}

/** All logs of this broker, over one or several log directories. */
export declare class LogManager {
  /**
   * Locks the directories, loads every log, recovers those that were not closed cleanly. A directory
   * that does not work is reported through `onLogDirFailure` and left out; rejects when none works
   * or one is in use by another process (FolderLockedError).
   */
  static open(options: LogManagerOptions): Promise<LogManager>;

  get(topic: string, partition: number): Log | undefined;
  logs(): IterableIterator<Log>;
  /** Directories that work, in the order of log.dirs. */
  onlineLogDirs(): string[];

  /**
   * The log, made in the directory with the fewest logs when there is none. Cheap: a folder and
   * `partition.metadata`; the rest comes with the first append. Throws when no directory works.
   */
  getOrCreate(topic: string, partition: number, at: { topicId: string; config: LogConfig }): Log;
  /**
   * The folder loses its name at once (so the topic can be created again), reads in flight end as
   * `offline`, and the promise resolves when the files are gone. No error when there is no log.
   */
  delete(topic: string, partition: number): Promise<void>;
  /** Applies a changed topic configuration to its logs. */
  updateConfig(topic: string, config: LogConfig): void;
  updateSettings(settings: Partial<LogManagerSettings>): void;

  /** A checkpoint file of a log directory, for what other layers keep per partition. */
  readCheckpoint(name: 'replication-offset-checkpoint'): Map<string, number>;
  /** Writes the values of the logs of each directory to its checkpoint file, atomically. */
  writeCheckpoint(
    name: 'replication-offset-checkpoint',
    offsetOf: (log: Log) => number,
  ): Promise<void>;

  /** Bytes appended and not yet written, over all logs; for back-pressure. */
  get queuedBytes(): number;
  /** Runs retention now, as the timer does. */
  runRetention(): void;

  /** Writes everything, syncs, checkpoints, marks the shutdown clean, gives up the locks. */
  close(): Promise<void>;
}
