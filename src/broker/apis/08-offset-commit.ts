// OffsetCommit v0-v9.
//
// v0 meant ZooKeeper in Kafka and is stored like all others here. A partition that does not exist is
// answered with UNKNOWN_TOPIC_OR_PARTITION and the rest is committed. v1 may bring a timestamp of its
// own; the retention time of v2-v4 is honoured: such an offset expires that long after the commit,
// whatever offsets.retention.minutes says. A metadata text longer than offset.metadata.max.bytes is
// OFFSET_METADATA_TOO_LARGE for its partition alone.
//
// Gaps: v9's member epochs (KIP-848) do not exist yet; v9 is used by classic members as v8 is.
import type { Compatibility } from '../../config/index.ts';
import { errorCode } from '../../protocol/errors.ts';
import {
  OffsetCommitRequest,
  OffsetCommitResponse,
} from '../../protocol/messages/08-offset-commit.ts';
import type { MessageInput } from '../../protocol/schema/index.ts';
import type { GroupCoordinator } from '../coordinator/group/group-coordinator.ts';
import type { OffsetCommitEntry } from '../coordinator/group/messages.ts';
import type { ClusterMetadata } from '../metadata/cluster-metadata.ts';
import { partitionOf } from '../metadata/cluster-snapshot.ts';
import { type Api, defineApi } from '../network/api.ts';
import { Pending } from '../network/pending.ts';
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
    handle(context, request) {
      const { snapshot } = metadata;
      const entries: OffsetCommitEntry[] = [];
      const asked = isLastOnly ? lastOnly(request.topics) : request.topics;
      const topics = asked.map(({ name, partitions }) => {
        const mayCommit = context.authorize('READ', 'TOPIC', name);
        const rows = partitions.map((asked) => {
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
        return { name, partitions: rows };
      });
      const respond = (codes: readonly number[]): Response => ({
        topics: topics.map(({ name, partitions }) => ({
          name,
          partitions: partitions.map(({ row, index }) =>
            index < 0 ? row : { ...row, errorCode: codes[index] ?? 0 },
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
        (errors) => pending.complete(respond(errors.map(errorCode))),
      );
      return pending;
    },
    errorResponse: (_context, request, error) => ({
      topics: request.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => ({
          partitionIndex,
          errorCode: errorCode(error.error),
        })),
      })),
    }),
  });
}

function lastOnly(topics: readonly AskedTopic[]): AskedTopic[] {
  return lastMentions(topics, {
    key: ({ name }) => name,
    partitions: ({ partitions }) => partitions,
    index: ({ partitionIndex }) => partitionIndex,
    withPartitions: (topic, partitions) => ({ ...topic, partitions }),
  });
}
