import { ProduceRequest, ProduceResponse } from '../../src/protocol/messages/00-produce.ts';
import { FetchRequest, FetchResponse } from '../../src/protocol/messages/01-fetch.ts';
import {
  CreateTopicsRequest,
  CreateTopicsResponse,
} from '../../src/protocol/messages/19-create-topics.ts';
import {
  BatchBuilder,
  type BatchOptions,
  type RecordInput,
} from '../../src/protocol/records/batch-builder.ts';
import { decodeAllRecords } from '../../src/protocol/records/record.ts';
import type { RawClient } from './raw-client.ts';

// The few requests that most protocol tests begin with.

export async function createTopic(
  client: RawClient,
  name: string,
  options: { partitions?: number; configs?: Readonly<Record<string, string>> } = {},
) {
  const { topics } = await client.call(CreateTopicsRequest, CreateTopicsResponse, 7, {
    topics: [
      {
        name,
        numPartitions: options.partitions ?? 1,
        replicationFactor: 1,
        configs: Object.entries(options.configs ?? {}).map(([key, value]) => ({
          name: key,
          value,
        })),
      },
    ],
    timeoutMs: 10_000,
  });
  const [created] = topics;
  if (created?.errorCode !== 0) {
    throw new Error(`cannot create ${name}: ${created?.errorCode} ${created?.errorMessage}`);
  }
  return { topicId: created.topicId };
}

/** One batch of records with these values. */
export function batchOf(
  values: readonly (string | RecordInput)[],
  options: BatchOptions = {},
): Buffer {
  const builder = new BatchBuilder(options);
  for (const value of values) {
    builder.append(typeof value === 'string' ? { timestamp: 1_700_000_000_000, value } : value);
  }
  return builder.build();
}

/** Produces bytes to one partition; its row of the response. */
export async function produce(
  client: RawClient,
  topic: string,
  records: Buffer | null,
  { version = 9, acks = -1, partition = 0 } = {},
) {
  const { responses } = await client.call(ProduceRequest, ProduceResponse, version, {
    acks,
    timeoutMs: 10_000,
    topicData: [{ name: topic, partitionData: [{ index: partition, records }] }],
  });
  const row = responses[0]?.partitionResponses[0];
  if (!row) throw new Error('no row for the partition');
  return row;
}

/** Fetches one partition without a session; its row, with the records decoded. */
export async function fetch(
  client: RawClient,
  topic: string,
  offset: number,
  {
    version = 12,
    partition = 0,
    maxBytes = 1024 * 1024,
    maxWaitMs = 0,
    minBytes = 1,
    isolationLevel = 0,
    topicId = undefined as string | undefined,
  } = {},
) {
  const { responses, errorCode } = await client.call(FetchRequest, FetchResponse, version, {
    maxWaitMs,
    minBytes,
    maxBytes,
    ...(version >= 4 && { isolationLevel }),
    topics: [
      {
        topic,
        ...(topicId !== undefined && { topicId }),
        partitions: [{ partition, fetchOffset: offset, partitionMaxBytes: maxBytes }],
      },
    ],
  });
  const row = responses[0]?.partitions[0];
  if (!row) throw new Error(`no row for the partition, error ${errorCode}`);
  const records = version >= 4 && row.records ? decodeAllRecords(row.records) : [];
  return { ...row, values: records.map(({ value }) => value?.toString() ?? null) };
}
