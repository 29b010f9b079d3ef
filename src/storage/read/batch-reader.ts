import type { BufferPool } from '../../base/collections/buffer-pool.ts';
import * as RecordBatch from '../../protocol/records/record-batch.ts';
import type { FileTask } from '../segment/segment-io.ts';

/** The most that one read of the disk takes. */
export const MAX_READ_BUFFER_BYTES = 1024 * 1024;

/** How much is read at a time to step over headers: an index interval and a little. */
const HEADER_WINDOW_BYTES = 8192;

/** The upper half of offsets beyond 2^53, which only damage brings about. */
const UNSAFE_OFFSET_HIGH = 2 ** 21;

/** A batch found in a segment's file. */
export interface BatchPlace {
  position: number;
  sizeInBytes: number;
  baseOffset: number;
  lastOffset: number;
}

/** The bytes at a place are no batch header: the file is damaged or the index points elsewhere. */
export class NotABatchError extends Error {
  override name = 'NotABatchError';
  readonly position: number;

  constructor(position: number, problem: string) {
    super(`no record batch at position ${position}: ${problem}`);
    this.position = position;
  }
}

function notABatch(buffer: Buffer, at: number, position: number): NotABatchError {
  return new NotABatchError(position, RecordBatch.headerProblem(buffer, at) ?? 'unknown');
}

function placeAt(buffer: Buffer, at: number, position: number): BatchPlace {
  if (RecordBatch.headerProblem(buffer, at) !== undefined) throw notABatch(buffer, at, position);
  return {
    position,
    sizeInBytes: RecordBatch.sizeInBytes(buffer, at),
    baseOffset: RecordBatch.baseOffset(buffer, at),
    lastOffset: RecordBatch.lastOffset(buffer, at),
  };
}

/**
 * The first batch in [fromPosition, endPosition) whose last offset is at or beyond `offset`, or
 * undefined. Throws NotABatchError.
 */
export function* findBatch(
  buffers: BufferPool,
  {
    offset,
    fromPosition,
    endPosition,
  }: { offset: number; fromPosition: number; endPosition: number },
): FileTask<BatchPlace | undefined> {
  const window = buffers.acquire(HEADER_WINDOW_BYTES);
  try {
    let start = fromPosition;
    let length = 0;
    let position = fromPosition;
    let steppedFrom = fromPosition;
    while (position + RecordBatch.HEADER_SIZE <= endPosition) {
      if (position < start || position + RecordBatch.HEADER_SIZE > start + length) {
        start = position;
        const wanted = Math.min(HEADER_WINDOW_BYTES, endPosition - position);
        length = yield { target: window, targetOffset: 0, length: wanted, position };
        if (length < RecordBatch.HEADER_SIZE) return undefined;
      }
      const place = placeAt(window.subarray(0, length), position - start, position);
      if (place.lastOffset >= offset) {
        // The index leads to a batch that ends at or before what is looked for, or it is another's.
        if (position === fromPosition && fromPosition > 0 && place.baseOffset > offset) {
          throw new NotABatchError(position, `the batch there begins at ${place.baseOffset}`);
        }
        return place;
      }
      steppedFrom = position;
      position += place.sizeInBytes;
    }
    // Stepping over headers ends just where the file does, or a size on the way was wrong.
    if (position !== endPosition) {
      throw new NotABatchError(steppedFrom, `a batch up to ${position} in ${endPosition} bytes`);
    }
    return undefined;
  } finally {
    buffers.release(window);
  }
}

export interface BatchRun {
  buffers: Buffer[];
  sizeInBytes: number;
  firstOffset: number;
  nextOffset: number;
  /** Where the next batch begins. */
  endPosition: number;
  oversizedFirstBatchBytes: number;
  release(): void;
}

export interface RunOptions {
  /** Where the first batch begins. */
  position: number;
  /** Batches end at or before it. */
  endPosition: number;
  maxBytes: number;
  minOneBatch: boolean;
  /** Batches that reach this offset are left out. */
  upToOffset: number;
  /** What is read ends below this offset: a batch that does not is damaged. */
  endOffset: number;
}

/**
 * Whole batches from `position` on, at most `maxBytes` of them, in pooled buffers of at most 1 MB.
 * Throws NotABatchError.
 */
export function* readBatches(
  pool: BufferPool,
  { position, endPosition, maxBytes, minOneBatch, upToOffset, endOffset }: RunOptions,
): FileTask<BatchRun> {
  const taken: Buffer[] = [];
  const parts: Buffer[] = [];
  let limit = Math.min(endPosition, position + maxBytes);
  // A first batch beyond the limit is looked at all the same: its header is read.
  let readLimit = Math.min(endPosition, Math.max(limit, position + RecordBatch.HEADER_SIZE));
  /** The parts hold the bytes up to here; those up to `next` are wanted. */
  let reached = position;
  let next = position;
  let firstOffset = -1;
  let nextOffset = -1;
  let oversized = 0;
  const release = () => {
    for (const buffer of taken) pool.release(buffer);
    taken.length = 0;
  };
  try {
    let done = false;
    while (!done && reached < readLimit) {
      const start = reached;
      const wanted = Math.min(MAX_READ_BUFFER_BYTES, readLimit - start);
      const buffer = pool.acquire(wanted);
      taken.push(buffer);
      const count = yield { target: buffer, targetOffset: 0, length: wanted, position: start };
      const windowEnd = start + count;
      while (next + RecordBatch.HEADER_SIZE <= windowEnd) {
        const at = next - start;
        const end = next + RecordBatch.sizeInBytes(buffer, at);
        const delta = RecordBatch.lastOffsetDelta(buffer, at);
        if (
          end < next + RecordBatch.HEADER_SIZE ||
          delta < 0 ||
          buffer.readUInt32BE(at) >= UNSAFE_OFFSET_HIGH ||
          RecordBatch.magic(buffer, at) !== RecordBatch.MAGIC_V2
        ) {
          // What comes before is served; whoever asks for this is refused.
          if (next === position) throw notABatch(buffer, at, next);
          done = true;
          break;
        }
        const first = RecordBatch.baseOffset(buffer, at);
        if (next === position && (end > endPosition || first + delta >= endOffset)) {
          const problem = `a batch of ${end - next} bytes up to offset ${first + delta}`;
          throw new NotABatchError(next, `${problem} goes beyond the segment`);
        }
        if (next === position && end > limit && end <= endPosition) {
          if (minOneBatch) {
            limit = end;
            readLimit = end;
          } else {
            oversized = end - next;
          }
        }
        if (end > limit || first + delta >= upToOffset) {
          done = true;
          break;
        }
        if (firstOffset < 0) firstOffset = first;
        nextOffset = first + delta + 1;
        next = end;
      }
      // A header that the buffer cuts in two is read again with the next one.
      const kept = Math.min(windowEnd, next) - start;
      if (kept > 0) parts.push(buffer.subarray(0, kept));
      reached = start + kept;
      if (kept === 0 || (next < windowEnd && windowEnd >= readLimit)) done = true;
    }
    if (next > reached) throw new NotABatchError(next, `the file ends at ${reached}`);
  } catch (error) {
    release();
    throw error;
  }
  const sizeInBytes = next - position;
  if (sizeInBytes === 0) release();
  return {
    buffers: parts,
    sizeInBytes,
    firstOffset,
    nextOffset,
    endPosition: next,
    oversizedFirstBatchBytes: oversized,
    release,
  };
}
