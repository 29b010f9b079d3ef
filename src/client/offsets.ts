import type { Int64 } from '../base/int64.ts';
import { errorName, KafkaError } from '../protocol/errors.ts';
import { ListOffsetsRequest, ListOffsetsResponse } from '../protocol/messages/02-list-offsets.ts';
import {
  OffsetCommitRequest,
  OffsetCommitResponse,
} from '../protocol/messages/08-offset-commit.ts';
import { OffsetFetchRequest, OffsetFetchResponse } from '../protocol/messages/09-offset-fetch.ts';
import type { TopicPartition } from '../protocol/topic-partition.ts';
import type { Cluster } from './cluster.ts';
import { byTopic } from './group-member.ts';
import { topicPartitionName } from './records.ts';

/** What ListOffsets can be asked besides a time. */
export const OFFSET_SPECS = { latest: -1, earliest: -2, maxTimestamp: -3 } as const;

export interface OffsetAtTime extends TopicPartition {
  /** -1: no record is that young. */
  readonly offset: number;
  readonly timestamp: Int64;
  readonly leaderEpoch: number;
}

export type IsolationLevel = 'read_uncommitted' | 'read_committed';

export function isolationCode(level: IsolationLevel): number {
  return level === 'read_committed' ? 1 : 0;
}

/**
 * Offsets by time in milliseconds, or by one of OFFSET_SPECS, each from its partition's leader.
 * Throws KafkaError for the first partition that fails for good.
 */
export async function listOffsets(
  cluster: Cluster,
  wanted: readonly (TopicPartition & { readonly timestamp: Int64 })[],
  isolation: IsolationLevel = 'read_uncommitted',
): Promise<Map<string, OffsetAtTime>> {
  const found = new Map<string, OffsetAtTime>();
  if (wanted.length === 0) return found;
  await cluster.retry(async () => {
    const missing = wanted.filter((partition) => !found.has(topicPartitionName(partition)));
    const byLeader = await groupByLeader(cluster, missing);
    for (const [leader, partitions] of byLeader) {
      const connection = await cluster.broker(leader);
      const timestamps = new Map(partitions.map((p) => [topicPartitionName(p), p.timestamp]));
      const asksNewKind = partitions.some(({ timestamp }) => timestamp < OFFSET_SPECS.earliest);
      const answer = await connection.call(
        ListOffsetsRequest,
        ListOffsetsResponse,
        {
          replicaId: -1,
          isolationLevel: isolationCode(isolation),
          topics: byTopic(partitions).map(({ topic, partitions: numbers }) => ({
            name: topic,
            partitions: numbers.map((partition) => ({
              partitionIndex: partition,
              timestamp: timestamps.get(topicPartitionName({ topic, partition })) ?? -1,
            })),
          })),
        },
        { maxVersion: asksNewKind ? 9 : 8 },
      );
      for (const { name, partitions: results } of answer.topics) {
        for (const result of results) {
          if (result.errorCode !== 0) {
            throw new KafkaError(
              errorName(result.errorCode),
              `cannot read the offsets of ${name}-${result.partitionIndex}: ${errorName(result.errorCode)}`,
            );
          }
          const partition = { topic: name, partition: result.partitionIndex };
          const { offset, timestamp, leaderEpoch } = result;
          const old = result.oldStyleOffsets[0];
          found.set(topicPartitionName(partition), {
            ...partition,
            offset: old ?? offset,
            timestamp,
            leaderEpoch,
          });
        }
      }
    }
  });
  return found;
}

