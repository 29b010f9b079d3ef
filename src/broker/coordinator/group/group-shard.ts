import type { Int64 } from '../../../base/int64.ts';
import type { ErrorName } from '../../../protocol/errors.ts';
import type { Shard } from '../runtime/shard.ts';
import type { Moment } from '../runtime/step.ts';
import { answerJoin, answerSync, joinError, restartSession, syncError } from './classic/answers.ts';
import { ClassicGroup } from './classic/classic-group.ts';
import { checkCommit } from './classic/commit-check.ts';
import { heartbeat } from './classic/heartbeat.ts';
import { join } from './classic/join.ts';
import { leave } from './classic/leave.ts';
import type { JoinAnswer, SyncAnswer } from './classic/member.ts';
import type { MemberMemory } from './classic/member-memory.ts';
import { setAlarm, settle, startRebalance } from './classic/rebalance.ts';
import { revive } from './classic/stored.ts';
import { sync } from './classic/sync.ts';
import { onTime } from './classic/timeouts.ts';
import { Group, type Groups } from './group.ts';
import { MAX_GROUPS_PER_SHARD } from './limits.ts';
import type {
  HeartbeatRequest,
  JoinRequest,
  LeaveRequest,
  LeaveResult,
  OffsetCommitRequest,
  OffsetFetchRequest,
  OffsetFetchResult,
  SyncRequest,
} from './messages.ts';
import { commit } from './offsets/commit.ts';
import { dropPartitions } from './offsets/delete.ts';
import { expire } from './offsets/expiry.ts';
import { fetchOffsets } from './offsets/fetch.ts';
import type { GroupRecord } from './records.ts';
import type { Act, GroupContext, Step } from './step.ts';

/** The groups of one partition of `__consumer_offsets`, and which of them a request is for. */
export class GroupShard implements Shard<GroupRecord, GroupContext> {
  readonly groups: Groups = new Map();
  /** The groups with offsets in an open transaction, by producer id. */
  readonly #inTransaction = new Map<Int64, Set<Group>>();

  readonly #memory: MemberMemory;

  constructor(memory: MemberMemory) {
    this.#memory = memory;
  }

  get size(): number {
    return this.groups.size;
  }

  replay(record: GroupRecord, producerId: Int64 | undefined): void {
    if (record.kind === 'group') {
      const { groupId, metadata } = record;
      if (metadata !== null) this.#group(groupId).protocol.stored = metadata;
      else this.#bury(groupId);
    } else if (producerId === undefined) {
      const { groupId, topic, partition, committed } = record;
      if (committed !== null) this.#group(groupId).offsets.apply(topic, partition, committed);
      else this.groups.get(groupId)?.offsets.apply(topic, partition, null);
    } else {
      const group = this.#group(record.groupId);
      group.offsets.applyLater(producerId, record);
      const groups = this.#inTransaction.get(producerId);
      if (groups === undefined) this.#inTransaction.set(producerId, new Set([group]));
      else groups.add(group);
    }
  }

  endTransaction(producerId: Int64, isCommitted: boolean): void {
    for (const { offsets } of this.#inTransaction.get(producerId) ?? []) {
      offsets.endTransaction(producerId, isCommitted);
    }
    this.#inTransaction.delete(producerId);
  }

  loaded(step: Step): void {
    for (const producerId of this.#inTransaction.keys()) {
      step.note('info', 'a transaction with offsets is still open', { producerId });
    }
    for (const [groupId, { offsets, protocol }] of this.groups) {
      // All that the log said about it is buried.
      if (protocol.stored === undefined && offsets.isEmpty) {
        this.groups.delete(groupId);
        continue;
      }
      revive(protocol, step);
      if (protocol.members.size > step.context.config().maxSize) {
        startRebalance(protocol, 'the group is larger than group.max.size allows', step);
        settle(protocol, step);
      }
      setAlarm(protocol, step);
    }
  }

  due(groupId: string, step: Step): void {
    const protocol = this.groups.get(groupId)?.protocol;
    if (protocol === undefined) return;
    onTime(protocol, step);
    setAlarm(protocol, step);
  }

  *sweep(): Generator<Act> {
    for (const group of this.groups.values()) {
      yield (step) => expire(this.groups, group, step);
    }
  }

  *partitionsDeleted(topic: string, partitions: readonly number[] | 'all'): Generator<Act> {
    for (const group of this.groups.values()) {
      yield (step) => dropPartitions(this.groups, group, { topic, partitions }, step);
    }
  }

