import type { Step } from '../step.ts';
import { dropMember } from './answers.ts';
import type { ClassicGroup } from './classic-group.ts';
import { removeMember } from './leave.ts';
import { expiryOf } from './member.ts';
import { note, settle, startRebalance } from './rebalance.ts';

/**
 * Does what is due by now: deadlines are part of the state, and `ClassicGroup.nextDeadlineMs` says
 * when to call again. Calling too early or twice does no harm.
 */
export function onTime(group: ClassicGroup, step: Step): void {
  const nowMs = step.now.monotonicMs;
  for (const [memberId, deadlineMs] of [...group.pendingMembers]) {
    if (deadlineMs > nowMs) continue;
    group.remove(memberId);
    note(group, step, 'info', 'a member never came back with its new id', { memberId });
  }
  for (const member of [...group.members.values()]) {
    if (expiryOf(member) > nowMs) continue;
    const { memberId } = member;
    note(group, step, 'info', 'a member has failed: no heartbeat within its session timeout', {
      memberId,
      sessionTimeoutMs: member.sessionTimeoutMs,
    });
    removeMember(group, memberId, `member ${memberId} has failed`, step);
  }
  if (group.syncDeadlineMs !== undefined && group.syncDeadlineMs <= nowMs) {
    const late = [...group.pendingSync];
    for (const memberId of late) dropMember(group, memberId, 'UNKNOWN_MEMBER_ID', step);
    group.syncDeadlineMs = undefined;
    note(group, step, 'info', 'members never asked for their assignment', { members: late });
    startRebalance(group, 'members did not sync in time', step);
  }
  settle(group, step);
}
