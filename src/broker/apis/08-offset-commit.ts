// OffsetCommit v0-v9.
//
// v0 meant ZooKeeper in Kafka and is stored like all others here. A partition that does not exist is
// answered with UNKNOWN_TOPIC_OR_PARTITION and the rest is committed. v1 may bring a timestamp of its
// own; the retention time of v2-v4 is honoured: such an offset expires that long after the commit,
// whatever offsets.retention.minutes says. A metadata text longer than offset.metadata.max.bytes is
// OFFSET_METADATA_TOO_LARGE for its partition alone.
//
// Gaps: v9's member epochs (KIP-848) do not exist yet; v9 is used by classic members as v8 is.

import type { Pace, Steps } from '../../base/slices.ts';
import type { Compatibility } from '../../config/index.ts';
import { type ErrorName, errorCode } from '../../protocol/errors.ts';
import {
  OffsetCommitRequest,
  OffsetCommitResponse,
} from '../../protocol/messages/08-offset-commit.ts';
import { lazily, type MessageInput } from '../../protocol/schema/index.ts';
import type { GroupCoordinator } from '../coordinator/group/group-coordinator.ts';
import type { OffsetCommitEntry } from '../coordinator/group/messages.ts';
import type { ClusterMetadata } from '../metadata/cluster-metadata.ts';
import { partitionOf } from '../metadata/cluster-snapshot.ts';
import { type Api, defineApi } from '../network/api.ts';
import { Pending } from '../network/pending.ts';
import type { RequestContext } from '../network/request-context.ts';
import { eachOf, inSlices } from '../network/rows.ts';
import { lastMentions } from './last-mentions.ts';

type Response = MessageInput<typeof OffsetCommitResponse>;

export interface OffsetCommitDependencies {
  readonly coordinator: GroupCoordinator;
  readonly metadata: ClusterMetadata;
  readonly compatibility: Compatibility;
}

type AskedTopic = OffsetCommitRequest['topics'][number];

const GROUP_ID_NOT_FOUND_FROM = 9;

export function offsetCommitApi({
  coordinator,
  metadata,
  compatibility,
}: OffsetCommitDependencies): Api {
  const isLastOnly = compatibility.lastMentionOnly.has('OffsetCommit');
  return defineApi({
    request: OffsetCommitRequest,
    response: OffsetCommitResponse,
    versions: { min: 0, max: 9 },
    rights: {
      needs: [{ operation: 'READ', resource: 'GROUP', name: ({ groupId }) => groupId }],
      asks: [{ operation: 'READ', resource: 'TOPIC' }],
    },
    handle: (context, request) => inSlices(context, steps(context, request)),
    errorResponse: (_context, request, error) => ({
      topics: lazily(request.topics, ({ name, partitions }) => ({
        name,
        partitions: lazily(partitions, ({ partitionIndex }) => ({
          partitionIndex,
          errorCode: errorCode(error.error),
        })),
      })),
    }),
  });

  function* steps(
    context: RequestContext,
    request: OffsetCommitRequest,
  ): Steps<Response | Pending<Response>> {
    const { snapshot } = metadata;
    const { slices } = context;
    const entries: OffsetCommitEntry[] = [];
    const asked = isLastOnly ? yield* lastOnly(slices, request.topics) : request.topics;
    const topics: { name: string; partitions: Row[] }[] = [];
    for (const { name, partitions } of asked) {
      const mayCommit = context.authorize('READ', 'TOPIC', name);
      const rows = yield* eachOf(slices, partitions, (asked): Row => {
        const { partitionIndex } = asked;
        const isThere = partitionOf(snapshot, name, partitionIndex) !== undefined;
        if (!mayCommit || !isThere) {
          const problem = mayCommit ? 'UNKNOWN_TOPIC_OR_PARTITION' : 'TOPIC_AUTHORIZATION_FAILED';
          return { row: { partitionIndex, errorCode: errorCode(problem) }, index: -1 };
        }
        entries.push({
          topic: name,
          partition: partitionIndex,
          offset: asked.committedOffset,
          leaderEpoch: asked.committedLeaderEpoch,
          metadata: asked.committedMetadata ?? '',
          ...(asked.commitTimestamp === -1 ? {} : { commitTimestampMs: asked.commitTimestamp }),
        });
        return { row: { partitionIndex, errorCode: 0 }, index: entries.length - 1 };
      });
      topics.push({ name, partitions: rows });
      if (slices.isOver()) yield;
    }
    const respond = (errors: readonly ErrorName[]): Response => ({
      topics: lazily(topics, ({ name, partitions }) => ({
        name,
        partitions: lazily(partitions, ({ row, index }) =>
          index < 0 ? row : { ...row, errorCode: errorCode(errors[index] ?? 'NONE') },
        ),
      })),
    });
    if (entries.length === 0) return respond([]);
    const pending = new Pending<Response>();
    coordinator.commitOffsets(
      {
        groupId: request.groupId,
        generation: request.generationIdOrMemberEpoch,
        memberId: request.memberId,
        instanceId: request.groupInstanceId,
        ...(request.retentionTimeMs === -1 ? {} : { retentionTimeMs: request.retentionTimeMs }),
        entries,
        knowsGroupIdNotFound: context.apiVersion >= GROUP_ID_NOT_FOUND_FROM,
      },
      (errors) => pending.complete(respond(errors)),
    );
    return pending;
  }
}

/** `index` is where its error will be; -1 where the row is final. */
interface Row {
  readonly row: { readonly partitionIndex: number; readonly errorCode: number };
  readonly index: number;
}

function lastOnly(pace: Pace, topics: readonly AskedTopic[]): Steps<AskedTopic[]> {
  return lastMentions(pace, topics, {
    key: ({ name }) => name,
    partitions: ({ partitions }) => partitions,
    index: ({ partitionIndex }) => partitionIndex,
    withPartitions: (topic, partitions) => ({ ...topic, partitions }),
  });
}
