// OffsetDelete v0, answered when the tombstones are committed. A topic that a member of the group
// subscribes to is GROUP_SUBSCRIBED_TO_TOPIC; a group with members of another protocol type than
// "consumer" is NON_EMPTY_GROUP as a whole, since its subscriptions are unknown.
//
// Gaps: none.

import type { Steps } from '../../base/slices.ts';
import { errorCode } from '../../protocol/errors.ts';
import {
  OffsetDeleteRequest,
  OffsetDeleteResponse,
} from '../../protocol/messages/47-offset-delete.ts';
import { lazily, type MessageInput } from '../../protocol/schema/index.ts';
import type { GroupCoordinator } from '../coordinator/group/group-coordinator.ts';
import type { ClusterMetadata } from '../metadata/cluster-metadata.ts';
import { partitionOf } from '../metadata/cluster-snapshot.ts';
import { type Api, defineApi } from '../network/api.ts';
import { Pending } from '../network/pending.ts';
import type { RequestContext } from '../network/request-context.ts';
import { inSlices, those } from '../network/rows.ts';

type Response = MessageInput<typeof OffsetDeleteResponse>;

export interface OffsetDeleteDependencies {
  readonly coordinator: GroupCoordinator;
  readonly metadata: ClusterMetadata;
}

export function offsetDeleteApi({ coordinator, metadata }: OffsetDeleteDependencies): Api {
  return defineApi({
    request: OffsetDeleteRequest,
    response: OffsetDeleteResponse,
    versions: { min: 0, max: 0 },
    rights: {
      needs: [{ operation: 'DELETE', resource: 'GROUP', name: ({ groupId }) => groupId }],
      asks: [{ operation: 'READ', resource: 'TOPIC' }],
    },
    handle: (context, request) => inSlices(context, steps(context, request)),
    errorResponse: (_context, _request, { error }) => ({ errorCode: errorCode(error) }),
  });

  function* steps(
    context: RequestContext,
    { groupId, topics }: OffsetDeleteRequest,
  ): Steps<Pending<Response>> {
    const { slices } = context;
    const { snapshot } = metadata;
    const exists = (topic: string, partition: number) =>
      partitionOf(snapshot, topic, partition) !== undefined;
    const mayRead = (topic: string) => context.authorize('READ', 'TOPIC', topic);
    const known: { topic: string; partitions: number[] }[] = [];
    for (const { name, partitions } of topics) {
      const wanted = yield* those(slices, mayRead(name) ? partitions : [], ({ partitionIndex }) =>
        exists(name, partitionIndex),
      );
      known.push({ topic: name, partitions: wanted.map(({ partitionIndex }) => partitionIndex) });
      if (slices.isOver()) yield;
    }
    const pending = new Pending<Response>();
    coordinator.deleteOffsets({ groupId, topics: known }, (result) => {
      if (result.error !== 'NONE') {
        pending.complete({ errorCode: errorCode(result.error) });
        return;
      }
      pending.complete({
        topics: lazily(topics, ({ name, partitions }, index) => {
          const rows = result.topics[index]?.partitions ?? [];
          const errors = new Map(rows.map(({ partition, error }) => [partition, error]));
          const otherwise = mayRead(name)
            ? 'UNKNOWN_TOPIC_OR_PARTITION'
            : 'TOPIC_AUTHORIZATION_FAILED';
          return {
            name,
            partitions: lazily(partitions, ({ partitionIndex }) => ({
              partitionIndex,
              errorCode: errorCode(errors.get(partitionIndex) ?? otherwise),
            })),
          };
        }),
      });
    });
    return pending;
  }
}
