import type { Int64 } from '../../../../base/int64.ts';
import type { CommittedOffset } from '../offsets/group-offsets.ts';
import type { ClassicGroup } from './classic-group.ts';

/** From when the retention of a topic's offset counts; undefined when it does not expire. */
export type RetentionStart = (topic: string, committed: CommittedOffset) => Int64 | undefined;

/**
 * From when the retention of the group's offsets counts (KIP-211); undefined when none expires:
 *
 * - in a group without members, since it has been empty;
 * - in a stable "consumer" group, for topics nobody in it subscribes to any more, since their last
 *   commit;
 * - in a group that never had members, since their last commit.
 */
export function retentionStart(group: ClassicGroup): RetentionStart | undefined {
  if (group.protocolType === null) return (_topic, committed) => committed.commitTimestampMs;
  if (group.state === 'Empty') {
    return (_topic, committed) => group.stateSinceMs ?? committed.commitTimestampMs;
  }
  const { subscribedTopics } = group;
  if (group.state !== 'Stable' || subscribedTopics === undefined) return undefined;
  return (topic, committed) =>
    subscribedTopics.has(topic) ? undefined : committed.commitTimestampMs;
}
