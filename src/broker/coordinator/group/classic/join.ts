import { noBytes } from '../keep.ts';
import { MAX_PENDING_MEMBERS, MAX_PROTOCOLS, NEW_MEMBER_JOIN_TIMEOUT_MS } from '../limits.ts';
import type { JoinRequest, JoinResult } from '../messages.ts';
import type { Step } from '../step.ts';
import { answerJoin, dropMember, joinError, joined } from './answers.ts';
import type { ClassicGroup } from './classic-group.ts';
import { aboutItself, hasSameProtocols, type JoinAnswer, type Member } from './member.ts';
import { memberBytes } from './member-memory.ts';
import { clientSays } from './reason.ts';
import { settle, startRebalance } from './rebalance.ts';
import { replaceStaticMember } from './replace.ts';
import { checkMember } from './validate.ts';

/** A member joins or rejoins; `answer` is called in this step or a later one. */
export function join(
  group: ClassicGroup,
  request: JoinRequest,
  answer: JoinAnswer,
  step: Step,
): void {
  const refuse = (result: JoinResult) => step.answer(answer, result);
  if (group.state === 'Dead') {
    refuse(joinError(request.memberId, 'COORDINATOR_NOT_AVAILABLE'));
  } else if (request.protocols.length > MAX_PROTOCOLS) {
    refuse(joinError(request.memberId, 'INCONSISTENT_GROUP_PROTOCOL'));
  } else if (!hasMemoryFor(group, request, step)) {
    sayThereIsNoMemory(group, step);
    refuse(joinError(request.memberId, 'GROUP_MAX_SIZE_REACHED'));
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
  const maxSize = step.context.config().maxSize;
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

/** Of all groups together; who says no more than before always has it. */
function hasMemoryFor(
  group: ClassicGroup,
  { memberId, protocols }: JoinRequest,
  step: Step,
): boolean {
  const known = group.members.get(memberId);
  const more = memberBytes(protocols) - (known ? memberBytes(known.protocols) : 0);
  return more <= 0 || step.context.memory.hasRoomFor(more);
}

function sayThereIsNoMemory({ groupId }: ClassicGroup, step: Step): void {
  const { memory } = step.context;
  if (!memory.isWorthALine(step.now.monotonicMs)) return;
  const { usedBytes, limitBytes } = memory;
  const sentence =
    'a member cannot join: the members of all groups take up all the memory there is for them';
  step.note('warn', sentence, { group: groupId, usedBytes, limitBytes });
}

function joinAsNew(
  group: ClassicGroup,
  request: JoinRequest,
  answer: JoinAnswer,
  step: Step,
): void {
  const { instanceId } = request;
  if (instanceId !== null) {
    const memberId = step.context.newMemberId(instanceId);
    const current = group.staticMembers.get(instanceId);
    if (current === undefined) addMember(group, memberId, request, answer, step);
    else replaceStaticMember(group, group.member(current), memberId, request, answer, step);
    return;
  }
  const memberId = step.context.newMemberId(request.clientId);
  if (!request.memberIdRequired) {
    addMember(group, memberId, request, answer, step);
  } else if (group.pendingMembers.size >= MAX_PENDING_MEMBERS) {
    step.answer(answer, joinError('', 'GROUP_MAX_SIZE_REACHED'));
  } else {
    group.pendingMembers.set(memberId, step.now.monotonicMs + request.sessionTimeoutMs);
    step.answer(answer, joinError(memberId, 'MEMBER_ID_REQUIRED'));
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
    ...aboutItself(request),
    assignment: noBytes,
    joining: answer,
    syncing: undefined,
    isNew: true,
    deadlineMs: step.now.monotonicMs + NEW_MEMBER_JOIN_TIMEOUT_MS,
  });
  if (group.state === 'PreparingRebalance' && group.generation === 0) group.newMemberAdded = true;
  startRebalance(group, `member ${memberId} joins${clientSays(request.reason)}`, step);
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
  // A member that lost the answer to its join asks again and gets the same one. The leader of a
  // stable group, though, rejoins because it saw something change that only it looks at.
  const mayKeepGeneration =
    group.state === 'CompletingRebalance' ||
    (group.state === 'Stable' && group.leaderId !== memberId);
  if (isSame && mayKeepGeneration) {
    step.answer(answer, joined(group, memberId));
    return;
  }
  if (group.state === 'Empty') {
    step.answer(answer, joinError(memberId, 'UNKNOWN_MEMBER_ID'));
    return;
  }
  group.update(member, aboutItself(request));
  park(group, member, answer, step);
  const why = isSame ? 'leader' : 'changed member';
  startRebalance(group, `${why} ${memberId} rejoins${clientSays(request.reason)}`, step);
}

/** Parks the join; an earlier one of the same member ends, since its client has asked again. */
function park(group: ClassicGroup, member: Member, answer: JoinAnswer, step: Step): void {
  answerJoin(group, member, joinError(member.memberId, 'REBALANCE_IN_PROGRESS'), step);
  group.parkJoin(member, answer);
}
