import type { BufferPool } from '../../base/collections/buffer-pool.ts';
import { LARGE_FRAME_BYTES, UNCOUNTED_FRAME_BYTES } from './large-frames.ts';

/**
 * A length alone makes nobody allocate much: the first step holds the usual largest frame (1 MB of
 * records), which is copied once. When that is full the rest is taken at once, whose size is counted by
 * then (LargeFrames): the system gives its pages only as the bytes come. Growing in steps instead would
 * copy tens of megabytes in one piece, which holds all other clients up.
 */
const FIRST_STEP_BYTES = LARGE_FRAME_BYTES;

const NO_BUFFER = Buffer.alloc(0);

export interface FrameReceiver {
  /**
   * A frame of more than UNCOUNTED_FRAME_BYTES begins whose end has not come with its beginning. Whether its memory
   * may be taken now; if not, no more than its beginning comes until it may.
   */
  onCutFrame(size: number): boolean;
  /** A whole frame: the first `size` bytes of `buffer`, which belongs to the receiver from now on. */
  onFrame(buffer: Buffer, size: number): void;
  /** A length that is negative or over the limit, as a number and as it stood on the wire. */
  onBadLength(size: number, prefix: Buffer): void;
}

/** Cuts a byte stream into frames: a 4-byte length, then so many bytes. Any chunking gives the same. */
export class FrameReader {
  readonly #pool: BufferPool;
  readonly #maxFrameBytes: number;
  readonly #receiver: FrameReceiver;
  readonly #prefix = Buffer.alloc(4);
  #prefixFilled = 0;
  #size = 0;
  #buffer: Buffer = NO_BUFFER;
  #filled = 0;
  #stopped = false;

  constructor(options: { pool: BufferPool; maxFrameBytes: number; receiver: FrameReceiver }) {
    this.#pool = options.pool;
    this.#maxFrameBytes = options.maxFrameBytes;
    this.#receiver = options.receiver;
  }

  /** How much of the frame in progress has come. */
  get filledBytes(): number {
    return this.#filled;
  }

  /** Takes what it needs from `chunk`, which may be reused afterwards. */
  push(chunk: Uint8Array): void {
    let at = 0;
    while (!this.#stopped) {
      at = this.#prefixFilled < 4 ? this.#readPrefix(chunk, at) : this.#readBody(chunk, at);
      // An empty frame is complete with its prefix; all else needs bytes.
      if (at === chunk.length && (this.#prefixFilled < 4 || this.#size > 0)) return;
    }
  }

  /** Gives up the frame in progress; nothing is delivered any more. */
  stop(): void {
    this.#stopped = true;
    if (this.#buffer !== NO_BUFFER) this.#pool.release(this.#buffer);
    this.#buffer = NO_BUFFER;
  }

  #readPrefix(chunk: Uint8Array, from: number): number {
    let at = from;
    while (this.#prefixFilled < 4 && at < chunk.length) {
      this.#prefix[this.#prefixFilled++] = chunk[at++]!;
    }
    if (this.#prefixFilled < 4) return at;
    this.#size = this.#prefix.readInt32BE(0);
    if (this.#size < 0 || this.#size > this.#maxFrameBytes) {
      this.stop();
      this.#receiver.onBadLength(this.#size, this.#prefix);
      return at;
    }
    this.#filled = 0;
    const isCut = this.#size > chunk.length - at;
    const isAllowed =
      !isCut || this.#size <= UNCOUNTED_FRAME_BYTES || this.#receiver.onCutFrame(this.#size);
    // Else thousands that wait would hold buffers, and leave more than a pool keeps when they go.
    const step = isAllowed ? FIRST_STEP_BYTES : Math.max(chunk.length - at, 1);
    this.#buffer = this.#pool.acquire(Math.min(this.#size, step));
    return at;
  }

  #readBody(chunk: Uint8Array, from: number): number {
    if (this.#filled === this.#buffer.length) this.#grow();
    const room = Math.min(this.#size, this.#buffer.length) - this.#filled;
    const count = Math.min(room, chunk.length - from);
    this.#buffer.set(
      count === chunk.length ? chunk : chunk.subarray(from, from + count),
      this.#filled,
    );
    this.#filled += count;
    if (this.#filled === this.#size) {
      const buffer = this.#buffer;
      this.#buffer = NO_BUFFER;
      this.#prefixFilled = 0;
      this.#receiver.onFrame(buffer, this.#size);
    }
    return from + count;
  }

  #grow(): void {
    const isBeginning = this.#buffer.length < Math.min(this.#size, FIRST_STEP_BYTES);
    const larger = this.#pool.acquire(
      isBeginning ? Math.min(this.#size, FIRST_STEP_BYTES) : this.#size,
    );
    this.#buffer.copy(larger, 0, 0, this.#filled);
    this.#pool.release(this.#buffer);
    this.#buffer = larger;
  }
}
