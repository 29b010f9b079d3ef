import type { Step } from '../effects.ts';
import { MAX_PENDING_MEMBERS, NEW_MEMBER_JOIN_TIMEOUT_MS } from '../limits.ts';
import type { JoinRequest, JoinResult } from '../messages.ts';
import { groupRecord } from '../records.ts';
import {
  answerJoin,
  answerSync,
  dropMember,
  joinError,
  joined,
  restartSession,
  syncError,
} from './answers.ts';
import type { ClassicGroup } from './classic-group.ts';
import {
  hasSameProtocols,
  type JoinAnswer,
  keepProtocols,
  type Member,
  noBytes,
} from './member.ts';
import { note, settle, startRebalance } from './rebalance.ts';
import { checkMember } from './validate.ts';

/** A member joins or rejoins; `answer` is called through the effects, in this step or a later one. */
export function join(
  group: ClassicGroup,
  request: JoinRequest,
  answer: JoinAnswer,
  step: Step,
): void {
  const refuse = (result: JoinResult) => step.effects.joins.push({ answer, result });
  if (group.state === 'Dead') {
    refuse(joinError(request.memberId, 'COORDINATOR_NOT_AVAILABLE'));
  } else if (!hasRoomFor(group, request.memberId, step)) {
    dropMember(group, request.memberId, 'GROUP_MAX_SIZE_REACHED', step);
    refuse(joinError('', 'GROUP_MAX_SIZE_REACHED'));
  } else if (!group.supports(request.protocolType, request.protocols)) {
    refuse(joinError(request.memberId, 'INCONSISTENT_GROUP_PROTOCOL'));
  } else if (request.memberId === '') {
    joinAsNew(group, request, answer, step);
  } else if (group.pendingMembers.has(request.memberId)) {
    // A static member is never asked to come back with an id.
    if (request.instanceId !== null) refuse(joinError(request.memberId, 'UNKNOWN_MEMBER_ID'));
    else addMember(group, request.memberId, request, answer, step);
  } else {
    const error = checkMember(group, request);
    if (error !== 'NONE') refuse(joinError(request.memberId, error));
    else rejoin(group, group.member(request.memberId), request, answer, step);
  }
  settle(group, step);
}

/**
 * Whether the group may take the member on. While members are gathering, those who wait count and
 * not those who are known, so that a group over its limit shrinks at its next rebalance.
 */
function hasRoomFor(group: ClassicGroup, memberId: string, step: Step): boolean {
  const maxSize = step.config.maxSize;
  switch (group.state) {
    case 'PreparingRebalance':
      return group.members.get(memberId)?.joining !== undefined || group.joiningCount < maxSize;
    case 'CompletingRebalance':
    case 'Stable':
      return group.members.has(memberId) || group.members.size < maxSize;
    default:
      return true;
  }
}

function joinAsNew(
  group: ClassicGroup,
  request: JoinRequest,
  answer: JoinAnswer,
  step: Step,
): void {
  const { instanceId } = request;
  if (instanceId !== null) {
    const memberId = step.newMemberId(instanceId);
    const current = group.staticMembers.get(instanceId);
    if (current === undefined) addMember(group, memberId, request, answer, step);
    else replaceStaticMember(group, group.member(current), memberId, request, answer, step);
    return;
  }
  const memberId = step.newMemberId(request.clientId);
  if (!request.memberIdRequired) {
    addMember(group, memberId, request, answer, step);
  } else if (group.pendingMembers.size >= MAX_PENDING_MEMBERS) {
    step.effects.joins.push({ answer, result: joinError('', 'GROUP_MAX_SIZE_REACHED') });
  } else {
    group.pendingMembers.set(memberId, step.now.monotonicMs + request.sessionTimeoutMs);
    step.effects.joins.push({ answer, result: joinError(memberId, 'MEMBER_ID_REQUIRED') });
  }
}

