import { dirname } from 'node:path';
import type { File, FileSystem } from '../../base/file-system.ts';
import { OffsetIndex } from '../index/offset-index.ts';
import { TimeIndex, type TimestampOffset } from '../index/time-index.ts';
import { LOG_SUFFIX, OFFSET_INDEX_SUFFIX, TIME_INDEX_SUFFIX } from '../segment/segment-files.ts';
import { type DamagedRange, walkLogFile } from './log-file-walk.ts';

/** Ours: a log file being written anew. Worthless after a crash; nothing reads it. */
export const REWRITTEN_SUFFIX = '.rewritten';

/** `index.interval.bytes` where the topic's own is not known. */
const INDEX_INTERVAL_BYTES = 4096;

const COPY_BYTES = 1024 * 1024;

/**
 * Writes a segment's log file anew and puts it in the place of the old one in one step, with its
 * indexes: a crash leaves the old file or the new one. `write` fills the new file and answers its
 * size. Throws what `write` and the disk throw; then the old file is as it was.
 */
export function rewriteSegment(
  fileSystem: FileSystem,
  path: string,
  baseOffset: number,
  write: (target: File) => number,
): void {
  const temporary = path + REWRITTEN_SUFFIX;
  fileSystem.removeFile(temporary);
  const target = fileSystem.open(temporary, 'create');
  try {
    write(target);
    const damage = walkLogFile(target, { baseOffset, visit() {} });
    if (damage[0]) throw new Error(`${temporary} came out damaged: ${damage[0].problem}`);
    target.syncSync();
  } catch (error) {
    target.close();
    fileSystem.removeFile(temporary);
    throw error;
  }
  target.close();
  // Indexes of the old file must not be taken for those of the new one.
  for (const suffix of [OFFSET_INDEX_SUFFIX, TIME_INDEX_SUFFIX]) {
    fileSystem.removeFile(path.slice(0, -LOG_SUFFIX.length) + suffix);
  }
  fileSystem.syncFolder(dirname(path));
  fileSystem.rename(temporary, path);
  fileSystem.syncFolder(dirname(path));
  rebuildIndexes(fileSystem, path, baseOffset);
}

/** Builds both indexes of a sound log file anew. Throws what the disk throws. */
export function rebuildIndexes(fileSystem: FileSystem, path: string, baseOffset: number): void {
  const offsets = new OffsetIndex(baseOffset);
  const times = new TimeIndex(baseOffset);
  let bytesSinceEntry = 0;
  let latest: TimestampOffset = { timestamp: -1, offset: baseOffset };
  const file = fileSystem.open(path, 'read');
  try {
    walkLogFile(file, {
      baseOffset,
      visit({ position, lastOffset, maxTimestamp, bytes }) {
        if (maxTimestamp > latest.timestamp)
          latest = { timestamp: maxTimestamp, offset: lastOffset };
        if (bytesSinceEntry > INDEX_INTERVAL_BYTES) {
          offsets.append(lastOffset, position);
          times.append(latest.timestamp, latest.offset);
          bytesSinceEntry = 0;
        }
        bytesSinceEntry += bytes.length;
      },
    });
  } finally {
    file.close();
  }
  times.append(latest.timestamp, latest.offset);
  for (const [suffix, { table }] of [
    [OFFSET_INDEX_SUFFIX, offsets],
    [TIME_INDEX_SUFFIX, times],
  ] as const) {
    const index = fileSystem.open(path.slice(0, -LOG_SUFFIX.length) + suffix, 'create');
    try {
      index.truncate(0);
      const bytes = table.unsaved();
      if (bytes.length > 0) index.writeSync([bytes], 0);
      index.syncSync();
    } finally {
      index.close();
    }
  }
  fileSystem.syncFolder(dirname(path));
}

/** Copies `source` without the given ranges, which are in order; the size written. */
export function copyWithout(source: File, target: File, ranges: readonly DamagedRange[]): number {
  let to = 0;
  let from = 0;
  for (const range of [...ranges, { position: source.size(), endPosition: source.size() }]) {
    to = copyRange(source, target, { from, end: range.position, to });
    from = range.endPosition;
  }
  return to;
}

/** Copies [from, end) to `to`; where the copy ends. */
export function copyRange(
  source: File,
  target: File,
  { from, end, to }: { from: number; end: number; to: number },
): number {
  const chunk = Buffer.allocUnsafe(Math.max(1, Math.min(COPY_BYTES, end - from)));
  let at = from;
  let position = to;
  while (at < end) {
    const count = source.readSync(chunk, 0, Math.min(chunk.length, end - at), at);
    if (count === 0) throw new Error(`${source.path} became shorter while it was read`);
    target.writeSync([chunk.subarray(0, count)], position);
    at += count;
    position += count;
  }
  return position;
}
