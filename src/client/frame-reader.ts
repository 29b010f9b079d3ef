const LENGTH_BYTES = 4;

/** Cuts a stream of bytes into frames: four bytes of length, then that many bytes. */
export class FrameReader {
  readonly #maxBytes: number;
  readonly #length = Buffer.alloc(LENGTH_BYTES);
  #lengthFilled = 0;
  #frame: Buffer | undefined;
  #frameFilled = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The frames that `chunk` completes; they do not share its memory. Throws on a bad length. */
  push(chunk: Uint8Array): Buffer[] {
    const done: Buffer[] = [];
    let at = 0;
    while (at < chunk.length) {
      if (!this.#frame) {
        const take = Math.min(LENGTH_BYTES - this.#lengthFilled, chunk.length - at);
        this.#length.set(chunk.subarray(at, at + take), this.#lengthFilled);
        this.#lengthFilled += take;
        at += take;
        if (this.#lengthFilled < LENGTH_BYTES) break;
        const size = this.#length.readInt32BE(0);
        // The shortest answer is a correlation id.
        if (size < 4 || size > this.#maxBytes) throw new Error(`a frame of ${size} bytes`);
        this.#frame = Buffer.allocUnsafe(size);
        this.#frameFilled = 0;
        this.#lengthFilled = 0;
      }
      const take = Math.min(this.#frame.length - this.#frameFilled, chunk.length - at);
      this.#frame.set(chunk.subarray(at, at + take), this.#frameFilled);
      this.#frameFilled += take;
      at += take;
      if (this.#frameFilled === this.#frame.length) {
        done.push(this.#frame);
        this.#frame = undefined;
      }
    }
    return done;
  }
}
