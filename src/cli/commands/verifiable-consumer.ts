import {
  Consumer,
  type ConsumerRecord,
  type TopicPartition,
  topicPartitionName,
} from '../../client/index.ts';
import type { ConfigTexts } from '../../config/index.ts';
import {
  BOOTSTRAP_FLAGS,
  bootstrapServers,
  propertiesFile,
  withCluster,
} from '../bootstrap-servers.ts';
import { consumerSettings } from '../client-properties.ts';
import { CliError } from '../failure.ts';
import { toggle, value, wholeNumber } from '../flags.ts';
import { Reader } from '../reader.ts';
import type { Terminal } from '../terminal.ts';
import { tool } from '../tool.ts';

const FLAGS = {
  ...BOOTSTRAP_FLAGS,
  topic: value('topic', 'The topic to read.'),
  'group-id': value('group', 'The consumer group.'),
  'group-instance-id': value('id', 'Keeps the place in the group over a restart (KIP-345).'),
  'max-messages': value('count', 'End after so many records. Default: -1, without end.'),
  'session-timeout': value(
    'ms',
    'After how long the group gives up a silent member. Default: 30000.',
  ),
  verbose: toggle('A line per record too.'),
  'enable-autocommit': toggle('Commit now and then, instead of after each lot of records.'),
  'reset-policy': value(
    'policy',
    'Where to begin without an offset: earliest (the default), latest or none.',
  ),
  'assignment-strategy': value('class', 'RangeAssignor (the default) or RoundRobinAssignor.'),
  'consumer.config': value('file', "Properties of Kafka's consumer."),
  'command-config': value('file', 'The newer name of --consumer.config.'),
  'group-protocol': value('protocol', 'Only classic.', true),
  'group-remote-assignor': value('name', 'Without effect.', true),
} as const;

const POLL_MS = 200;

/** kafka-verifiable-consumer.sh */
export const verifiableConsumer = tool({
  name: 'verifiable-consumer',
  about: 'Reads a topic as a member of a group, and tells in JSON, line by line, what happens.',
  usage: '--topic <topic> --group-id <group> [flags]',
  flags: FLAGS,
  examples: ['--topic orders --group-id checkers --max-messages 1000 --verbose'],
  async run(flags, terminal) {
    const { topic } = flags;
    const group = flags['group-id'];
    if (topic === undefined) throw new CliError('Missing required argument "[topic]"');
    if (group === undefined) throw new CliError('Missing required argument "[group-id]"');
    const protocol = flags['group-protocol'];
    if (protocol !== undefined && protocol.toLowerCase() !== 'classic') {
      throw new CliError(`--group-protocol ${protocol} is not supported yet, only classic`);
    }
    const limit =
      flags['max-messages'] === undefined ? -1 : wholeNumber('max-messages', flags['max-messages']);
    const instance = flags['group-instance-id'];
    const properties: ConfigTexts = {
      ...propertiesFile('consumer.config', flags['consumer.config']),
      ...propertiesFile('command-config', flags['command-config']),
      'group.id': group,
      ...(instance === undefined ? {} : { 'group.instance.id': instance }),
      'enable.auto.commit': String(flags['enable-autocommit']),
      'auto.offset.reset': flags['reset-policy'] ?? 'earliest',
      'session.timeout.ms': flags['session-timeout'] ?? '30000',
      'partition.assignment.strategy': flags['assignment-strategy'] ?? 'RangeAssignor',
    };
    const options = consumerSettings(properties, terminal);
    const settings = { clientId: properties['client.id'] ?? `consumer-${group}-1` };
    return withCluster(bootstrapServers(flags, terminal), settings, async (cluster) => {
      const consumer = new Consumer(cluster, options);
      consumer.subscribe([topic]);
      await consume(consumer, {
        terminal,
        limit: limit < 0 ? Number.POSITIVE_INFINITY : limit,
        verbose: flags.verbose,
        commits: !flags['enable-autocommit'],
      });
      return 0;
    });
  },
});

async function consume(
  consumer: Consumer,
  run: { terminal: Terminal; limit: number; verbose: boolean; commits: boolean },
): Promise<void> {
  const { terminal } = run;
  const reader = new Reader(consumer, terminal);
  const tell = (event: Record<string, unknown>) =>
    terminal.out(`${JSON.stringify({ timestamp: Date.now(), ...event })}\n`);
  let assigned: readonly TopicPartition[] = [];
  const tellAssignment = (now: readonly TopicPartition[]) => {
    if (now.map(topicPartitionName).join() === assigned.map(topicPartitionName).join()) return;
    if (assigned.length > 0) tell({ name: 'partitions_revoked', partitions: assigned });
    if (now.length > 0) tell({ name: 'partitions_assigned', partitions: now });
    assigned = now.map(({ topic, partition }) => ({ topic, partition }));
  };
  let consumed = 0;
  tell({ name: 'startup_complete' });
  try {
    while (consumed < run.limit && reader.goesOn) {
      const records = await reader.poll(POLL_MS);
      tellAssignment(consumer.assignment);
      if (records.length === 0) continue;
      const wanted = records.slice(0, run.limit - consumed);
      // What is not told must not be committed.
      for (const record of records.slice(wanted.length)) consumer.giveBack(record);
      consumed += wanted.length;
      if (run.verbose) for (const record of wanted) tell(recordEvent(record));
      const partitions = summaries(wanted);
      tell({ name: 'records_consumed', count: records.length, partitions });
      if (!(await terminal.drained())) {
        // Nobody was told of these.
        for (const record of wanted) consumer.giveBack(record);
        break;
      }
      if (run.commits) tell(await commitEvent(consumer, partitions));
    }
  } finally {
    await reader.close();
    tellAssignment([]);
    tell({ name: 'shutdown_complete' });
  }
}

function recordEvent({ key, value, topic, partition, offset }: ConsumerRecord) {
  return {
    name: 'record_data',
    key: key?.toString() ?? null,
    value: value?.toString() ?? null,
    topic,
    partition,
    offset,
  };
}

export interface Summary extends TopicPartition {
  readonly count: number;
  readonly minOffset: number;
  readonly maxOffset: number;
}

/** What came of each partition, in the order in which they came. */
export function summaries(
  records: readonly Pick<ConsumerRecord, 'topic' | 'partition' | 'offset'>[],
): Summary[] {
  const found = new Map<string, Summary>();
  for (const { topic, partition, offset } of records) {
    const name = topicPartitionName({ topic, partition });
    const before = found.get(name) ?? { count: 0, minOffset: offset };
    const { count, minOffset } = before;
    found.set(name, { topic, partition, count: count + 1, minOffset, maxOffset: offset });
  }
  return [...found.values()];
}

async function commitEvent(consumer: Consumer, partitions: readonly Summary[]) {
  const offsets = partitions.map(({ topic, partition, maxOffset }) => ({
    topic,
    partition,
    offset: maxOffset + 1,
  }));
  try {
    await consumer.commit();
    return { name: 'offsets_committed', offsets, success: true };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { name: 'offsets_committed', offsets, error: reason, success: false };
  }
}
