import type { Clock } from '../../../base/clock.ts';
import { saturated } from '../../../base/int64.ts';
import type { Logger } from '../../../base/logger.ts';
import type { Random } from '../../../base/random.ts';
import type { LongWork } from '../../../base/slices.ts';
import type { ErrorName } from '../../../protocol/errors.ts';
import { NO_ELEMENTS } from '../../../protocol/schema/index.ts';
import type { CoordinatorLog } from '../runtime/coordinator-log.ts';
import { CoordinatorRuntime } from '../runtime/coordinator-runtime.ts';
import type { ServingShard } from '../runtime/serving-shard.ts';
import { joinError, syncError } from './classic/answers.ts';
import type { JoinAnswer, SyncAnswer } from './classic/member.ts';
import { memberIdFor } from './classic/member-id.ts';
import { MemberMemory } from './classic/member-memory.ts';
import { describe, describeAbsent, listed } from './describe.ts';
import type { GroupProtocol } from './group.ts';
import type { GroupConfig } from './group-config.ts';
import type { GroupShard } from './group-shard.ts';
import { groupKind } from './kind.ts';
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
import { deleteGroup, deleteOffsets } from './offsets/delete.ts';
import type { GroupRecord } from './records.ts';
import type { GroupContext } from './step.ts';

export interface GroupCoordinatorPorts {
  clock: Clock;
  random: Random;
  logger: Logger;
  log: CoordinatorLog;
  /** What the subscriptions of all members may take up; no limit by default. */
  maxMemberBytes?: number;
  /** The share of the event loop for what goes through all groups. */
  slices?: LongWork;
  /** Read at every use, so that a changed setting takes effect at once. */
  config: () => GroupConfig;
  /** Partitions of `__consumer_offsets`: of the topic, or as configured before it exists. */
  partitionCount: () => number;
}

type Serving = ServingShard<GroupRecord, GroupContext, GroupShard>;

/**
 * The group coordinator: classic groups (KIP-345, 394, 559, 800, 814 included) and committed
 * offsets, one shard per partition of `__consumer_offsets` that this broker leads. Where a request
 * takes an `answer`, it is called exactly once, during the call or later; a request that parks is
 * always answered: by progress, by a timeout, or when the shard is unloaded.
 */
export class GroupCoordinator {
  readonly runtime: CoordinatorRuntime<GroupRecord, GroupContext, GroupShard>;
  /** What the members of all groups take up. */
  readonly memory: MemberMemory;
  readonly #config: () => GroupConfig;

  constructor(ports: GroupCoordinatorPorts) {
    const { config, random } = ports;
    this.#config = config;
    this.memory = new MemberMemory(ports.maxMemberBytes);
    const newMemberId = (prefix: string) => memberIdFor(prefix, random);
    this.runtime = new CoordinatorRuntime(
      groupKind({ config, newMemberId, memory: this.memory }),
      ports,
    );
  }

  /** Joins or rejoins. Call the function it returns when the client is gone. */
  join(request: JoinRequest, answer: JoinAnswer): () => void {
    const ignore = () => {};
    const shard = this.#shardOf(request.groupId, 'named');
    if (typeof shard === 'string') {
      answer(joinError(request.memberId, shard));
      return ignore;
    }
    const { minSessionTimeoutMs, maxSessionTimeoutMs } = this.#config();
    const { sessionTimeoutMs } = request;
    if (sessionTimeoutMs < minSessionTimeoutMs || sessionTimeoutMs > maxSessionTimeoutMs) {
      answer(joinError(request.memberId, 'INVALID_SESSION_TIMEOUT'));
      return ignore;
    }
    shard.run((step) => shard.state.join(request, answer, step));
    return () => shard.run((step) => shard.state.abandonJoin(request, answer, step));
  }

  sync(request: SyncRequest, answer: SyncAnswer): void {
    const shard = this.#shardOf(request.groupId, 'named');
    if (typeof shard !== 'string') {
      shard.run((step) => shard.state.sync(request, answer, step));
    } else {
      // What is being loaded has lost its rebalance: the member joins again. Old clients would not
      // know what to make of a coordinator that loads.
      const isLoading = shard === 'COORDINATOR_LOAD_IN_PROGRESS';
      answer(syncError(isLoading ? 'REBALANCE_IN_PROGRESS' : shard));
    }
  }

