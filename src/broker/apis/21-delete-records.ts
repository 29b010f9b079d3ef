// DeleteRecords v0-v2 (KIP-107): moves the log start offset; -1 means up to the high watermark. The answer
// waits until the new start is on the disk (Kafka writes it within a minute): after it nothing comes back.

import { type Pace, promised, type Steps } from '../../base/slices.ts';
import type { Compatibility } from '../../config/index.ts';
import { type ErrorName, errorCode } from '../../protocol/errors.ts';
import {
  DeleteRecordsRequest,
  DeleteRecordsResponse,
} from '../../protocol/messages/21-delete-records.ts';
import { lazily } from '../../protocol/schema/index.ts';
import type { ClusterMetadata } from '../metadata/cluster-metadata.ts';
import { type Api, defineApi } from '../network/api.ts';
import type { RequestContext } from '../network/request-context.ts';
import { laterRowOf, together } from '../network/rows.ts';
import type { Partitions } from '../replica/partitions.ts';
import { lastMentions } from './last-mentions.ts';

export interface DeleteRecordsDependencies {
  readonly partitions: Partitions;
  readonly metadata: ClusterMetadata;
  readonly compatibility: Compatibility;
}

export function deleteRecordsApi({
  partitions,
  metadata,
  compatibility,
}: DeleteRecordsDependencies): Api {
  const isLastOnly = compatibility.lastMentionOnly.has('DeleteRecords');

  async function remove(
    context: RequestContext,
    topic: string,
    { partitionIndex, offset }: { partitionIndex: number; offset: number },
  ) {
    const result = await laterRowOf<Deleted>(
      context,
      () => `${topic}-${partitionIndex}`,
      () =>
        context.authorize('DELETE', 'TOPIC', topic)
          ? deleteBefore(topic, partitionIndex, offset)
          : refused('TOPIC_AUTHORIZATION_FAILED'),
      refused,
    );
    return 'error' in result
      ? { partitionIndex, lowWatermark: -1, errorCode: errorCode(result.error) }
      : { partitionIndex, lowWatermark: result.lowWatermark };
  }

  async function deleteBefore(topic: string, index: number, offset: number) {
    if (metadata.snapshot.topics.get(topic)?.internal) return refused('INVALID_TOPIC_EXCEPTION');
    const partition = partitions.get(topic, index);
    return partition?.deleteRecordsBefore(offset) ?? refused(partitions.absence(topic, index));
  }

  return defineApi({
    request: DeleteRecordsRequest,
    response: DeleteRecordsResponse,
    versions: { min: 0, max: 2 },
    rights: { asks: [{ operation: 'DELETE', resource: 'TOPIC' }] },
    async handle(context, request) {
      const { slices } = context;
      const asked = isLastOnly
        ? await promised(slices, lastOnly(slices, request.topics))
        : request.topics;
      const topics = [];
      for (const { name, partitions: rows } of asked) {
        const partitions = await together(context, rows, (some) =>
          Promise.all(some.map((row) => remove(context, name, row))),
        );
        topics.push({ name, partitions });
        if (context.slices.isOver()) await context.slices.nextTurn();
      }
      return { topics };
    },
    errorResponse: (_context, request, error) => ({
      topics: lazily(request.topics, ({ name, partitions: rows }) => ({
        name,
        partitions: lazily(rows, ({ partitionIndex }) => ({
          partitionIndex,
          lowWatermark: -1,
          errorCode: errorCode(error.error),
        })),
      })),
    }),
  });
}

type Deleted = { readonly error: ErrorName } | { readonly lowWatermark: number };

function refused(error: ErrorName): { error: ErrorName } {
  return { error };
}

type AskedTopic = DeleteRecordsRequest['topics'][number];

function lastOnly(pace: Pace, topics: readonly AskedTopic[]): Steps<AskedTopic[]> {
  return lastMentions(pace, topics, {
    key: ({ name }) => name,
    partitions: ({ partitions }) => partitions,
    index: ({ partitionIndex }) => partitionIndex,
    withPartitions: (topic, partitions) => ({ ...topic, partitions }),
  });
}
