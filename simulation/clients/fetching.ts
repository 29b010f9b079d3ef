import { errorName } from '../../src/protocol/errors.ts';
import { FetchRequest, FetchResponse } from '../../src/protocol/messages/01-fetch.ts';
import {
  ListOffsetsRequest,
  ListOffsetsResponse,
} from '../../src/protocol/messages/02-list-offsets.ts';
import { decodeAllRecords } from '../../src/protocol/records/record.ts';
import { batchPositions, isCrcValid, nextOffset } from '../../src/protocol/records/record-batch.ts';
import type { TopicPartition } from '../../src/protocol/topic-partition.ts';
import type { ReadRecord } from '../history/partition-history.ts';
import { mustHold } from '../violation.ts';
import type { ClientWorld } from './client-world.ts';
import type { SimClient } from './sim-client.ts';

const EARLIEST = -2;

export interface ReadBatches {
  readonly records: ReadRecord[];
  /** The offset after the last whole batch, or where the read began. */
  readonly nextOffset: number;
}

/** The records of a fetch from `fromOffset`, out of batches whose checksums hold. */
export function readBatches(name: string, bytes: Buffer, fromOffset: number): ReadBatches {
  let next = fromOffset;
  for (const at of batchPositions(bytes)) {
    mustHold(isCrcValid(bytes, at), () => `${name} serves a wrong checksum after ${next}`);
    next = nextOffset(bytes, at);
  }
  const records = decodeAllRecords(bytes)
    .filter(({ offset }) => offset >= fromOffset)
    .map(({ offset, value }) => ({ offset, value: value?.toString() ?? '' }));
  return { records, nextOffset: next };
}

/** One partition from its start to the high watermark, checked against all that is known of it. */
export async function checkPartition(
  clients: ClientWorld,
  client: SimClient,
  at: TopicPartition,
): Promise<void> {
  const name = `${at.topic}-${at.partition}`;
  const records: ReadRecord[] = [];
  let start = await startOf(clients, client, at);
  let offset = start;
  for (;;) {
    const { responses } = await client.call(FetchRequest, FetchResponse, 11, {
      maxWaitMs: 0,
      minBytes: 0,
      maxBytes: 1 << 20,
      topics: [
        {
          topic: at.topic,
          partitions: [
            { partition: at.partition, fetchOffset: offset, partitionMaxBytes: 1 << 20 },
          ],
        },
      ],
    });
    const row = responses[0]?.partitions[0];
    const error = errorName(row?.errorCode ?? -1);
    if (error === 'OFFSET_OUT_OF_RANGE') {
      // The start moved meanwhile.
      start = await startOf(clients, client, at);
      mustHold(start > offset, () => `${name} begins at ${start} and has no ${offset}`);
      offset = start;
      records.length = 0;
      continue;
    }
    if (error !== 'NONE' || !row) return clients.refused(`the check of ${name}`, error);
    const read = readBatches(name, row.records ?? Buffer.alloc(0), offset);
    records.push(...read.records);
    if (read.nextOffset === offset) {
      mustHold(offset >= row.highWatermark, () => `${name} has nothing to read at ${offset}`);
      break;
    }
    offset = read.nextOffset;
  }
  clients.history(at.topic, at.partition).checkAll(records, start, offset);
}

async function startOf(
  clients: ClientWorld,
  client: SimClient,
  { topic, partition }: TopicPartition,
): Promise<number> {
  const { topics } = await client.call(ListOffsetsRequest, ListOffsetsResponse, 7, {
    replicaId: -1,
    topics: [{ name: topic, partitions: [{ partitionIndex: partition, timestamp: EARLIEST }] }],
  });
  const row = topics[0]?.partitions[0];
  const error = errorName(row?.errorCode ?? -1);
  if (error !== 'NONE' || !row) {
    return clients.refused(`ListOffsets of ${topic}-${partition}`, error);
  }
  return row.offset;
}
