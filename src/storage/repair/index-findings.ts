import type { FileSystem } from '../../base/file-system.ts';
import { OffsetIndex } from '../index/offset-index.ts';
import { TimeIndex } from '../index/time-index.ts';
import { LOG_SUFFIX, OFFSET_INDEX_SUFFIX, TIME_INDEX_SUFFIX } from '../segment/segment-files.ts';
import type { EntryPlace, Finding, SegmentReport } from './partition-report.ts';

const ADVICE = 'repair builds it anew from the log; so does the broker where it notices';

/**
 * What is wrong with the two indexes of a segment, compared with where its batches really are. The
 * active segment's indexes need not exist: they are in memory until it closes. One finding an index.
 */
export function indexFindings(
  fileSystem: FileSystem,
  segment: SegmentReport,
  places: readonly EntryPlace[],
  isActive: boolean,
): Finding[] {
  const findings: Finding[] = [];
  const check = (suffix: string, problemOf: (bytes: Buffer) => string | undefined): void => {
    const path = segment.path.slice(0, -LOG_SUFFIX.length) + suffix;
    const isThere = fileSystem.stat(path) !== undefined;
    if (!isThere && (isActive || places.length === 0)) return;
    const problem = isThere ? problemOf(fileSystem.readFile(path)) : 'it is missing';
    if (problem !== undefined)
      findings.push({ path, problem, advice: ADVICE, severity: 'derived' });
  };
  check(OFFSET_INDEX_SUFFIX, (bytes) => offsetIndexProblem(bytes, segment, places));
  check(TIME_INDEX_SUFFIX, (bytes) => timeIndexProblem(bytes, segment));
  return findings;
}

function offsetIndexProblem(
  bytes: Buffer,
  { baseOffset, sizeInBytes, nextOffset }: SegmentReport,
  places: readonly EntryPlace[],
): string | undefined {
  if (bytes.length % 8 !== 0) return `${bytes.length} bytes are not a whole number of entries`;
  const filled = withoutZeros(bytes, 8);
  if (new OffsetIndex(baseOffset, filled).dropInvalid(sizeInBytes)) {
    return 'its entries do not ascend, or point beyond the log file';
  }
  const indexOf = new Map(places.map(({ position }, index) => [position, index]));
  for (let entry = 0; entry < filled.length; entry += 8) {
    const offset = baseOffset + filled.readInt32BE(entry);
    const position = filled.readInt32BE(entry + 4);
    const index = indexOf.get(position);
    if (index === undefined) return `offset ${offset} points to ${position}, where no batch begins`;
    // The last offset of the batch, of several appended with it, or, long ago, the first offset.
    const before = places[index - 1]?.lastOffset ?? baseOffset - 1;
    if (offset <= before || offset >= nextOffset) {
      return `offset ${offset} points to ${position}, behind which it does not lie`;
    }
  }
  return undefined;
}

function timeIndexProblem(bytes: Buffer, segment: SegmentReport): string | undefined {
  if (bytes.length % 12 !== 0) return `${bytes.length} bytes are not a whole number of entries`;
  const filled = withoutZeros(bytes, 12);
  const index = new TimeIndex(segment.baseOffset, filled);
  if (index.dropInvalid()) return 'its entries do not ascend';
  const last = index.last();
  if (last.timestamp > segment.maxTimestamp) {
    return `it ends at timestamp ${last.timestamp}, but the log's largest is ${segment.maxTimestamp}`;
  }
  if (
    index.table.count > 0 &&
    last.offset >= Math.max(segment.nextOffset, segment.baseOffset + 1)
  ) {
    return `it points to offset ${last.offset}, but the segment ends before ${segment.nextOffset}`;
  }
  return undefined;
}

/** A broker that did not stop cleanly leaves its active indexes filled up with zeros. */
function withoutZeros(bytes: Buffer, entrySize: number): Buffer {
  let end = bytes.length;
  while (end > entrySize && bytes.subarray(end - entrySize, end).every((byte) => byte === 0)) {
    end -= entrySize;
  }
  return bytes.subarray(0, end === entrySize && bytes.every((byte) => byte === 0) ? 0 : end);
}
