import { ZERO_UUID } from '../../base/random.ts';
import { errorName, KafkaError } from '../../protocol/errors.ts';
import {
  DescribeTopicPartitionsRequest,
  DescribeTopicPartitionsResponse,
} from '../../protocol/messages/75-describe-topic-partitions.ts';
import type { Cluster } from '../cluster.ts';

export interface PartitionDetails {
  readonly partition: number;
  /** -1: none. */
  readonly leader: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
  /** Eligible leader replicas (KIP-966); null where the broker does not tell. */
  readonly elr: readonly number[] | null;
  readonly lastKnownElr: readonly number[] | null;
}

export interface TopicDetails {
  readonly name: string;
  /** Empty where the broker has none. */
  readonly topicId: string;
  readonly partitions: readonly PartitionDetails[];
}

/** In the order of `names`, with the ids of the live brokers. Throws KafkaError for a missing topic. */
export async function describeTopicDetails(
  cluster: Cluster,
  names: readonly string[],
): Promise<{ topics: TopicDetails[]; brokers: number[] }> {
  const { topics, brokers } = await cluster.retry(async () => {
    const metadata = await cluster.metadata(names);
    const failed = metadata.topics.find(({ error }) => error !== 'NONE');
    if (failed) throw new KafkaError(failed.error, `topic ${failed.name}: ${failed.error}`);
    return metadata;
  });
  const elr = await eligibleLeaders(cluster, names);
  return {
    brokers: brokers.map(({ id }) => id),
    topics: names.map((name) => {
      const topic = topics.find((candidate) => candidate.name === name)!;
      return {
        name,
        topicId: topic.topicId === ZERO_UUID ? '' : topic.topicId,
        partitions: topic.partitions.map(({ partition, leader, replicas, isr }) => {
          const known = elr?.get(`${name}-${partition}`);
          return {
            partition,
            leader,
            replicas,
            isr,
            elr: known?.elr ?? null,
            lastKnownElr: known?.lastKnownElr ?? null,
          };
        }),
      };
    }),
  };
}

type Elr = Pick<PartitionDetails, 'elr' | 'lastKnownElr'>;

/** Only newer brokers have the request; the others know nothing of such replicas. */
async function eligibleLeaders(
  cluster: Cluster,
  names: readonly string[],
): Promise<Map<string, Elr> | undefined> {
  const connection = await cluster.any();
  if (!connection.apiRanges.has(DescribeTopicPartitionsRequest.apiKey)) return undefined;
  const found = new Map<string, Elr>();
  let cursor: { topicName: string; partitionIndex: number } | null = null;
  do {
    const answer: {
      topics: readonly {
        name: string | null;
        errorCode: number;
        partitions: readonly {
          partitionIndex: number;
          eligibleLeaderReplicas: readonly number[] | null;
          lastKnownElr: readonly number[] | null;
        }[];
      }[];
      nextCursor: { topicName: string; partitionIndex: number } | null;
    } = await connection.call(DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse, {
      topics: [...names].sort().map((name) => ({ name })),
      cursor,
    });
    for (const { name, errorCode, partitions } of answer.topics) {
      if (errorCode !== 0) throw new KafkaError(errorName(errorCode));
      for (const { partitionIndex, eligibleLeaderReplicas, lastKnownElr } of partitions) {
        found.set(`${name}-${partitionIndex}`, { elr: eligibleLeaderReplicas, lastKnownElr });
      }
    }
    cursor = answer.nextCursor;
  } while (cursor !== null);
  return found;
}