  unload(error: ErrorName, step: Step): void {
    for (const { protocol } of this.groups.values()) {
      for (const member of protocol.members.values()) {
        answerJoin(protocol, member, joinError(member.memberId, error), step);
        answerSync(member, syncError(error), step);
      }
      protocol.transitionTo('Dead', step.now.wallMs);
      protocol.release();
    }
    this.groups.clear();
  }

  join(request: JoinRequest, answer: JoinAnswer, step: Step): void {
    const { groupId, memberId } = request;
    const isNew = memberId === '';
    const group = isNew ? this.#findOrCreate(groupId, step) : this.groups.get(groupId);
    if (group === undefined) {
      const error = isNew ? 'COORDINATOR_NOT_AVAILABLE' : 'UNKNOWN_MEMBER_ID';
      step.answer(answer, joinError(memberId, error));
      return;
    }
    join(group.protocol, request, answer, step);
    setAlarm(group.protocol, step);
  }

  /**
   * The client of a parked join is gone. A member that was never told its id can't come back, so it
   * goes too, instead of taking partitions that nobody reads. Every other member keeps its place:
   * its client may be reconnecting, and its session decides.
   */
  abandonJoin(request: JoinRequest, answer: JoinAnswer, step: Step): void {
    if (request.memberId !== '' || request.instanceId !== null) return;
    const { groupId } = request;
    const members = this.groups.get(groupId)?.protocol.members.values() ?? [];
    const member = [...members].find((one) => one.joining === answer);
    if (member === undefined || !member.isNew) return;
    const leaving = { memberId: member.memberId, instanceId: null, reason: 'client is gone' };
    this.leave({ groupId, members: [leaving] }, step);
  }

  sync(request: SyncRequest, answer: SyncAnswer, step: Step): void {
    const protocol = this.groups.get(request.groupId)?.protocol;
    if (protocol === undefined) {
      step.answer(answer, syncError('UNKNOWN_MEMBER_ID'));
      return;
    }
    sync(protocol, request, answer, step);
    setAlarm(protocol, step);
  }

  /** A heartbeat only moves a deadline further away, so it takes no step. */
  heartbeat(request: HeartbeatRequest, now: Moment): ErrorName {
    const protocol = this.groups.get(request.groupId)?.protocol;
    return protocol === undefined ? 'UNKNOWN_MEMBER_ID' : heartbeat(protocol, request, now);
  }

  leave(request: LeaveRequest, step: Step): LeaveResult {
    const protocol = this.groups.get(request.groupId)?.protocol;
    if (protocol === undefined) {
      const members = request.members.map(({ memberId, instanceId }) => ({
        memberId,
        instanceId,
        error: 'UNKNOWN_MEMBER_ID' as const,
      }));
      return { error: 'NONE', members };
    }
    const result = leave(protocol, request, step);
    setAlarm(protocol, step);
    return result;
  }

  /** One error per entry. */
  commit(request: OffsetCommitRequest, answer: (errors: ErrorName[]) => void, step: Step): void {
    const refuse = (error: ErrorName) =>
      step.answer(
        answer,
        request.entries.map(() => error),
      );
    const existing = this.groups.get(request.groupId);
    const error = checkCommit(existing?.protocol, request);
    if (error !== 'NONE') {
      refuse(error);
      return;
    }
    const group = existing ?? this.#findOrCreate(request.groupId, step);
    if (group === undefined) {
      refuse('COORDINATOR_NOT_AVAILABLE');
      return;
    }
    // A commit is a sign of life.
    const member = group.protocol.members.get(request.memberId);
    if (member !== undefined) restartSession(member, step.now);
    commit(group, request, answer, step);
  }

  fetchOffsets(request: OffsetFetchRequest): OffsetFetchResult {
    const group = this.groups.get(request.groupId);
    return fetchOffsets(group?.protocol.state === 'Dead' ? undefined : group?.offsets, request);
  }

  /** Undefined when the shard holds as many groups as it may. */
  #findOrCreate(groupId: string, step: Step): Group | undefined {
    const existing = this.groups.get(groupId);
    if (existing !== undefined) return existing;
    if (this.groups.size >= MAX_GROUPS_PER_SHARD) {
      step.note('warn', 'too many groups', { group: groupId, groups: this.groups.size });
      return undefined;
    }
    const group = this.#group(groupId);
    group.protocol.stateSinceMs = step.now.wallMs;
    return group;
  }

  #group(groupId: string): Group {
    let group = this.groups.get(groupId);
    if (group === undefined) {
      group = new Group(groupId, new ClassicGroup(groupId, this.#memory));
      this.groups.set(groupId, group);
    }
    return group;
  }

  #bury(groupId: string): void {
    const group = this.groups.get(groupId);
    if (group !== undefined) group.protocol.stored = undefined;
  }
}
