import type { File, FileStat, FileSystem, VolumeSpace } from '../../base/file-system.ts';

/** A file system that asks before it changes anything: whoever lost a folder must not write to it. */
export class GuardedFileSystem implements FileSystem {
  readonly #inner: FileSystem;
  readonly #assertAllowed: () => void;

  /** `assertAllowed` throws where nothing may be changed. */
  constructor(inner: FileSystem, assertAllowed: () => void) {
    this.#inner = inner;
    this.#assertAllowed = assertAllowed;
  }

  open(path: string, mode: 'read' | 'write' | 'create'): File {
    if (mode === 'read') return this.#inner.open(path, mode);
    if (mode === 'create') this.#assertAllowed();
    const file = this.#inner.open(path, mode);
    // On the file itself: reads, of which there are many, stay what they are.
    const { writeSync, truncate } = file;
    const assertAllowed = this.#assertAllowed;
    file.writeSync = (buffers, position) => {
      assertAllowed();
      writeSync.call(file, buffers, position);
    };
    file.truncate = (size) => {
      assertAllowed();
      truncate.call(file, size);
    };
    return file;
  }

  readFile(path: string): Buffer {
    return this.#inner.readFile(path);
  }

  writeFile(path: string, data: Uint8Array | string): void {
    this.#assertAllowed();
    this.#inner.writeFile(path, data);
  }

  makeFolder(path: string): void {
    this.#assertAllowed();
    this.#inner.makeFolder(path);
  }

  list(path: string): string[] {
    return this.#inner.list(path);
  }

  stat(path: string): FileStat | undefined {
    return this.#inner.stat(path);
  }

  rename(from: string, to: string): void {
    this.#assertAllowed();
    this.#inner.rename(from, to);
  }

  removeFile(path: string): void {
    this.#assertAllowed();
    this.#inner.removeFile(path);
  }

  removeFolder(path: string): void {
    this.#assertAllowed();
    this.#inner.removeFolder(path);
  }

  async erase(path: string): Promise<void> {
    this.#assertAllowed();
    await this.#inner.erase(path);
  }

  syncFolder(path: string): void {
    this.#inner.syncFolder(path);
  }

  space(path: string): Promise<VolumeSpace> {
    return this.#inner.space(path);
  }
}
