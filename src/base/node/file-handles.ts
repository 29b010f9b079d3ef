import { readFileSync } from 'node:fs';

/** So many are kept for files, HTTP and whatever libraries open: an eighth of all, within these. */
const LEAST_RESERVE = 16;
const LARGEST_RESERVE = 256;

/** The soft limit of open files of this process (`ulimit -n`); undefined where the system does not say. */
export function fileHandleLimit(): number | undefined {
  try {
    const text = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1];
    return text === undefined ? undefined : Number(text);
  } catch {
    return undefined;
  }
}

/**
 * What to say of a handle with this number. The system gives out the lowest free one, so all below it are
 * taken, and nothing has to be counted.
 */
export function handleShortage(handle: number, limit: number | undefined): string | undefined {
  if (limit === undefined || handle < 0) return undefined;
  const reserve = Math.min(LARGEST_RESERVE, Math.max(LEAST_RESERVE, Math.floor(limit / 8)));
  if (handle < limit - reserve) return undefined;
  return `only ${Math.max(0, limit - 1 - handle)} of ${limit} file handles are left (ulimit -n); raise the limit`;
}
