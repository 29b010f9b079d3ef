import { join } from 'node:path';
import type { FileSystem } from '../../base/file-system.ts';
import type { Logger } from '../../base/logger.ts';
import {
  CLEANED_SUFFIX,
  DELETED_SUFFIX,
  fileName,
  LOG_SUFFIX,
  OFFSET_INDEX_SUFFIX,
  parseFileName,
  SWAP_END_SUFFIX,
  SWAP_SUFFIX,
  TIME_INDEX_SUFFIX,
  TRANSACTION_INDEX_SUFFIX,
} from '../segment/segment-files.ts';

const INDEX_SUFFIXES = [OFFSET_INDEX_SUFFIX, TIME_INDEX_SUFFIX, TRANSACTION_INDEX_SUFFIX];

/** Names that tidying changes or removes. */
const PASSING_SUFFIXES = [DELETED_SUFFIX, CLEANED_SUFFIX, SWAP_SUFFIX, SWAP_END_SUFFIX];

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
  const remove = (name: string) => fileSystem.removeFile(join(folder, name));
  let names = fileSystem.list(folder);
  const ours = names.filter((name) => parseFileName(name));
  for (const name of ours) if (name.endsWith(DELETED_SUFFIX)) remove(name);
  finishSwap(fileSystem, { folder, names: ours, segmentEnd });
  if (ours.some((name) => PASSING_SUFFIXES.some((suffix) => name.endsWith(suffix)))) {
    names = fileSystem.list(folder);
  }
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

/**
 * Compaction writes .cleaned files, renames them all to .swap, renames the segments that they were
 * made from to .deleted, and takes the .swap away; the folder is synced between the steps. So with a
 * .cleaned file left nothing has happened yet, and with none the swap must be finished.
 */
function finishSwap(
  fileSystem: FileSystem,
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
  const remove = (name: string) => fileSystem.removeFile(join(folder, name));
  const cleaned = names.filter((name) => name.endsWith(CLEANED_SUFFIX));
  const firstCleaned = Math.min(...cleaned.map(baseOffsetOf));
  // Those first: without the .cleaned files they would look complete.
  const swaps = names.filter((name) => name.endsWith(SWAP_SUFFIX));
  const [unfinished, valid] = [swaps.filter(from(firstCleaned)), swaps.filter(upTo(firstCleaned))];
  for (const name of unfinished) remove(name);
  if (unfinished.length > 0) fileSystem.syncFolder(folder);
  for (const name of cleaned) remove(name);
  const ends = names.filter((name) => name.endsWith(SWAP_END_SUFFIX));
  if (valid.length > 0) putInPlace(fileSystem, { folder, names, swaps: valid, segmentEnd });
  for (const name of ends) remove(name);
}

/** The compacted segments take the place of those they were made from. */
function putInPlace(
  fileSystem: FileSystem,
  {
    folder,
    names,
    swaps,
    segmentEnd,
  }: {
    folder: string;
    names: readonly string[];
    swaps: readonly string[];
    segmentEnd: (path: string, base: number) => number;
  },
): void {
  let first = Number.POSITIVE_INFINITY;
  let end = -1;
  for (const name of swaps) {
    if (!name.endsWith(LOG_SUFFIX + SWAP_SUFFIX)) continue;
    const base = baseOffsetOf(name);
    first = Math.min(first, base);
    const known = readSwapEnd(fileSystem, join(folder, fileName(base, SWAP_END_SUFFIX)));
    end = Math.max(end, known ?? segmentEnd(join(folder, name), base));
  }
  let removed = false;
  for (const name of names) {
    const parsed = parseFileName(name);
    if (!parsed || ![LOG_SUFFIX, ...INDEX_SUFFIXES].includes(parsed.suffix)) continue;
    if (parsed.baseOffset < first || parsed.baseOffset >= end) continue;
    fileSystem.removeFile(join(folder, name));
    removed = true;
  }
  if (removed) fileSystem.syncFolder(folder);
  // The logs last: as long as one has its .swap, all of this is done again.
  const isLog = (name: string) => name.endsWith(LOG_SUFFIX + SWAP_SUFFIX);
  for (const logs of [false, true]) {
    for (const name of swaps) {
      if (isLog(name) !== logs) continue;
      fileSystem.rename(join(folder, name), join(folder, name.slice(0, -SWAP_SUFFIX.length)));
    }
  }
  fileSystem.syncFolder(folder);
}

/** What `.swap-end` holds; undefined where Kafka made the swap, which leaves none. */
function readSwapEnd(fileSystem: FileSystem, path: string): number | undefined {
  const text = fileSystem.stat(path) ? fileSystem.readFile(path).toString('latin1').trim() : '';
  return /^\d{1,16}$/.test(text) ? Number(text) : undefined;
}

function from(offset: number): (name: string) => boolean {
  return (name) => baseOffsetOf(name) >= offset;
}

function upTo(offset: number): (name: string) => boolean {
  return (name) => baseOffsetOf(name) < offset;
}

function baseOffsetOf(name: string): number {
  return parseFileName(name)?.baseOffset ?? Number.POSITIVE_INFINITY;
}
