import type { ErrorName } from '../../protocol/errors.ts';
import { downConvert } from '../../protocol/records/legacy-message-set.ts';
import * as RecordBatch from '../../protocol/records/record-batch.ts';
import type { FetchedPartition } from './fetch-reader.ts';

/** Fetch versions below these cannot carry: zstd (KIP-110), batches of magic 2 (KIP-98), magic 1. */
const ZSTD_FROM = 10;
const MAGIC_2_FROM = 4;
const MAGIC_1_FROM = 2;

const ZSTD = 4;
/** An offset and a length: enough for an old client to see that a message did not fit. */
const PARTIAL_MESSAGE_SIZE = 12;

/**
 * What was read, in the form that an old fetch version understands. The hot path never comes here:
 * every client of the last years fetches at version 10 or newer.
 */
export function convertFetched(fetched: FetchedPartition, version: number): FetchedPartition {
  if (fetched.error !== 'NONE') return fetched;
  if (version < MAGIC_2_FROM && fetched.oversizedFirstBatchBytes > 0) return cutShort(fetched);
  if (fetched.sizeInBytes === 0) return fetched;
  const batches = Buffer.concat(fetched.buffers);
  if (version < ZSTD_FROM && hasZstd(batches))
    return failed(fetched, 'UNSUPPORTED_COMPRESSION_TYPE');
  if (version >= MAGIC_2_FROM) return fetched;
  const converted = downConvert(batches, {
    magic: version < MAGIC_1_FROM ? 0 : 1,
    fromOffset: fetched.request.fetchOffset,
  });
  switch (converted.kind) {
    case 'unsupported':
      return failed(fetched, converted.error);
    case 'corrupt':
      return failed(fetched, 'CORRUPT_MESSAGE');
    case 'converted':
      return withRecords(fetched, converted.messageSet);
  }
}

function hasZstd(batches: Buffer): boolean {
  for (let at = 0; at < batches.length; at += RecordBatch.sizeInBytes(batches, at)) {
    if (RecordBatch.codecId(batches, at) === ZSTD) return true;
  }
  return false;
}

/**
 * The first batch alone exceeds the limit. Old clients detect that by a message that ends early, and
 * tell their user to raise the fetch size.
 */
function cutShort(fetched: FetchedPartition): FetchedPartition {
  const records = Buffer.alloc(Math.max(PARTIAL_MESSAGE_SIZE, fetched.request.maxBytes));
  records.writeBigInt64BE(BigInt(fetched.request.fetchOffset), 0);
  records.writeInt32BE(Math.max(fetched.oversizedFirstBatchBytes, records.length), 8);
  return withRecords(fetched, records);
}

function withRecords(fetched: FetchedPartition, records: Buffer): FetchedPartition {
  fetched.release();
  return { ...fetched, buffers: [records], sizeInBytes: records.length };
}

function failed(fetched: FetchedPartition, error: ErrorName): FetchedPartition {
  return { ...withRecords(fetched, Buffer.alloc(0)), error, buffers: [], sizeInBytes: 0 };
}
