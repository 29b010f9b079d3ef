import { parseInt64, saturated } from '../../base/int64.ts';
import { nodeRandom } from '../../base/node/node-random.ts';
import { type Cluster, Consumer, type ConsumerOptions } from '../../client/index.ts';
import type { ConfigTexts } from '../../config/index.ts';
import { KafkaError } from '../../protocol/errors.ts';
import {
  BOOTSTRAP_FLAGS,
  bootstrapServers,
  propertiesFile,
  withCluster,
} from '../bootstrap-servers.ts';
import { consumerSettings } from '../client-properties.ts';
import { CliError } from '../failure.ts';
import {
  flagHelp,
  keyValues,
  type Parsed,
  parseFlags,
  repeated,
  toggle,
  value,
  wholeNumber,
} from '../flags.ts';
import { INTERNAL_FORMATTERS, internalFormatter } from '../internal-formats.ts';
import { Reader } from '../reader.ts';
import { type RecordFormatter, recordFormatter } from '../record-format.ts';
import { Printer } from '../record-printer.ts';
import type { Command, Terminal } from '../terminal.ts';
import { subscriptionPattern } from '../topic-filter.ts';

/** `produce` and `consume` know them too. */
export const FLAGS = {
  topic: value('topic', 'The topic to read.'),
  include: value('pattern', 'A regular expression instead: all topics that it matches whole.'),
  whitelist: value('pattern', 'The older name of --include.', true),
  ...BOOTSTRAP_FLAGS,
  'from-beginning': toggle('Begin with the oldest record where the group has no offset yet.'),
  group: value('group', 'The consumer group. Without one, nothing is committed.'),
  partition: value('number', 'Read this partition only, without a group.'),
  offset: value(
    'offset',
    'With --partition: begin here; a number, earliest or latest (the default).',
  ),
  'max-messages': value('count', 'End after so many records.'),
  'timeout-ms': value('ms', 'End when no record came for so long.'),
  property: repeated(
    'key=value',
    'What is printed: print.timestamp, print.key, print.offset, print.partition, print.epoch, print.headers, print.value; key.separator (a tab), line.separator, headers.separator, null.literal; key.deserializer, value.deserializer, headers.deserializer.',
  ),
  'formatter-property': repeated('key=value', 'The newer name of --property.'),
  'formatter-config': value('file', 'The same from a properties file.'),
  formatter: value(
    'class',
    'DefaultMessageFormatter, LoggingMessageFormatter (the same), NoOpMessageFormatter to print nothing, or for internal topics OffsetsMessageFormatter, GroupMetadataMessageFormatter, CoordinatorRecordMessageFormatter, TransactionLogMessageFormatter.',
  ),
  'key-deserializer': value('class', 'For example IntegerDeserializer.'),
  'value-deserializer': value('class', 'For example LongDeserializer.'),
  'isolation-level': value('level', 'read_uncommitted (the default) or read_committed.'),
  'skip-message-on-error': toggle('Go on after a record that cannot be printed.'),
  'consumer-property': repeated('key=value', "A property of Kafka's consumer, such as client.id."),
  'consumer.config': value('file', 'The same from a properties file.'),
  'command-property': repeated('key=value', 'The newer name of --consumer-property.'),
  'command-config': value('file', 'The newer name of --consumer.config.'),
  'enable-systest-events': toggle('Say on standard output when it has ended.', true),
} as const;

type ConsumerFlags = Parsed<typeof FLAGS>;

const HELP = `Prints the records of topics.

Usage: sluice console-consumer --topic <topic> [flags]

${flagHelp(FLAGS)}

  sluice console-consumer --topic greetings --from-beginning
  sluice console-consumer --topic chat --group readers --property print.key=true
  sluice console-consumer --topic chat --partition 0 --offset 100 --max-messages 10
`;

/** The second one writes to the tool's own log as well, which Kafka's scripts do not show. */
const DEFAULT_FORMATTERS = ['DefaultMessageFormatter', 'LoggingMessageFormatter'];

/** How often a quiet consumer looks whether it is to end. */
const POLL_MS = 200;
/** How long a topic that nobody creates is asked for. */
const MISSING_TOPIC_MS = 500;

