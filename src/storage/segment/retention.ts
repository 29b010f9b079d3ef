import type { LogConfig } from '../log-config.ts';

/** What retention looks at of a segment. */
export interface RetentionSegment {
  readonly baseOffset: number;
  readonly sizeInBytes: number;
  largestTimestamp(): number;
}

export interface RetentionInput {
  /** Oldest first; the last one is active. */
  readonly segments: readonly RetentionSegment[];
  readonly config: LogConfig;
  readonly now: number;
  readonly logStartOffset: number;
  readonly logEndOffset: number;
  readonly highWatermark: number;
}

export interface RetentionDecision {
  /** How many of the oldest segments go; all of them means that the active one rolls first. */
  readonly count: number;
  readonly reason: 'time' | 'size' | 'log start offset' | undefined;
}

/**
 * Which segments are too old, too much, or wholly below the log start offset. Nothing at or above
 * the high watermark goes, and an empty active segment stays.
 */
export function segmentsToDelete(input: RetentionInput): RetentionDecision {
  const { segments, config, now, logStartOffset } = input;
  const below = countWhile(input, (_segment, endOffset) => endOffset <= logStartOffset);
  // The active segment is never below the log start offset: what begins there stays.
  const byStart = Math.min(below, segments.length - 1);
  let byTime = 0;
  let bySize = 0;
  if (config.cleanupPolicy.includes('delete')) {
    if (config.retentionMs >= 0) {
      byTime = countWhile(input, (one) => now - one.largestTimestamp() > config.retentionMs);
    }
    if (config.retentionBytes >= 0) {
      let excess = -config.retentionBytes;
      for (const segment of segments) excess += segment.sizeInBytes;
      bySize = countWhile(input, (one) => {
        excess -= one.sizeInBytes;
        return excess >= 0;
      });
    }
  }
  const count = Math.max(byStart, byTime, bySize);
  if (count === 0) return { count, reason: undefined };
  const reason = count === byTime ? 'time' : count === bySize ? 'size' : 'log start offset';
  return { count, reason };
}

function countWhile(
  { segments, logEndOffset, highWatermark }: RetentionInput,
  goes: (segment: RetentionSegment, endOffset: number) => boolean,
): number {
  let count = 0;
  for (const segment of segments) {
    const next = segments[count + 1];
    const endOffset = next?.baseOffset ?? logEndOffset;
    if (!next && segment.sizeInBytes === 0) break;
    if (endOffset > highWatermark || !goes(segment, endOffset)) break;
    count++;
  }
  return count;
}
