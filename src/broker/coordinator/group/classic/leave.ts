import type { ErrorName } from '../../../../protocol/errors.ts';
import type { LeaveRequest, LeaveResult, LeavingMember } from '../messages.ts';
import type { Step } from '../step.ts';
import { dropMember } from './answers.ts';
import type { ClassicGroup } from './classic-group.ts';
import { clientSays } from './reason.ts';
import { settle, startRebalance } from './rebalance.ts';
import { checkMember } from './validate.ts';

/** Members leave, each with an answer of its own. */
export function leave(group: ClassicGroup, request: LeaveRequest, step: Step): LeaveResult {
  if (group.state === 'Dead') return { error: 'COORDINATOR_NOT_AVAILABLE', members: [] };
  const members = request.members.map((leaving) => ({
    memberId: leaving.memberId,
    instanceId: leaving.instanceId,
    error: leaveOne(group, leaving, step),
  }));
  settle(group, step);
  return { error: 'NONE', members };
}

function leaveOne(group: ClassicGroup, leaving: LeavingMember, step: Step): ErrorName {
  const { instanceId, reason } = leaving;
  let { memberId } = leaving;
  if (memberId === '') {
    // An operator removes a static member by its instance id alone.
    const current = instanceId === null ? undefined : group.staticMembers.get(instanceId);
    if (current === undefined) return 'UNKNOWN_MEMBER_ID';
    memberId = current;
  } else if (group.pendingMembers.has(memberId)) {
    group.remove(memberId);
    return 'NONE';
  } else {
    const error = checkMember(group, leaving);
    if (error !== 'NONE') return error;
  }
  removeMember(group, memberId, `member ${memberId} leaves${clientSays(reason)}`, step);
  return 'NONE';
}

/** Takes a member out and rebalances what is left. The caller settles. */
export function removeMember(
  group: ClassicGroup,
  memberId: string,
  reason: string,
  step: Step,
): void {
  dropMember(group, memberId, 'UNKNOWN_MEMBER_ID', step);
  if (group.state === 'Stable' || group.state === 'CompletingRebalance') {
    startRebalance(group, reason, step);
  }
}