/** kafka-console-consumer.sh */
export const consoleConsumer: Command = {
  async run(args, terminal) {
    const { flags, help } = parseFlags(FLAGS, args, { command: 'sluice console-consumer' });
    if (help) {
      terminal.out(HELP);
      return 0;
    }
    checkFlags(flags);
    const properties = {
      ...propertiesFile('consumer.config', flags['consumer.config']),
      ...propertiesFile('command-config', flags['command-config']),
      ...keyValues('consumer-property', flags['consumer-property'], { valueMayMiss: true }),
      ...keyValues('command-property', flags['command-property'], { valueMayMiss: true }),
    };
    const format = formatter(flags, terminal);
    const options = consumerOptions(flags, properties, terminal);
    const bootstrap = bootstrapServers(flags, terminal);
    const clientId = properties['client.id'] ?? 'console-consumer';
    return withCluster(bootstrap, { clientId }, async (cluster) => {
      const consumer = new Consumer(cluster, options);
      await choosePartitions(cluster, consumer, flags);
      return printRecords({ consumer, flags, format, terminal });
    });
  },
};

function checkFlags(flags: ConsumerFlags): void {
  const filters = [flags.topic, flags.include, flags.whitelist].filter((one) => one !== undefined);
  if (filters.length !== 1)
    throw new CliError('Exactly one of the following arguments is required: [topic], [include]');
  if (flags.partition !== undefined) {
    if (flags.topic === undefined) {
      throw new CliError('The topic is required when partition is specified.');
    }
    if (flags.group !== undefined) {
      throw new CliError('Options group and partition cannot be specified together.');
    }
    if (flags['from-beginning'] && flags.offset !== undefined) {
      throw new CliError('Options from-beginning and offset cannot be specified together.');
    }
  } else if (flags.offset !== undefined) {
    throw new CliError('The partition is required when offset is specified.');
  }
}

function formatter(flags: ConsumerFlags, terminal: Terminal): RecordFormatter {
  const name = flags.formatter?.split(/[.$]/).at(-1);
  if (name === 'NoOpMessageFormatter') return () => Buffer.alloc(0);
  const internal = flags.formatter === undefined ? undefined : internalFormatter(flags.formatter);
  if (internal) return internal;
  if (name !== undefined && !DEFAULT_FORMATTERS.includes(name)) {
    throw new CliError(
      `--formatter ${flags.formatter} is unknown; there are ${DEFAULT_FORMATTERS.join(', ')}, NoOpMessageFormatter, ${INTERNAL_FORMATTERS.join(', ')}`,
    );
  }
  const { 'key-deserializer': key, 'value-deserializer': valueClass } = flags;
  const properties = {
    ...propertiesFile('formatter-config', flags['formatter-config']),
    ...(key === undefined ? {} : { 'key.deserializer': key }),
    ...(valueClass === undefined ? {} : { 'value.deserializer': valueClass }),
    ...keyValues('property', [...flags.property, ...flags['formatter-property']], {
      valueMayMiss: true,
    }),
  };
  return recordFormatter(properties, (warning) => terminal.err(`${warning}\n`));
}

/** The properties, under what the flags say. */
function consumerOptions(
  flags: ConsumerFlags,
  properties: ConfigTexts,
  terminal: Terminal,
): ConsumerOptions {
  const groups = new Set([flags.group, properties['group.id']].filter((id) => id !== undefined));
  if (groups.has('')) {
    throw new CliError('the group has no name; give it one, or leave --group and group.id out');
  }
  if (groups.size > 1) {
    throw new CliError(
      `The group ids provided in different places (directly using '--group', via '--consumer-property', or via '--consumer.config') do not match. Detected group ids: ${[...groups].map((id) => `'${id}'`).join(', ')}`,
    );
  }
  const [group] = groups;
  if (group !== undefined && flags.partition !== undefined) {
    throw new CliError('Options group and partition cannot be specified together.');
  }
  const reset = properties['auto.offset.reset'];
  if (flags['from-beginning'] && reset !== undefined && reset !== 'earliest') {
    throw new CliError(
      `Can't simultaneously specify --from-beginning and 'auto.offset.reset=${reset}', please remove one option`,
    );
  }
  const options = consumerSettings(
    {
      'enable.auto.commit': String(group !== undefined),
      'auto.offset.reset': flags['from-beginning'] ? 'earliest' : 'latest',
      ...properties,
      // A name of its own, so that several readers without a group do not share the records.
      'group.id': group ?? `console-consumer-${nodeRandom.int(100_000)}`,
      ...(flags['isolation-level'] !== undefined && {
        'isolation.level': flags['isolation-level'],
      }),
    },
    terminal,
  );
  if (flags.partition === undefined) return options;
  // A single partition is read without any group.
  const { groupId: _, ...withoutGroup } = options;
  return withoutGroup;
}

