import type { BrokerParts } from '../../broker/broker-apis.ts';
import type { Partition } from '../../broker/replica/partition.ts';
import { decodeRecords } from '../../protocol/records/record.ts';
import * as RecordBatch from '../../protocol/records/record-batch.ts';

/** A record as it is stored. */
export interface StoredRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since the Unix epoch; -1 for none. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly { readonly key: string; readonly value: Buffer | null }[];
}

const READ_BYTES = 1024 * 1024;

/**
 * The partitions of a topic, in order; empty where there is no such topic.
 * @internal
 */
export function partitionsOf(parts: BrokerParts, topic: string): Partition[] {
  const count = parts.metadata.snapshot.topics.get(topic)?.partitions.length ?? 0;
  return Array.from({ length: count }, (_, index) => parts.partitions.get(topic, index)).filter(
    (partition) => partition !== undefined,
  );
}

/**
 * Offsets between start and visible end: at least as many as there are records.
 * @internal
 */
export function visibleOffsets(partition: Partition): number {
  return partition.visibleEnd('read_committed') - partition.log.logStartOffset;
}

/**
 * Every record of the topic that a consumer could read: by partition, then by offset.
 * @internal
 */
export async function storedRecords(parts: BrokerParts, topic: string): Promise<StoredRecord[]> {
  const found = await Promise.all(partitionsOf(parts, topic).map(recordsOf));
  return found.flat();
}

async function recordsOf(partition: Partition): Promise<StoredRecord[]> {
  const records: StoredRecord[] = [];
  let offset = partition.log.logStartOffset;
  for (;;) {
    const read = await partition.read(
      { offset, maxBytes: READ_BYTES, minOneBatch: true },
      'read_committed',
    );
    if (read.kind !== 'read') return records;
    // The buffers are the pool's; the records keep the copy alive.
    const bytes = Buffer.concat(read.buffers);
    read.release();
    if (bytes.length === 0) return records;
    for (const at of RecordBatch.batchPositions(bytes)) {
      if (RecordBatch.isControl(bytes, at)) continue;
      for (const { offset: recordOffset, timestamp, key, value, headers } of decodeRecords(
        bytes,
        at,
      )) {
        if (recordOffset < offset) continue;
        const { topic, index } = partition;
        records.push({
          topic,
          partition: index,
          offset: recordOffset,
          timestamp,
          key,
          value,
          headers,
        });
      }
    }
    offset = read.nextOffset;
  }
}
