/** What is known of a log from before this start. */
export interface KnownLog {
  readonly topicId: string | undefined;
  readonly startOffset: number;
  /** Records up to here were there, and have been read: none of these offsets is given again. */
  readonly endOffset: number;
  /** Base offsets at the last stop, oldest first; empty where they may have changed since. */
  readonly segments: readonly number[];
}

/**
 * Base offsets of those that hold something, and of the last, which is to: another one that is empty was emptied by
 * compaction, or was said to be.
 */
export function filledSegments(
  segments: readonly { readonly baseOffset: number; readonly sizeInBytes: number }[],
): number[] {
  return segments
    .filter(({ sizeInBytes }, index) => sizeInBytes > 0 || index === segments.length - 1)
    .map(({ baseOffset }) => baseOffset);
}

/** Offsets, the first and the one after the last. */
export interface OffsetRange {
  readonly from: number;
  readonly to: number;
}

/**
 * The offsets that were there and are not, in order, where `present` are the segments' base offsets now and
 * `endOffset` is where they end.
 */
export function missingRanges(
  known: KnownLog,
  { present, endOffset }: { present: readonly number[]; endOffset: number },
): OffsetRange[] {
  const here = new Set(present);
  const gone: OffsetRange[] = [];
  const add = (from: number, to: number) => {
    const start = Math.max(from, known.startOffset);
    if (start >= to) return;
    const range = { from: start, to };
    for (let last = gone.at(-1); last && last.to >= range.from; last = gone.at(-1)) {
      range.from = Math.min(range.from, last.from);
      range.to = Math.max(range.to, last.to);
      gone.pop();
    }
    gone.push(range);
  };
  for (const [index, base] of known.segments.entries()) {
    if (!here.has(base)) add(base, known.segments[index + 1] ?? known.endOffset);
  }
  add(endOffset, known.endOffset);
  return gone;
}
