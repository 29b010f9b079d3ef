import { type ErrorName, errorName, KafkaError } from '../../protocol/errors.ts';
import {
  CreateTopicsRequest,
  CreateTopicsResponse,
} from '../../protocol/messages/19-create-topics.ts';
import {
  DeleteTopicsRequest,
  DeleteTopicsResponse,
} from '../../protocol/messages/20-delete-topics.ts';
import {
  DeleteRecordsRequest,
  DeleteRecordsResponse,
} from '../../protocol/messages/21-delete-records.ts';
import {
  CreatePartitionsRequest,
  CreatePartitionsResponse,
} from '../../protocol/messages/37-create-partitions.ts';
import {
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsResponse,
} from '../../protocol/messages/46-list-partition-reassignments.ts';
import type { TopicPartition } from '../../protocol/topic-partition.ts';
import type { Cluster } from '../cluster.ts';
import type { Connection } from '../connection.ts';
import { byTopic } from '../group-member.ts';
import { groupByLeader } from '../offsets.ts';
import { topicPartitionName } from '../records.ts';

const TIMEOUT_MS = 30_000;

export interface NewTopic {
  readonly name: string;
  /** Absent: the broker's default. */
  readonly partitions?: number;
  readonly replicationFactor?: number;
  /** Broker ids per partition, instead of the two numbers. */
  readonly assignment?: readonly (readonly number[])[];
  readonly configs?: Readonly<Record<string, string>>;
}

/** Throws KafkaError for the first topic that is refused. */
export async function createTopics(
  cluster: Cluster,
  topics: readonly NewTopic[],
  options: { validateOnly?: boolean } = {},
): Promise<void> {
  await cluster.retry(async () => {
    const connection = await cluster.controller();
    const answer = await connection.call(CreateTopicsRequest, CreateTopicsResponse, {
      topics: topics.map(({ name, partitions, replicationFactor, assignment, configs }) => ({
        name,
        numPartitions: assignment ? -1 : (partitions ?? -1),
        replicationFactor: assignment ? -1 : (replicationFactor ?? -1),
        assignments: (assignment ?? []).map((brokerIds, partitionIndex) => ({
          partitionIndex,
          brokerIds: [...brokerIds],
        })),
        configs: Object.entries(configs ?? {}).map(([key, value]) => ({ name: key, value })),
      })),
      timeoutMs: TIMEOUT_MS,
      validateOnly: options.validateOnly ?? false,
    });
    throwFirst(answer.topics);
  });
}

/** Throws KafkaError for the first topic that is refused; the others are deleted all the same. */
export async function deleteTopics(cluster: Cluster, names: readonly string[]): Promise<void> {
  await cluster.retry(async () => {
    const connection = await cluster.controller();
    const answer = await connection.call(DeleteTopicsRequest, DeleteTopicsResponse, (version) =>
      version >= 6
        ? { topics: names.map((name) => ({ name })), timeoutMs: TIMEOUT_MS }
        : { topicNames: [...names], timeoutMs: TIMEOUT_MS },
    );
    throwFirst(answer.responses);
  });
}

export interface MorePartitions {
  readonly name: string;
  /** How many there are to be. */
  readonly count: number;
  /** Broker ids of each new partition. */
  readonly assignment?: readonly (readonly number[])[];
}

/** Throws KafkaError for the first topic that is refused. */
export async function createPartitions(
  cluster: Cluster,
  topics: readonly MorePartitions[],
): Promise<void> {
  await cluster.retry(async () => {
    const connection = await cluster.controller();
    const answer = await connection.call(CreatePartitionsRequest, CreatePartitionsResponse, {
      topics: topics.map(({ name, count, assignment }) => ({
        name,
        count,
        assignments: assignment?.map((brokerIds) => ({ brokerIds: [...brokerIds] })) ?? null,
      })),
      timeoutMs: TIMEOUT_MS,
    });
    throwFirst(answer.results);
  });
}

/** Deletes the records before each offset (-1: all); resolves to the new start offsets. */
export async function deleteRecords(
  cluster: Cluster,
  before: readonly (TopicPartition & { readonly offset: number })[],
): Promise<(TopicPartition & { lowWatermark: number; error: ErrorName })[]> {
  return cluster.retry(async () => {
    const results: (TopicPartition & { lowWatermark: number; error: ErrorName })[] = [];
    for (const [leader, partitions] of await groupByLeader(cluster, before)) {
      const connection = await cluster.broker(leader);
      const offsets = new Map(partitions.map((p) => [topicPartitionName(p), p.offset]));
      const answer = await connection.call(DeleteRecordsRequest, DeleteRecordsResponse, {
        topics: byTopic(partitions).map(({ topic, partitions: numbers }) => ({
          name: topic,
          partitions: numbers.map((partition) => ({
            partitionIndex: partition,
            offset: offsets.get(topicPartitionName({ topic, partition })) ?? -1,
          })),
        })),
        timeoutMs: TIMEOUT_MS,
      });
      for (const topic of answer.topics) {
        for (const { partitionIndex, lowWatermark, errorCode } of topic.partitions) {
          const error = errorName(errorCode);
          results.push({ topic: topic.name, partition: partitionIndex, lowWatermark, error });
        }
      }
    }
    return results;
  });
}

export interface Reassignment extends TopicPartition {
  readonly replicas: readonly number[];
  readonly addingReplicas: readonly number[];
  readonly removingReplicas: readonly number[];
}

/** Reassignments under way, by partition; none where the broker cannot tell. */
export async function listReassignments(cluster: Cluster): Promise<Map<string, Reassignment>> {
  return cluster.retry(async () => {
    const connection: Connection = await cluster.controller();
    if (!connection.apiRanges.has(ListPartitionReassignmentsRequest.apiKey)) return new Map();
    const answer = await connection.call(
      ListPartitionReassignmentsRequest,
      ListPartitionReassignmentsResponse,
      { topics: null, timeoutMs: TIMEOUT_MS },
    );
    if (answer.errorCode !== 0) {
      if (errorName(answer.errorCode) === 'CLUSTER_AUTHORIZATION_FAILED') return new Map();
      throw new KafkaError(errorName(answer.errorCode), answer.errorMessage);
    }
    return new Map(
      answer.topics.flatMap(({ name, partitions }) =>
        partitions.map(({ partitionIndex, replicas, addingReplicas, removingReplicas }) => [
          topicPartitionName({ topic: name, partition: partitionIndex }),
          { topic: name, partition: partitionIndex, replicas, addingReplicas, removingReplicas },
        ]),
      ),
    );
  });
}

function throwFirst(results: readonly { errorCode: number; errorMessage: string | null }[]): void {
  const failed = results.find(({ errorCode }) => errorCode !== 0);
  if (failed) throw new KafkaError(errorName(failed.errorCode), failed.errorMessage);
}
