import { join } from 'node:path';
import type { FileSystem } from '../base/file-system.ts';
import type { Logger } from '../base/logger.ts';
import {
  CLEANED_SUFFIX,
  DELETED_SUFFIX,
  LOG_SUFFIX,
  OFFSET_INDEX_SUFFIX,
  parseFileName,
  SWAP_SUFFIX,
  TIME_INDEX_SUFFIX,
  TRANSACTION_INDEX_SUFFIX,
} from './segment-files.ts';

const INDEX_SUFFIXES = [OFFSET_INDEX_SUFFIX, TIME_INDEX_SUFFIX, TRANSACTION_INDEX_SUFFIX];

export interface LogFolder {
  /** All names in the folder. */
  readonly names: readonly string[];
  /** Segments by base offset, ascending. */
  readonly baseOffsets: readonly number[];
}

/**
 * Brings a partition's folder into order after whatever was under way when the broker stopped:
 * removes what was renamed for removal, drops unfinished compaction output, completes a finished
 * one. Files that it does not know stay as they are.
 */
export function tidyLogFolder(
  fileSystem: FileSystem,
  logger: Logger,
  { folder, segmentEnd }: { folder: string; segmentEnd: (path: string, base: number) => number },
): LogFolder {
  let names = fileSystem.list(folder);
  const remove = (name: string) => fileSystem.removeFile(join(folder, name));
  const cleaned = names.filter((name) => name.endsWith(CLEANED_SUFFIX));
  const firstCleaned = Math.min(...cleaned.map(baseOffsetOf));
  for (const name of names) {
    if (parseFileName(name) && name.endsWith(DELETED_SUFFIX)) remove(name);
  }
  for (const name of cleaned) if (parseFileName(name)) remove(name);
  // Compaction renames from .cleaned to .swap in descending order of offset: with a .cleaned file
  // left, the .swap files from there on belong to a swap that had not begun to count.
  const swaps = names.filter((name) => parseFileName(name) && name.endsWith(SWAP_SUFFIX));
  for (const name of swaps) if (baseOffsetOf(name) >= firstCleaned) remove(name);
  completeSwap(
    fileSystem,
    swaps.filter((name) => baseOffsetOf(name) < firstCleaned),
    { folder, names, segmentEnd },
  );
  names = fileSystem.list(folder);
  const present = new Set(names);
  for (const name of names) {
    const parsed = parseFileName(name);
    if (!parsed || !INDEX_SUFFIXES.includes(parsed.suffix)) continue;
    if (present.has(name.slice(0, 20) + LOG_SUFFIX)) continue;
    logger.warn({ path: join(folder, name) }, 'removing an index that has no log file');
    remove(name);
  }
  const baseOffsets = names
    .filter((name) => parseFileName(name)?.suffix === LOG_SUFFIX)
    .map(baseOffsetOf)
    .sort((a, b) => a - b);
  return { names, baseOffsets };
}

/** The compacted segments take the place of those they were made from. */
function completeSwap(
  fileSystem: FileSystem,
  swaps: readonly string[],
  {
    folder,
    names,
    segmentEnd,
  }: {
    folder: string;
    names: readonly string[];
    segmentEnd: (path: string, base: number) => number;
  },
): void {
  if (swaps.length === 0) return;
  let first = Number.POSITIVE_INFINITY;
  let end = -1;
  for (const name of swaps) {
    if (!name.endsWith(LOG_SUFFIX + SWAP_SUFFIX)) continue;
    first = Math.min(first, baseOffsetOf(name));
    end = Math.max(end, segmentEnd(join(folder, name), baseOffsetOf(name)));
  }
  for (const name of names) {
    const parsed = parseFileName(name);
    if (!parsed || ![LOG_SUFFIX, ...INDEX_SUFFIXES].includes(parsed.suffix)) continue;
    if (parsed.baseOffset >= first && parsed.baseOffset < end) {
      fileSystem.removeFile(join(folder, name));
    }
  }
  for (const name of swaps) {
    fileSystem.rename(join(folder, name), join(folder, name.slice(0, -SWAP_SUFFIX.length)));
  }
}

function baseOffsetOf(name: string): number {
  return parseFileName(name)?.baseOffset ?? Number.POSITIVE_INFINITY;
}
