import type { TopicPartition } from '../client/index.ts';
import { CliError } from './failure.ts';
import { topicPattern } from './topic-filter.ts';

/** Which partitions a tool is about: topics first, so that not all are asked for. */
export interface PartitionFilter {
  topic(name: string): boolean;
  partition(partition: TopicPartition): boolean;
}

const RULE = /^([^:,]*)(?::(?:([0-9]*)|(?:([0-9]*)-([0-9]*))))?$/;

/**
 * Rules joined by commas, any of which may match: a pattern of topics (none: all), then after a
 * colon a partition, or a range without its end: `orders:0-3`, `logs:5-`, `:-2`. Throws CliError.
 */
export function partitionRules(text: string): PartitionFilter {
  const rules = text.split(',').map((spec) => {
    const match = RULE.exec(spec);
    if (!match) throw new CliError(`Invalid rule specification: ${spec}`);
    const [, name, only, from, below] = match;
    const topic = topicPattern(name || '.*');
    const first = only ? Number(only) : Number(from || 0);
    const end = only ? first + 1 : below ? Number(below) : Number.POSITIVE_INFINITY;
    return { topic, has: (partition: number) => partition >= first && partition < end };
  });
  return {
    topic: (name) => rules.some(({ topic }) => topic(name)),
    partition: ({ topic: name, partition }) =>
      rules.some(({ topic, has }) => topic(name) && has(partition)),
  };
}

/** A pattern of topics, and partition numbers joined by commas; all where absent. Throws CliError. */
export function topicAndPartitions(
  topic: string | undefined,
  partitions: string | undefined,
): PartitionFilter {
  const matches = topicPattern(topic ?? '.*');
  const numbers = partitions ? partitions.split(',').map(Number) : [];
  if (partitions && !/^\d+(,\d+)*$/.test(partitions)) {
    throw new CliError(
      `--partitions expects a comma separated list of numeric partition ids, but received: ${partitions}`,
    );
  }
  return {
    topic: matches,
    partition: (one) =>
      matches(one.topic) && (numbers.length === 0 || numbers.includes(one.partition)),
  };
}
