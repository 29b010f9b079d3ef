import type { ErrorName } from '../../../../protocol/errors.ts';
import type { TopicPartition } from '../../../../protocol/topic-partition.ts';
import type { Group, Groups } from '../group.ts';
import type { OffsetDeleteRequest, OffsetDeleteResult } from '../messages.ts';
import type { Step } from '../step.ts';
import { isDisposable, remove } from './remove.ts';

/** Deletes a group that has no members, with its offsets. */
export function deleteGroup(
  groups: Groups,
  groupId: string,
  answer: (error: ErrorName) => void,
  step: Step,
): void {
  const group = groups.get(groupId);
  if (group === undefined || group.protocol.state === 'Dead') {
    step.answer(answer, 'GROUP_ID_NOT_FOUND');
  } else if (group.protocol.state !== 'Empty') {
    step.answer(answer, 'NON_EMPTY_GROUP');
  } else {
    const partitions = group.offsets.written();
    remove(groups, group, { partitions, groupToo: true }, step, { answer });
  }
}

/** Deletes some offsets of a group, except for topics that its members are subscribed to. */
export function deleteOffsets(
  groups: Groups,
  request: OffsetDeleteRequest,
  answer: (result: OffsetDeleteResult) => void,
  step: Step,
): void {
  const group = groups.get(request.groupId);
  const error = checkDelete(group);
  if (error !== 'NONE' || group === undefined) {
    step.answer(answer, { error, topics: [] });
    return;
  }
  const { protocol, offsets } = group;
  const going = new Map<string, TopicPartition>();
  const topics: { topic: string; inUse: boolean; partitions: readonly number[] }[] = [];
  for (const { topic, partitions } of request.topics) {
    const inUse = protocol.state !== 'Empty' && protocol.isSubscribedTo(topic);
    topics.push({ topic, inUse, partitions });
    for (const partition of inUse ? [] : partitions) {
      if (offsets.committed.get(topic, partition) === undefined) continue;
      going.set(`${partition} ${topic}`, { topic, partition });
    }
  }
  const partitions = [...going.values()];
  const groupToo = partitions.length > 0 && isDisposable(group, partitions);
  remove(groups, group, { partitions, groupToo }, step, {
    answer: (failure) =>
      answer({
        error: 'NONE',
        topics: topics.map(({ topic, inUse, partitions: asked }) => ({
          topic,
          partitions: asked.map((partition) => ({
            partition,
            error: inUse ? 'GROUP_SUBSCRIBED_TO_TOPIC' : failure,
          })),
        })),
      }),
  });
}

/** Drops what a group committed for partitions that are gone. */
export function dropPartitions(
  groups: Groups,
  group: Group,
  gone: { topic: string; partitions: readonly number[] | 'all' },
  step: Step,
): void {
  if (group.protocol.state === 'Dead') return;
  const { topic, partitions } = gone;
  const going = group.offsets
    .writtenOf(topic)
    .filter(({ partition }) => partitions === 'all' || partitions.includes(partition));
  if (going.length === 0) return;
  const groupToo = isDisposable(group, going);
  remove(groups, group, { partitions: going, groupToo }, step);
}

function checkDelete(group: Group | undefined): ErrorName {
  if (group === undefined || group.protocol.state === 'Dead') return 'GROUP_ID_NOT_FOUND';
  // Only a consumer group's subscriptions tell which topics are in use.
  const { state, isConsumerGroup } = group.protocol;
  return state !== 'Empty' && !isConsumerGroup ? 'NON_EMPTY_GROUP' : 'NONE';
}
