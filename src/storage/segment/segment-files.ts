// The names of the files in a partition's folder, as Kafka names them.

export const LOG_SUFFIX = '.log';
export const OFFSET_INDEX_SUFFIX = '.index';
export const TIME_INDEX_SUFFIX = '.timeindex';
export const TRANSACTION_INDEX_SUFFIX = '.txnindex';
export const SNAPSHOT_SUFFIX = '.snapshot';
/** Renamed away, removed after file.delete.delay.ms. */
export const DELETED_SUFFIX = '.deleted';
/** Compaction's output while it is being written: worthless after a crash. */
export const CLEANED_SUFFIX = '.cleaned';
/** Compaction's output once complete: takes the place of what it was made from. */
export const SWAP_SUFFIX = '.swap';
/** Ours: where the segments end, exclusive, that the .swap files of the same offset replace. */
export const SWAP_END_SUFFIX = '.swap-end';
/** Ours: bytes that recovery could not read, kept for a person to look at. */
export const CORRUPT_SUFFIX = '.corrupt';

/**
 * An active segment of at most this size is gone through at every start, so that its indexes need not be
 * synced at every stop: with thousands of small logs those syncs were most of a shutdown.
 */
export const SMALL_SEGMENT_BYTES = 64 * 1024;

/** The files that belong to one segment. */
export const SEGMENT_SUFFIXES = [
  LOG_SUFFIX,
  OFFSET_INDEX_SUFFIX,
  TIME_INDEX_SUFFIX,
  TRANSACTION_INDEX_SUFFIX,
] as const;

/** The name of a file that begins at `baseOffset`: twenty digits, then the suffix. */
export function fileName(baseOffset: number, suffix: string): string {
  return String(baseOffset).padStart(20, '0') + suffix;
}

export interface ParsedFileName {
  baseOffset: number;
  /** Everything from the first dot on. */
  suffix: string;
}

/** Undefined for names that do not begin with twenty digits and a dot, or lie beyond 2^53. */
export function parseFileName(name: string): ParsedFileName | undefined {
  const match = /^(\d{20})(\..+)$/.exec(name);
  if (!match) return undefined;
  const baseOffset = Number(match[1]);
  return Number.isSafeInteger(baseOffset) ? { baseOffset, suffix: match[2]! } : undefined;
}
