/**
 * The file system as a port. Calls without `Promise` are synchronous: they are used at start-up, for
 * small files, and for page-cache reads and writes on the hot path. Errors are Node's own
 * (`code` is ENOENT, ENOSPC, EIO, ...).
 */
export interface FileSystem {
  /** Opens for reading and writing unless `mode` is 'read'. 'create' makes the file when missing. */
  open(path: string, mode: 'read' | 'write' | 'create'): File;
  /** Whole file; throws ENOENT. */
  readFile(path: string): Buffer;
  /** Creates or replaces; not durable until synced. */
  writeFile(path: string, data: Uint8Array | string): void;
  /** Creates missing parents too; no error when it exists. */
  makeFolder(path: string): void;
  /** Names, sorted; throws ENOENT. */
  list(path: string): string[];
  stat(path: string): FileStat | undefined;
  /** Atomic; replaces the target. */
  rename(from: string, to: string): void;
  /** No error when it does not exist. */
  removeFile(path: string): void;
  /** Removes a folder and everything in it; no error when it does not exist. For what is small and was just made. */
  removeFolder(path: string): void;
  /**
   * Removes a file, or a folder that is empty, on the thread pool: freeing many bytes takes its time. No error when it
   * does not exist.
   */
  erase(path: string): Promise<void>;
  /** fsync of a folder on this thread, which makes created, renamed and removed names durable; see syncing.ts. */
  syncFolder(path: string): void;
  /** Free and total bytes of the volume that holds `path`, asked for on the thread pool. */
  space(path: string): Promise<VolumeSpace>;
}

export interface VolumeSpace {
  /** What this process may still take. */
  readonly freeBytes: number;
  readonly totalBytes: number;
}

export interface FileStat {
  size: number;
  modifiedMs: number;
  isFolder: boolean;
  /** Which file or folder it is, whatever it is called: device and inode. Equal only for the same one. */
  id: string;
}

export interface File {
  readonly path: string;
  size(): number;
  /** As FileStat has it: another one at the path means that this one was taken away. */
  id(): string;
  /** Reads up to `length` bytes at `position` into `target` at `targetOffset`; the count read. */
  readSync(target: Uint8Array, targetOffset: number, length: number, position: number): number;
  /** The same on the thread pool, for data that may not be in the page cache. */
  read(target: Uint8Array, targetOffset: number, length: number, position: number): Promise<number>;
  /** Writes all of `buffers` at `position`, however many system calls it takes. */
  writeSync(buffers: readonly Uint8Array[], position: number): void;
  /** Cuts, or extends with zeros. */
  truncate(size: number): void;
  /** fdatasync on the thread pool. A failure is final: the system may have dropped the data, so it is never retried. */
  sync(): Promise<void>;
  /** fdatasync on this thread, for small files at start-up, shutdown and checkpoints. */
  syncSync(): void;
  close(): void;
}
