// DescribeTopicPartitions v0 (KIP-966): topics in the order of their names, a page of at most
// response_partition_limit partitions at a time. An empty list asks for all topics.
//
// A cursor names the partition to go on with; topics before it are not answered again. Only the first
// topic of a page begins within. A limit below 1 is read as 1.
//
// Gaps: no eligible leader replicas are kept, so those lists are empty, as in a Kafka that keeps none. The
// schema has null for that, but Java's client fails on it.
import { ZERO_UUID } from '../../base/random.ts';
import type { Steps } from '../../base/slices.ts';
import { type ErrorName, errorCode, KafkaError } from '../../protocol/errors.ts';
import {
  DescribeTopicPartitionsRequest,
  DescribeTopicPartitionsResponse,
} from '../../protocol/messages/75-describe-topic-partitions.ts';
import { type ElementOf, lazily, type MessageInput } from '../../protocol/schema/index.ts';
import { isInternalTopicName, topicNameProblem } from '../controller/topic-name.ts';
import type { ClusterMetadata } from '../metadata/cluster-metadata.ts';
import type { PartitionMetadata, TopicMetadata } from '../metadata/cluster-snapshot.ts';
import { type Api, defineApi } from '../network/api.ts';
import type { RequestContext } from '../network/request-context.ts';
import { counted, inSlices, sorted, those } from '../network/rows.ts';

type Response = MessageInput<typeof DescribeTopicPartitionsResponse>;
type TopicRow = ElementOf<Response['topics']>;

/** Kafka's max.request.partition.size.limit, by default. */
const MOST_PARTITIONS = 2000;

export function describeTopicPartitionsApi({ metadata }: { metadata: ClusterMetadata }): Api {
  return defineApi({
    request: DescribeTopicPartitionsRequest,
    response: DescribeTopicPartitionsResponse,
    versions: { min: 0, max: 0 },
    rights: { asks: [{ operation: 'DESCRIBE', resource: 'TOPIC' }] },
    handle: (context, request) => inSlices(context, steps(context, request)),
    errorResponse: (_context, { topics }, error) => ({
      topics: lazily(topics, ({ name }) => failed(name, error.error)),
    }),
  });

  function* steps(
    context: RequestContext,
    { topics, responsePartitionLimit, cursor }: DescribeTopicPartitionsRequest,
  ): Steps<Response> {
    const { slices } = context;
    const { snapshot } = metadata;
    const isAll = topics.length === 0;
    const mayDescribe = (topic: string) => context.authorize('DESCRIBE', 'TOPIC', topic);
    const names = isAll
      ? new Set(yield* those(slices, snapshot.topics.keys(), mayDescribe))
      : new Set((yield* counted(slices, topics, ({ name }) => name)).keys());
    if (cursor !== null) checkCursor(cursor, isAll ? null : names);
    const from = cursor?.topicName;
    const wanted = yield* sorted(
      slices,
      yield* those(slices, names, (name) => from === undefined || name >= from),
    );
    let room = Math.max(1, Math.min(responsePartitionLimit, MOST_PARTITIONS));
    const rows: TopicRow[] = [];
    for (const name of wanted) {
      if (slices.isOver()) yield;
      if (room === 0) return { topics: rows, nextCursor: { topicName: name, partitionIndex: 0 } };
      if (!mayDescribe(name)) {
        rows.push({ ...failed(name, 'TOPIC_AUTHORIZATION_FAILED'), isInternal: false });
        continue;
      }
      const topicAuthorizedOperations = context.authorizedOperations('TOPIC', name);
      const topic = snapshot.topics.get(name);
      if (!topic) {
        rows.push(absent(name, topicAuthorizedOperations));
        continue;
      }
      const first = name === cursor?.topicName ? cursor.partitionIndex : 0;
      const page = topic.partitions.slice(first, first + room);
      rows.push({ ...topicRow(topic, page), topicAuthorizedOperations });
      room -= page.length;
      const partitionIndex = first + page.length;
      if (partitionIndex < topic.partitions.length) {
        return { topics: rows, nextCursor: { topicName: name, partitionIndex } };
      }
    }
    return { topics: rows };
  }
}

function checkCursor(
  { topicName, partitionIndex }: NonNullable<DescribeTopicPartitionsRequest['cursor']>,
  names: ReadonlySet<string> | null,
): void {
  if (partitionIndex < 0) {
    throw new KafkaError('INVALID_REQUEST', `The cursor names partition ${partitionIndex}.`);
  }
  if (names !== null && !names.has(topicName)) {
    throw new KafkaError(
      'INVALID_REQUEST',
      `The cursor names ${topicName}, for which the request does not ask.`,
    );
  }
}

function topicRow(topic: TopicMetadata, partitions: readonly PartitionMetadata[]): TopicRow {
  return {
    errorCode: 0,
    name: topic.name,
    topicId: topic.id,
    isInternal: topic.internal,
    partitions: partitions.map((partition) => ({
      errorCode: errorCode(partition.leader < 0 ? 'LEADER_NOT_AVAILABLE' : 'NONE'),
      partitionIndex: partition.index,
      leaderId: partition.leader,
      leaderEpoch: partition.leaderEpoch,
      replicaNodes: partition.replicas,
      isrNodes: partition.isr,
      eligibleLeaderReplicas: [],
      lastKnownElr: [],
      offlineReplicas: partition.offlineReplicas,
    })),
  };
}

function absent(name: string, topicAuthorizedOperations: number): TopicRow {
  const isBad = topicNameProblem(name) !== undefined;
  if (isBad) return failed(name, 'INVALID_TOPIC_EXCEPTION');
  return { ...failed(name, 'UNKNOWN_TOPIC_OR_PARTITION'), topicAuthorizedOperations };
}

function failed(name: string, error: ErrorName): TopicRow {
  return {
    errorCode: errorCode(error),
    name,
    topicId: ZERO_UUID,
    isInternal: isInternalTopicName(name),
  };
}
