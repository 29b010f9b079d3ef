/** Pieces of at most this size: a growing file copies no more than its last one. */
const PIECE_BYTES = 256 * 1024;
const SMALLEST_PIECE_BYTES = 512;

/**
 * The bytes of one file. What was never written costs nothing and reads as zeros, so an index file that
 * is preallocated to 10 MB takes only what it holds.
 */
export class MemoryFileBytes {
  modifiedMs: number;
  #size = 0;
  /** A piece may be missing, or shorter than its place: the rest of it is zeros. */
  #pieces: (Buffer | undefined)[] = [];

  constructor(modifiedMs: number) {
    this.modifiedMs = modifiedMs;
  }

  get size(): number {
    return this.#size;
  }

  /** A copy of everything. */
  contents(): Buffer {
    const all = Buffer.allocUnsafe(this.#size);
    this.read(all, 0);
    return all;
  }

  /** Fills `target` from `position` as far as the file goes; the count of bytes. */
  read(target: Uint8Array, position: number): number {
    const count = Math.max(0, Math.min(target.length, this.#size - position));
    for (let done = 0; done < count; ) {
      const { index, at } = place(position + done);
      const length = Math.min(count - done, PIECE_BYTES - at);
      const piece = this.#pieces[index];
      const kept = piece ? Math.max(0, Math.min(length, piece.length - at)) : 0;
      if (piece && kept > 0) target.set(piece.subarray(at, at + kept), done);
      if (kept < length) target.fill(0, done + kept, done + length);
      done += length;
    }
    return count;
  }

  write(data: Uint8Array, position: number): void {
    for (let done = 0; done < data.length; ) {
      const { index, at } = place(position + done);
      const length = Math.min(data.length - done, PIECE_BYTES - at);
      this.#piece(index, at + length).set(data.subarray(done, done + length), at);
      done += length;
    }
    if (data.length > 0) this.#size = Math.max(this.#size, position + data.length);
  }

  /** Cuts, or extends with zeros. */
  truncate(size: number): void {
    if (size < this.#size) {
      const { index, at } = place(size);
      this.#pieces.length = Math.min(this.#pieces.length, index + 1);
      const piece = this.#pieces[index];
      if (piece) this.#pieces[index] = Buffer.from(piece.subarray(0, Math.min(at, piece.length)));
    }
    this.#size = size;
  }

  /** The piece with room for `length` bytes; it doubles, so that small files stay small. */
  #piece(index: number, length: number): Buffer {
    const known = this.#pieces[index];
    if (known && known.length >= length) return known;
    const doubled = Math.max(SMALLEST_PIECE_BYTES, (known?.length ?? 0) * 2, length);
    const grown = Buffer.alloc(Math.min(PIECE_BYTES, doubled));
    if (known) grown.set(known);
    this.#pieces[index] = grown;
    return grown;
  }
}

function place(position: number): { index: number; at: number } {
  const index = Math.floor(position / PIECE_BYTES);
  return { index, at: position - index * PIECE_BYTES };
}
