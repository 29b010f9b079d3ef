import { type CleanerSettings, DEFAULT_CLEANER_SETTINGS } from './cleaner/cleaner-settings.ts';

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
  /** log.unsynced.max.bytes: written and unsynced bytes of a log directory beyond which logs wait; 256 MB. */
  readonly maxUnsyncedBytes: number;
  /** producer.id.expiration.ms, 86400000 */
  readonly producerIdExpirationMs: number;
  /** num.recovery.threads.per.data.dir: logs loaded at a time, 1. */
  readonly recoveryConcurrency: number;
  /** Ours: files kept open, 1000. */
  readonly maxOpenFiles: number;
  /** log.disk.reserved.bytes, -1: free bytes of a volume that producers may not take. */
  readonly reservedBytes: number;
  /** Compaction. */
  readonly cleaner: CleanerSettings;
}

export const DEFAULT_LOG_MANAGER_SETTINGS: LogManagerSettings = {
  initialTaskDelayMs: 30_000,
  retentionCheckIntervalMs: 300_000,
  recoveryPointCheckpointIntervalMs: 60_000,
  backgroundFlushMs: 200,
  backgroundFlushBytes: 16 * 1024 * 1024,
  maxUnsyncedBytes: 256 * 1024 * 1024,
  producerIdExpirationMs: 86_400_000,
  recoveryConcurrency: 1,
  maxOpenFiles: 1000,
  reservedBytes: -1,
  cleaner: DEFAULT_CLEANER_SETTINGS,
};