  heartbeat(request: HeartbeatRequest): ErrorName {
    const shard = this.#shardOf(request.groupId, 'named');
    if (typeof shard !== 'string') return shard.state.heartbeat(request, shard.now());
    // Sessions begin anew once loaded, so nothing is wrong so far.
    return shard === 'COORDINATOR_LOAD_IN_PROGRESS' ? 'NONE' : shard;
  }

  leave(request: LeaveRequest): LeaveResult {
    const shard = this.#shardOf(request.groupId, 'named');
    if (typeof shard === 'string') return { error: shard, members: [] };
    return shard.run((step) => shard.state.leave(request, step));
  }

  /** One error per entry, in the order of the entries. */
  commitOffsets(request: OffsetCommitRequest, answer: (errors: ErrorName[]) => void): void {
    const shard = this.#shardOf(request.groupId, 'any');
    if (typeof shard === 'string') answer(request.entries.map(() => shard));
    else shard.run((step) => shard.state.commit(request, answer, step));
  }

  fetchOffsets(request: OffsetFetchRequest): OffsetFetchResult {
    const shard = this.#shardOf(request.groupId, 'any');
    if (typeof shard === 'string') return { error: shard, topics: NO_ELEMENTS };
    return shard.state.fetchOffsets(request);
  }

  describe(groupId: string): DescribedGroup {
    const shard = this.#shardOf(groupId, 'any');
    if (typeof shard === 'string') return describeAbsent(groupId, shard);
    const group = shard.state.groups.get(groupId);
    return group === undefined ? describeAbsent(groupId) : describe(group);
  }

  /** The groups of this broker, one by one: one that comes or goes meanwhile may be among them or not. */
  *list(): Generator<ListedGroup> {
    if (!this.runtime.isActive) return;
    for (const { state: shard } of this.runtime.shards()) {
      for (const group of shard.groups.values()) yield listed(group);
    }
  }

  /** Why a list of groups may lack some. */
  get listError(): ErrorName {
    if (!this.runtime.isActive) return 'COORDINATOR_NOT_AVAILABLE';
    return this.runtime.isLoading ? 'COORDINATOR_LOAD_IN_PROGRESS' : 'NONE';
  }

  deleteGroup(groupId: string, answer: (error: ErrorName) => void): void {
    const shard = this.#shardOf(groupId, 'any');
    if (typeof shard === 'string') answer(shard);
    else shard.run((step) => deleteGroup(shard.state.groups, groupId, answer, step));
  }

  deleteOffsets(request: OffsetDeleteRequest, answer: (result: OffsetDeleteResult) => void): void {
    const shard = this.#shardOf(request.groupId, 'named');
    if (typeof shard === 'string') answer({ error: shard, topics: [] });
    else shard.run((step) => deleteOffsets(shard.state.groups, request, answer, step));
  }

  /** Every committed offset of every loaded group, those with members first: the lag metric reads it. */
  *committedOffsets(): Generator<CommittedOffsetView> {
    yield* this.#offsetsOf(({ state }) => state !== 'Empty');
    yield* this.#offsetsOf(({ state }) => state === 'Empty');
  }

  *#offsetsOf(isWanted: (protocol: GroupProtocol) => boolean): Generator<CommittedOffsetView> {
    for (const { state: shard } of this.runtime.shards()) {
      for (const { id: groupId, protocol, offsets } of shard.groups.values()) {
        if (!isWanted(protocol)) continue;
        const { state } = protocol;
        for (const { topic, partition, committed } of offsets.partitions()) {
          yield { groupId, state, topic, partition, committedOffset: saturated(committed.offset) };
        }
      }
    }
  }

  /** Count of groups by state. */
  groupCounts(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { state: shard } of this.runtime.shards()) {
      for (const { protocol } of shard.groups.values()) {
        const { state } = protocol;
        counts.set(state, (counts.get(state) ?? 0) + 1);
      }
    }
    return counts;
  }

  /**
   * The shard that serves the group, or why none does. 'any' accepts the empty group id, which old
   * clients commit under; 'named' does not.
   */
  #shardOf(groupId: string, names: 'any' | 'named'): Serving | ErrorName {
    if (names === 'named' && groupId === '') return 'INVALID_GROUP_ID';
    return this.runtime.shardFor(groupId);
  }
}
