import type { ErrorName } from '../../../../protocol/errors.ts';
import { NEW_MEMBER_JOIN_TIMEOUT_MS } from '../limits.ts';
import type { JoinRequest } from '../messages.ts';
import type { Step } from '../step.ts';
import { answerJoin, answerSync, joinError, joined, restartSession, syncError } from './answers.ts';
import type { ClassicGroup } from './classic-group.ts';
import { type AboutItself, aboutItself, type JoinAnswer, type Member } from './member.ts';
import { clientSays } from './reason.ts';
import { note, startRebalance, store } from './rebalance.ts';

/** A static member is back under a new id, and the old one is fenced from here on (KIP-345). */
export function replaceStaticMember(
  group: ClassicGroup,
  member: Member,
  memberId: string,
  request: JoinRequest,
  answer: JoinAnswer,
  step: Step,
): void {
  const before = {
    memberId: member.memberId,
    leader: group.leaderId ?? '',
    protocols: member.protocols,
    rebalanceTimeoutMs: member.rebalanceTimeoutMs,
    sessionTimeoutMs: member.sessionTimeoutMs,
  };
  answerJoin(group, member, joinError(before.memberId, 'FENCED_INSTANCE_ID'), step);
  answerSync(member, syncError('FENCED_INSTANCE_ID'), step);
  group.rename(member, memberId);
  group.update(member, aboutItself(request));
  group.parkJoin(member, answer);
  if (member.isNew) member.deadlineMs = step.now.monotonicMs + NEW_MEMBER_JOIN_TIMEOUT_MS;
  else restartSession(member, step.now);
  note(group, step, 'info', 'a static member is back under a new member id', {
    instanceId: member.instanceId,
    memberId,
    replaces: before.memberId,
    ...(request.reason && { reason: request.reason }),
  });

  if (group.state === 'CompletingRebalance') {
    // The leader may be assigning partitions to the old id, so the new one would end up with none.
    startRebalance(group, `static member ${memberId} is back${clientSays(request.reason)}`, step);
  } else if (group.state === 'Stable' && group.electProtocol() !== group.protocolName) {
    startRebalance(
      group,
      `static member ${memberId} changes the protocol${clientSays(request.reason)}`,
      step,
    );
  } else if (group.state === 'Stable') {
    const assignments = new Map(
      [...group.members.values()].map(({ memberId: id, assignment }) => [id, assignment]),
    );
    const { canSkipAssignment } = request;
    const replacement = { memberId, answer, canSkipAssignment, before };
    store(group, assignments, step, (error, later) =>
      onReplacementStored(group, replacement, error, later),
    );
  }
}

/** A static member under its new id, while that is on its way to the log. */
interface Replacement {
  memberId: string;
  answer: JoinAnswer;
  canSkipAssignment: boolean;
  /** What to go back to when the record is not committed. */
  before: AboutItself & { memberId: string; leader: string };
}

function onReplacementStored(
  group: ClassicGroup,
  { memberId, answer, canSkipAssignment, before }: Replacement,
  error: ErrorName,
  step: Step,
): void {
  const member = group.members.get(memberId);
  // The join may have been answered by something else: replaced again, or removed.
  if (member === undefined || member.joining !== answer) return;
  if (error !== 'NONE') {
    answerJoin(group, member, joinError('', error), step);
    group.update(member, before);
    group.rename(member, before.memberId);
    restartSession(member, step.now);
    return;
  }
  // A rebalance has begun meanwhile: the parked join counts for it and is answered by it.
  if (group.state !== 'Stable') return;
  const result = joined(group, memberId);
  if (canSkipAssignment) {
    // The leader stays the leader and leaves the assignment as it is (KIP-814).
    result.skipAssignment = group.leaderId === memberId;
  } else {
    // An older leader would assign anew, in vain, so it hears that its former self leads.
    result.leader = before.leader;
    result.members = [];
  }
  answerJoin(group, member, result, step);
  restartSession(member, step.now);
}
