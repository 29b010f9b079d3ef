import type { Timer } from '../base/clock.ts';
import { KafkaError } from '../protocol/errors.ts';
import type { Cluster } from './cluster.ts';
import { mayRetry } from './connection.ts';
import { ClientError } from './errors.ts';
import { Fetcher } from './fetcher.ts';
import { GroupMember } from './group-member.ts';
import {
  commitOffsets,
  fetchCommitted,
  type IsolationLevel,
  listOffsets,
  OFFSET_SPECS,
} from './offsets.ts';
import { type ConsumerRecord, type TopicPartition, topicPartitionName } from './records.ts';

export interface ConsumerOptions {
  /** Absent: no group; only `assign` works, and nothing is committed. */
  readonly groupId?: string;
  readonly groupInstanceId?: string;
  /** Where to start without a committed offset. Default latest. */
  readonly autoOffsetReset?: 'earliest' | 'latest' | 'none';
  readonly isolationLevel?: IsolationLevel;
  readonly fetchMinBytes?: number;
  readonly fetchMaxWaitMs?: number;
  readonly fetchMaxBytes?: number;
  readonly maxPartitionFetchBytes?: number;
  /** Default 500. */
  readonly maxPollRecords?: number;
  /** Default true, with a group. */
  readonly enableAutoCommit?: boolean;
  readonly autoCommitIntervalMs?: number;
  readonly sessionTimeoutMs?: number;
  readonly rebalanceTimeoutMs?: number;
  readonly heartbeatIntervalMs?: number;
  /** In order of preference. Default range, roundrobin. */
  readonly assignors?: readonly string[];
  /** How often a pattern is matched against the topics again. Default 300 s. */
  readonly metadataMaxAgeMs?: number;
}

/** Topic names, or a test on them. */
export type Subscription = readonly string[] | ((topic: string) => boolean);

/** Reads records: of partitions given to it, or of those that its group gives it. */
export class Consumer {
  readonly #cluster: Cluster;
  readonly #options: ConsumerOptions;
  readonly #fetcher: Fetcher;
  readonly #member: GroupMember | undefined;
  #reset: 'earliest' | 'latest' | 'none';
  #subscription: Subscription | undefined;
  #subscribedTopics: string[] = [];
  #topicsKnownAtMs = Number.NEGATIVE_INFINITY;
  #assignment: TopicPartition[] = [];
  /** Partitions whose place to start is not known yet. */
  #unplaced: TopicPartition[] = [];
  /** Partitions whose offset is outside their log: the reset policy places them. */
  #outOfRange: TopicPartition[] = [];
  /** Offsets after the last record handed out, by partition. */
  readonly #consumed = new Map<string, TopicPartition & { offset: number }>();
  #nextCommitMs = 0;
  #closed = false;

