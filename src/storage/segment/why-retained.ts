import type { Cleanable } from '../cleaner/cleanable.ts';
import { type RetentionInput, type RetentionSegment, segmentsToDelete } from './retention.ts';

export interface WhyRetainedInput extends RetentionInput {
  readonly lastStableOffset: number;
  /** What compacting the log now would do, where its policy is to be compacted. */
  readonly compaction?: Cleanable | undefined;
  /** Why it is not compacted any more. */
  readonly uncleanable?: string | undefined;
}

export interface RetainedSegment {
  readonly baseOffset: number;
  readonly sizeInBytes: number;
  readonly isActive: boolean;
  /** One sentence for each rule that might have removed it and did not, or is about to. */
  readonly reasons: readonly string[];
}

/** Dates end here: beyond it a time is shown as a number. */
const LAST_DATE_MS = 8.64e15;

/** Why each segment of a log, the oldest first, is still on the disk. */
export function whyRetained(input: WhyRetainedInput): RetainedSegment[] {
  const going = segmentsToDelete(input);
  let sizeInBytes = 0;
  for (const segment of input.segments) sizeInBytes += segment.sizeInBytes;
  return input.segments.map((segment, index) => {
    const { baseOffset } = segment;
    const isActive = index === input.segments.length - 1;
    const at = { baseOffset, sizeInBytes: segment.sizeInBytes, isActive };
    if (index < going.count) {
      return { ...at, reasons: [`The next check removes it, by ${going.reason}.`] };
    }
    const { cleanupPolicy } = input.config;
    const reasons: string[] = [];
    if (isActive && segment.sizeInBytes === 0)
      reasons.push('It is empty, and the next record goes here.');
    else if (cleanupPolicy.includes('delete'))
      reasons.push(...notDeleted(input, index, sizeInBytes));
    else if (!cleanupPolicy.includes('compact'))
      reasons.push('cleanup.policy is empty: all is kept.');
    if (cleanupPolicy.includes('compact') && segment.sizeInBytes > 0) {
      reasons.push(notCompacted(input, index));
    }
    return { ...at, reasons };
  });
}

/** The first rule of deletion in the way, and what size says. */
function notDeleted(input: WhyRetainedInput, index: number, logBytes: number): string[] {
  const { segments, config, now, highWatermark, logEndOffset } = input;
  const segment = segments[index]!;
  const endOffset = segments[index + 1]?.baseOffset ?? logEndOffset;
  if (endOffset > highWatermark) {
    return [`It reaches to offset ${endOffset}, beyond the high watermark ${highWatermark}.`];
  }
  const reasons: string[] = [];
  if (config.retentionMs < 0) reasons.push('retention.ms is -1: time removes nothing.');
  else reasons.push(byTime(segment, segments[index - 1], { retentionMs: config.retentionMs, now }));
  if (config.retentionBytes >= 0) {
    const { retentionBytes } = config;
    reasons.push(
      logBytes > retentionBytes
        ? `Without this segment the partition, ${logBytes} bytes now, would fall below retention.bytes = ${retentionBytes}.`
        : `The partition has ${logBytes} bytes, retention.bytes allows ${retentionBytes}.`,
    );
  }
  return reasons;
}

function byTime(
  segment: RetentionSegment,
  before: RetentionSegment | undefined,
  { retentionMs, now }: { retentionMs: number; now: number },
): string {
  const newest = segment.largestTimestamp();
  const until = timeText(newest + retentionMs);
  if (newest > now) {
    return `Its newest record is from the future, ${timeText(newest)}: retention.ms = ${retentionMs} keeps it until ${until}. message.timestamp.after.max.ms refuses such records.`;
  }
  if (now - newest <= retentionMs) {
    return `Its newest record is from ${timeText(newest)}: retention.ms = ${retentionMs} keeps it until ${until}.`;
  }
  const older = before ? `the segment at offset ${before.baseOffset}` : 'one before it';
  return `It is old enough since ${until}, but ${older} is not, and the oldest go first.`;
}

function notCompacted(input: WhyRetainedInput, index: number): string {
  const { segments, config, now, compaction, lastStableOffset, uncleanable } = input;
  const segment = segments[index]!;
  const endOffset = segments[index + 1]?.baseOffset;
  if (endOffset === undefined) {
    return 'It is active, and compaction leaves the active segment alone; segment.ms and segment.bytes say when it closes.';
  }
  if (uncleanable !== undefined) return `It is not compacted any more: ${uncleanable}.`;
  if (compaction === undefined) return 'Compaction has not looked at it yet.';
  if (endOffset <= compaction.firstDirtyOffset) {
    return 'It is compacted: what it holds is the last record of its key, or waits for delete.retention.ms.';
  }
  if (segment.baseOffset >= compaction.firstUncleanableOffset) {
    const young = segment.largestTimestamp() + config.minCompactionLagMs;
    if (endOffset > lastStableOffset) {
      return `It reaches beyond the last stable offset ${lastStableOffset}: compaction waits for open transactions and for replicas.`;
    }
    return young > now
      ? `min.compaction.lag.ms = ${config.minCompactionLagMs} keeps it from compaction until ${timeText(young)}.`
      : 'A segment before it is too young to be compacted, and compaction goes from the oldest on.';
  }
  if (compaction.isDue) return 'It is compacted soon.';
  const share = compaction.dirtyRatio.toFixed(2);
  return `It is not compacted yet: a share of ${share} of the log is not, and min.cleanable.dirty.ratio = ${config.minCleanableDirtyRatio} asks for more.`;
}

function timeText(ms: number): string {
  return ms >= 0 && ms <= LAST_DATE_MS ? new Date(ms).toISOString() : `${ms} ms`;
}
