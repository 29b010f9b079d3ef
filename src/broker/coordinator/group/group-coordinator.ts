import type { Timer } from '../../../base/clock.ts';
import { saturated } from '../../../base/int64.ts';
import type { ErrorName } from '../../../protocol/errors.ts';
import { LedPartition } from '../runtime/led-partition.ts';
import { partitionFor } from '../runtime/partition-for.ts';
import { joinError, syncError } from './classic/answers.ts';
import type { JoinAnswer, SyncAnswer } from './classic/member.ts';
import { describe, describeAbsent, fetchOffsets, listed } from './describe.ts';
import type { Shard } from './group-shard.ts';
import type {
  CommittedOffsetView,
  DescribedGroup,
  HeartbeatRequest,
  JoinRequest,
  LeaveRequest,
  LeaveResult,
  ListedGroup,
  OffsetCommitRequest,
  OffsetDeleteRequest,
  OffsetDeleteResult,
  OffsetFetchRequest,
  OffsetFetchResult,
  SyncRequest,
} from './messages.ts';
import type { GroupCoordinatorPorts } from './ports.ts';

export type { GroupCoordinatorPorts } from './ports.ts';

/**
 * The group coordinator: classic groups (KIP-345, 394, 559, 800, 814 included) and committed
 * offsets, one shard per partition of `__consumer_offsets` that this broker leads. Where a request
 * takes an `answer`, it is called exactly once, during the call or later; a request that parks is
 * always answered: by progress, by a timeout, or when the shard closes.
 */
export class GroupCoordinator {
  readonly #ports: GroupCoordinatorPorts;
  readonly #led = new Map<number, LedPartition>();
  /** The highest leader epoch seen by partition: older news is refused. */
  readonly #epochs = new Map<number, number>();
  #isActive = false;
  #expiryTimer: Timer | undefined;

  constructor(ports: GroupCoordinatorPorts) {
    this.#ports = ports;
  }

  /** Starts answering, and the periodic work. */
  start(): void {
    this.#isActive = true;
    this.#scheduleExpiry();
  }

