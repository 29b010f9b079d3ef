// Which errors of a disk pass again, and which are the end of a log directory.

/** No room on the disk, or in a quota. */
const OUT_OF_SPACE: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT']);

/** No file handle left for this process, or for the machine. */
const OUT_OF_HANDLES: ReadonlySet<unknown> = new Set(['EMFILE', 'ENFILE']);

/**
 * A sync failed: the operating system may have dropped what was to be written, so nothing that was
 * not synced before can be trusted. Final, whatever the reason.
 */
export class SyncError extends Error {
  override name = 'SyncError';

  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** A file or folder that is in use was removed, replaced or cut by somebody else. */
export class FileGoneError extends Error {
  override name = 'FileGoneError';
}

/** Whether the failure is of one path, which somebody took away, and says nothing of the disk. */
export function isGone(error: unknown): boolean {
  return (
    error instanceof FileGoneError || codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR'
  );
}

/** Whether the system says so, and not what reads the bytes. */
export function isOfDisk(error: unknown): boolean {
  return codeOf(error) !== undefined;
}

export function isOutOfSpace(error: unknown): boolean {
  return OUT_OF_SPACE.has(codeOf(error));
}

export function isOutOfHandles(error: unknown): boolean {
  return OUT_OF_HANDLES.has(codeOf(error));
}

/**
 * Whether what failed may be tried again later, the files being what they were: no space, no
 * handles. Anything else, and any failed sync, takes the log directory offline.
 */
export function isPassing(error: unknown): boolean {
  return isOutOfSpace(error) || isOutOfHandles(error);
}

/** A SyncError has no code of its own: what it was caused by does not make it pass. */
function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
