import { isOutOfHandles, SyncError } from './disk-error.ts';
import type { File, FileSystem } from './file-system.ts';

/** Syncs an open file or folder on the thread pool. Rejects with SyncError, which is final. */
export async function syncOpen(file: File): Promise<void> {
  try {
    await file.sync();
  } catch (error) {
    throw new SyncError(error);
  }
}

/** Syncs a folder on this thread. Throws SyncError, which is final; not so without a free handle. */
export function syncFolderNow(fileSystem: FileSystem, path: string): void {
  try {
    fileSystem.syncFolder(path);
  } catch (error) {
    throw isOutOfHandles(error) ? error : new SyncError(error);
  }
}

/**
 * Syncs a folder on the thread pool where the platform lets a folder be opened like a file, else on
 * this thread: there (Windows) a sync of a folder does nothing. Rejects as syncFolderNow throws.
 */
export async function syncFolder(fileSystem: FileSystem, path: string): Promise<void> {
  const folder = openFolder(fileSystem, path);
  try {
    await folder.sync();
  } finally {
    folder.close();
  }
}

/** A folder that is open to be synced. */
export interface OpenFolder {
  /** As {@link syncFolder}. */
  sync(): Promise<void>;
  close(): void;
}

/** For somebody who must not want for a handle later. Throws as {@link syncFolder} rejects. */
export function openFolder(fileSystem: FileSystem, path: string): OpenFolder {
  let folder: File;
  try {
    folder = fileSystem.open(path, 'read');
  } catch (error) {
    if (isOutOfHandles(error)) throw error;
    if (!fileSystem.stat(path)) throw new SyncError(error);
    return { sync: async () => syncFolderNow(fileSystem, path), close() {} };
  }
  return { sync: () => syncOpen(folder), close: () => folder.close() };
}
