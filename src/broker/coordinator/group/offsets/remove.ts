import type { TopicPartition } from '../../../../protocol/topic-partition.ts';
import type { Group, Groups } from '../group.ts';
import type { GroupRecord } from '../records.ts';
import type { GroupFate, Step } from '../step.ts';
import { offsetWriteError } from '../write-errors.ts';

export interface Removal {
  partitions: readonly TopicPartition[];
  /** The group goes with its last offsets. */
  groupToo: boolean;
}

/**
 * Writes tombstones for offsets and perhaps for the group. While they are on their way such a group
 * is Dead, so that nobody joins what is about to go. The fate gets the clients' name for an error.
 */
export function remove(
  groups: Groups,
  group: Group,
  { partitions, groupToo }: Removal,
  step: Step,
  fate: GroupFate = {},
): void {
  const { id: groupId, protocol } = group;
  const tombstones: GroupRecord[] = partitions.map(({ topic, partition }) => ({
    kind: 'offset',
    groupId,
    topic,
    partition,
    committed: null,
  }));
  if (groupToo && protocol.mayBeStored) {
    tombstones.push({ kind: 'group', groupId, metadata: null });
  }
  const { stateSinceMs } = protocol;
  if (groupToo) protocol.transitionTo('Dead', step.now.wallMs);
  step.write(tombstones, {
    mayDivide: true,
    settled(error, later) {
      if (groupToo && error === 'NONE') {
        forget(groups, group, later);
      } else if (groupToo) {
        protocol.transitionTo('Empty', later.now.wallMs);
        protocol.stateSinceMs = stateSinceMs;
      }
      fate.settled?.(offsetWriteError(error), later);
    },
    answer: (error) => fate.answer?.(offsetWriteError(error)),
  });
}

/** True when nothing would be lost with the group, once `going` are gone. */
export function isDisposable(
  { offsets, protocol }: Group,
  going: readonly TopicPartition[],
): boolean {
  return (
    protocol.isVacant &&
    offsets.pending.size === 0 &&
    offsets.transactional.size === 0 &&
    offsets.committed.size === going.length
  );
}

function forget(groups: Groups, group: Group, step: Step): void {
  step.wake(group.id, Number.POSITIVE_INFINITY);
  groups.delete(group.id);
}
