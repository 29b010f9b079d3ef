import type { FileSystem } from '../../base/file-system.ts';
import { OFFSET_INDEX_SUFFIX, TIME_INDEX_SUFFIX } from '../segment/segment-files.ts';
import type { EntryTable } from './entry-table.ts';
import type { SegmentIndexes } from './index-cache.ts';
import type { IndexEnds } from './index-fit.ts';
import { OffsetIndex } from './offset-index.ts';
import { TimeIndex, type TimestampOffset } from './time-index.ts';

const OFFSET_ENTRY_SIZE = 8;
const TIME_ENTRY_SIZE = 12;

/** Index files up to this size are looked at whole where a thorough check is asked for. */
const THOROUGH_BYTES = 64 * 1024;

/** The segment that index files belong to. */
export interface IndexedSegment {
  readonly baseOffset: number;
  /** Bytes of its log file. */
  readonly writtenBytes: number;
  path(suffix: string): string;
}

export function emptyIndexes(baseOffset: number): SegmentIndexes {
  return { offsets: new OffsetIndex(baseOffset), times: new TimeIndex(baseOffset) };
}

/** The indexes as the files have them, up to the first entry that cannot be right. */
export function loadIndexes(
  fileSystem: FileSystem,
  segment: IndexedSegment,
): { indexes: SegmentIndexes; areDamaged: boolean; sizeInBytes: number } {
  const read = (suffix: string) => {
    const path = segment.path(suffix);
    // Not there, or a folder, which the next start sets aside.
    return fileSystem.stat(path)?.isFolder === false ? fileSystem.readFile(path) : undefined;
  };
  const offsets = new OffsetIndex(segment.baseOffset, read(OFFSET_INDEX_SUFFIX));
  const times = new TimeIndex(segment.baseOffset, read(TIME_INDEX_SUFFIX));
  const sizeInBytes = indexBytes({ offsets, times });
  const badOffsets = offsets.dropInvalid(segment.writtenBytes);
  const areDamaged = times.dropInvalid() || badOffsets;
  return { indexes: { offsets, times }, areDamaged, sizeInBytes };
}

/** What whole entries take in the files. */
export function indexBytes({ offsets, times }: SegmentIndexes): number {
  return offsets.table.count * OFFSET_ENTRY_SIZE + times.table.count * TIME_ENTRY_SIZE;
}

/** Whether both index files are there with a plausible size. */
export function hasIndexFiles(fileSystem: FileSystem, segment: IndexedSegment): boolean {
  const offsets = fileSystem.stat(segment.path(OFFSET_INDEX_SUFFIX));
  const times = fileSystem.stat(segment.path(TIME_INDEX_SUFFIX));
  const hasWhole = (size: number, entrySize: number) => size % entrySize === 0;
  return (
    !!offsets &&
    !!times &&
    hasWhole(offsets.size, OFFSET_ENTRY_SIZE) &&
    hasWhole(times.size, TIME_ENTRY_SIZE)
  );
}

/**
 * The ends of both files. Undefined when a
 * file is missing or its last entry does not lie in the segment, which ends before `endOffset`: noise
 * does not. A large index is not read whole until it is needed, a small one is where `thorough` says.
 */
export function checkIndexFiles(
  fileSystem: FileSystem,
  segment: IndexedSegment,
  { endOffset, thorough }: { endOffset: number; thorough: boolean },
): IndexEnds | undefined {
  const { baseOffset, writtenBytes } = segment;
  const most = thorough ? THOROUGH_BYTES : 0;
  const offsetsEnd = readEnd(
    fileSystem,
    segment.path(OFFSET_INDEX_SUFFIX),
    OFFSET_ENTRY_SIZE,
    most,
  );
  const timesEnd = readEnd(fileSystem, segment.path(TIME_INDEX_SUFFIX), TIME_ENTRY_SIZE, most);
  if (!offsetsEnd || !timesEnd) return undefined;
  const offsets = new OffsetIndex(baseOffset, offsetsEnd);
  const times = new TimeIndex(baseOffset, timesEnd);
  if (offsets.dropInvalid(writtenBytes) || times.dropInvalid()) return undefined;
  const lastOffset = offsets.last();
  const lastTime = times.last();
  if (lastOffset.offset >= endOffset || lastTime.offset >= endOffset) return undefined;
  const offsetsSize = fileSystem.stat(segment.path(OFFSET_INDEX_SUFFIX))?.size ?? 0;
  const timesSize = fileSystem.stat(segment.path(TIME_INDEX_SUFFIX))?.size ?? 0;
  const offsetCount = offsetsSize / OFFSET_ENTRY_SIZE;
  return { lastOffset, lastTime, offsetCount, sizeInBytes: offsetsSize + timesSize };
}

/** The last entry of the time index, without reading the others. */
export function readLastTimestamp(
  fileSystem: FileSystem,
  segment: IndexedSegment,
): TimestampOffset | undefined {
  const end = readEnd(fileSystem, segment.path(TIME_INDEX_SUFFIX), TIME_ENTRY_SIZE, 0, true);
  const last = new TimeIndex(segment.baseOffset, end);
  return last.dropInvalid() ? undefined : last.last();
}

/**
 * The whole file where it has at most `mostBytes`, else its last entry. Undefined when there is no
 * such file, or one that does not consist of whole entries unless `isPartialFine`.
 */
function readEnd(
  fileSystem: FileSystem,
  path: string,
  entrySize: number,
  mostBytes: number,
  isPartialFine = false,
): Buffer | undefined {
  const stat = fileSystem.stat(path);
  if (!stat) return undefined;
  const partial = stat.size % entrySize;
  if (partial !== 0 && !isPartialFine) return undefined;
  const end = stat.size - partial;
  const length = end <= mostBytes ? end : Math.min(entrySize, end);
  const bytes = Buffer.alloc(length);
  if (length === 0) return bytes;
  const file = fileSystem.open(path, 'read');
  try {
    file.readSync(bytes, 0, length, end - length);
  } finally {
    file.close();
  }
  return bytes;
}

/** Adds what the file does not hold yet, and cuts off what the table does not. */
export function saveTable(fileSystem: FileSystem, path: string, table: EntryTable): void {
  const file = fileSystem.open(path, 'create');
  try {
    const savedBytes = table.savedCount * table.entrySize;
    const size = file.size();
    if (size < savedBytes) table.savedCount = 0;
    if (size !== table.savedCount * table.entrySize) {
      file.truncate(table.savedCount * table.entrySize);
    }
    const unsaved = table.unsaved();
    if (unsaved.length > 0) file.writeSync([unsaved], table.savedCount * table.entrySize);
    table.savedCount = table.count;
  } finally {
    file.close();
  }
}
