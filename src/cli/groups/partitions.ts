import type { Cluster, TopicPartition } from '../../client/index.ts';
import { parseTopicArgument } from './reset-spec.ts';

/** By topic, then by number. */
export function inOrder<P extends TopicPartition>(partitions: readonly P[]): P[] {
  return [...partitions].sort(
    (a, b) => (a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : 0) || a.partition - b.partition,
  );
}

export interface NamedPartitions {
  /** Of topics that exist, or that the command line gave with its number. */
  readonly found: readonly TopicPartition[];
  /** Topics that do not exist, named without partitions. */
  readonly missing: readonly string[];
  /** Those of `found` that do not exist. */
  readonly absent: readonly TopicPartition[];
}

/** `topic` and `topic:0,1` as partitions. Throws CliError. */
export async function namedPartitions(
  cluster: Cluster,
  topics: readonly string[],
): Promise<NamedPartitions> {
  const wanted = topics.map(parseTopicArgument);
  const metadata = await cluster.metadata([...new Set(wanted.map(({ topic }) => topic))]);
  const found: TopicPartition[] = [];
  const missing: string[] = [];
  const absent: TopicPartition[] = [];
  for (const { topic, partitions } of wanted) {
    const described = metadata.topics.find(({ name }) => name === topic);
    const exists = described?.error === 'NONE';
    const known = exists ? described.partitions.map(({ partition }) => partition) : [];
    if (!exists && !partitions) missing.push(topic);
    for (const partition of partitions ?? known) {
      found.push({ topic, partition });
      if (!known.includes(partition)) absent.push({ topic, partition });
    }
  }
  return { found, missing, absent };
}
