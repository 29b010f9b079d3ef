import type { Clock } from '../../../base/clock.ts';
import type { Logger } from '../../../base/logger.ts';
import type { Random } from '../../../base/random.ts';
import type { ErrorName } from '../../../protocol/errors.ts';
import type { CoordinatorLog } from '../runtime/coordinator-log.ts';
import { KeyedTimers } from '../runtime/timers.ts';
import { answerJoin, answerSync, joinError, syncError } from './classic/answers.ts';
import { ClassicGroup } from './classic/classic-group.ts';
import { heartbeat } from './classic/heartbeat.ts';
import { join } from './classic/join.ts';
import { leave } from './classic/leave.ts';
import type { JoinAnswer, SyncAnswer } from './classic/member.ts';
import { memberIdFor } from './classic/member-id.ts';
import { settle, startRebalance } from './classic/rebalance.ts';
import { sync } from './classic/sync.ts';
import { onTime } from './classic/timeouts.ts';
import { onWritten } from './classic/written.ts';
import { type AfterWrite, type Moment, noEffects, type Step } from './effects.ts';
import { MAX_GROUPS_PER_SHARD } from './limits.ts';
import type {
  HeartbeatRequest,
  JoinRequest,
  LeaveRequest,
  LeaveResult,
  SyncRequest,
} from './messages.ts';
import { OffsetStore } from './offsets/offset-store.ts';
import type { GroupCoordinatorPorts } from './ports.ts';
import { groupWriteError } from './write-errors.ts';

/**
 * The groups of one partition of `__consumer_offsets`, loaded and served. It performs what the pure
 * state machine decides: answers, appends, timers.
 */
export class Shard {
  readonly partition: number;
  readonly groups = new Map<string, ClassicGroup>();
  readonly offsets: OffsetStore;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #logger: Logger;
  readonly #log: CoordinatorLog;
  readonly #config: GroupCoordinatorPorts['config'];
  readonly #timers: KeyedTimers;

  constructor(partition: number, ports: GroupCoordinatorPorts) {
    this.partition = partition;
    this.#clock = ports.clock;
    this.#random = ports.random;
    this.#logger = ports.logger.child({ partition });
    this.#log = ports.log;
    this.#config = ports.config;
    this.#timers = new KeyedTimers(ports.clock, (groupId) => this.#onDue(groupId));
    this.offsets = new OffsetStore(this, ports);
  }

  /** Takes over the groups that the log holds. */
  adopt(groups: readonly ClassicGroup[]): void {
    for (const group of groups) {
      this.groups.set(group.groupId, group);
      this.#step(group, (step) => {
        if (group.members.size > step.config.maxSize) {
          startRebalance(group, 'the group is larger than group.max.size allows', step);
          settle(group, step);
        }
      });
    }
  }

  join(request: JoinRequest, answer: JoinAnswer): void {
    const isNew = request.memberId === '';
    const group = isNew ? this.findOrCreate(request.groupId) : this.groups.get(request.groupId);
    if (group === undefined) {
      answer(
        joinError(request.memberId, isNew ? 'COORDINATOR_NOT_AVAILABLE' : 'UNKNOWN_MEMBER_ID'),
      );
      return;
    }
    this.#step(group, (step) => join(group, request, answer, step));
  }

  /**
   * The client of a parked join is gone. A member that was never told its id can't come back, so it
   * goes too, instead of taking partitions that nobody reads. Every other member keeps its place:
   * its client may be reconnecting, and its session decides.
   */
  abandonJoin(request: JoinRequest, answer: JoinAnswer): void {
    if (request.memberId !== '' || request.instanceId !== null) return;
    const group = this.groups.get(request.groupId);
    const member = [...(group?.members.values() ?? [])].find((one) => one.joining === answer);
    if (group === undefined || member === undefined || !member.isNew) return;
    const leaving = { memberId: member.memberId, instanceId: null, reason: 'client is gone' };
    this.#step(group, (step) => leave(group, { groupId: group.groupId, members: [leaving] }, step));
  }

  sync(request: SyncRequest, answer: SyncAnswer): void {
    const group = this.groups.get(request.groupId);
    if (group === undefined) answer(syncError('UNKNOWN_MEMBER_ID'));
    else this.#step(group, (step) => sync(group, request, answer, step));
  }

  heartbeat(request: HeartbeatRequest): ErrorName {
    const group = this.groups.get(request.groupId);
    return group === undefined ? 'UNKNOWN_MEMBER_ID' : heartbeat(group, request, this.now());
  }

  leave(request: LeaveRequest): LeaveResult {
    const group = this.groups.get(request.groupId);
    if (group !== undefined) return this.#step(group, (step) => leave(group, request, step));
    const members = request.members.map(({ memberId, instanceId }) => ({
      memberId,
      instanceId,
      error: 'UNKNOWN_MEMBER_ID' as const,
    }));
    return { error: 'NONE', members };
  }

  /** Undefined when the shard holds as many groups as it may. */
  findOrCreate(groupId: string): ClassicGroup | undefined {
    const existing = this.groups.get(groupId);
    if (existing !== undefined) return existing;
    if (this.groups.size >= MAX_GROUPS_PER_SHARD) {
      this.#logger.warn({ group: groupId, groups: this.groups.size }, 'too many groups');
      return undefined;
    }
    const group = new ClassicGroup(groupId, this.#clock.now());
    this.groups.set(groupId, group);
    return group;
  }

  forget(group: ClassicGroup): void {
    this.#timers.cancel(group.groupId);
    if (this.groups.get(group.groupId) === group) this.groups.delete(group.groupId);
  }

  /** Ends everything: parked requests are answered with `error`, no timer is left. */
  close(error: ErrorName): void {
    const effects = noEffects();
    for (const group of this.groups.values()) {
      for (const member of group.members.values()) {
        answerJoin(group, member, joinError(member.memberId, error), effects);
        answerSync(member, syncError(error), effects);
      }
      group.transitionTo('Dead', this.#clock.now());
    }
    this.groups.clear();
    this.#timers.cancelAll();
    for (const { answer, result } of effects.joins) answer(result);
    for (const { answer, result } of effects.syncs) answer(result);
  }

  now(): Moment {
    return { wallMs: this.#clock.now(), monotonicMs: this.#clock.monotonicMs() };
  }

  #onDue(groupId: string): void {
    const group = this.groups.get(groupId);
    if (group !== undefined) this.#step(group, (step) => onTime(group, step));
  }

  /** Runs one step of the state machine and does what it wants done. */
  #step<Result>(group: ClassicGroup, run: (step: Step) => Result): Result {
    const effects = noEffects();
    const result = run({
      now: this.now(),
      config: this.#config(),
      newMemberId: (prefix) => memberIdFor(prefix, this.#random),
      effects,
    });
    for (const { level, message, fields } of effects.notes) this.#logger[level](fields, message);
    for (const { record, after } of effects.writes) {
      this.#log.append(this.partition, [record], this.#clock.now(), ({ error }) =>
        this.#onAppended(group, after, error),
      );
    }
    // A dead group keeps no timer, and neither does one that was removed meanwhile.
    if (this.groups.get(group.groupId) === group) {
      this.#timers.arm(group.groupId, group.nextDeadlineMs());
    }
    for (const { answer, result: joinResult } of effects.joins) answer(joinResult);
    for (const { answer, result: syncResult } of effects.syncs) answer(syncResult);
    return result;
  }

  #onAppended(group: ClassicGroup, after: AfterWrite, error: ErrorName): void {
    this.#step(group, (step) => onWritten(group, after, groupWriteError(error), step));
  }
}
