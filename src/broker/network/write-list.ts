/** Copying a chunk this small costs less than one more buffer in the system call. */
const SMALL_CHUNK_BYTES = 1024;

/**
 * The buffers of one write. Neighbouring small chunks become one buffer; large ones, which hold the
 * records, are passed on uncopied.
 */
export class WriteList {
  readonly buffers: Buffer[] = [];
  #small: Buffer[] = [];
  #smallBytes = 0;

  add(chunk: Buffer): void {
    if (chunk.length < SMALL_CHUNK_BYTES) {
      this.#small.push(chunk);
      this.#smallBytes += chunk.length;
    } else {
      this.#mergeSmall();
      this.buffers.push(chunk);
    }
  }

  /** The finished list; nothing is added afterwards. */
  finish(): readonly Buffer[] {
    this.#mergeSmall();
    return this.buffers;
  }

  #mergeSmall(): void {
    const small = this.#small;
    if (small.length === 0) return;
    this.buffers.push(small.length === 1 ? small[0]! : Buffer.concat(small, this.#smallBytes));
    this.#small = [];
    this.#smallBytes = 0;
  }
}
