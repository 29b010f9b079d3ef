// OffsetFetch v0-v9.
//
// Null topics (v2+) mean everything the group has committed. A partition without a committed offset
// is answered with offset -1 and no error, except in v0, which says UNKNOWN_TOPIC_OR_PARTITION as the
// ZooKeeper storage of its time did. v0-v1 have no error of the group, so it stands at each partition.
// v8+ asks for several groups, each with its own error. Whether the group has members does not matter.
//
// Gaps: v9's member ids and epochs (KIP-848) are not looked at, as for every classic group.
import { type ErrorName, errorCode } from '../../protocol/errors.ts';
import {
  OffsetFetchRequest,
  OffsetFetchResponse,
} from '../../protocol/messages/09-offset-fetch.ts';
import type { MessageInput } from '../../protocol/schema/index.ts';
import type { GroupCoordinator } from '../coordinator/group/group-coordinator.ts';
import type { FetchedOffset, OffsetFetchResult } from '../coordinator/group/messages.ts';
import { type Api, defineApi } from '../network/api.ts';
import type { RequestContext } from '../network/request-context.ts';

type Response = MessageInput<typeof OffsetFetchResponse>;
type AskedTopics = readonly { name: string; partitionIndexes: number[] }[] | null;

const GROUPS_FROM = 8;
const GROUP_ERROR_FROM = 2;

export function offsetFetchApi({ coordinator }: { coordinator: GroupCoordinator }): Api {
  /** Of a group that the client may not describe nothing, and nothing of such topics. */
  function fetch(
    context: RequestContext,
    groupId: string,
    topics: AskedTopics,
    requireStable: boolean,
  ): OffsetFetchResult {
    if (!context.authorize('DESCRIBE', 'GROUP', groupId)) {
      return { error: 'GROUP_AUTHORIZATION_FAILED', topics: [] };
    }
    const mayDescribe = (topic: string) => context.authorize('DESCRIBE', 'TOPIC', topic);
    const wanted = topics
      ?.filter(({ name }) => mayDescribe(name))
      .map(({ name, partitionIndexes }) => ({ topic: name, partitions: partitionIndexes }));
    const result = coordinator.fetchOffsets({ groupId, requireStable, topics: wanted ?? null });
    if (topics === null) {
      return { ...result, topics: result.topics.filter(({ topic }) => mayDescribe(topic)) };
    }
    const denied = topics.filter(({ name }) => !mayDescribe(name));
    if (denied.length === 0 || result.error !== 'NONE') return result;
    return { ...result, topics: [...result.topics, ...denied.map(deniedTopic)] };
  }

  return defineApi({
    request: OffsetFetchRequest,
    response: OffsetFetchResponse,
    versions: { min: 0, max: 9 },
    rights: {
      asks: [
        { operation: 'DESCRIBE', resource: 'GROUP' },
        { operation: 'DESCRIBE', resource: 'TOPIC' },
      ],
    },
    handle(context, request): Response {
      const { apiVersion } = context;
      const { requireStable } = request;
      if (apiVersion >= GROUPS_FROM) {
        return {
          groups: request.groups.map(({ groupId, topics }) => {
            const result = fetch(context, groupId, topics, requireStable);
            return { groupId, ...rows(result), errorCode: errorCode(result.error) };
          }),
        };
      }
      const result = fetch(context, request.groupId, request.topics, requireStable);
      if (result.error !== 'NONE' && apiVersion < GROUP_ERROR_FROM) {
        return failed(request.topics, result.error);
      }
      if (apiVersion === 0) {
        for (const { partitions } of result.topics) partitions.forEach(asZooKeeperSaidIt);
      }
      return { ...rows(result), errorCode: errorCode(result.error) };
    },
    errorResponse: ({ apiVersion }, request, { error }) => {
      if (apiVersion >= GROUPS_FROM) {
        return {
          groups: request.groups.map(({ groupId }) => ({ groupId, errorCode: errorCode(error) })),
        };
      }
      if (apiVersion < GROUP_ERROR_FROM) return failed(request.topics, error);
      return { errorCode: errorCode(error) };
    },
  });
}

function deniedTopic({ name, partitionIndexes }: NonNullable<AskedTopics>[number]) {
  return {
    topic: name,
    partitions: partitionIndexes.map((partition): FetchedOffset => {
      const error = 'TOPIC_AUTHORIZATION_FAILED';
      return { partition, offset: -1, leaderEpoch: -1, metadata: '', error };
    }),
  };
}

function rows({ topics }: OffsetFetchResult) {
  return {
    topics: topics.map(({ topic, partitions }) => ({
      name: topic,
      partitions: partitions.map(({ partition, offset, leaderEpoch, metadata, error }) => ({
        partitionIndex: partition,
        committedOffset: offset,
        committedLeaderEpoch: leaderEpoch,
        metadata,
        errorCode: errorCode(error),
      })),
    })),
  };
}

/** The answer of versions that have errors only at partitions. */
function failed(topics: AskedTopics, error: ErrorName): Response {
  return {
    topics: (topics ?? []).map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partitionIndex) => ({
        partitionIndex,
        committedOffset: -1,
        metadata: '',
        errorCode: errorCode(error),
      })),
    })),
  };
}

function asZooKeeperSaidIt(row: FetchedOffset): void {
  if (row.offset < 0 && row.error === 'NONE') row.error = 'UNKNOWN_TOPIC_OR_PARTITION';
}
