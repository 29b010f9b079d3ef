import { describeTopicDetails } from '../../client/admin/describe-topics.ts';
import {
  type Cluster,
  createPartitions,
  createTopics,
  deleteTopics,
  describeConfigs,
  listReassignments,
  topicPartitionName,
} from '../../client/index.ts';
import { TOPIC_KEYS } from '../../config/topic-keys.ts';
import { KafkaError } from '../../protocol/errors.ts';
import {
  BOOTSTRAP_FLAGS,
  bootstrapServers,
  clientSettings,
  withCluster,
} from '../bootstrap-servers.ts';
import { CliError } from '../failure.ts';
import {
  flagHelp,
  type Parsed,
  parseFlags,
  repeated,
  toggle,
  value,
  wholeNumber,
} from '../flags.ts';
import { Progress } from '../progress.ts';
import type { Command, Terminal } from '../terminal.ts';
import { INTERNAL_TOPICS, topicPattern } from '../topic-filter.ts';
import { type DescribedTopic, describeLines } from '../topics-output.ts';

const ACTIONS = ['list', 'create', 'describe', 'alter', 'delete'] as const;
type Action = (typeof ACTIONS)[number];

const FLAGS = {
  list: toggle('List the topics.'),
  create: toggle('Create a topic.'),
  describe: toggle('Show partitions, replicas and changed configs of topics.'),
  alter: toggle('Give a topic more partitions.'),
  delete: toggle('Delete topics.'),
  ...BOOTSTRAP_FLAGS,
  topic: value(
    'topic',
    'The topic. Except with --create also a regular expression: all topics that it matches whole. Escape a dot as in "my\\.topic".',
  ),
  'topic-id': value('id', 'With --describe: the topic with this id.'),
  partitions: value('count', 'With --create and --alter: how many partitions there are to be.'),
  'replication-factor': value('count', 'With --create: how many replicas each partition gets.'),
  'replica-assignment': value(
    'ids',
    'Where each partition goes, instead of the two counts: broker ids joined by ":" per partition, partitions joined by ",".',
  ),
  config: repeated(
    'name=value',
    'With --create: a config of the topic. May be given several times.',
  ),
  'if-exists': toggle('Do nothing where the topic does not exist.'),
  'if-not-exists': toggle('Do nothing where the topic exists already.'),
  'exclude-internal': toggle("Leave out Kafka's own topics, such as __consumer_offsets."),
  'topics-with-overrides': toggle('With --describe: only topics with configs of their own.'),
  'under-replicated-partitions': toggle(
    'With --describe: only partitions with replicas that are not in sync.',
  ),
  'unavailable-partitions': toggle('With --describe: only partitions without a live leader.'),
  'under-min-isr-partitions': toggle(
    'With --describe: only partitions with fewer replicas in sync than min.insync.replicas.',
  ),
  'at-min-isr-partitions': toggle(
    'With --describe: only partitions with exactly min.insync.replicas in sync.',
  ),
  'command-config': value('file', 'Client properties, for example client.id.'),
  'delete-config': value('name', 'Use configs instead.', true),
  'disable-rack-aware': toggle('Without effect.', true),
  force: toggle('Without effect.', true),
  'partition-size-limit-per-response': value('count', 'Without effect.', true),
} as const;

type TopicFlags = Parsed<typeof FLAGS>;

const HELP = `Creates, lists, describes, changes and deletes topics.

Usage: sluice topics --list|--create|--describe|--alter|--delete [flags]

${flagHelp(FLAGS)}

  sluice topics --create --topic orders --partitions 3 --config retention.ms=86400000
  sluice topics --list
  sluice topics --describe --topic orders
  sluice topics --alter --topic orders --partitions 6
  sluice topics --delete --topic 'test-.*'

Configs of a topic: ${Object.keys(TOPIC_KEYS).sort().join(', ')}.
`;

/** kafka-topics.sh */
export const topics: Command = {
  async run(args, terminal) {
    const { flags, help } = parseFlags(FLAGS, args, { command: 'sluice topics' });
    if (help) {
      terminal.out(HELP);
      return 0;
    }
    const action = chosenAction(flags);
    checkFlags(flags, action);
    const bootstrap = bootstrapServers(flags, terminal);
    return withCluster(
      bootstrap,
      clientSettings(flags['command-config'], terminal),
      async (cluster) => {
        try {
          await RUN[action](cluster, flags, terminal);
        } catch (error) {
          if (!(error instanceof KafkaError || error instanceof CliError)) throw error;
          // As Kafka's tool does, to standard output: scripts look for this line there.
          terminal.out(`Error while executing topic command : ${error.message}\n`);
          return 1;
        }
        return 0;
      },
    );
  },
};

