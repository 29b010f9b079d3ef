import type { Reassignment } from '../client/index.ts';

// The lines of `topics --describe`, as Kafka 3.9's tool prints them.

export interface DescribedPartition {
  readonly partition: number;
  /** -1: none. */
  readonly leader: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
  /** Eligible leader replicas (KIP-966); null where the broker does not tell. */
  readonly elr: readonly number[] | null;
  readonly lastKnownElr: readonly number[] | null;
  readonly reassignment: Reassignment | undefined;
}

export interface DescribedTopic {
  readonly name: string;
  /** Empty where the broker does not tell. */
  readonly topicId: string;
  readonly partitions: readonly DescribedPartition[];
  /** What differs from the defaults, in the broker's order. */
  readonly configs: readonly { readonly name: string; readonly value: string | null }[];
  readonly minInsyncReplicas: number;
}

export interface DescribeFilter {
  readonly underReplicated: boolean;
  readonly unavailable: boolean;
  readonly underMinIsr: boolean;
  readonly atMinIsr: boolean;
  readonly withOverrides: boolean;
}

/** One line per topic and per partition that pass the filter, each with its line end. */
export function describeLines(
  topic: DescribedTopic,
  filter: DescribeFilter,
  liveBrokers: ReadonlySet<number>,
): string {
  const onlySome =
    filter.underReplicated || filter.unavailable || filter.underMinIsr || filter.atMinIsr;
  let text = '';
  if (!onlySome && (!filter.withOverrides || topic.configs.length > 0)) text += topicLine(topic);
  if (filter.withOverrides) return text;
  for (const partition of topic.partitions) {
    if (!onlySome || matches(partition, topic, filter, liveBrokers)) {
      text += partitionLine(topic.name, partition);
    }
  }
  return text;
}

function matches(
  partition: DescribedPartition,
  topic: DescribedTopic,
  filter: DescribeFilter,
  liveBrokers: ReadonlySet<number>,
): boolean {
  const hasLeader = partition.leader >= 0;
  const inSync = partition.isr.length;
  return (
    (filter.underReplicated && replicationFactor(partition) > inSync) ||
    (filter.unavailable && !(hasLeader && liveBrokers.has(partition.leader))) ||
    (filter.underMinIsr && (!hasLeader || inSync < topic.minInsyncReplicas)) ||
    (filter.atMinIsr && inSync === topic.minInsyncReplicas)
  );
}

function topicLine({ name, topicId, partitions, configs }: DescribedTopic): string {
  const first = partitions[0];
  const changed = configs.map((config) => `${config.name}=${config.value}`).join(',');
  return `${[
    `Topic: ${name}`,
    ...(topicId === '' ? [] : [`TopicId: ${topicId}`]),
    `PartitionCount: ${partitions.length}`,
    `ReplicationFactor: ${first ? replicationFactor(first) : 0}`,
    `Configs: ${changed}`,
  ].join('\t')}\n`;
}

function partitionLine(topic: string, partition: DescribedPartition): string {
  const { reassignment } = partition;
  const list = (ids: readonly number[] | null) => (ids === null ? 'N/A' : ids.join(','));
  return `\t${[
    `Topic: ${topic}`,
    `Partition: ${partition.partition}`,
    `Leader: ${partition.leader < 0 ? 'none' : partition.leader}`,
    `Replicas: ${list(partition.replicas)}`,
    `Isr: ${list(partition.isr)}`,
    ...(reassignment
      ? [
          `Adding Replicas: ${list(reassignment.addingReplicas)}`,
          `Removing Replicas: ${list(reassignment.removingReplicas)}`,
        ]
      : []),
    `Elr: ${list(partition.elr)}`,
    `LastKnownElr: ${list(partition.lastKnownElr)}`,
  ].join('\t')}\n`;
}

/** While replicas are moved, the ones on the way do not count. */
function replicationFactor({ replicas, reassignment }: DescribedPartition): number {
  if (!reassignment) return replicas.length;
  const moving = [...reassignment.addingReplicas, ...reassignment.removingReplicas];
  return moving.some((id) => replicas.includes(id))
    ? reassignment.replicas.length - reassignment.addingReplicas.length
    : replicas.length;
}
