import { type Int64, parseInt64 } from '../../base/int64.ts';
import {
  type Cluster,
  listOffsets,
  type OffsetAtTime,
  type TopicPartition,
  topicPartitionName,
} from '../../client/index.ts';
import { KafkaError } from '../../protocol/errors.ts';
import {
  BOOTSTRAP_FLAGS,
  bootstrapServers,
  clientSettings,
  withCluster,
} from '../bootstrap-servers.ts';
import { CliError } from '../failure.ts';
import { toggle, value } from '../flags.ts';
import { type PartitionFilter, partitionRules, topicAndPartitions } from '../partition-filter.ts';
import type { Terminal } from '../terminal.ts';
import { tool } from '../tool.ts';
import { INTERNAL_TOPICS } from '../topic-filter.ts';

const FLAGS = {
  ...BOOTSTRAP_FLAGS,
  topic: value(
    'topic',
    'The topic, or a regular expression that its name must match whole. Default: all.',
  ),
  partitions: value('n,...', 'Only these partitions.'),
  'topic-partitions': value(
    'rules',
    'Instead of the two: topic patterns, each with a partition or a range after a colon: orders:1,logs:0-3,audit,metrics:5-,:-3 (ends are not included).',
  ),
  time: value(
    'time',
    'The first offset at or after this time in milliseconds; or latest (-1, the default), earliest (-2), max-timestamp (-3), earliest-local (-4), latest-tiered (-5), earliest-pending-upload (-6).',
  ),
  'exclude-internal-topics': toggle("Leave out Kafka's own topics, such as __consumer_offsets."),
  'command-config': value('file', 'Client properties, for example client.id.'),
  offsets: value('count', 'From before Kafka 3.0: without effect.', true),
  'max-wait-ms': value('ms', 'From before Kafka 3.0: without effect.', true),
} as const;

const TIMES: Readonly<Record<string, number>> = {
  latest: -1,
  earliest: -2,
  'max-timestamp': -3,
  'earliest-local': -4,
  'latest-tiered': -5,
  'earliest-pending-upload': -6,
};

/** kafka-get-offsets.sh, and GetOffsetShell of older releases. */
export const getOffsets = tool({
  name: 'get-offsets',
  about: 'Prints topic:partition:offset for the partitions of topics.',
  usage: '[flags]',
  flags: FLAGS,
  examples: [
    '',
    '--topic orders --time earliest',
    "--topic-partitions 'orders:0-3,logs' --time 1700000000000",
    '--exclude-internal-topics',
  ],
  async run(flags, terminal) {
    const rules = flags['topic-partitions'];
    if (rules !== undefined && (flags.topic !== undefined || flags.partitions !== undefined)) {
      throw new CliError('--topic-partitions cannot be used with --topic or --partitions');
    }
    const timestamp = parseTime(flags.time ?? 'latest');
    const filter =
      rules === undefined
        ? topicAndPartitions(flags.topic, flags.partitions)
        : partitionRules(rules);
    const settings = clientSettings(flags['command-config'], terminal);
    return withCluster(bootstrapServers(flags, terminal), settings, async (cluster) => {
      const partitions = await matching(cluster, filter, flags['exclude-internal-topics']);
      if (partitions.length === 0) {
        throw new CliError('Could not match any topic-partitions with the specified filters');
      }
      terminal.out(offsetLines(await offsetsOf(cluster, partitions, timestamp, terminal)));
      return 0;
    });
  },
});

function parseTime(text: string): Int64 {
  const named = Object.hasOwn(TIMES, text) ? TIMES[text] : undefined;
  if (named !== undefined) return named;
  const number = parseInt64(text);
  if (number !== undefined) return number;
  throw new CliError(
    `Malformed time argument ${text}. Please use -1 or latest / -2 or earliest / -3 or max-timestamp / -4 or earliest-local / -5 or latest-tiered / -6 or earliest-pending-upload, or a specified long format timestamp`,
  );
}

async function matching(
  cluster: Cluster,
  filter: PartitionFilter,
  excludeInternal: boolean,
): Promise<TopicPartition[]> {
  const { topics } = await cluster.retry(() => cluster.metadata(null));
  return topics
    .filter(({ name, isInternal }) => {
      const internal = isInternal || INTERNAL_TOPICS.has(name);
      return filter.topic(name) && !(internal && excludeInternal);
    })
    .flatMap(({ name, partitions }) =>
      partitions.map(({ partition }) => ({ topic: name, partition })),
    )
    .filter(filter.partition);
}

/** A partition that cannot be asked is reported and left out; the others are there. */
async function offsetsOf(
  cluster: Cluster,
  partitions: readonly TopicPartition[],
  timestamp: Int64,
  terminal: Terminal,
): Promise<OffsetAtTime[]> {
  try {
    const found = await listOffsets(
      cluster,
      partitions.map((partition) => ({ ...partition, timestamp })),
    );
    return [...found.values()];
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error;
    const [only, other] = partitions;
    if (only && !other) {
      terminal.err(
        `Skip getting offsets for topic-partition ${topicPartitionName(only)} due to error: ${error.message}\n`,
      );
      return [];
    }
  }
  const found: OffsetAtTime[] = [];
  for (const partition of partitions) {
    found.push(...(await offsetsOf(cluster, [partition], timestamp, terminal)));
  }
  return found;
}

/** Ordered by "topic-partition" as text, as Kafka's tool does; without those that have no offset. */
export function offsetLines(offsets: readonly OffsetAtTime[]): string {
  return offsets
    .filter(({ offset }) => offset >= 0)
    .map((one) => ({ name: topicPartitionName(one), one }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ one }) => `${one.topic}:${one.partition}:${one.offset}\n`)
    .join('');
}
