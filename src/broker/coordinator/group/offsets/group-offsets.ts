import type { Int64 } from '../../../../base/int64.ts';
import type { TopicPartition } from '../../../../protocol/topic-partition.ts';

/** One committed offset of one partition. */
export interface CommittedOffset {
  offset: Int64;
  /** -1 when unknown. */
  leaderEpoch: number;
  metadata: string;
  commitTimestampMs: Int64;
  /** When the client itself said how long to keep it (OffsetCommit v2-4); null otherwise. */
  expireTimestampMs: Int64 | null;
}

/** A map from partition to value that shares the topics' names. */
export class PartitionMap<Value> {
  readonly #topics = new Map<string, Map<number, Value>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(topic: string, partition: number): Value | undefined {
    return this.#topics.get(topic)?.get(partition);
  }

  set(topic: string, partition: number, value: Value): void {
    let partitions = this.#topics.get(topic);
    if (partitions === undefined) {
      partitions = new Map();
      this.#topics.set(topic, partitions);
    }
    if (!partitions.has(partition)) this.#size++;
    partitions.set(partition, value);
  }

  delete(topic: string, partition: number): void {
    const partitions = this.#topics.get(topic);
    if (partitions?.delete(partition) !== true) return;
    this.#size--;
    if (partitions.size === 0) this.#topics.delete(topic);
  }

  topics(): IterableIterator<[string, ReadonlyMap<number, Value>]> {
    return this.#topics.entries();
  }

  ofTopic(topic: string): ReadonlyMap<number, Value> | undefined {
    return this.#topics.get(topic);
  }
}

/**
 * The offsets of one group. `committed` holds what is below the high watermark: commits and
 * tombstones take effect in the order of the log, when their record is committed.
 */
export class GroupOffsets {
  readonly committed = new PartitionMap<CommittedOffset>();
  /** Commits on their way to the log, counted by partition: these offsets must not expire now. */
  readonly pending = new PartitionMap<number>();
  /**
   * What open transactions will do to offsets, by producer id: invisible until the marker says commit.
   * null where an offset is deleted.
   */
  readonly transactional = new Map<Int64, PartitionMap<CommittedOffset | null>>();

  get isEmpty(): boolean {
    return this.committed.size === 0 && this.pending.size === 0 && this.transactional.size === 0;
  }

  /** A committed record takes effect; null for a tombstone. */
  apply(topic: string, partition: number, committed: CommittedOffset | null): void {
    if (committed === null) this.committed.delete(topic, partition);
    else this.committed.set(topic, partition, committed);
  }

  /** The same for a record that waits for the end of its transaction. */
  applyLater(
    producerId: Int64,
    { topic, partition, committed }: TopicPartition & { committed: CommittedOffset | null },
  ): void {
    let open = this.transactional.get(producerId);
    if (open === undefined) {
      open = new PartitionMap();
      this.transactional.set(producerId, open);
    }
    open.set(topic, partition, committed);
  }

  endTransaction(producerId: Int64, isCommitted: boolean): void {
    const open = this.transactional.get(producerId);
    this.transactional.delete(producerId);
    if (open === undefined || !isCommitted) return;
    for (const [topic, partitions] of open.topics()) {
      for (const [partition, committed] of partitions) this.apply(topic, partition, committed);
    }
  }

  begin(topic: string, partition: number): void {
    this.pending.set(topic, partition, (this.pending.get(topic, partition) ?? 0) + 1);
  }

  end(topic: string, partition: number): void {
    const left = (this.pending.get(topic, partition) ?? 0) - 1;
    if (left > 0) this.pending.set(topic, partition, left);
    else this.pending.delete(topic, partition);
  }

  /** True while an open transaction has an offset for the partition (KIP-447). */
  isUnstable(topic: string, partition: number): boolean {
    for (const open of this.transactional.values()) {
      if ((open.get(topic, partition) ?? null) !== null) return true;
    }
    return false;
  }

  /**
   * The partitions of a topic with an offset that is committed or on its way to the log: a tombstone
   * that is written now comes behind all of them.
   */
  writtenOf(topic: string): TopicPartition[] {
    const partitions = new Set(this.committed.ofTopic(topic)?.keys());
    for (const partition of this.pending.ofTopic(topic)?.keys() ?? []) partitions.add(partition);
    return Array.from(partitions, (partition) => ({ topic, partition }));
  }

  /** The same of all topics. */
  written(): TopicPartition[] {
    const topics = new Set<string>();
    for (const [topic] of this.committed.topics()) topics.add(topic);
    for (const [topic] of this.pending.topics()) topics.add(topic);
    return [...topics].flatMap((topic) => this.writtenOf(topic));
  }

  *partitions(): Generator<TopicPartition & { committed: CommittedOffset }> {
    for (const [topic, partitions] of this.committed.topics()) {
      for (const [partition, committed] of partitions) yield { topic, partition, committed };
    }
  }
}
