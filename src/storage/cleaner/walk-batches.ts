import type { File } from '../../base/file-system.ts';
import * as RecordBatch from '../../protocol/records/record-batch.ts';

/** A batch of a file, whole and with the right checksum. Only valid during the visit. */
export interface WalkedBatch {
  readonly buffer: Buffer;
  readonly at: number;
  readonly sizeInBytes: number;
  /** Where in the file. */
  readonly position: number;
}

/** Bytes that are no batch, in a segment that compaction was to read. */
export class DamagedSegmentError extends Error {
  override name = 'DamagedSegmentError';
  readonly path: string;
  readonly position: number;

  constructor(at: { path: string; position: number; problem: string }, options?: ErrorOptions) {
    super(`${at.path} is damaged at position ${at.position}: ${at.problem}`, options);
    this.path = at.path;
    this.position = at.position;
  }
}

export interface WalkRange {
  readonly fromPosition: number;
  readonly endPosition: number;
  /** Read at a time; more where a batch is larger. */
  readonly windowBytes: number;
}

/** `false` ends the walk, also where it is what an awaited promise resolves with. */
export type BatchVisitor = (batch: WalkedBatch) => false | Promise<unknown> | undefined;

/**
 * Goes through the batches of a file, read on the thread pool; waits for nothing between two batches
 * that were read together. Whether it came to the end. Rejects with DamagedSegmentError, what the
 * disk throws, and what `visit` throws.
 */
export async function walkBatches(
  file: File,
  range: WalkRange,
  visit: BatchVisitor,
): Promise<boolean> {
  const { endPosition } = range;
  let buffer = Buffer.allocUnsafe(Math.max(RecordBatch.HEADER_SIZE, range.windowBytes));
  let start = range.fromPosition;
  let length = 0;
  let position = range.fromPosition;
  const damaged = (problem: string) =>
    new DamagedSegmentError({ path: file.path, position, problem });
  const load = async (bytes: number) => {
    const kept = start + length - position;
    const target = bytes > buffer.length ? Buffer.allocUnsafe(bytes) : buffer;
    buffer.copy(target, 0, position - start, position - start + kept);
    buffer = target;
    start = position;
    length = kept;
    const wanted = Math.min(buffer.length, endPosition - start);
    while (length < wanted) {
      const count = await file.read(buffer, length, wanted - length, start + length);
      if (count === 0) break;
      length += count;
    }
    if (length < bytes) throw damaged(`the file ends after ${length} of ${bytes} bytes`);
  };
  while (position < endPosition) {
    if (position + RecordBatch.HEADER_SIZE > start + length) await load(RecordBatch.HEADER_SIZE);
    const problem = RecordBatch.headerProblem(buffer, position - start);
    if (problem !== undefined) throw damaged(problem);
    const sizeInBytes = RecordBatch.sizeInBytes(buffer, position - start);
    if (sizeInBytes > endPosition - position) {
      throw damaged(`${endPosition - position} of ${sizeInBytes} bytes are there`);
    }
    if (position + sizeInBytes > start + length) await load(sizeInBytes);
    const at = position - start;
    if (!RecordBatch.isCrcValid(buffer, at)) throw damaged('the checksum does not match');
    const verdict = visit({ buffer, at, sizeInBytes, position });
    if (verdict === false || (verdict && (await verdict) === false)) return false;
    position += sizeInBytes;
  }
  return true;
}
