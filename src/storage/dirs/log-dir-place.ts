import { join } from 'node:path';
import { FileGoneError } from '../../base/disk-error.ts';
import type { FileSystem } from '../../base/file-system.ts';

/** Whether the folder of a log directory is still the one that was opened: device and inode, not its path. */
export class LogDirPlace {
  readonly #fileSystem: FileSystem;
  readonly #path: string;
  #folderId: string | undefined;
  #files: readonly string[] = [];
  readonly #seen = new Set<string>();

  constructor(fileSystem: FileSystem, path: string) {
    this.#fileSystem = fileSystem;
    this.#path = path;
  }

  /** From now on it has to be this folder, with these of the files; those that are not there count from when they are. */
  watch(files: readonly string[]): void {
    this.#folderId = this.#fileSystem.stat(this.#path)?.id;
    this.#files = files;
  }

  /**
   * Why it is not the folder any more that was opened: nothing may be made in another one. Undefined
   * where it is. Throws what the disk throws.
   */
  problem(): Error | undefined {
    const path = this.#path;
    const stat = this.#fileSystem.stat(path);
    if (!stat) return new FileGoneError(`${path} was removed, or cannot be reached any more`);
    if (!stat.isFolder) {
      return new FileGoneError(`${path} is not a folder any more: a file is in its place`);
    }
    if (this.#folderId !== undefined && stat.id !== this.#folderId) {
      return new FileGoneError(
        `${path} is another folder than it was: it was replaced, or its disk was unmounted`,
      );
    }
    const gone = this.#files.find((name) => {
      const isThere = this.#fileSystem.stat(join(path, name)) !== undefined;
      if (isThere) this.#seen.add(name);
      return !isThere && this.#seen.has(name);
    });
    return gone === undefined
      ? undefined
      : new FileGoneError(`${join(path, gone)} was removed while it was in use`);
  }
}
