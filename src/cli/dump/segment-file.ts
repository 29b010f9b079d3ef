import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import * as RecordBatch from '../../protocol/records/record-batch.ts';
import { CliError } from '../failure.ts';

/** A batch as it lies in its file. */
export interface FileBatch {
  readonly position: number;
  readonly bytes: Buffer;
}

/** Enough of a batch to know its format and size. */
const HEAD_BYTES = 17;

/** A segment's file, read batch by batch. */
export class SegmentFile {
  readonly #fd: number;
  readonly size: number;

  /** Throws CliError. */
  constructor(path: string) {
    try {
      this.#fd = openSync(path, 'r');
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new CliError(`${path} cannot be read: ${reason}`);
    }
    this.size = fstatSync(this.#fd).size;
  }

  /** The batch at `position`, or undefined where there is no whole one. */
  batchAt(position: number, end = this.size): FileBatch | undefined {
    if (position + HEAD_BYTES > end) return undefined;
    const head = this.#read(position, HEAD_BYTES);
    const size = RecordBatch.sizeInBytes(head);
    const least = RecordBatch.magic(head) < RecordBatch.MAGIC_V2 ? 26 : RecordBatch.HEADER_SIZE;
    if (size < least || position + size > end) return undefined;
    return { position, bytes: this.#read(position, size) };
  }

  /** From `position` on, up to what is no whole batch any more. */
  *batches(position = 0, end = this.size): Generator<FileBatch, void, undefined> {
    for (let at = position; ; ) {
      const batch = this.batchAt(at, end);
      if (!batch) return;
      yield batch;
      at += batch.bytes.length;
    }
  }

  close(): void {
    closeSync(this.#fd);
  }

  #read(position: number, length: number): Buffer {
    const bytes = Buffer.alloc(length);
    const read = readSync(this.#fd, bytes, 0, length, position);
    return bytes.subarray(0, read);
  }
}

/** Offset of the last record of a batch of any format. */
export function lastOffsetOf(batch: Buffer): number {
  return RecordBatch.magic(batch) < RecordBatch.MAGIC_V2
    ? Number(batch.readBigInt64BE(0))
    : RecordBatch.lastOffset(batch);
}
