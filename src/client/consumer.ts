import type { Timer } from '../base/clock.ts';
import { saturated } from '../base/int64.ts';
import { KafkaError } from '../protocol/errors.ts';
import type { TopicPartition } from '../protocol/topic-partition.ts';
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
import { type ConsumerRecord, topicPartitionName } from './records.ts';
import { within } from './within.ts';

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

/** As long as Kafka's consumer gives itself. */
const CLOSE_MS = 30_000;
const RETRY_BACKOFF_MS = 200;

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
  #woken = false;
  /** Joining, committing and finding places are under way; it may take longer than a poll. */
  #isKeepingUp = false;
  /** What ended that for good: the next poll throws it. */
  #failure: Error | undefined;
  /** What it waits for to get better. */
  #trouble: Error | undefined;
  /** Ends the wait of the poll that is waiting. */
  #wake: (() => void) | undefined;

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
    const isOther = (one: TopicPartition) => topicPartitionName(one) !== name;
    this.#unplaced = this.#unplaced.filter(isOther);
    this.#outOfRange = this.#outOfRange.filter(isOther);
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

  /** What keeps records from coming at the moment, though it may pass: a broker that is gone, say. */
  get trouble(): Error | undefined {
    return this.#trouble ?? this.#fetcher.trouble;
  }

  /**
   * Records as they come, in order per partition; empty after `timeoutMs` without any, whatever the brokers do. What
   * may get better by itself is waited for; see `trouble`. Throws what cannot.
   */
  async poll(timeoutMs: number): Promise<ConsumerRecord[]> {
    const { clock } = this.#cluster.ports;
    const deadline = clock.monotonicMs() + timeoutMs;
    for (;;) {
      const failure = this.#failure;
      this.#failure = undefined;
      if (failure) throw failure;
      if (this.#closed || this.#woken) return [];
      if (!this.#isKeepingUp && this.#hasUpkeep()) this.#keepUp();
      const left = deadline - clock.monotonicMs();
      if (this.#isKeepingUp) {
        if (left <= 0) return [];
        await this.#wait(left);
        continue;
      }
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
      if (left <= 0) return [];
      if (lost.length === 0) await this.#wait(Math.min(left, 100));
    }
  }

  /** Ends the poll that waits, and every later one, at once: for a program that wants to stop. */
  wakeup(): void {
    this.#woken = true;
    this.#wake?.();
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

  /**
   * Commits (with auto-commit), leaves the group and stops reading, in `timeoutMs` at most. The cluster stays open.
   * Resolves to what kept the last commit from being made, if anything did.
   */
  async close(timeoutMs = CLOSE_MS): Promise<Error | undefined> {
    if (this.#closed) return undefined;
    this.#closed = true;
    this.#wake?.();
    this.#fetcher.close();
    const { clock } = this.#cluster.ports;
    const deadline = clock.monotonicMs() + timeoutMs;
    const late = () => new ClientError(`no broker answered within ${timeoutMs} ms`);
    const inTime = <T>(work: Promise<T>): Promise<T> =>
      within(clock, Math.max(0, deadline - clock.monotonicMs()), work, late);
    let failure: Error | undefined;
    try {
      if (this.#autoCommits && this.#consumed.size > 0) await inTime(this.commit());
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
    }
    // Who does not get round to leave is missed when its session ends.
    await inTime(this.#member?.leave() ?? Promise.resolve()).catch(() => {});
    return failure;
  }

  #hasUpkeep(): boolean {
    const member = this.#subscription ? this.#member : undefined;
    return (
      (member !== undefined && (this.#areTopicsDue || member.needsJoin)) ||
      this.#isCommitDue ||
      this.#unplaced.length > 0 ||
      this.#outOfRange.length > 0
    );
  }

  /** Begins to join, to commit and to find places. Polls wait for the end of it, but not longer than they may. */
  #keepUp(): void {
    this.#isKeepingUp = true;
    this.#doUpkeep()
      .then(
        () => {
          this.#trouble = undefined;
        },
        async (error: unknown) => {
          const failure = error instanceof Error ? error : new Error(String(error));
          // A wrong address is reported at once; a broker that was there may come back.
          if (mayRetry(failure) && this.#cluster.everConnected) {
            this.#trouble = failure;
            await this.#cluster.sleep(RETRY_BACKOFF_MS);
          } else this.#failure = failure;
        },
      )
      .finally(() => {
        this.#isKeepingUp = false;
        this.#wake?.();
      });
  }

  async #doUpkeep(): Promise<void> {
    await this.#rejoinIfNeeded();
    await this.#commitIfDue();
    await this.#placeUnplaced();
  }

  async #rejoinIfNeeded(): Promise<void> {
    const subscription = this.#subscription;
    const member = this.#member;
    if (!subscription || !member) return;
    await this.#refreshTopics(subscription);
    if (!member.needsJoin) return;
    if (this.#assignment.length > 0) await this.#commitQuietly();
    if (this.#closed) return;
    this.#take([]);
    const assigned = await member.join(this.#subscribedTopics);
    if (!this.#closed) this.#take(assigned);
  }

  get #areTopicsDue(): boolean {
    const ageMs = this.#cluster.ports.clock.monotonicMs() - this.#topicsKnownAtMs;
    return ageMs >= (this.#options.metadataMaxAgeMs ?? 300_000);
  }

  /** A new topic that matches a pattern makes this member join again with it. */
  async #refreshTopics(subscription: Subscription): Promise<void> {
    if (!this.#areTopicsDue) return;
    const nowMs = this.#cluster.ports.clock.monotonicMs();
    if (typeof subscription !== 'function') {
      this.#subscribedTopics = [...subscription];
      // Subscribing creates a topic, where the broker allows that.
      await this.#cluster.metadata(subscription, { allowAutoCreate: true });
      this.#topicsKnownAtMs = nowMs;
      return;
    }
    const { topics } = await this.#cluster.metadata(null);
    this.#topicsKnownAtMs = nowMs;
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
        if (!this.#isUnplaced(offset)) continue;
        this.seek({ ...offset, offset: saturated(offset.offset) });
      }
    }
    const rest = [...this.#unplaced, ...this.#outOfRange];
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
      if (this.#isUnplaced({ topic, partition })) this.seek({ topic, partition, offset });
    }
  }

  /** Still: somebody may have placed it, or taken it away, while a broker was asked. */
  #isUnplaced(partition: TopicPartition): boolean {
    const name = topicPartitionName(partition);
    return [...this.#unplaced, ...this.#outOfRange].some((one) => topicPartitionName(one) === name);
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

  get #isCommitDue(): boolean {
    if (!this.#autoCommits) return false;
    const now = this.#cluster.ports.clock.monotonicMs();
    if (this.#nextCommitMs === 0) this.#nextCommitMs = now + this.#commitIntervalMs;
    return now >= this.#nextCommitMs;
  }

  async #commitIfDue(): Promise<void> {
    if (!this.#isCommitDue) return;
    this.#nextCommitMs = this.#cluster.ports.clock.monotonicMs() + this.#commitIntervalMs;
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

  /** Until records arrive, the upkeep is done, somebody wants to stop, or the time is over. */
  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      let timer: Timer | undefined;
      const done = () => {
        timer?.cancel();
        this.#fetcher.onRecords = undefined;
        this.#wake = undefined;
        resolve();
      };
      timer = this.#cluster.ports.clock.after(ms, done);
      this.#wake = done;
      if (!this.#isKeepingUp) this.#fetcher.onRecords = done;
    });
  }
}
