import type { FlushPolicy } from './log-types.ts';

/** `delete`: old segments go by time and size. `compact`: the last value per key stays. */
export type CleanupPolicy = 'delete' | 'compact';

/** Whose clock stamps a record: the producer's, or the broker's at append. */
export type MessageTimestampType = 'CreateTime' | 'LogAppendTime';

/** `producer` keeps the codec that the producer chose. */
export type TopicCompressionType = 'producer' | 'uncompressed' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

/**
 * Everything a log reads of its topic's configuration: Kafka's topic-level configs in camelCase, an
 * immutable snapshot that is replaced whole when one changes. `-1` means "no limit" where Kafka
 * says so; a limit of Kafka's Long.MAX_VALUE is any number at or above 2^53.
 */
export interface LogConfig {
  readonly cleanupPolicy: readonly CleanupPolicy[];
  readonly compressionType: TopicCompressionType;
  readonly deleteRetentionMs: number;
  readonly fileDeleteDelayMs: number;
  /** Records that may be unsynced before an append waits for the disk. */
  readonly flushMessages: number;
  /** How long a record may stay unsynced; the background flush is sooner unless this is lower. */
  readonly flushMs: number;
  readonly flushPolicy: FlushPolicy;
  readonly indexIntervalBytes: number;
  readonly maxCompactionLagMs: number;
  /** The largest batch as it comes from the producer, compressed. */
  readonly maxMessageBytes: number;
  readonly messageDownconversionEnable: boolean;
  readonly messageTimestampAfterMaxMs: number;
  readonly messageTimestampBeforeMaxMs: number;
  readonly messageTimestampType: MessageTimestampType;
  readonly minCleanableDirtyRatio: number;
  readonly minCompactionLagMs: number;
  readonly minInsyncReplicas: number;
  readonly preallocate: boolean;
  /** Bytes per partition, -1 for no limit. */
  readonly retentionBytes: number;
  /** Age by the largest record timestamp of a segment, -1 for no limit. */
  readonly retentionMs: number;
  readonly segmentBytes: number;
  readonly segmentIndexBytes: number;
  readonly segmentJitterMs: number;
  readonly segmentMs: number;
  readonly uncleanLeaderElectionEnable: boolean;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const UNLIMITED = 2 ** 63;

/** Kafka 3.9's defaults. */
export const DEFAULT_LOG_CONFIG: LogConfig = {
  cleanupPolicy: ['delete'],
  compressionType: 'producer',
  deleteRetentionMs: DAY_MS,
  fileDeleteDelayMs: 60_000,
  flushMessages: UNLIMITED,
  flushMs: UNLIMITED,
  flushPolicy: 'os',
  indexIntervalBytes: 4096,
  maxCompactionLagMs: UNLIMITED,
  maxMessageBytes: 1024 * 1024 + 12,
  messageDownconversionEnable: true,
  messageTimestampAfterMaxMs: UNLIMITED,
  messageTimestampBeforeMaxMs: UNLIMITED,
  messageTimestampType: 'CreateTime',
  minCleanableDirtyRatio: 0.5,
  minCompactionLagMs: 0,
  minInsyncReplicas: 1,
  preallocate: false,
  retentionBytes: -1,
  retentionMs: 7 * DAY_MS,
  segmentBytes: 1024 * 1024 * 1024,
  segmentIndexBytes: 10 * 1024 * 1024,
  segmentJitterMs: 0,
  segmentMs: 7 * DAY_MS,
  uncleanLeaderElectionEnable: false,
};

/** A segment that stays active stays uncompacted: max.compaction.lag.ms bounds that too. */
export function longestSegmentMs({
  cleanupPolicy,
  segmentMs,
  maxCompactionLagMs,
}: LogConfig): number {
  return cleanupPolicy.includes('compact') && maxCompactionLagMs > 0
    ? Math.min(segmentMs, maxCompactionLagMs)
    : segmentMs;
}
