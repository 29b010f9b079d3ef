import type { ErrorName } from '../../../../protocol/errors.ts';
import type { FetchedOffset, OffsetFetchRequest, OffsetFetchResult } from '../messages.ts';
import type { CommittedOffset, GroupOffsets } from './group-offsets.ts';

/**
 * What a group has committed, for the partitions asked for or for all. `offsets` is undefined where
 * there is no such group.
 */
export function fetchOffsets(
  offsets: GroupOffsets | undefined,
  request: OffsetFetchRequest,
): OffsetFetchResult {
  const read = (topic: string, partition: number): FetchedOffset => {
    if (request.requireStable && offsets?.isUnstable(topic, partition)) {
      return fetched(partition, undefined, 'UNSTABLE_OFFSET_COMMIT');
    }
    return fetched(partition, offsets?.committed.get(topic, partition), 'NONE');
  };
  if (request.topics !== null) {
    return {
      error: 'NONE',
      topics: request.topics.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map((partition) => read(topic, partition)),
      })),
    };
  }
  const topics: OffsetFetchResult['topics'] = [];
  for (const [topic, partitions] of offsets?.committed.topics() ?? []) {
    topics.push({ topic, partitions: [...partitions.keys()].map((one) => read(topic, one)) });
  }
  return { error: 'NONE', topics };
}

function fetched(
  partition: number,
  committed: CommittedOffset | undefined,
  error: ErrorName,
): FetchedOffset {
  return {
    partition,
    offset: committed?.offset ?? -1,
    leaderEpoch: committed?.leaderEpoch ?? -1,
    metadata: committed?.metadata ?? '',
    error,
  };
}