/** Throws KafkaError: a retriable one where a leader is missing only for the moment. */
export async function groupByLeader<P extends TopicPartition>(
  cluster: Cluster,
  partitions: readonly P[],
): Promise<Map<number, P[]>> {
  const { topics } = await cluster.metadata([...new Set(partitions.map(({ topic }) => topic))]);
  const byLeader = new Map<number, P[]>();
  for (const wanted of partitions) {
    const topic = topics.find(({ name }) => name === wanted.topic);
    if (topic && topic.error !== 'NONE') {
      throw new KafkaError(topic.error, `topic ${wanted.topic}: ${topic.error}`);
    }
    const leader = topic?.partitions.find((p) => p.partition === wanted.partition)?.leader;
    if (leader === undefined) {
      throw new KafkaError(
        'UNKNOWN_TOPIC_OR_PARTITION',
        `partition ${topicPartitionName(wanted)} does not exist`,
      );
    }
    if (leader < 0) throw new KafkaError('LEADER_NOT_AVAILABLE');
    const of = byLeader.get(leader);
    if (of) of.push(wanted);
    else byLeader.set(leader, [wanted]);
  }
  return byLeader;
}

export interface CommittedOffset extends TopicPartition {
  readonly offset: Int64;
  readonly leaderEpoch: number;
  readonly metadata: string;
}

/**
 * What a group has committed: for these partitions, or with null for all. Partitions without a
 * commit are left out. Throws KafkaError.
 */
export function fetchCommitted(
  cluster: Cluster,
  groupId: string,
  partitions: readonly TopicPartition[] | null,
): Promise<CommittedOffset[]> {
  const topics =
    partitions === null
      ? null
      : byTopic(partitions).map(({ topic, partitions: partitionIndexes }) => ({
          name: topic,
          partitionIndexes,
        }));
  return cluster.retryAtCoordinator(groupId, async (coordinator) => {
    const answer = await coordinator.call(
      OffsetFetchRequest,
      OffsetFetchResponse,
      (version) =>
        version >= 8
          ? { groups: [{ groupId, topics }], requireStable: true }
          : { groupId, topics, requireStable: version >= 7 },
      { maxVersion: 9 },
    );
    const group = answer.groups[0] ?? answer;
    if (group.errorCode !== 0) throw new KafkaError(errorName(group.errorCode));
    const found: CommittedOffset[] = [];
    for (const topic of group.topics) {
      for (const partition of topic.partitions) {
        if (partition.errorCode !== 0) throw new KafkaError(errorName(partition.errorCode));
        if (partition.committedOffset < 0) continue;
        found.push({
          topic: topic.name,
          partition: partition.partitionIndex,
          offset: partition.committedOffset,
          leaderEpoch: partition.committedLeaderEpoch,
          metadata: partition.metadata ?? '',
        });
      }
    }
    return found;
  });
}

/** Whose commit it is; a plain tool has no member. */
export interface Committer {
  readonly generation: number;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
}

/** Throws KafkaError for the first partition that is refused. */
export async function commitOffsets(
  cluster: Cluster,
  groupId: string,
  offsets: readonly (TopicPartition & { readonly offset: Int64; readonly metadata?: string })[],
  committer: Committer = { generation: -1, memberId: '', groupInstanceId: null },
): Promise<void> {
  if (offsets.length === 0) return;
  await cluster.retryAtCoordinator(groupId, async (coordinator) => {
    const byName = new Map(offsets.map((offset) => [topicPartitionName(offset), offset]));
    const answer = await coordinator.call(
      OffsetCommitRequest,
      OffsetCommitResponse,
      {
        groupId,
        generationIdOrMemberEpoch: committer.generation,
        memberId: committer.memberId,
        groupInstanceId: committer.groupInstanceId,
        topics: byTopic(offsets).map(({ topic, partitions }) => ({
          name: topic,
          partitions: partitions.map((partition) => {
            const commit = byName.get(topicPartitionName({ topic, partition }))!;
            return {
              partitionIndex: partition,
              committedOffset: commit.offset,
              committedMetadata: commit.metadata ?? '',
            };
          }),
        })),
      },
      { maxVersion: 9 },
    );
    for (const { partitions } of answer.topics) {
      for (const { errorCode } of partitions) {
        if (errorCode !== 0) throw new KafkaError(errorName(errorCode));
      }
    }
  });
}