function chosenAction(flags: TopicFlags): Action {
  const chosen = ACTIONS.filter((action) => flags[action]);
  if (chosen.length !== 1) {
    throw new CliError(
      'Command must include exactly one action: --list, --describe, --create, --alter or --delete',
    );
  }
  return chosen[0]!;
}

/** Flags that only some actions know. */
const ONLY_WITH: readonly (readonly [keyof TopicFlags & string, readonly Action[]])[] = [
  ['config', ['create']],
  ['partitions', ['create', 'alter']],
  ['replication-factor', ['create']],
  ['replica-assignment', ['create', 'alter']],
  ['if-not-exists', ['create']],
  ['if-exists', ['alter', 'delete', 'describe']],
  ['exclude-internal', ['list', 'describe']],
  ['topics-with-overrides', ['describe']],
  ['under-replicated-partitions', ['describe']],
  ['unavailable-partitions', ['describe']],
  ['under-min-isr-partitions', ['describe']],
  ['at-min-isr-partitions', ['describe']],
  ['topic-id', ['describe']],
];

function checkFlags(flags: TopicFlags, action: Action): void {
  for (const [name, actions] of ONLY_WITH) {
    const given = flags[name];
    const isGiven = Array.isArray(given)
      ? given.length > 0
      : given !== undefined && given !== false;
    if (isGiven && !actions.includes(action)) {
      const hint =
        name === 'config' && action === 'alter'
          ? ' (To alter topic configurations, the configs tool is there.)'
          : '';
      throw new CliError(`Option "[${name}]" can't be used with option "[${action}]"${hint}`);
    }
  }
  if (flags.topic === undefined && !['list', 'describe'].includes(action)) {
    throw new CliError('Missing required argument "[topic]"');
  }
  if (action === 'alter' && flags.partitions === undefined) {
    throw new CliError('Missing required argument "[partitions]"');
  }
  if (action === 'create' && flags['replica-assignment'] !== undefined) {
    for (const other of ['partitions', 'replication-factor'] as const) {
      if (flags[other] !== undefined) {
        throw new CliError(`Option "[replica-assignment]" can't be used with option "[${other}]"`);
      }
    }
  }
}

const RUN: Readonly<
  Record<Action, (cluster: Cluster, flags: TopicFlags, terminal: Terminal) => Promise<void>>
> = {
  async list(cluster, flags, terminal) {
    const names = await matchingTopics(cluster, flags);
    terminal.out(`${names.join('\n')}\n`);
  },

  async create(cluster, flags, terminal) {
    const name = flags.topic!;
    if (/[._]/.test(name)) {
      terminal.out(
        "WARNING: Due to limitations in metric names, topics with a period ('.') or underscore ('_') could collide. To avoid issues it is best to use either, but not both.\n",
      );
    }
    const assignment = flags['replica-assignment'];
    const partitions = count('partitions', flags.partitions);
    const replicationFactor = count('replication-factor', flags['replication-factor']);
    if (partitions !== undefined && partitions < 1) {
      throw new CliError('The partitions must be greater than 0');
    }
    if (replicationFactor !== undefined && (replicationFactor < 1 || replicationFactor > 32_767)) {
      throw new CliError('The replication factor must be between 1 and 32767 inclusive');
    }
    const created = createTopics(cluster, [
      {
        name,
        configs: topicConfigs(flags.config),
        ...(partitions === undefined ? {} : { partitions }),
        ...(replicationFactor === undefined ? {} : { replicationFactor }),
        ...(assignment ? { assignment: replicaAssignment(assignment) } : {}),
      },
    ]);
    try {
      await watched(terminal, created, `creating topic ${name}`);
    } catch (error) {
      const exists = error instanceof KafkaError && error.error === 'TOPIC_ALREADY_EXISTS';
      if (exists && flags['if-not-exists']) return;
      throw error;
    }
    terminal.out(`Created topic ${name}.\n`);
  },

  async describe(cluster, flags, terminal) {
    const found = await namesToDescribe(cluster, flags);
    if (found.length === 0) return;
    const described = await describeTopicDetails(cluster, found);
    const configs = await describeConfigs(
      cluster,
      found.map((name) => ({ type: 'topic', name })),
    );
    const reassignments = await listReassignments(cluster);
    const filter = {
      underReplicated: flags['under-replicated-partitions'],
      unavailable: flags['unavailable-partitions'],
      underMinIsr: flags['under-min-isr-partitions'],
      atMinIsr: flags['at-min-isr-partitions'],
      withOverrides: flags['topics-with-overrides'],
    };
    const live = new Set(described.brokers);
    described.topics.forEach((topic, index) => {
      const entries = configs[index] ?? [];
      const full: DescribedTopic = {
        name: topic.name,
        topicId: topic.topicId,
        partitions: topic.partitions.map((partition) => ({
          ...partition,
          // What Kafka's tool asks by an id does not tell of these.
          ...(flags['topic-id'] === undefined ? {} : { elr: null, lastKnownElr: null }),
          reassignment: reassignments.get(
            topicPartitionName({ topic: topic.name, partition: partition.partition }),
          ),
        })),
        configs: entries.filter(({ isDefault }) => !isDefault),
        minInsyncReplicas: Number(
          entries.find(({ name }) => name === 'min.insync.replicas')?.value ?? 1,
        ),
      };
      terminal.out(describeLines(full, filter, live));
    });
  },

  async alter(cluster, flags, terminal) {
    const names = await existingTopics(cluster, flags);
    const partitions = wholeNumber('partitions', flags.partitions!, { atLeast: 0 });
    const assignment = flags['replica-assignment'];
    if (names.length === 0) return;
    const { topics: known } = await cluster.metadata(names);
    const more = names.map((name) => {
      const before = known.find((topic) => topic.name === name)?.partitions.length ?? 0;
      return {
        name,
        count: partitions,
        ...(assignment ? { assignment: replicaAssignment(assignment).slice(before) } : {}),
      };
    });
    await watched(terminal, createPartitions(cluster, more), `altering ${topicsText(names)}`);
  },

  async delete(cluster, flags, terminal) {
    const names = await existingTopics(cluster, flags);
    if (names.length === 0) return;
    await watched(terminal, deleteTopics(cluster, names), `deleting ${topicsText(names)}`);
  },
};

