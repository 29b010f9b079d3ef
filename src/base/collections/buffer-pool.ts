import { assert } from '../assert.ts';
import type { SpareBuffer } from './spare-buffer.ts';

const SMALLEST_SHIFT = 8;
/** Of larger buffers one at most is kept: more would fill the pool with rarely used memory. */
const LARGEST_POOLED_BYTES = 16 * 1024 * 1024;

/**
 * Reuses buffers, since fresh memory is the most expensive thing there is: each new page costs a
 * fault. Sizes are four to a power of two, so at most a fifth of a buffer is unused.
 */
export class BufferPool {
  readonly #free: Buffer[][] = [];
  readonly #maxRetainedBytes: number;
  readonly #spare: SpareBuffer | undefined;
  #retainedBytes = 0;

  /**
   * Released buffers beyond `maxRetainedBytes` are left to the garbage collector, and so are very large
   * ones but for the `spare`, which comes in addition.
   */
  constructor(options: { maxRetainedBytes: number; spare?: SpareBuffer }) {
    this.#maxRetainedBytes = options.maxRetainedBytes;
    this.#spare = options.spare;
  }

  /** Bytes of free buffers kept for reuse. */
  get retainedBytes(): number {
    return this.#retainedBytes;
  }

  /** A buffer of at least `size` bytes, with whatever was in it before. */
  acquire(size: number): Buffer {
    const index = classOf(size);
    if (size > LARGEST_POOLED_BYTES) {
      return this.#spare?.take(sizeOf(index)) ?? Buffer.allocUnsafeSlow(sizeOf(index));
    }
    const buffer = this.#free[index]?.pop();
    if (!buffer) return Buffer.allocUnsafeSlow(sizeOf(index));
    this.#retainedBytes -= buffer.length;
    return buffer;
  }

  /** Takes back a whole buffer from `acquire`; nobody may use it, or a slice of it, afterwards. */
  release(buffer: Buffer): void {
    const size = buffer.length;
    if (size > LARGEST_POOLED_BYTES) {
      this.#spare?.keep(buffer);
      return;
    }
    if (this.#retainedBytes + size > this.#maxRetainedBytes) return;
    const index = classOf(size);
    assert(sizeOf(index) === size, 'only buffers of the pool go back to it');
    let free = this.#free[index];
    if (!free) {
      free = [];
      this.#free[index] = free;
    }
    free.push(buffer);
    this.#retainedBytes += size;
  }
}

/** The index of the smallest class that holds `size` bytes. */
function classOf(size: number): number {
  if (size <= 1 << SMALLEST_SHIFT) return 0;
  const shift = 31 - Math.clz32(size - 1);
  const quarter = 1 << (shift - 2);
  const steps = Math.ceil((size - (1 << shift)) / quarter);
  return (shift - SMALLEST_SHIFT) * 4 + steps;
}

function sizeOf(index: number): number {
  if (index === 0) return 1 << SMALLEST_SHIFT;
  const shift = SMALLEST_SHIFT + ((index - 1) >> 2);
  const steps = ((index - 1) & 3) + 1;
  return (1 << shift) + steps * (1 << (shift - 2));
}
