import type { Job, TaskResult, WorkThread } from '../../base/work-thread.ts';
import type { LoopAllowance } from '../../compression/index.ts';
import type { ErrorName } from '../../protocol/errors.ts';
import {
  type ConversionTarget,
  type DownConversion,
  downConvert,
} from '../../protocol/records/legacy-message-set.ts';
import * as RecordBatch from '../../protocol/records/record-batch.ts';
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
  converter: Converter,
): FetchedPartition | Promise<FetchedPartition> {
  if (fetched.error !== 'NONE') return fetched;
  if (version < ZSTD_FROM && rules.compressionType === 'zstd')
    return failed(fetched, 'UNSUPPORTED_COMPRESSION_TYPE');
  if (version >= MAGIC_2_FROM) return fetched;
  if (!rules.messageDownconversionEnable) return failed(fetched, 'UNSUPPORTED_VERSION');
  const isCutShort = fetched.oversizedFirstBatchBytes > fetched.request.maxBytes;
  if (version < WHOLE_BATCH_FROM && isCutShort) return cutShort(fetched);
  if (fetched.sizeInBytes === 0) return fetched;
  if (converter.hadEnough) return withRecords(fetched, NOTHING);
  const converted = converter.convert(fetched.buffers, {
    magic: version < MAGIC_1_FROM ? 0 : 1,
    fromOffset: fetched.request.fetchOffset,
  });
  if (converted instanceof Promise) return converted.then((late) => asConverted(fetched, late));
  return asConverted(fetched, converted);
}

function asConverted(fetched: FetchedPartition, converted: DownConversion): FetchedPartition {
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

const NOTHING = Buffer.alloc(0);

/**
 * Uncompressed messages that are made for one request. A partition that comes later is answered as if it had nothing
 * new, and the client asks again.
 */
const MOST_BYTES_OF_REQUEST = 64 * 1024 * 1024;

/** What records cost that are found to be damaged or too large only while they are read. */
const DAMAGE_COSTS_BYTES = 16 * 1024 * 1024;

/** So much is converted on the event loop, where it is not compressed. */
const LITTLE_BYTES = 32 * 1024;

/** Writing a message takes longer than reading a record. */
const COST_OF_A_BYTE = 4;

/** Converts the records of one request: little at once, and what is more on the thread beside the event loop. */
export class Converter {
  readonly #work: WorkThread;
  readonly #allowance: LoopAllowance;
  readonly #isWanted: () => boolean;
  #spentBytes = 0;

  constructor(work: WorkThread, allowance: LoopAllowance, isWanted: () => boolean) {
    this.#work = work;
    this.#allowance = allowance;
    this.#isWanted = isWanted;
  }

  /** Whether nothing more is converted for this request. */
  get hadEnough(): boolean {
    return this.#spentBytes >= MOST_BYTES_OF_REQUEST;
  }

  /** Rejects with WorkRefusedError or WorkFailedError. */
  convert(
    batches: readonly Buffer[],
    to: ConversionTarget,
  ): DownConversion | Promise<DownConversion> {
    const size = batches.reduce((sum, { length }) => sum + length, 0);
    if (size <= LITTLE_BYTES && this.#allowance.take(size * COST_OF_A_BYTE)) {
      const bytes = Buffer.concat(batches);
      if (!hasCompressed(bytes)) return this.#spent(downConvert(bytes, to));
    }
    return convertElsewhere(this.#work, batches, to, this.#isWanted).then((late) =>
      this.#spent(late),
    );
  }

  #spent(conversion: DownConversion): DownConversion {
    if (conversion.kind === 'converted') this.#spentBytes += conversion.plainBytes;
    else if (conversion.kind === 'corrupt') this.#spentBytes += DAMAGE_COSTS_BYTES;
    return conversion;
  }
}

function hasCompressed(batches: Buffer): boolean {
  for (const at of RecordBatch.batchPositions(batches)) {
    if (RecordBatch.codecId(batches, at) !== 0) return true;
  }
  return false;
}

/** What the thread makes of it; see RECORD_TASKS. */
export function convert(batches: Buffer, to: ConversionTarget): TaskResult {
  const conversion = downConvert(batches, to);
  if (conversion.kind !== 'converted') return { value: conversion };
  const { messageSet: bytes, ...value } = conversion;
  return { value, bytes };
}

/** Converts batches to an old format elsewhere. Rejects with WorkRefusedError or WorkFailedError. */
async function convertElsewhere(
  work: WorkThread,
  batches: readonly Buffer[],
  to: ConversionTarget,
  isWanted: () => boolean,
): Promise<DownConversion> {
  const job: Job = { task: 'convert', pieces: batches, detail: to, isWanted };
  const { value, bytes } = await work.run(job);
  return { ...(value as DownConversion), ...(bytes && { messageSet: bytes }) };
}
