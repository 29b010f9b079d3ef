import type { ErrorName } from '../../../../protocol/errors.ts';
import type { Moment } from '../../runtime/step.ts';
import { noBytes } from '../keep.ts';
import type { JoinResult, SyncResult } from '../messages.ts';
import type { Step } from '../step.ts';
import type { ClassicGroup } from './classic-group.ts';
import type { Member } from './member.ts';

export function joinError(memberId: string, error: ErrorName): JoinResult {
  return {
    error,
    memberId,
    generation: -1,
    protocolType: null,
    protocolName: null,
    leader: '',
    skipAssignment: false,
    members: [],
  };
}

export function syncError(error: ErrorName): SyncResult {
  return { error, protocolType: null, protocolName: null, assignment: noBytes };
}

/** What a member hears about the current generation. */
export function joined(group: ClassicGroup, memberId: string): JoinResult {
  return {
    error: 'NONE',
    memberId,
    generation: group.generation,
    protocolType: group.protocolType,
    protocolName: group.protocolName,
    leader: group.leaderId ?? '',
    skipAssignment: false,
    members: group.leaderId === memberId ? group.memberList() : [],
  };
}

export function synced(group: ClassicGroup, member: Member): SyncResult {
  return {
    error: 'NONE',
    protocolType: group.protocolType,
    protocolName: group.protocolName,
    assignment: member.assignment,
  };
}

/** Answers the member's parked join, if there is one. */
export function answerJoin(
  group: ClassicGroup,
  member: Member,
  result: JoinResult,
  step: Step,
): void {
  const answer = group.unparkJoin(member);
  if (answer !== undefined) step.answer(answer, result);
}

/** Answers the member's parked sync; true if there was one. */
export function answerSync(member: Member, result: SyncResult, step: Step): boolean {
  const answer = member.syncing;
  if (answer === undefined) return false;
  member.syncing = undefined;
  step.answer(answer, result);
  return true;
}

/** The member has given a sign of life, or owes one from now on. */
export function restartSession(member: Member, now: Moment): void {
  member.deadlineMs = now.monotonicMs + member.sessionTimeoutMs;
}

/** Forgets a member or pending member; whatever it has parked is answered with `error`. */
export function dropMember(
  group: ClassicGroup,
  memberId: string,
  error: ErrorName,
  step: Step,
): void {
  const member = group.members.get(memberId);
  if (member !== undefined) {
    answerJoin(group, member, joinError('', error), step);
    answerSync(member, syncError(error), step);
  }
  group.remove(memberId);
  if (group.pendingSync.size === 0) group.syncDeadlineMs = undefined;
}
