import { codecByName } from '../../compression/index.ts';
import type { TestFrame } from '../../compression/testing/frames.ts';
import { crc32c } from '../../protocol/records/crc32c.ts';
import * as RecordBatch from '../../protocol/records/record-batch.ts';
import { batchOf } from './test-storage.ts';

const VALUES = Array.from({ length: 12 }, (_, index) => `a record of some length ${index}`);

/** A batch with a right header and checksum whose records are in this frame. */
export function batchAround({ codec, make }: TestFrame, plain = batchOf(VALUES)): Buffer {
  const records = plain.subarray(RecordBatch.HEADER_SIZE);
  const batch = Buffer.concat([plain.subarray(0, RecordBatch.HEADER_SIZE), make(records)]);
  batch.writeInt32BE(batch.length - RecordBatch.LOG_OVERHEAD, 8);
  batch.writeInt16BE(codecByName(codec).id, 21);
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17);
  return batch;
}
