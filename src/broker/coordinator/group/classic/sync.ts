import type { ErrorName } from '../../../../protocol/errors.ts';
import { keep, noBytes } from '../keep.ts';
import type { SyncRequest } from '../messages.ts';
import type { Step } from '../step.ts';
import { answerSync, restartSession, syncError, synced } from './answers.ts';
import type { ClassicGroup } from './classic-group.ts';
import type { SyncAnswer } from './member.ts';
import { becomeStable, note, startRebalance, store } from './rebalance.ts';
import { checkMemberOfGeneration } from './validate.ts';

/** A member asks for its assignment; the leader brings everybody's. */
export function sync(
  group: ClassicGroup,
  request: SyncRequest,
  answer: SyncAnswer,
  step: Step,
): void {
  const error = check(group, request);
  if (error !== 'NONE') {
    step.answer(answer, syncError(error));
    return;
  }
  const member = group.member(request.memberId);
  group.pendingSync.delete(member.memberId);
  if (group.pendingSync.size === 0) group.syncDeadlineMs = undefined;
  if (group.state === 'Stable') {
    restartSession(member, step.now);
    step.answer(answer, synced(group, member));
    return;
  }
  // An earlier sync of the same member ends here: its client has asked again.
  answerSync(member, syncError('REBALANCE_IN_PROGRESS'), step);
  member.syncing = answer;
  if (group.leaderId === member.memberId) storeAssignment(group, request, step);
}

function check(group: ClassicGroup, request: SyncRequest): ErrorName {
  if (group.state === 'Dead') return 'COORDINATOR_NOT_AVAILABLE';
  const error = checkMemberOfGeneration(group, request);
  if (error !== 'NONE') return error;
  const { protocolType, protocolName } = request;
  if (protocolType !== null && protocolType !== group.protocolType) {
    return 'INCONSISTENT_GROUP_PROTOCOL';
  }
  if (protocolName !== null && protocolName !== group.protocolName) {
    return 'INCONSISTENT_GROUP_PROTOCOL';
  }
  if (group.state === 'Empty') return 'UNKNOWN_MEMBER_ID';
  return group.state === 'PreparingRebalance' ? 'REBALANCE_IN_PROGRESS' : 'NONE';
}

function storeAssignment(group: ClassicGroup, request: SyncRequest, step: Step): void {
  const given = new Map(request.assignments.map((one) => [one.memberId, one.assignment]));
  const assignments = new Map<string, Buffer>();
  const missing: string[] = [];
  for (const memberId of group.members.keys()) {
    const assignment = given.get(memberId);
    if (assignment === undefined) missing.push(memberId);
    assignments.set(memberId, assignment === undefined ? noBytes : keep(assignment));
  }
  if (missing.length > 0) {
    note(group, step, 'warn', 'the leader assigned nothing to some members', { members: missing });
  }
  const { generation } = group;
  store(group, assignments, step, (error, later) => {
    // Somebody may have joined or left meanwhile: then this assignment is history.
    if (group.state !== 'CompletingRebalance' || group.generation !== generation) return;
    if (error === 'NONE') becomeStable(group, later);
    else refuseAssignment(group, error, later);
  });
}

/** The assignment is not committed: nobody gets it, and the group begins anew. */
function refuseAssignment(group: ClassicGroup, error: ErrorName, step: Step): void {
  for (const member of group.members.values()) {
    member.assignment = noBytes;
    if (answerSync(member, syncError(error), step)) restartSession(member, step.now);
  }
  startRebalance(group, `the assignment was not committed: ${error}`, step);
}
