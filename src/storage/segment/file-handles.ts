import { sep } from 'node:path';
import type { File, FileSystem } from '../../base/file-system.ts';

interface Entry {
  file: File;
  pins: number;
  /** Out of the table: closes when the last pin goes. */
  closing: boolean;
}

export interface PinnedFile {
  readonly file: File;
  /** Idempotent. */
  unpin(): void;
}

/**
 * Open files by path, the least recently used one closed when there are too many: thousands of idle
 * partitions then cost no file descriptors.
 */
export class FileHandles {
  readonly #fileSystem: FileSystem;
  #maxOpen: number;
  /** In order of use. */
  readonly #entries = new Map<string, Entry>();

  constructor(fileSystem: FileSystem, maxOpen: number) {
    this.#fileSystem = fileSystem;
    this.#maxOpen = Math.max(1, maxOpen);
  }

  get openCount(): number {
    return this.#entries.size;
  }

  setMaxOpen(maxOpen: number): void {
    this.#maxOpen = Math.max(1, maxOpen);
  }

  /** The open file, good until the next await. Makes the file with 'create'; throws ENOENT else. */
  get(path: string, mode: 'write' | 'create'): File {
    return this.#entry(path, mode).file;
  }

  /** The open file, good until `unpin`, even when it is closed or removed meanwhile. */
  pin(path: string, mode: 'write' | 'create'): PinnedFile {
    const entry = this.#entry(path, mode);
    entry.pins++;
    let pinned = true;
    return {
      file: entry.file,
      unpin: () => {
        if (!pinned) return;
        pinned = false;
        entry.pins--;
        if (entry.pins === 0 && entry.closing) entry.file.close();
      },
    };
  }

  /** Call before a file is removed or its path changes. */
  close(path: string): void {
    const entry = this.#entries.get(path);
    if (entry) this.#close(path, entry);
  }

  closeUnder(folder: string): void {
    for (const [path, entry] of [...this.#entries]) {
      if (path.startsWith(folder + sep)) this.#close(path, entry);
    }
  }

  closeAll(): void {
    for (const [path, entry] of [...this.#entries]) this.#close(path, entry);
  }

  /** Closes every file that nobody is using now; how many. They open again when they are needed. */
  closeIdle(): number {
    let count = 0;
    for (const [path, entry] of [...this.#entries]) {
      if (entry.pins > 0) continue;
      this.#close(path, entry);
      count++;
    }
    return count;
  }

  #entry(path: string, mode: 'write' | 'create'): Entry {
    let entry = this.#entries.get(path);
    if (entry) {
      // Moves to the end: the most recently used.
      this.#entries.delete(path);
    } else {
      entry = { file: this.#fileSystem.open(path, mode), pins: 0, closing: false };
    }
    this.#entries.set(path, entry);
    if (this.#entries.size > this.#maxOpen) this.#closeLeastUsed(entry);
    return entry;
  }

  #closeLeastUsed(keep: Entry): void {
    for (const [path, entry] of this.#entries) {
      if (this.#entries.size <= this.#maxOpen) return;
      if (entry !== keep && entry.pins === 0) this.#close(path, entry);
    }
  }

  #close(path: string, entry: Entry): void {
    this.#entries.delete(path);
    entry.closing = true;
    if (entry.pins === 0) entry.file.close();
  }
}