/** With thousands of partitions the one request takes a while. */
function watched<T>(terminal: Terminal, work: Promise<T>, what: string): Promise<T> {
  return new Progress(terminal).during(work, (seconds) => `${what}, ${seconds} s`);
}

function topicsText(names: readonly string[]): string {
  return names.length === 1 ? `topic ${names[0]}` : `${names.length} topics`;
}

/** Names in order, by --topic and --exclude-internal. */
async function matchingTopics(cluster: Cluster, flags: TopicFlags): Promise<string[]> {
  const { topics: all } = await cluster.retry(() => cluster.metadata(null));
  const matches = flags.topic === undefined ? () => true : topicPattern(flags.topic);
  return all
    .filter(({ name, isInternal }) => {
      const internal = isInternal || INTERNAL_TOPICS.has(name);
      return matches(name) && !(internal && flags['exclude-internal']);
    })
    .map(({ name }) => name)
    .sort();
}

async function existingTopics(cluster: Cluster, flags: TopicFlags): Promise<string[]> {
  const names = await matchingTopics(cluster, flags);
  if (names.length === 0 && flags.topic && !flags['if-exists']) {
    throw new CliError(`Topic '${flags.topic}' does not exist as expected`);
  }
  return names;
}

async function namesToDescribe(cluster: Cluster, flags: TopicFlags): Promise<string[]> {
  const id = flags['topic-id'];
  if (id === undefined) return existingTopics(cluster, flags);
  const { topics: all } = await cluster.retry(() => cluster.metadata(null));
  const found = all.filter(({ topicId }) => topicId === id).map(({ name }) => name);
  if (found.length === 0 && !flags['if-exists']) {
    throw new CliError(`TopicId '${id}' does not exist as expected`);
  }
  return found;
}

function count(name: string, text: string | undefined): number | undefined {
  return text === undefined ? undefined : wholeNumber(name, text);
}

function topicConfigs(texts: readonly string[]): Record<string, string> {
  const configs: Record<string, string> = {};
  for (const text of texts) {
    const match = /^\s*([^=\s]+)\s*=\s*(.*)$/s.exec(text);
    if (!match) {
      throw new CliError(`--config ${text}: a config must be in the format "name=value"`);
    }
    configs[match[1]!] = match[2]!.trim();
  }
  return configs;
}

/** "0:1,1:2" is partition 0 on brokers 0 and 1, partition 1 on brokers 1 and 2. */
function replicaAssignment(text: string): number[][] {
  const partitions = text
    .split(',')
    .map((brokers) =>
      brokers.split(':').map((id) => wholeNumber('replica-assignment', id.trim(), { atLeast: 0 })),
    );
  partitions.forEach((brokers, partition) => {
    const twice = brokers.filter((id, index) => brokers.indexOf(id) < index);
    if (twice.length > 0) {
      throw new CliError(
        `Partition replica lists may not contain duplicate entries: ${[...new Set(twice)].join(',')}`,
      );
    }
    if (brokers.length !== partitions[0]!.length) {
      throw new CliError(
        `Partition ${partition} has different replication factor: [${brokers.join(', ')}]`,
      );
    }
  });
  return partitions;
}