  /** Answers everything parked and stops all timers. */
  stop(): void {
    this.#isActive = false;
    this.#expiryTimer?.cancel();
    for (const led of this.#led.values()) led.close();
    this.#led.clear();
  }

  /** This broker leads `partition` from `leaderEpoch` on: load it, then serve its groups. */
  onElection(partition: number, leaderEpoch: number): void {
    if (leaderEpoch < (this.#epochs.get(partition) ?? 0)) return;
    const current = this.#led.get(partition);
    // A new epoch with the same leader: nothing that is known here has changed.
    this.#epochs.set(partition, leaderEpoch);
    if (current !== undefined) return;
    const led = new LedPartition(partition, leaderEpoch, this.#ports);
    this.#led.set(partition, led);
    led.load();
  }

  /** This broker no longer leads `partition`; `undefined` says it is being deleted. */
  onResignation(partition: number, leaderEpoch: number | undefined): void {
    if (leaderEpoch !== undefined) {
      if (leaderEpoch < (this.#epochs.get(partition) ?? 0)) return;
      this.#epochs.set(partition, leaderEpoch);
    } else {
      this.#epochs.delete(partition);
    }
    this.#led.get(partition)?.close();
    this.#led.delete(partition);
  }

  /**
   * Drops the offsets that groups committed for partitions which are gone, also those in shards that
   * are still being loaded. Resolves when no group shows them any more.
   */
  async onPartitionsDeleted(topic: string, partitions: readonly number[] | 'all'): Promise<void> {
    await Promise.all(Array.from(this.#led.keys(), (partition) => this.whenLoaded(partition)));
    await Promise.all(
      Array.from(this.#shards(), (shard) => shard.offsets.dropPartitions(topic, partitions)),
    );
  }

  /** The `__consumer_offsets` partition of a group. */
  partitionFor(groupId: string): number {
    return partitionFor(groupId, this.#ports.partitionCount());
  }

  /** Resolves once the shard is loaded, or at once when it is not being loaded here. Never rejects. */
  whenLoaded(partition: number): Promise<void> {
    const led = this.#led.get(partition);
    return led === undefined || led.shard !== undefined ? Promise.resolve() : led.loaded;
  }

  /** Joins or rejoins. The function returned tells that the client is gone. */
  join(request: JoinRequest, answer: JoinAnswer): () => void {
    const ignore = () => {};
    const shard = this.#shardOf(request.groupId, 'named');
    if (typeof shard === 'string') {
      answer(joinError(request.memberId, shard));
      return ignore;
    }
    const { minSessionTimeoutMs, maxSessionTimeoutMs } = this.#ports.config();
    const { sessionTimeoutMs } = request;
    if (sessionTimeoutMs < minSessionTimeoutMs || sessionTimeoutMs > maxSessionTimeoutMs) {
      answer(joinError(request.memberId, 'INVALID_SESSION_TIMEOUT'));
      return ignore;
    }
    shard.join(request, answer);
    return () => shard.abandonJoin(request, answer);
  }

  sync(request: SyncRequest, answer: SyncAnswer): void {
    const shard = this.#shardOf(request.groupId, 'named');
    if (typeof shard !== 'string') {
      shard.sync(request, answer);
    } else {
      // What is being loaded has lost its rebalance: the member joins again. Old clients would not
      // know what to make of a coordinator that loads.
      const isLoading = shard === 'COORDINATOR_LOAD_IN_PROGRESS';
      answer(syncError(isLoading ? 'REBALANCE_IN_PROGRESS' : shard));
    }
  }

  heartbeat(request: HeartbeatRequest): ErrorName {
    const shard = this.#shardOf(request.groupId, 'named');
    if (typeof shard !== 'string') return shard.heartbeat(request);
    // Sessions begin anew once loaded, so nothing is wrong so far.
    return shard === 'COORDINATOR_LOAD_IN_PROGRESS' ? 'NONE' : shard;
  }

  leave(request: LeaveRequest): LeaveResult {
    const shard = this.#shardOf(request.groupId, 'named');
    return typeof shard === 'string' ? { error: shard, members: [] } : shard.leave(request);
  }

  /** One error per entry, in the order of the entries. */
  commitOffsets(request: OffsetCommitRequest, answer: (errors: ErrorName[]) => void): void {
    const shard = this.#shardOf(request.groupId, 'any');
    if (typeof shard === 'string') answer(request.entries.map(() => shard));
    else shard.offsets.commit(request, answer);
  }

  fetchOffsets(request: OffsetFetchRequest): OffsetFetchResult {
    const shard = this.#shardOf(request.groupId, 'any');
    if (typeof shard === 'string') return { error: shard, topics: [] };
    return fetchOffsets(shard.groups.get(request.groupId), request);
  }

  describe(groupId: string): DescribedGroup {
    const shard = this.#shardOf(groupId, 'any');
    if (typeof shard === 'string') return describeAbsent(groupId, shard);
    const group = shard.groups.get(groupId);
    return group === undefined ? describeAbsent(groupId) : describe(group);
  }

  /** The groups of this broker. Empty filters list everything; names are compared without case. */
  list(filter: { states: readonly string[]; types: readonly string[] }): {
    error: ErrorName;
    groups: ListedGroup[];
  } {
    if (!this.#isActive) return { error: 'COORDINATOR_NOT_AVAILABLE', groups: [] };
    const states = new Set(filter.states.map((state) => state.toLowerCase()));
    const types = new Set(filter.types.map((type) => type.toLowerCase()));
    const groups: ListedGroup[] = [];
    for (const shard of this.#shards()) {
      for (const group of shard.groups.values()) {
        const row = listed(group);
        if (states.size > 0 && !states.has(row.state.toLowerCase())) continue;
        if (types.size > 0 && !types.has(row.type)) continue;
        groups.push(row);
      }
    }
    const isLoading = [...this.#led.values()].some(({ shard }) => shard === undefined);
    return { error: isLoading ? 'COORDINATOR_LOAD_IN_PROGRESS' : 'NONE', groups };
  }

  deleteGroup(groupId: string, answer: (error: ErrorName) => void): void {
    const shard = this.#shardOf(groupId, 'any');
    if (typeof shard === 'string') answer(shard);
    else shard.offsets.deleteGroup(groupId, answer);
  }

  deleteOffsets(request: OffsetDeleteRequest, answer: (result: OffsetDeleteResult) => void): void {
    const shard = this.#shardOf(request.groupId, 'named');
    if (typeof shard === 'string') answer({ error: shard, topics: [] });
    else shard.offsets.deleteOffsets(request, answer);
  }

  /** Every committed offset of every loaded group: the lag metric reads it. */
  *committedOffsets(): Generator<CommittedOffsetView> {
    for (const shard of this.#shards()) {
      for (const { groupId, state, offsets } of shard.groups.values()) {
        for (const { topic, partition, committed } of offsets.partitions()) {
          yield { groupId, state, topic, partition, committedOffset: saturated(committed.offset) };
        }
      }
    }
  }

  /** Count of groups by state. */
  groupCounts(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const shard of this.#shards()) {
      for (const { state } of shard.groups.values()) {
        counts.set(state, (counts.get(state) ?? 0) + 1);
      }
    }
    return counts;
  }

  *#shards(): Generator<Shard> {
    for (const { shard } of this.#led.values()) {
      if (shard !== undefined) yield shard;
    }
  }

  /**
   * The shard that serves the group, or why none does. 'any' accepts the empty group id, which old
   * clients commit under; 'named' does not.
   */
  #shardOf(groupId: string, names: 'any' | 'named'): Shard | ErrorName {
    if (names === 'named' && groupId === '') return 'INVALID_GROUP_ID';
    if (!this.#isActive) return 'COORDINATOR_NOT_AVAILABLE';
    const led = this.#led.get(this.partitionFor(groupId));
    if (led === undefined) return 'NOT_COORDINATOR';
    return led.shard ?? 'COORDINATOR_LOAD_IN_PROGRESS';
  }

  #scheduleExpiry(): void {
    this.#expiryTimer = this.#ports.clock.after(
      this.#ports.config().offsetsRetentionCheckIntervalMs,
      () => {
        for (const shard of [...this.#shards()]) shard.offsets.expire();
        this.#scheduleExpiry();
      },
    );
  }
}
