import { dirname } from 'node:path';
import { SyncError } from '../../base/disk-error.ts';
import type { FileSystem } from '../../base/file-system.ts';
import { syncFolder, syncFolderNow, syncOpen } from '../../base/syncing.ts';

/**
 * Replaces a small file so that a crash leaves the old or the new content, never a mix: a temporary
 * file is written and synced, then renamed over it, and the folder is synced.
 */
export function replaceFileSync(fileSystem: FileSystem, path: string, text: string): void {
  const temporary = `${path}.tmp`;
  writeTemporary(fileSystem, temporary, text);
  const file = fileSystem.open(temporary, 'write');
  try {
    syncNow(() => file.syncSync());
  } finally {
    file.close();
  }
  fileSystem.rename(temporary, path);
  syncFolderNow(fileSystem, dirname(path));
}

/** What could not be written whole gives its space back: the old file stays. */
function writeTemporary(fileSystem: FileSystem, path: string, text: string): void {
  try {
    fileSystem.writeFile(path, text);
  } catch (error) {
    try {
      fileSystem.removeFile(path);
    } catch {
      // The next one replaces it; what went wrong first is what counts.
    }
    throw error;
  }
}

/** The same with the syncs on the thread pool. Calls for one path must not overlap. */
export async function replaceFile(
  fileSystem: FileSystem,
  path: string,
  text: string,
): Promise<void> {
  const temporary = `${path}.tmp`;
  writeTemporary(fileSystem, temporary, text);
  await syncFile(fileSystem, temporary);
  fileSystem.rename(temporary, path);
  await syncFolder(fileSystem, dirname(path));
}

function syncNow(sync: () => void): void {
  try {
    sync();
  } catch (error) {
    throw new SyncError(error);
  }
}

/** Syncs a file that is not held open, on the thread pool. */
export async function syncFile(fileSystem: FileSystem, path: string): Promise<void> {
  const file = fileSystem.open(path, 'write');
  try {
    await syncOpen(file);
  } finally {
    file.close();
  }
}

/**
 * Makes a folder and its missing parents, so that they are still there after a power cut. Each has a
 * durable name before anything is made in it; a folder that is there already may be what a process left
 * that died before it could sync the name.
 */
export function makeFolderDurably(fileSystem: FileSystem, path: string): void {
  const missing: string[] = [];
  for (let at = path; !fileSystem.stat(at) && dirname(at) !== at; at = dirname(at)) {
    missing.push(at);
  }
  for (const folder of missing.reverse()) {
    fileSystem.makeFolder(folder);
    syncFolderNow(fileSystem, dirname(folder));
  }
  if (missing.length > 0) return;
  // Throws where a file is in the way.
  fileSystem.makeFolder(path);
  syncNameOf(fileSystem, path);
}

/** The parent of a folder that somebody else made may be closed to us, or cannot be written anyway. */
function syncNameOf(fileSystem: FileSystem, folder: string): void {
  try {
    fileSystem.syncFolder(dirname(folder));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'EACCES' && code !== 'EPERM' && code !== 'EROFS') throw error;
  }
}
