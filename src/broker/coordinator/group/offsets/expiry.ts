import { type Int64, saturated } from '../../../../base/int64.ts';
import type { ClassicGroup } from '../classic/classic-group.ts';
import type { CommittedOffset, TopicPartition } from './group-offsets.ts';

/**
 * The offsets that are due to expire (KIP-211):
 *
 * - in a group without members, when it has been empty for the retention time;
 * - in a stable "consumer" group, for topics nobody in it subscribes to any more, when they were
 *   last committed that long ago;
 * - in a group that never had members, when they were last committed that long ago.
 *
 * A retention time that came with the commit (OffsetCommit v2-4) counts instead of the broker's.
 */
export function expiredOffsets(
  group: ClassicGroup,
  at: { nowWallMs: number; retentionMs: number },
): TopicPartition[] {
  const { nowWallMs, retentionMs } = at;
  const since = retentionStart(group);
  if (since === undefined) return [];
  const expired: TopicPartition[] = [];
  for (const { topic, partition, committed } of group.offsets.partitions()) {
    const start = since(topic, committed);
    if (start === undefined) continue;
    if (group.offsets.pending.get(topic, partition) !== undefined) continue;
    if (group.offsets.isUnstable(topic, partition)) continue;
    const expiresMs = committed.expireTimestampMs ?? saturated(start) + retentionMs;
    if (nowWallMs >= expiresMs) expired.push({ topic, partition });
  }
  return expired;
}

/** From when an offset's retention counts; undefined when it does not expire. */
function retentionStart(
  group: ClassicGroup,
): ((topic: string, committed: CommittedOffset) => Int64 | undefined) | undefined {
  if (group.protocolType === null) return (_topic, committed) => committed.commitTimestampMs;
  if (group.state === 'Empty') {
    return (_topic, committed) => group.stateSinceMs ?? committed.commitTimestampMs;
  }
  const { subscribedTopics } = group;
  if (group.state !== 'Stable' || subscribedTopics === undefined) return undefined;
  return (topic, committed) =>
    subscribedTopics.has(topic) ? undefined : committed.commitTimestampMs;
}

/** True when nothing would be lost with the group, once `going` are gone. */
export function isDisposable(group: ClassicGroup, going: readonly TopicPartition[]): boolean {
  const { committed, pending, transactional } = group.offsets;
  return (
    group.state === 'Empty' &&
    group.pendingMembers.size === 0 &&
    pending.size === 0 &&
    transactional.size === 0 &&
    committed.size === going.length
  );
}
