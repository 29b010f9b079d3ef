// OffsetFetch v0-v9.
//
// Null topics (v2+) mean everything the group has committed. A partition without a committed offset
// is answered with offset -1 and no error, except in v0, which says UNKNOWN_TOPIC_OR_PARTITION as the
// ZooKeeper storage of its time did. v0-v1 have no error of the group, so it stands at each partition.
// v8+ asks for several groups, each with its own error. Whether the group has members does not matter.
//
// Gaps: v9's member ids and epochs (KIP-848) are not looked at, as for every classic group.

import type { Steps } from '../../base/slices.ts';
import { type ErrorName, errorCode } from '../../protocol/errors.ts';
import {
  OffsetFetchRequest,
  OffsetFetchResponse,
} from '../../protocol/messages/09-offset-fetch.ts';
import {
  joined,
  lazily,
  lazilyOf,
  type MessageInput,
  NO_ELEMENTS,
} from '../../protocol/schema/index.ts';
import type { GroupCoordinator } from '../coordinator/group/group-coordinator.ts';
import type { FetchedOffset, OffsetFetchResult } from '../coordinator/group/messages.ts';
import { type Api, defineApi } from '../network/api.ts';
import type { RequestContext } from '../network/request-context.ts';
import { eachOf, inSlices, those } from '../network/rows.ts';

type Response = MessageInput<typeof OffsetFetchResponse>;
type AskedTopics = readonly { name: string; partitionIndexes: number[] }[] | null;

const GROUPS_FROM = 8;
const GROUP_ERROR_FROM = 2;

export function offsetFetchApi({ coordinator }: { coordinator: GroupCoordinator }): Api {
  /** Of a group that the client may not describe nothing, and nothing of such topics. */
  function* fetch(
    context: RequestContext,
    groupId: string,
    topics: AskedTopics,
    requireStable: boolean,
  ): Steps<OffsetFetchResult> {
    const { slices } = context;
    if (!context.authorize('DESCRIBE', 'GROUP', groupId)) {
      return { error: 'GROUP_AUTHORIZATION_FAILED', topics: NO_ELEMENTS };
    }
    const mayDescribe = (topic: string) => context.authorize('DESCRIBE', 'TOPIC', topic);
    if (topics === null) {
      const result = coordinator.fetchOffsets({ groupId, requireStable, topics: null });
      const all = Array.from({ length: result.topics.length }, (_, index) => index);
      const shown = yield* those(slices, all, (index) =>
        mayDescribe(result.topics.at(index).topic),
      );
      return { ...result, topics: lazily(shown, (index) => result.topics.at(index)) };
    }
    const allowed = yield* those(slices, topics, ({ name }) => mayDescribe(name));
    const wanted = yield* eachOf(slices, allowed, ({ name, partitionIndexes }) => ({
      topic: name,
      partitions: partitionIndexes,
    }));
    const result = coordinator.fetchOffsets({ groupId, requireStable, topics: wanted });
    if (allowed.length === topics.length || result.error !== 'NONE') return result;
    const denied = yield* those(slices, topics, ({ name }) => !mayDescribe(name));
    return { ...result, topics: joined(result.topics, lazily(denied, deniedTopic)) };
  }

  function* answer(context: RequestContext, request: OffsetFetchRequest): Steps<Response> {
    const { apiVersion } = context;
    const { requireStable } = request;
    if (apiVersion >= GROUPS_FROM) {
      const groups = [];
      for (const { groupId, topics } of request.groups) {
        const result = yield* fetch(context, groupId, topics, requireStable);
        groups.push({ groupId, ...rows(result), errorCode: errorCode(result.error) });
        if (context.slices.isOver()) yield;
      }
      return { groups };
    }
    const result = yield* fetch(context, request.groupId, request.topics, requireStable);
    if (result.error !== 'NONE' && apiVersion < GROUP_ERROR_FROM) {
      return failed(request.topics, result.error);
    }
    const shown = apiVersion === 0 ? asZooKeeperSaidIt : undefined;
    return { ...rows(result, shown), errorCode: errorCode(result.error) };
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
    handle: (context, request) => inSlices(context, answer(context, request)),
    errorResponse: ({ apiVersion }, request, { error }) => {
      if (apiVersion >= GROUPS_FROM) {
        return {
          groups: lazily(request.groups, ({ groupId }) => ({
            groupId,
            errorCode: errorCode(error),
          })),
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
    partitions: lazily(partitionIndexes, (partition): FetchedOffset => {
      const error = 'TOPIC_AUTHORIZATION_FAILED';
      return { partition, offset: -1, leaderEpoch: -1, metadata: '', error };
    }),
  };
}

function rows({ topics }: OffsetFetchResult, shown = (row: FetchedOffset) => row.error) {
  return {
    topics: lazilyOf(topics, ({ topic, partitions }) => ({
      name: topic,
      partitions: lazilyOf(partitions, (row) => ({
        partitionIndex: row.partition,
        committedOffset: row.offset,
        committedLeaderEpoch: row.leaderEpoch,
        metadata: row.metadata,
        errorCode: errorCode(shown(row)),
      })),
    })),
  };
}

/** The answer of versions that have errors only at partitions. */
function failed(topics: AskedTopics, error: ErrorName): Response {
  return {
    topics: lazily(topics ?? [], ({ name, partitionIndexes }) => ({
      name,
      partitions: lazily(partitionIndexes, (partitionIndex) => ({
        partitionIndex,
        committedOffset: -1,
        metadata: '',
        errorCode: errorCode(error),
      })),
    })),
  };
}

function asZooKeeperSaidIt({ offset, error }: FetchedOffset): ErrorName {
  return offset < 0 && error === 'NONE' ? 'UNKNOWN_TOPIC_OR_PARTITION' : error;
}
