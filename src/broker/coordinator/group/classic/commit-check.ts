import type { ErrorName } from '../../../../protocol/errors.ts';
import type { OffsetCommitRequest } from '../messages.ts';
import type { ClassicGroup } from './classic-group.ts';
import { checkMemberOfGeneration } from './validate.ts';

/** Whether the committer may commit. `group` is undefined when there is none of that name. */
export function checkCommit(
  group: ClassicGroup | undefined,
  request: OffsetCommitRequest,
): ErrorName {
  const { generation } = request;
  if (group === undefined) {
    // Whoever manages partitions on its own may commit under any name.
    if (generation < 0) return 'NONE';
    return request.knowsGroupIdNotFound ? 'GROUP_ID_NOT_FOUND' : 'ILLEGAL_GENERATION';
  }
  if (group.state === 'Dead') return 'COORDINATOR_NOT_AVAILABLE';
  if (generation < 0 && group.state === 'Empty') return 'NONE';
  // From here on only members may commit; the empty member id belongs to none.
  const error = checkMemberOfGeneration(group, request);
  if (error !== 'NONE') return error;
  // The member knows the new generation and not yet its assignment: what it commits belongs to
  // partitions that somebody else may own by now.
  return group.state === 'CompletingRebalance' ? 'REBALANCE_IN_PROGRESS' : 'NONE';
}
