import { addInt64, INT64_MAX, type Int64 } from '../../../../base/int64.ts';
import type { ErrorName } from '../../../../protocol/errors.ts';
import type { ClassicGroup } from '../classic/classic-group.ts';
import { checkMemberOfGeneration } from '../classic/validate.ts';
import type { OffsetCommitEntry, OffsetCommitRequest } from '../messages.ts';
import type { CommittedOffset } from './group-offsets.ts';

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

/** What is stored for one entry of a commit. */
export function committedOffset(
  entry: OffsetCommitEntry,
  at: { nowWallMs: number; retentionTimeMs: Int64 | undefined },
): CommittedOffset {
  return {
    offset: entry.offset,
    leaderEpoch: entry.leaderEpoch,
    metadata: entry.metadata,
    commitTimestampMs: entry.commitTimestampMs ?? at.nowWallMs,
    expireTimestampMs:
      at.retentionTimeMs === undefined ? null : expiresAt(at.nowWallMs, at.retentionTimeMs),
  };
}

/** Kafka's sum wraps, so that the longest retention time there is would be over at once. */
function expiresAt(nowWallMs: number, retentionTimeMs: Int64): Int64 {
  const sum = addInt64(nowWallMs, retentionTimeMs);
  return retentionTimeMs > 0 && sum < 0 ? INT64_MAX : sum;
}
