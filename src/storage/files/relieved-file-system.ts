import { isOutOfHandles } from '../../base/disk-error.ts';
import type { File, FileStat, FileSystem, VolumeSpace } from '../../base/file-system.ts';

/**
 * A file system that makes room and tries once more where a file cannot be opened for want of
 * handles. Files that are open already it hands out as they are.
 */
export class RelievedFileSystem implements FileSystem {
  readonly #inner: FileSystem;
  /** Closes what is not in use; whether that helped. */
  relieve: () => boolean = () => false;

  constructor(inner: FileSystem) {
    this.#inner = inner;
  }

  open(path: string, mode: 'read' | 'write' | 'create'): File {
    return this.#twice(() => this.#inner.open(path, mode));
  }

  readFile(path: string): Buffer {
    return this.#twice(() => this.#inner.readFile(path));
  }

  writeFile(path: string, data: Uint8Array | string): void {
    this.#twice(() => this.#inner.writeFile(path, data));
  }

  makeFolder(path: string): void {
    this.#inner.makeFolder(path);
  }

  list(path: string): string[] {
    return this.#twice(() => this.#inner.list(path));
  }

  stat(path: string): FileStat | undefined {
    return this.#inner.stat(path);
  }

  rename(from: string, to: string): void {
    this.#inner.rename(from, to);
  }

  removeFile(path: string): void {
    this.#inner.removeFile(path);
  }

  removeFolder(path: string): void {
    this.#twice(() => this.#inner.removeFolder(path));
  }

  erase(path: string): Promise<void> {
    return this.#inner.erase(path);
  }

  syncFolder(path: string): void {
    // Only opening the folder can fail like this: nothing was synced then.
    this.#twice(() => this.#inner.syncFolder(path));
  }

  space(path: string): Promise<VolumeSpace> {
    return this.#inner.space(path);
  }

  #twice<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (!isOutOfHandles(error) || !this.relieve()) throw error;
      return work();
    }
  }
}
