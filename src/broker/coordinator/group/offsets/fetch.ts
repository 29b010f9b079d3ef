import type { ErrorName } from '../../../../protocol/errors.ts';
import { lazily } from '../../../../protocol/schema/index.ts';
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
      topics: lazily(request.topics, ({ topic, partitions }) => ({
        topic,
        partitions: lazily(partitions, (partition) => read(topic, partition)),
      })),
    };
  }
  return {
    error: 'NONE',
    topics: lazily([...(offsets?.committed.topics() ?? [])], ([topic, partitions]) => ({
      topic,
      partitions: lazily([...partitions.keys()], (one) => read(topic, one)),
    })),
  };
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