  constructor(cluster: Cluster, options: ConsumerOptions = {}) {
    this.#cluster = cluster;
    this.#options = options;
    this.#reset = options.autoOffsetReset ?? 'latest';
    this.#fetcher = new Fetcher(cluster, {
      isolationLevel: options.isolationLevel ?? 'read_uncommitted',
      minBytes: options.fetchMinBytes ?? 1,
      maxWaitMs: options.fetchMaxWaitMs ?? 500,
      maxBytes: options.fetchMaxBytes ?? 52_428_800,
      maxPartitionBytes: options.maxPartitionFetchBytes ?? 1_048_576,
    });
    if (options.groupId !== undefined) {
      this.#member = new GroupMember(cluster, {
        groupId: options.groupId,
        groupInstanceId: options.groupInstanceId ?? null,
        sessionTimeoutMs: options.sessionTimeoutMs ?? 45_000,
        rebalanceTimeoutMs: options.rebalanceTimeoutMs ?? 300_000,
        heartbeatIntervalMs: options.heartbeatIntervalMs ?? 3000,
        assignors: options.assignors ?? ['range', 'roundrobin'],
      });
    }
  }

  /** The group's own way: its members share the partitions. */
  subscribe(subscription: Subscription): void {
    if (!this.#member) throw new ClientError('subscribing needs a group id');
    this.#subscription = subscription;
    this.#topicsKnownAtMs = Number.NEGATIVE_INFINITY;
  }

  /** Reads these partitions, whatever the group says; offsets are looked up, unless `seek` follows. */
  assign(partitions: readonly TopicPartition[]): void {
    this.#take(partitions);
  }

  /** The next record to read. Works for assigned partitions. */
  seek(to: TopicPartition & { readonly offset: number }): void {
    const name = topicPartitionName(to);
    this.#unplaced = this.#unplaced.filter((other) => topicPartitionName(other) !== name);
    const { topic, partition, offset } = to;
    this.#consumed.set(name, { topic, partition, offset });
    this.#fetcher.seek(to);
  }

  /** Reads all assigned partitions from there, whatever is committed. */
  resetTo(where: 'earliest' | 'latest'): void {
    this.#reset = where;
    this.#outOfRange.push(...this.#unplaced);
    this.#unplaced = [];
  }

  /** Takes back a record that was handed out and not used: it is read again, and not committed. */
  giveBack(record: TopicPartition & { readonly offset: number }): void {
    const position = this.position(record);
    if (position !== undefined && record.offset < position) this.seek(record);
  }

  get assignment(): readonly TopicPartition[] {
    return this.#assignment;
  }

  /** The offset of the next record to hand out, or undefined where it is not known yet. */
  position(partition: TopicPartition): number | undefined {
    return this.#consumed.get(topicPartitionName(partition))?.offset;
  }

  /** Records as they come, in order per partition; empty after `timeoutMs` without any. */
  async poll(timeoutMs: number): Promise<ConsumerRecord[]> {
    const { clock } = this.#cluster.ports;
    const deadline = clock.monotonicMs() + timeoutMs;
    for (;;) {
      await this.#rejoinIfNeeded();
      await this.#commitIfDue();
      await this.#placeUnplaced();
      const records = this.#fetcher.take(this.#options.maxPollRecords ?? 500);
      if (records.length > 0) {
        for (const { topic, partition, offset } of records) {
          const name = topicPartitionName({ topic, partition });
          this.#consumed.set(name, { topic, partition, offset: offset + 1 });
        }
        return records;
      }
      const lost = this.#fetcher.takeOutOfRange();
      for (const partition of lost) this.#onOutOfRange(partition);
      const left = deadline - clock.monotonicMs();
      if (left <= 0 || this.#closed) return [];
      if (lost.length === 0) await this.#wait(Math.min(left, 100));
    }
  }

  /** Commits what was handed out so far. Throws KafkaError. */
  async commit(): Promise<void> {
    const { groupId } = this.#options;
    if (groupId === undefined) throw new ClientError('committing needs a group id');
    const member = this.#subscription ? this.#member : undefined;
    await commitOffsets(this.#cluster, groupId, [...this.#consumed.values()], {
      generation: member?.generation ?? -1,
      memberId: member?.memberId ?? '',
      groupInstanceId: this.#options.groupInstanceId ?? null,
    });
  }

  /** Commits (with auto-commit), leaves the group and stops reading. The cluster stays open. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#commitQuietly();
    await this.#member?.leave();
    this.#fetcher.close();
  }

  async #rejoinIfNeeded(): Promise<void> {
    const subscription = this.#subscription;
    const member = this.#member;
    if (!subscription || !member) return;
    await this.#refreshTopics(subscription);
    if (!member.needsJoin) return;
    if (this.#assignment.length > 0) await this.#commitQuietly();
    this.#take([]);
    const assigned = await member.join(this.#subscribedTopics);
    this.#take(assigned);
  }

  /** A new topic that matches a pattern makes this member join again with it. */
  async #refreshTopics(subscription: Subscription): Promise<void> {
    const now = this.#cluster.ports.clock.monotonicMs();
    if (now - this.#topicsKnownAtMs < (this.#options.metadataMaxAgeMs ?? 300_000)) return;
    this.#topicsKnownAtMs = now;
    if (typeof subscription !== 'function') {
      this.#subscribedTopics = [...subscription];
      // Subscribing creates a topic, where the broker allows that.
      await this.#cluster.metadata(subscription, { allowAutoCreate: true });
      return;
    }
    const { topics } = await this.#cluster.metadata(null);
    const matching = topics.map(({ name }) => name).filter(subscription);
    const before = this.#subscribedTopics;
    this.#subscribedTopics = matching.sort();
    if (before.join() !== matching.join() && this.#assignment.length > 0) {
      this.#member?.onGroupError(new KafkaError('REBALANCE_IN_PROGRESS'));
    }
  }

  #take(partitions: readonly TopicPartition[]): void {
    this.#assignment = [...partitions];
    this.#unplaced = [...partitions];
    this.#outOfRange = [];
    this.#consumed.clear();
    this.#fetcher.assign(partitions);
  }

  /** Committed offsets first, then the reset policy. */
  async #placeUnplaced(): Promise<void> {
    const { groupId } = this.#options;
    if (this.#unplaced.length > 0 && groupId !== undefined) {
      for (const offset of await fetchCommitted(this.#cluster, groupId, this.#unplaced)) {
        this.seek(offset);
      }
    }
    const rest = [...this.#unplaced, ...this.#outOfRange];
    this.#unplaced = [];
    this.#outOfRange = [];
    if (rest.length === 0) return;
    const reset = this.#reset;
    if (reset === 'none') {
      throw new ClientError(
        `no offset is committed for ${rest.map(topicPartitionName).join(', ')}, and auto.offset.reset is none`,
      );
    }
    const found = await listOffsets(
      this.#cluster,
      rest.map((partition) => ({ ...partition, timestamp: OFFSET_SPECS[reset] })),
      this.#options.isolationLevel,
    );
    for (const { topic, partition, offset } of found.values()) {
      this.seek({ topic, partition, offset });
    }
  }

  #onOutOfRange(partition: TopicPartition): void {
    if (this.#reset === 'none') {
      throw new KafkaError(
        'OFFSET_OUT_OF_RANGE',
        `the offset of ${topicPartitionName(partition)} is outside its log`,
      );
    }
    this.#consumed.delete(topicPartitionName(partition));
    this.#outOfRange.push(partition);
  }

  async #commitIfDue(): Promise<void> {
    if (!this.#autoCommits) return;
    const now = this.#cluster.ports.clock.monotonicMs();
    if (this.#nextCommitMs === 0) this.#nextCommitMs = now + this.#commitIntervalMs;
    if (now < this.#nextCommitMs) return;
    this.#nextCommitMs = now + this.#commitIntervalMs;
    await this.#commitQuietly();
  }

  get #autoCommits(): boolean {
    return this.#options.groupId !== undefined && (this.#options.enableAutoCommit ?? true);
  }

  get #commitIntervalMs(): number {
    return this.#options.autoCommitIntervalMs ?? 5000;
  }

  /** A lost commit only means that records are read twice; the group's own errors make it rejoin. */
  async #commitQuietly(): Promise<void> {
    if (!this.#autoCommits || this.#consumed.size === 0) return;
    try {
      await this.commit();
    } catch (error) {
      if (error instanceof KafkaError && !error.retriable) this.#member?.onGroupError(error);
      else if (!mayRetry(error)) throw error;
    }
  }

  /** Until records arrive, or the time is over. */
  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      let timer: Timer | undefined;
      const done = () => {
        timer?.cancel();
        this.#fetcher.onRecords = undefined;
        resolve();
      };
      timer = this.#cluster.ports.clock.after(ms, done);
      this.#fetcher.onRecords = done;
    });
  }
}
