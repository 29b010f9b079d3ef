import type { LogManager } from '../storage/log-manager.ts';
import { type RetainedSegment, whyRetained } from '../storage/segment/why-retained.ts';
import type { Partitions } from './replica/partitions.ts';

/** Why a partition is as large as it is. */
export interface RetainedPartition {
  readonly partition: number;
  readonly logStartOffset: number;
  readonly highWatermark: number;
  readonly logEndOffset: number;
  readonly sizeInBytes: number;
  /** Oldest first. */
  readonly segments: readonly RetainedSegment[];
}

/** The partitions of a topic on this broker, by number; none where it has none. */
export function retainedPartitions(
  logs: LogManager,
  partitions: Partitions,
  { topic, now }: { topic: string; now: number },
): RetainedPartition[] {
  const found: RetainedPartition[] = [];
  for (const log of logs.logs()) {
    if (log.topic !== topic || log.failure) continue;
    const { logStartOffset, logEndOffset, lastStableOffset, config } = log;
    const highWatermark = partitions.get(topic, log.partition)?.highWatermark ?? logStartOffset;
    const isCompacted = config.cleanupPolicy.includes('compact');
    const segments = whyRetained({
      segments: log.segments.all,
      config,
      now,
      logStartOffset,
      logEndOffset,
      highWatermark,
      lastStableOffset,
      compaction: isCompacted ? logs.cleaner.plan(log) : undefined,
      uncleanable: logs.cleaner.whyUncleanable(log),
    });
    const { partition, sizeInBytes } = log;
    found.push({ partition, logStartOffset, highWatermark, logEndOffset, sizeInBytes, segments });
  }
  return found.sort((a, b) => a.partition - b.partition);
}
