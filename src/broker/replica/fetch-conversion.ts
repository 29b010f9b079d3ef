import type { ErrorName } from '../../protocol/errors.ts';
import { downConvert } from '../../protocol/records/legacy-message-set.ts';
import { type FetchedPartition, failedFetch } from './fetch-reader.ts';

/** Fetch versions below these cannot carry: zstd (KIP-110), batches of magic 2 (KIP-98), magic 1. */
export const ZSTD_FROM = 10;
const MAGIC_2_FROM = 4;
const MAGIC_1_FROM = 2;
/** From here on the first batch comes whole, however large (KIP-74). */
const WHOLE_BATCH_FROM = 3;

/** An offset and a length: enough for an old client to see that a message did not fit. */
const PARTIAL_MESSAGE_SIZE = 12;

/** What of a topic's configs old fetch versions depend on. */
export interface ConversionRules {
  readonly compressionType: string;
  readonly messageDownconversionEnable: boolean;
}

/**
 * What was read, in the form that an old fetch version understands. The hot path never comes here:
 * every client of the last years fetches at version 10 or newer.
 *
 * Kafka refuses zstd to versions below 10 by the topic's codec, not by what is in the log: a client of
 * such a version that can decompress zstd all the same reads what a producer compressed with it.
 */
export function convertFetched(
  fetched: FetchedPartition,
  version: number,
  rules: ConversionRules,
): FetchedPartition {
  if (fetched.error !== 'NONE') return fetched;
  if (version < ZSTD_FROM && rules.compressionType === 'zstd')
    return failed(fetched, 'UNSUPPORTED_COMPRESSION_TYPE');
  if (version >= MAGIC_2_FROM) return fetched;
  if (!rules.messageDownconversionEnable) return failed(fetched, 'UNSUPPORTED_VERSION');
  const isCutShort = fetched.oversizedFirstBatchBytes > fetched.request.maxBytes;
  if (version < WHOLE_BATCH_FROM && isCutShort) return cutShort(fetched);
  if (fetched.sizeInBytes === 0) return fetched;
  const converted = downConvert(Buffer.concat(fetched.buffers), {
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
  fetched.release();
  return failedFetch(fetched.request, error);
}
