import { assert } from '../../../../base/assert.ts';
import type { ErrorName } from '../../../../protocol/errors.ts';
import { noBytes } from '../keep.ts';
import type { Step } from '../step.ts';
import { groupWriteError } from '../write-errors.ts';
import {
  answerJoin,
  answerSync,
  dropMember,
  joined,
  restartSession,
  syncError,
  synced,
} from './answers.ts';
import type { ClassicGroup } from './classic-group.ts';
import type { GroupState } from './states.ts';
import { snapshot } from './stored.ts';

/** Starts a rebalance unless one is already waiting for members, or there is nothing to rebalance. */
export function startRebalance(group: ClassicGroup, reason: string, step: Step): void {
  if (group.state === 'PreparingRebalance' || group.state === 'Dead') return;
  if (group.state === 'CompletingRebalance') {
    for (const member of group.members.values()) {
      member.assignment = noBytes;
      if (answerSync(member, syncError('REBALANCE_IN_PROGRESS'), step)) {
        restartSession(member, step.now);
      }
    }
  }
  endPendingSync(group);
  const rebalanceTimeoutMs = group.rebalanceTimeoutMs();
  if (group.state === 'Empty') {
    const delayMs = step.context.config().initialRebalanceDelayMs;
    group.newMemberAdded = false;
    group.joinWait = {
      deadlineMs: step.now.monotonicMs + delayMs,
      initial: { delayMs, remainingMs: Math.max(rebalanceTimeoutMs - delayMs, 0) },
    };
  } else {
    group.joinWait = {
      deadlineMs: step.now.monotonicMs + rebalanceTimeoutMs,
      initial: undefined,
    };
  }
  move(group, 'PreparingRebalance', reason, step);
}

/** Completes the rebalance as soon as it can be; the last act of every step. */
export function settle(group: ClassicGroup, step: Step): void {
  if (group.state !== 'PreparingRebalance') return;
  const wait = group.joinWait;
  assert(wait !== undefined, `group ${group.groupId} prepares without a deadline`);
  const isOver = step.now.monotonicMs >= wait.deadlineMs;
  if (wait.initial !== undefined) {
    if (!isOver) return;
    const { delayMs, remainingMs } = wait.initial;
    if (group.newMemberAdded && remainingMs > 0) {
      group.newMemberAdded = false;
      const nextDelayMs = Math.min(step.context.config().initialRebalanceDelayMs, remainingMs);
      group.joinWait = {
        deadlineMs: step.now.monotonicMs + nextDelayMs,
        initial: { delayMs: nextDelayMs, remainingMs: Math.max(remainingMs - delayMs, 0) },
      };
      if (nextDelayMs > 0) return;
    }
    completeJoin(group, step);
  } else if (isOver || group.hasAllMembersJoined()) {
    completeJoin(group, step);
  }
}

/** Ends PreparingRebalance: whoever joined is the next generation. */
function completeJoin(group: ClassicGroup, step: Step): void {
  const missing = [...group.members.values()].filter(
    (member) => member.joining === undefined && member.instanceId === null,
  );
  for (const { memberId } of missing) dropMember(group, memberId, 'UNKNOWN_MEMBER_ID', step);
  if (missing.length > 0) {
    note(group, step, 'info', 'members did not rejoin in time and are removed', {
      members: missing.map(({ memberId }) => memberId),
    });
  }
  if (group.members.size > 0 && !electJoinedLeader(group)) {
    // Only static members are left and none of them is back: wait on. Their sessions end the wait.
    group.joinWait = {
      deadlineMs: step.now.monotonicMs + Math.max(group.rebalanceTimeoutMs(), 1),
      initial: undefined,
    };
    return;
  }
  group.joinWait = undefined;
  group.generation++;
  if (group.members.size === 0) becomeEmpty(group, step);
  else beginGeneration(group, step);
}

/** The leader must be a member that has joined; false when nobody has. */
function electJoinedLeader(group: ClassicGroup): boolean {
  const leader = group.leaderId === null ? undefined : group.members.get(group.leaderId);
  if (leader?.joining !== undefined) return true;
  for (const member of group.members.values()) {
    if (member.joining === undefined) continue;
    group.leaderId = member.memberId;
    return true;
  }
  return false;
}

function becomeEmpty(group: ClassicGroup, step: Step): void {
  group.protocolName = null;
  endPendingSync(group);
  group.refreshSubscribedTopics();
  move(group, 'Empty', 'the last member is gone', step);
  // If the record is lost, a restart finds the last generation with its members, who time out.
  store(group, new Map(), step, () => {});
}

function beginGeneration(group: ClassicGroup, step: Step): void {
  group.protocolName = group.electProtocol();
  group.refreshSubscribedTopics();
  move(group, 'CompletingRebalance', 'all members are in', step);
  group.pendingSync.clear();
  for (const member of group.members.values()) {
    answerJoin(group, member, joined(group, member.memberId), step);
    restartSession(member, step.now);
    member.isNew = false;
    group.pendingSync.add(member.memberId);
  }
  group.syncDeadlineMs = step.now.monotonicMs + group.rebalanceTimeoutMs();
}

/**
 * Writes the group as it is now, but with `assignments` by member id. `then` runs once it is known
 * what became of the record, unless the group is deleted; `error` is the clients' name for it.
 */
export function store(
  group: ClassicGroup,
  assignments: ReadonlyMap<string, Buffer>,
  step: Step,
  then: (error: ErrorName, later: Step) => void,
): void {
  const metadata = snapshot(group, assignments);
  group.storingCount++;
  step.write([{ kind: 'group', groupId: group.groupId, metadata }], {
    settled(failure, later) {
      group.storingCount--;
      const error = groupWriteError(failure);
      if (error !== 'NONE') {
        note(group, later, 'warn', 'a record of the group was not committed', { error });
      }
      if (group.state === 'Dead') return;
      then(error, later);
      settle(group, later);
      setAlarm(group, later);
    },
  });
}

/** Asks to be woken at the group's next deadline. Every step that may bring one nearer ends with it. */
export function setAlarm(group: ClassicGroup, step: Step): void {
  step.wake(group.groupId, group.nextDeadlineMs());
}

/** The assignment is committed: everybody who waits for it gets it. */
export function becomeStable(group: ClassicGroup, step: Step): void {
  const assignments = new Map(
    group.stored?.members.map(({ memberId, assignment }) => [memberId, assignment]),
  );
  for (const member of group.members.values()) {
    member.assignment = assignments.get(member.memberId) ?? noBytes;
    if (answerSync(member, synced(group, member), step)) {
      restartSession(member, step.now);
    }
  }
  move(group, 'Stable', 'the assignment is committed', step);
}

/** Nobody is waited for to sync any more. */
export function endPendingSync(group: ClassicGroup): void {
  group.pendingSync.clear();
  group.syncDeadlineMs = undefined;
}

/** Goes to `state` and says so in the log: one line per transition. */
export function move(group: ClassicGroup, state: GroupState, reason: string, step: Step): void {
  const from = group.state;
  group.transitionTo(state, step.now.wallMs);
  const sentence = `group ${group.groupId} goes from ${from} to ${state}: ${reason}`;
  note(group, step, 'info', sentence, { members: group.members.size });
}

export function note(
  group: ClassicGroup,
  step: Step,
  level: 'info' | 'warn',
  message: string,
  fields: Record<string, unknown>,
): void {
  step.note(level, message, { group: group.groupId, generation: group.generation, ...fields });
}
