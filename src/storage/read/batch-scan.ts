import * as RecordBatch from '../../protocol/records/record-batch.ts';
import type { FileTask, ReadRequest } from '../segment/segment-io.ts';
import { MAX_READ_BUFFER_BYTES } from './batch-reader.ts';

export interface ScannedBatch {
  /** Holds the whole batch; only valid during the visit. */
  buffer: Buffer;
  /** Where in `buffer`. */
  at: number;
  sizeInBytes: number;
  /** Where in the file. */
  position: number;
}

/** How a scan ended: `position` is where the next batch would begin. */
export type ScanEnd =
  | { readonly kind: 'end'; readonly position: number }
  | { readonly kind: 'stopped'; readonly position: number }
  /** The file ends inside a batch whose header looks right: a write that was cut off. */
  | { readonly kind: 'torn'; readonly position: number; readonly problem: string }
  | { readonly kind: 'damaged'; readonly position: number; readonly problem: string };

export interface ScanOptions {
  fromPosition: number;
  endPosition: number;
  /** Also check every batch's CRC. */
  verify: boolean;
  /** How much to read at first, where little may be enough; each later read is twice as large. */
  firstReadBytes?: number;
  /**
   * Called for each batch in order. `false` ends the scan before it, a string too: the batch is
   * whole but must not be here, and that is why.
   */
  visit(batch: ScannedBatch): boolean | string;
}

/** Goes through whole batches, at most one megabyte at a time. */
export function* scanBatches(options: ScanOptions): FileTask<ScanEnd> {
  const { fromPosition, endPosition, verify, visit } = options;
  const firstReadBytes = options.firstReadBytes ?? MAX_READ_BUFFER_BYTES;
  let buffer = Buffer.allocUnsafe(
    Math.max(1, Math.min(firstReadBytes, endPosition - fromPosition)),
  );
  /** `buffer` holds [start, start + length) of the file. */
  let start = fromPosition;
  let length = 0;
  let position = fromPosition;
  const have = (bytes: number): boolean => position + bytes <= start + length;
  function* load(bytes: number): Generator<ReadRequest, void, number> {
    const kept = start + length - position;
    const isFirst = length === 0;
    const next = isFirst ? buffer.length : Math.min(2 * buffer.length, MAX_READ_BUFFER_BYTES);
    const size = Math.max(bytes, Math.min(next, endPosition - position));
    if (size > buffer.length) {
      const grown = Buffer.allocUnsafe(size);
      buffer.copy(grown, 0, position - start, position - start + kept);
      buffer = grown;
    } else {
      buffer.copyWithin(0, position - start, position - start + kept);
    }
    start = position;
    const wanted = Math.min(buffer.length, endPosition - start) - kept;
    const count = yield {
      target: buffer,
      targetOffset: kept,
      length: wanted,
      position: start + kept,
    };
    length = kept + count;
  }
  for (;;) {
    const left = endPosition - position;
    if (left <= 0) return { kind: 'end', position };
    if (left < RecordBatch.HEADER_SIZE) {
      return { kind: 'torn', position, problem: `${left} bytes are fewer than a header` };
    }
    if (!have(RecordBatch.HEADER_SIZE)) yield* load(RecordBatch.HEADER_SIZE);
    if (!have(RecordBatch.HEADER_SIZE)) {
      return { kind: 'torn', position, problem: 'the file is shorter than its size' };
    }
    const problem = RecordBatch.headerProblem(buffer, position - start);
    if (problem !== undefined) return { kind: 'damaged', position, problem };
    const sizeInBytes = RecordBatch.sizeInBytes(buffer, position - start);
    if (sizeInBytes > left) {
      return { kind: 'torn', position, problem: `${left} of ${sizeInBytes} bytes are there` };
    }
    if (!have(sizeInBytes)) yield* load(sizeInBytes);
    if (!have(sizeInBytes)) {
      return { kind: 'torn', position, problem: 'the file is shorter than its size' };
    }
    const at = position - start;
    if (verify && !RecordBatch.isCrcValid(buffer, at)) {
      return { kind: 'damaged', position, problem: 'the checksum does not match' };
    }
    const verdict = visit({ buffer, at, sizeInBytes, position });
    if (verdict === false) return { kind: 'stopped', position };
    if (typeof verdict === 'string') return { kind: 'damaged', position, problem: verdict };
    position += sizeInBytes;
  }
}
