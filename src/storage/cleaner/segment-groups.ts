const MAX_RELATIVE_OFFSET = 2 ** 31 - 1;

/** What grouping looks at of a segment. */
export interface GroupedSegment {
  readonly baseOffset: number;
  readonly sizeInBytes: number;
  /** The larger of its two index files, in bytes. */
  readonly indexBytes: number;
}

export interface GroupLimits {
  /** segment.bytes */
  readonly maxBytes: number;
  /** segment.index.bytes */
  readonly maxIndexBytes: number;
  /** Where the last segment ends, exclusive. */
  readonly endOffset: number;
}

/**
 * Neighbours that become one segment, so that a log does not fall to crumbs: at most a segment's
 * worth of records and indexes, and no offset further from the first than an index can say.
 */
export function groupSegments<T extends GroupedSegment>(
  segments: readonly T[],
  { maxBytes, maxIndexBytes, endOffset }: GroupLimits,
): T[][] {
  const groups: T[][] = [];
  let bytes = 0;
  let indexBytes = 0;
  for (const [index, segment] of segments.entries()) {
    const group = groups.at(-1);
    const end = segments[index + 1]?.baseOffset ?? endOffset;
    const fits =
      group !== undefined &&
      bytes + segment.sizeInBytes <= maxBytes &&
      indexBytes + segment.indexBytes <= maxIndexBytes &&
      (segment.sizeInBytes === 0 || end - 1 - group[0]!.baseOffset <= MAX_RELATIVE_OFFSET);
    if (fits) {
      group.push(segment);
      bytes += segment.sizeInBytes;
      indexBytes += segment.indexBytes;
    } else {
      groups.push([segment]);
      bytes = segment.sizeInBytes;
      indexBytes = segment.indexBytes;
    }
  }
  return groups;
}
