import type { File } from '../../base/file-system.ts';

const WINDOW_BYTES = 1024 * 1024;

/** A file read through one buffer, for going through it from front to back with small looks ahead. */
export class FileWindow {
  readonly size: number;
  readonly #file: File;
  #buffer = Buffer.allocUnsafe(WINDOW_BYTES);
  /** The buffer holds [start, start + length) of the file. */
  #start = 0;
  #length = 0;

  constructor(file: File) {
    this.#file = file;
    this.size = file.size();
  }

  /**
   * A slice, good until the next call. `length` bytes must lie in the file. Throws what the disk
   * throws, and an Error when the file has become shorter meanwhile.
   */
  bytes(position: number, length: number): Buffer {
    const isThere = position >= this.#start && position + length <= this.#start + this.#length;
    if (!isThere) this.#load(position, length);
    const at = position - this.#start;
    return this.#buffer.subarray(at, at + length);
  }

  #load(position: number, length: number): void {
    if (length > this.#buffer.length) this.#buffer = Buffer.allocUnsafe(length);
    const wanted = Math.min(this.#buffer.length, this.size - position);
    let count = 0;
    while (count < wanted) {
      const read = this.#file.readSync(this.#buffer, count, wanted - count, position + count);
      if (read === 0) break;
      count += read;
    }
    this.#start = position;
    this.#length = count;
    if (count < length) throw new Error(`${this.#file.path} became shorter while it was read`);
  }
}