function addMember(
  group: ClassicGroup,
  memberId: string,
  request: JoinRequest,
  answer: JoinAnswer,
  step: Step,
): void {
  if (group.members.size === 0) group.protocolType = request.protocolType;
  group.add({
    memberId,
    instanceId: request.instanceId,
    clientId: request.clientId,
    clientHost: request.clientHost,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs,
    sessionTimeoutMs: request.sessionTimeoutMs,
    protocols: keepProtocols(request.protocols),
    assignment: noBytes,
    joining: answer,
    syncing: undefined,
    isNew: true,
    deadlineMs: step.now.monotonicMs + NEW_MEMBER_JOIN_TIMEOUT_MS,
  });
  if (group.state === 'PreparingRebalance' && group.generation === 0) group.newMemberAdded = true;
  startRebalance(group, `member ${memberId} joins${said(request)}`, step);
}

function rejoin(
  group: ClassicGroup,
  member: Member,
  request: JoinRequest,
  answer: JoinAnswer,
  step: Step,
): void {
  const { memberId } = member;
  const isSame = hasSameProtocols(member, request.protocols);
  // A member that lost the answer to its join asks again: it is told what it missed. The leader of
  // a stable group, though, rejoins because it saw something change that only it looks at.
  const mayKeepGeneration =
    group.state === 'CompletingRebalance' ||
    (group.state === 'Stable' && group.leaderId !== memberId);
  if (isSame && mayKeepGeneration) {
    step.effects.joins.push({ answer, result: joined(group, memberId) });
    return;
  }
  if (group.state === 'Empty') {
    step.effects.joins.push({ answer, result: joinError(memberId, 'UNKNOWN_MEMBER_ID') });
    return;
  }
  update(group, member, request);
  park(group, member, answer, step);
  const why = isSame ? 'leader' : 'changed member';
  startRebalance(group, `${why} ${memberId} rejoins${said(request)}`, step);
}

/** A static member is back under a new id, and the old one is fenced from here on (KIP-345). */
function replaceStaticMember(
  group: ClassicGroup,
  member: Member,
  memberId: string,
  request: JoinRequest,
  answer: JoinAnswer,
  step: Step,
): void {
  const { effects } = step;
  const before = {
    memberId: member.memberId,
    leader: group.leaderId ?? '',
    protocols: member.protocols,
    rebalanceTimeoutMs: member.rebalanceTimeoutMs,
    sessionTimeoutMs: member.sessionTimeoutMs,
  };
  answerJoin(group, member, joinError(before.memberId, 'FENCED_INSTANCE_ID'), effects);
  answerSync(member, syncError('FENCED_INSTANCE_ID'), effects);
  group.rename(member, memberId);
  update(group, member, request);
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
    startRebalance(group, `static member ${memberId} is back${said(request)}`, step);
  } else if (group.state === 'Stable' && group.electProtocol() !== group.protocolName) {
    startRebalance(group, `static member ${memberId} changes the protocol${said(request)}`, step);
  } else if (group.state === 'Stable') {
    const assignments = new Map(
      [...group.members.values()].map(({ memberId: id, assignment }) => [id, assignment]),
    );
    effects.writes.push({
      record: groupRecord(group, assignments),
      after: {
        kind: 'static-member-replaced',
        memberId,
        answer,
        canSkipAssignment: request.canSkipAssignment,
        before,
      },
    });
  }
}

/** Parks the join; an earlier one of the same member ends, since its client has asked again. */
function park(group: ClassicGroup, member: Member, answer: JoinAnswer, step: Step): void {
  answerJoin(group, member, joinError(member.memberId, 'REBALANCE_IN_PROGRESS'), step.effects);
  group.parkJoin(member, answer);
}

function update(group: ClassicGroup, member: Member, request: JoinRequest): void {
  group.update(member, {
    protocols: keepProtocols(request.protocols),
    rebalanceTimeoutMs: request.rebalanceTimeoutMs,
    sessionTimeoutMs: request.sessionTimeoutMs,
  });
}

/** KIP-800: what the client gives as its reason, to put behind our own. */
function said({ reason }: JoinRequest): string {
  return reason ? ` (client says: ${reason})` : '';
}
