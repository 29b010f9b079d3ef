import type { ErrorName } from '../../../../protocol/errors.ts';
import type { Moment } from '../../runtime/step.ts';
import type { HeartbeatRequest } from '../messages.ts';
import { restartSession } from './answers.ts';
import type { ClassicGroup } from './classic-group.ts';
import { checkMemberOfGeneration } from './validate.ts';

/** A sign of life. It only ever moves a deadline further away, and never touches the disk. */
export function heartbeat(group: ClassicGroup, request: HeartbeatRequest, now: Moment): ErrorName {
  if (group.state === 'Dead') return 'COORDINATOR_NOT_AVAILABLE';
  const error = checkMemberOfGeneration(group, request);
  if (error !== 'NONE') return error;
  if (group.state === 'Empty') return 'UNKNOWN_MEMBER_ID';
  restartSession(group.member(request.memberId), now);
  return group.state === 'PreparingRebalance' ? 'REBALANCE_IN_PROGRESS' : 'NONE';
}
