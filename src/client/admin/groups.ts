import { decodeVersioned } from '../../protocol/codec/index.ts';
import { type ErrorName, errorName, KafkaError } from '../../protocol/errors.ts';
import {
  DescribeGroupsRequest,
  DescribeGroupsResponse,
} from '../../protocol/messages/15-describe-groups.ts';
import { ListGroupsRequest, ListGroupsResponse } from '../../protocol/messages/16-list-groups.ts';
import {
  DeleteGroupsRequest,
  DeleteGroupsResponse,
} from '../../protocol/messages/42-delete-groups.ts';
import {
  OffsetDeleteRequest,
  OffsetDeleteResponse,
} from '../../protocol/messages/47-offset-delete.ts';
import { ConsumerProtocolAssignment } from '../../protocol/state-records/consumer-protocol.ts';
import type { TopicPartition } from '../../protocol/topic-partition.ts';
import type { Cluster } from '../cluster.ts';
import { byTopic } from '../group-member.ts';

export interface ListedGroup {
  readonly groupId: string;
  readonly protocolType: string;
  /** Empty where the broker is too old to tell. */
  readonly state: string;
  readonly type: string;
}

export interface GroupMemberDescription {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  /** With the slash that Kafka puts before it. */
  readonly host: string;
  readonly assignment: readonly TopicPartition[];
}

export interface GroupDescription {
  readonly groupId: string;
  readonly error: ErrorName;
  readonly errorMessage: string | null;
  readonly state: string;
  readonly protocolType: string;
  readonly assignor: string;
  readonly members: readonly GroupMemberDescription[];
  readonly coordinator: { readonly id: number; readonly host: string; readonly port: number };
}

/** All groups of all brokers. Throws KafkaError. */
export async function listGroups(
  cluster: Cluster,
  filter: { states?: readonly string[]; types?: readonly string[] } = {},
): Promise<ListedGroup[]> {
  const { brokers } = await cluster.retry(() => cluster.metadata([]));
  const groups = new Map<string, ListedGroup>();
  for (const { id } of brokers) {
    await cluster.retry(async () => {
      const connection = await cluster.broker(id);
      const answer = await connection.call(ListGroupsRequest, ListGroupsResponse, {
        statesFilter: [...(filter.states ?? [])],
        typesFilter: [...(filter.types ?? [])],
      });
      if (answer.errorCode !== 0) throw new KafkaError(errorName(answer.errorCode));
      for (const { groupId, protocolType, groupState, groupType } of answer.groups) {
        groups.set(groupId, { groupId, protocolType, state: groupState, type: groupType });
      }
    });
  }
  return [...groups.values()];
}

/** In the order of `groupIds`; an unknown group is "Dead". */
export async function describeGroups(
  cluster: Cluster,
  groupIds: readonly string[],
): Promise<GroupDescription[]> {
  const described: GroupDescription[] = [];
  for (const groupId of groupIds) {
    described.push(
      await cluster.retryAtCoordinator(groupId, async (coordinator) => {
        const answer = await coordinator.call(
          DescribeGroupsRequest,
          DescribeGroupsResponse,
          { groups: [groupId] },
          { maxVersion: 5 },
        );
        const group = answer.groups[0];
        if (!group) throw new KafkaError('UNKNOWN_SERVER_ERROR', `no answer about ${groupId}`);
        const error = new KafkaError(errorName(group.errorCode), group.errorMessage);
        if (group.errorCode !== 0 && error.retriable) throw error;
        const { host, port } = coordinator.endpoint;
        const { brokers } = await cluster.metadata([]);
        const broker = brokers.find((other) => other.host === host && other.port === port);
        return {
          groupId,
          error: errorName(group.errorCode),
          errorMessage: group.errorMessage,
          state: group.groupState,
          protocolType: group.protocolType,
          assignor: group.protocolData,
          members: group.members.map((member) => ({
            memberId: member.memberId,
            groupInstanceId: member.groupInstanceId,
            clientId: member.clientId,
            host: member.clientHost,
            assignment: assignedPartitions(group.protocolType, member.memberAssignment),
          })),
          coordinator: { id: broker?.id ?? -1, host, port },
        };
      }),
    );
  }
  return described;
}

function assignedPartitions(protocolType: string, bytes: Buffer): TopicPartition[] {
  // Other kinds of groups (Connect's workers, for example) put bytes of their own there.
  if (protocolType !== 'consumer' || bytes.length === 0) return [];
  return decodeVersioned(ConsumerProtocolAssignment, bytes, {
    newerAsHighest: true,
  }).assignedPartitions.flatMap(({ topic, partitions }) =>
    partitions.map((partition) => ({ topic, partition })),
  );
}

/** The outcome per group. */
export async function deleteGroups(
  cluster: Cluster,
  groupIds: readonly string[],
): Promise<Map<string, ErrorName>> {
  const outcomes = new Map<string, ErrorName>();
  for (const groupId of groupIds) {
    await cluster.retryAtCoordinator(groupId, async (coordinator) => {
      const answer = await coordinator.call(DeleteGroupsRequest, DeleteGroupsResponse, {
        groupsNames: [groupId],
      });
      const error = new KafkaError(errorName(answer.results[0]?.errorCode ?? -1));
      if (error.error !== 'NONE' && error.retriable) throw error;
      outcomes.set(groupId, error.error);
    });
  }
  return outcomes;
}

/** The outcome per partition. Throws KafkaError where the group as a whole is refused. */
export async function deleteOffsets(
  cluster: Cluster,
  groupId: string,
  partitions: readonly TopicPartition[],
): Promise<(TopicPartition & { error: ErrorName })[]> {
  return cluster.retryAtCoordinator(groupId, async (coordinator) => {
    const answer = await coordinator.call(OffsetDeleteRequest, OffsetDeleteResponse, {
      groupId,
      topics: byTopic(partitions).map(({ topic, partitions: numbers }) => ({
        name: topic,
        partitions: numbers.map((partitionIndex) => ({ partitionIndex })),
      })),
    });
    if (answer.errorCode !== 0) throw new KafkaError(errorName(answer.errorCode));
    return answer.topics.flatMap(({ name, partitions: results }) =>
      results.map(({ partitionIndex, errorCode }) => ({
        topic: name,
        partition: partitionIndex,
        error: errorName(errorCode),
      })),
    );
  });
}