async function choosePartitions(
  cluster: Cluster,
  consumer: Consumer,
  flags: ConsumerFlags,
): Promise<void> {
  const pattern = flags.include ?? flags.whitelist;
  if (pattern !== undefined) {
    consumer.subscribe(subscriptionPattern(pattern));
    return;
  }
  const topic = flags.topic!;
  const partitions = await existingPartitions(cluster, topic);
  if (flags.partition === undefined) {
    consumer.subscribe([topic]);
    return;
  }
  const partition = wholeNumber('partition', flags.partition, { atLeast: 0 });
  if (!partitions.includes(partition)) {
    throw new CliError(
      `topic ${topic} has no partition ${partition}, only ${partitions.join(', ')}`,
    );
  }
  consumer.assign([{ topic, partition }]);
  const offset = flags.offset?.toLowerCase();
  if (offset === undefined || offset === 'latest') return;
  if (offset === 'earliest') {
    consumer.resetTo('earliest');
    return;
  }
  const number = parseInt64(offset);
  if (number === undefined || number < 0) {
    throw new CliError(
      `The provided offset value '${flags.offset}' is incorrect. Valid values are 'earliest', 'latest', or a non-negative long.`,
    );
  }
  consumer.seek({ topic, partition, offset: saturated(number) });
}

/** A missing topic is created where the broker does that, as for every consumer. */
async function existingPartitions(cluster: Cluster, topic: string): Promise<number[]> {
  try {
    return await cluster.retry(async () => {
      const { topics } = await cluster.metadata([topic], { allowAutoCreate: true });
      const found = topics[0];
      if (found?.error !== 'NONE') {
        throw new KafkaError(found?.error ?? 'UNKNOWN_TOPIC_OR_PARTITION');
      }
      return found.partitions.map(({ partition }) => partition);
    }, MISSING_TOPIC_MS);
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error;
    throw new CliError(
      error.error === 'UNKNOWN_TOPIC_OR_PARTITION'
        ? `topic ${topic} does not exist, and the broker does not create it; see sluice topics --list`
        : `topic ${topic}: ${error.message}`,
    );
  }
}

async function printRecords(options: {
  consumer: Consumer;
  flags: ConsumerFlags;
  format: RecordFormatter;
  terminal: Terminal;
}): Promise<number> {
  const { consumer, flags, format, terminal } = options;
  const maxMessages =
    flags['max-messages'] === undefined
      ? Number.POSITIVE_INFINITY
      : positiveOrEndless(wholeNumber('max-messages', flags['max-messages']));
  const timeoutMs =
    flags['timeout-ms'] === undefined
      ? Number.POSITIVE_INFINITY
      : positiveOrEndless(wholeNumber('timeout-ms', flags['timeout-ms']));
  const reader = new Reader(consumer, terminal);
  const printer = new Printer(terminal, format, flags['skip-message-on-error']);
  let quietSince = performance.now();
  try {
    while (reader.goesOn && printer.count < maxMessages) {
      const left = timeoutMs - (performance.now() - quietSince);
      if (left <= 0) {
        reader.failIfTroubled(`no record came within ${timeoutMs} ms`);
        break;
      }
      const records = await reader.poll(Math.min(POLL_MS, left));
      if (records.length === 0) continue;
      const wanted = records.slice(0, maxMessages - printer.count);
      const { rest, failure } = await printer.print(wanted);
      // What was fetched and is not printed must not be committed.
      for (const record of [...rest, ...records.slice(wanted.length)]) consumer.giveBack(record);
      if (failure) throw failure;
      quietSince = performance.now();
    }
  } finally {
    const lost = terminal.outFailure;
    if (lost && !lost.isReaderGone) {
      terminal.err('Unable to write to standard out, closing consumer.\n');
    }
    await reader.close();
    terminal.err(`Processed a total of ${printer.count} messages\n`);
    if (flags['enable-systest-events']) terminal.out('shutdown_complete\n');
  }
  return 0;
}

function positiveOrEndless(count: number): number {
  return count < 0 ? Number.POSITIVE_INFINITY : count;
}
