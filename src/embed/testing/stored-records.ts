import { type Int64, saturated } from '../../base/int64.ts';
import type { BrokerParts } from '../../broker/broker-apis.ts';
import type { Partition } from '../../broker/replica/partition.ts';
import { parseEndTxnMarker } from '../../protocol/records/control-batch.ts';
import { decodeRecords } from '../../protocol/records/record.ts';
import * as RecordBatch from '../../protocol/records/record-batch.ts';

/** A record as it is stored. */
export interface StoredRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since the Unix epoch; -1 for none. Beyond 2^53 the largest number that is exact. */
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
  const found = await Promise.all(partitionsOf(parts, topic).map((each) => recordsOf(each)));
  return found.flat();
}

/**
 * Whether a consumer that stands at `offset` has anything left to read: not where only markers and
 * aborted records follow.
 * @internal
 */
export async function hasRecordsFrom(partition: Partition, offset: number): Promise<boolean> {
  return (await recordsOf(partition, Math.max(offset, partition.log.logStartOffset))).length > 0;
}

async function recordsOf(
  partition: Partition,
  from = partition.log.logStartOffset,
): Promise<StoredRecord[]> {
  const records: StoredRecord[] = [];
  const aborted = new AbortedRecords(partition, from);
  let offset = from;
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
      if (aborted.leavesOut(bytes, at)) continue;
      for (const record of decodeRecords(bytes, at)) {
        if (record.offset < offset) continue;
        const { timestamp, key, value, headers } = record;
        const { topic, index } = partition;
        const place = { topic, partition: index, offset: record.offset };
        records.push({ ...place, timestamp: saturated(timestamp), key, value, headers });
      }
    }
    offset = read.nextOffset;
  }
}

/** Tells, batch by batch in order, what a consumer at read_committed does not get to see. */
class AbortedRecords {
  /** Aborted transactions that begin further on, by first offset. */
  readonly #ahead: { readonly producerId: Int64; readonly firstOffset: number }[];
  /** Producers whose transaction here ends with an abort. */
  readonly #aborting = new Set<Int64>();

  constructor(partition: Partition, fromOffset: number) {
    const upToOffset = partition.visibleEnd('read_committed');
    this.#ahead = partition.log
      .abortedTransactions({ fromOffset, upToOffset })
      .sort((a, b) => a.firstOffset - b.firstOffset);
  }

  leavesOut(bytes: Buffer, at: number): boolean {
    const lastOffset = RecordBatch.lastOffset(bytes, at);
    while (this.#ahead[0] && this.#ahead[0].firstOffset <= lastOffset) {
      this.#aborting.add(this.#ahead[0].producerId);
      this.#ahead.shift();
    }
    const producerId = RecordBatch.producerId(bytes, at);
    if (RecordBatch.isControl(bytes, at)) {
      if (parseEndTxnMarker(bytes, at)?.type === 'ABORT') this.#aborting.delete(producerId);
      return true;
    }
    return RecordBatch.isTransactional(bytes, at) && this.#aborting.has(producerId);
  }
}
