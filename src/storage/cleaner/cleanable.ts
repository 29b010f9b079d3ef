import type { LogConfig } from '../log-config.ts';

/** What deciding about a segment looks at. */
export interface CleanableSegment {
  readonly baseOffset: number;
  readonly sizeInBytes: number;
  /** Of its records, or of its file where they carry none. */
  largestTimestamp(): number;
  /** -1 where there is none. */
  firstBatchTimestamp(): number;
}

export interface CleanableLog {
  /** Oldest first; the last one is active. */
  readonly segments: readonly CleanableSegment[];
  readonly config: LogConfig;
  readonly logStartOffset: number;
  readonly logEndOffset: number;
  /** At most the high watermark. */
  readonly lastStableOffset: number;
}

/** What compacting a log now would do. */
export interface Cleanable {
  /** Everything below was compacted before. */
  readonly firstDirtyOffset: number;
  /** Where the first segment begins that must not be touched. */
  readonly firstUncleanableOffset: number;
  readonly cleanBytes: number;
  readonly dirtyBytes: number;
  /** The share of dirty bytes, 0 to 1. */
  readonly dirtyRatio: number;
  /** By how long a record is older, uncompacted, than max.compaction.lag.ms allows. */
  readonly overdueMs: number;
  readonly isDue: boolean;
  /** The checkpoint lies outside the log: somebody deleted records, or the file is of another log. */
  readonly checkpointIsWrong: boolean;
}

/**
 * How much of a log may be compacted, and whether it is worth it. Never the active segment, nothing
 * beyond the last stable offset, nothing younger than min.compaction.lag.ms.
 */
export function cleanableOf(
  log: CleanableLog,
  { checkpoint, now }: { checkpoint: number | undefined; now: number },
): Cleanable {
  const { segments, config, logStartOffset, logEndOffset } = log;
  const start = checkpoint ?? logStartOffset;
  const checkpointIsWrong = start < logStartOffset || start > logEndOffset;
  const firstDirtyOffset = checkpointIsWrong ? logStartOffset : start;
  const closed = segments.slice(0, -1);
  const endOf = (index: number) => segments[index + 1]?.baseOffset ?? logEndOffset;
  const dirty = closed.filter((_segment, index) => endOf(index) > firstDirtyOffset);

  let bound = Math.min(log.lastStableOffset, segments.at(-1)?.baseOffset ?? logEndOffset);
  if (config.minCompactionLagMs > 0) {
    const oldest = now - config.minCompactionLagMs;
    const young = dirty.find((segment) => segment.largestTimestamp() > oldest);
    if (young) bound = Math.min(bound, young.baseOffset);
  }
  bound = Math.max(bound, firstDirtyOffset);
  // Segments go as a whole: the one that holds the bound is the first that stays.
  const stays = segments.findIndex((_segment, index) => endOf(index) > bound);
  const firstUncleanable = segments[stays < 0 ? segments.length - 1 : stays];
  const firstUncleanableOffset = Math.min(firstUncleanable?.baseOffset ?? bound, bound);

  let cleanBytes = 0;
  let dirtyBytes = 0;
  for (const [index, segment] of segments.entries()) {
    if (segment.baseOffset >= firstUncleanableOffset) break;
    if (endOf(index) <= firstDirtyOffset) cleanBytes += segment.sizeInBytes;
    else dirtyBytes += segment.sizeInBytes;
  }
  const totalBytes = cleanBytes + dirtyBytes;
  const dirtyRatio = totalBytes === 0 ? 0 : dirtyBytes / totalBytes;
  const overdueMs = overdue(dirty, config, now);
  const isDue = dirtyBytes > 0 && (dirtyRatio > config.minCleanableDirtyRatio || overdueMs > 0);
  return {
    firstDirtyOffset,
    firstUncleanableOffset,
    cleanBytes,
    dirtyBytes,
    dirtyRatio,
    overdueMs,
    isDue,
    checkpointIsWrong,
  };
}

function overdue(
  dirty: readonly CleanableSegment[],
  { maxCompactionLagMs }: LogConfig,
  now: number,
): number {
  const due = now - Math.max(0, maxCompactionLagMs);
  if (due <= 0) return 0;
  let earliest = Number.POSITIVE_INFINITY;
  for (const segment of dirty) {
    const timestamp = segment.firstBatchTimestamp();
    if (timestamp > 0 && timestamp < earliest) earliest = timestamp;
  }
  return Math.max(0, due - earliest);
}
