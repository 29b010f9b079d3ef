import type { ErrorName } from '../../../../protocol/errors.ts';
import type { AfterWrite, Step } from '../effects.ts';
import { answerJoin, answerSync, joinError, joined, restartSession, syncError } from './answers.ts';
import type { ClassicGroup } from './classic-group.ts';
import { noBytes } from './member.ts';
import { becomeStable, note, settle, startRebalance } from './rebalance.ts';

/** A record of the group is committed, or failed to be; `error` is already the clients' name for it. */
export function onWritten(
  group: ClassicGroup,
  after: AfterWrite,
  error: ErrorName,
  step: Step,
): void {
  if (error === 'NONE') group.isInLog = true;
  else note(group, step, 'warn', 'a record of the group was not committed', { error });
  if (group.state === 'Dead') return;
  switch (after.kind) {
    case 'emptied':
      // If the record is lost, a restart finds the last generation with its members, who time out.
      break;
    case 'assigned':
      onAssigned(group, after, error, step);
      break;
    case 'static-member-replaced':
      onStaticMemberReplaced(group, after, error, step);
      break;
  }
  settle(group, step);
}

function onAssigned(
  group: ClassicGroup,
  after: Extract<AfterWrite, { kind: 'assigned' }>,
  error: ErrorName,
  step: Step,
): void {
  // Somebody may have joined or left meanwhile: then this assignment is history.
  if (group.state !== 'CompletingRebalance' || group.generation !== after.generation) return;
  if (error === 'NONE') {
    becomeStable(group, after.assignments, step);
    return;
  }
  for (const member of group.members.values()) {
    member.assignment = noBytes;
    if (answerSync(member, syncError(error), step.effects)) restartSession(member, step.now);
  }
  startRebalance(group, `the assignment was not committed: ${error}`, step);
}

function onStaticMemberReplaced(
  group: ClassicGroup,
  after: Extract<AfterWrite, { kind: 'static-member-replaced' }>,
  error: ErrorName,
  step: Step,
): void {
  const { memberId, before } = after;
  const member = group.members.get(memberId);
  // The join may have been answered by something else: replaced again, or removed.
  if (member === undefined || member.joining !== after.answer) return;
  if (error !== 'NONE') {
    answerJoin(group, member, joinError('', error), step.effects);
    group.update(member, before);
    group.rename(member, before.memberId);
    restartSession(member, step.now);
    return;
  }
  // A rebalance has begun meanwhile: the parked join counts for it and is answered by it.
  if (group.state !== 'Stable') return;
  const result = joined(group, memberId);
  if (after.canSkipAssignment) {
    // The leader stays the leader, and is told to leave the assignment as it is (KIP-814).
    result.skipAssignment = group.leaderId === memberId;
  } else {
    // An older leader would assign anew, in vain: it is told that its former self leads.
    result.leader = before.leader;
    result.members = [];
  }
  answerJoin(group, member, result, step.effects);
  restartSession(member, step.now);
}
