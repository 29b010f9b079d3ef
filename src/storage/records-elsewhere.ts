import type { WorkThread } from '../base/work-thread.ts';
import {
  codecById,
  DecompressionError,
  OutputTooLargeError,
  SMALL_BYTES,
} from '../compression/index.ts';
import { CorruptRecordsError, recordsPayload } from '../protocol/records/record.ts';
import * as RecordBatch from '../protocol/records/record-batch.ts';

/** A batch without compression that is walked through on the event loop: two milliseconds of it at most. */
const SMALL_PLAIN_BYTES = 1024 * 1024;

/**
 * The records section of a batch, decompressed. Undefined where that is more work than the event loop does at a time,
 * which is found out by at most that much of it. Throws CorruptRecordsError.
 */
export function smallPayload(buffer: Buffer, at: number): Buffer | undefined {
  const sizeInBytes = RecordBatch.sizeInBytes(buffer, at);
  if (RecordBatch.codecId(buffer, at) === 0) {
    return sizeInBytes > SMALL_PLAIN_BYTES ? undefined : recordsPayload(buffer, at);
  }
  if (sizeInBytes > SMALL_BYTES) return undefined;
  try {
    if (isSaidToBeLarge(buffer, at)) return undefined;
    return recordsPayload(buffer, at, SMALL_BYTES);
  } catch (error) {
    const isLarge =
      error instanceof CorruptRecordsError && error.cause instanceof OutputTooLargeError;
    if (isLarge) return undefined;
    throw error;
  }
}

function isSaidToBeLarge(buffer: Buffer, at: number): boolean {
  const stored = batchAt(buffer, at).subarray(RecordBatch.HEADER_SIZE);
  const codec = codecById(RecordBatch.codecId(buffer, at));
  if (stored.length === 0 || !codec) return false;
  try {
    return codec.contentBound(stored) > SMALL_BYTES;
  } catch (error) {
    if (error instanceof DecompressionError) return false;
    throw error;
  }
}

/** One batch of a buffer. */
export function batchAt(buffer: Buffer, at: number): Buffer {
  return buffer.subarray(at, at + RecordBatch.sizeInBytes(buffer, at));
}

/** Runs a task over one batch elsewhere. Rejects with CorruptRecordsError, WorkRefusedError or WorkFailedError. */
export async function runElsewhere(
  work: WorkThread,
  task: string,
  batch: Buffer,
  detail?: unknown,
) {
  try {
    return await work.run({ task, pieces: [batch], detail });
  } catch (error) {
    // What comes from another thread has the name of its class only.
    if (error instanceof Error && error.name === CorruptRecordsError.name) {
      throw new CorruptRecordsError(error.message, { cause: error });
    }
    throw error;
  }
}
