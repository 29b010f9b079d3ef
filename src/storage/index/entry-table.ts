const NO_BYTES = Buffer.alloc(0);

/** Fixed-size big-endian entries in one growing buffer: what both index files are made of. */
export class EntryTable {
  readonly entrySize: number;
  #bytes: Buffer;
  #count: number;
  /** Entries that the file holds already; those after it are still to be written. */
  savedCount: number;

  /** `bytes` are taken over as they are; a partial entry at their end is left out. */
  constructor(entrySize: number, bytes: Buffer = NO_BYTES) {
    this.entrySize = entrySize;
    this.#bytes = bytes;
    this.#count = Math.floor(bytes.length / entrySize);
    this.savedCount = this.#count;
  }

  get count(): number {
    return this.#count;
  }

  /** Memory held, not entries used. */
  get capacityBytes(): number {
    return this.#bytes.length;
  }

  get bytes(): Buffer {
    return this.#bytes;
  }

  /** Room for one more entry; its position in `bytes`, where the caller writes it. */
  push(): number {
    const at = this.#count * this.entrySize;
    if (at + this.entrySize > this.#bytes.length) {
      const grown = Buffer.alloc(Math.max(this.entrySize * 16, this.#bytes.length * 2));
      this.#bytes.copy(grown, 0, 0, at);
      this.#bytes = grown;
    }
    this.#count++;
    return at;
  }

  /** Drops the entries from `count` on. */
  truncate(count: number): void {
    this.#count = Math.min(this.#count, count);
    this.savedCount = Math.min(this.savedCount, this.#count);
  }

  /** The entries that the file does not hold yet. */
  unsaved(): Buffer {
    return this.#bytes.subarray(this.savedCount * this.entrySize, this.#count * this.entrySize);
  }

  /** Index of the last entry for which `isAtOrBelow` holds, -1 for none; entries are in order. */
  lastAtOrBelow(isAtOrBelow: (at: number) => boolean): number {
    let low = 0;
    let high = this.#count - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      if (isAtOrBelow(middle * this.entrySize)) low = middle + 1;
      else high = middle - 1;
    }
    return high;
  }
}
