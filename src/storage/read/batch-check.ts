import { crc32c } from '../../protocol/records/crc32c.ts';
import * as RecordBatch from '../../protocol/records/record-batch.ts';
import type { BatchRun } from './batch-reader.ts';
import { OffsetOrder } from './offset-order.ts';

/** Where the attributes begin: what a batch's checksum covers. */
const CHECKED_FROM = 21;

/** The first batch of a run that cannot be right; what comes before it is sound. */
export interface BadBatch {
  readonly problem: string;
  /** Bytes of the run before it. */
  readonly goodBytes: number;
  /** The offset after the batch before it; of no use where it is the first. */
  readonly nextOffset: number;
}

/**
 * Checks every batch of a run as the disk gave it: the checksum, and the order of the offsets, which
 * the checksum does not cover, between `baseOffset` and `endOffset` of the segment. A batch may span several of the run's buffers, its
 * header does not. Some 0.1 ms a megabyte with the native checksum.
 */
export function findBadBatch(
  { buffers, sizeInBytes }: BatchRun,
  segment: { baseOffset: number; endOffset: number },
): BadBatch | undefined {
  const order = new OffsetOrder(segment.baseOffset);
  let part = 0;
  /** Where `buffers[part]` begins in the run. */
  let start = 0;
  for (let at = 0; at < sizeInBytes; ) {
    while (at >= start + buffers[part]!.length) start += buffers[part++]!.length;
    const head = buffers[part]!;
    const end = at + RecordBatch.sizeInBytes(head, at - start);
    const expected = RecordBatch.crc(head, at - start);
    let crc: number | undefined;
    let from = at + CHECKED_FROM;
    for (let index = part, begin = start; from < end; index++) {
      const bytes = buffers[index]!;
      const upTo = Math.min(end, begin + bytes.length);
      crc = crc32c(bytes.subarray(from - begin, upTo - begin), crc);
      begin += bytes.length;
      from = upTo;
    }
    const { nextOffset } = order;
    if (crc !== expected) {
      return { problem: 'its checksum does not match', goodBytes: at, nextOffset };
    }
    const baseOffset = RecordBatch.baseOffset(head, at - start);
    const lastOffset = RecordBatch.lastOffset(head, at - start);
    const wrong =
      lastOffset < segment.endOffset
        ? order.take({ baseOffset, lastOffset, position: at })
        : { blamed: 'this' as const, problem: `offset ${lastOffset} belongs to the next segment` };
    if (wrong?.blamed === 'this') return { problem: wrong.problem, goodBytes: at, nextOffset };
    if (wrong) {
      order.forgetLast();
      const { problem, position } = wrong;
      return { problem, goodBytes: position, nextOffset: order.nextOffset };
    }
    at = end;
  }
  return undefined;
}

/** Shortens a run to its first `bytes`, which end with a whole batch. */
export function shortenRun(run: BatchRun, bytes: number, nextOffset: number): BatchRun {
  const buffers: Buffer[] = [];
  let left = bytes;
  for (const buffer of run.buffers) {
    if (left <= 0) break;
    buffers.push(buffer.length <= left ? buffer : buffer.subarray(0, left));
    left -= buffer.length;
  }
  const endPosition = run.endPosition - run.sizeInBytes + bytes;
  return { ...run, buffers, sizeInBytes: bytes, nextOffset, endPosition };
}
