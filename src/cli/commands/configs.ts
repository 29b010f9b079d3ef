import {
  alterConfigs,
  type Cluster,
  type ConfigOperation,
  type ConfigResource,
  describeConfigs,
} from '../../client/index.ts';
import {
  type ConfigEntity,
  completedLine,
  configLines,
  entityLine,
  parseAddedConfigs,
  shownConfigs,
} from '../configs-output.ts';
import { CliError } from '../failure.ts';
import { type Parsed, repeated, toggle, value } from '../flags.ts';
import type { Terminal } from '../terminal.ts';
import { tool } from '../tool.ts';
import {
  BOOTSTRAP_FLAGS,
  bootstrapServers,
  clientSettings,
  propertiesFile,
  withCluster,
} from './bootstrap.ts';

const FLAGS = {
  describe: toggle('Show the configs of the entity.'),
  alter: toggle('Change them, with --add-config, --add-config-file and --delete-config.'),
  ...BOOTSTRAP_FLAGS,
  topic: value('topic', 'The topic whose configs it is about.'),
  broker: value('id', 'The broker.'),
  'broker-defaults': toggle('What holds for all brokers that have no config of their own.'),
  'broker-logger': value('id', "The broker's log levels."),
  'entity-type': repeated('type', 'The longer way to say it: topics, brokers or broker-loggers.'),
  'entity-name': repeated('name', 'With --entity-type: the topic, or the broker id.'),
  'entity-default': toggle('With --entity-type brokers: as --broker-defaults.'),
  all: toggle('With --describe: also what comes from the file and from the defaults.'),
  'add-config': value(
    'k=v,...',
    'With --alter: what to set. Square brackets hold a value with commas: cleanup.policy=[compact,delete].',
  ),
  'add-config-file': value('file', 'With --alter: the same from a properties file.'),
  'delete-config': repeated('k,...', 'With --alter: what goes back to its default.'),
  'command-config': value('file', 'Client properties, for example client.id.'),
  force: toggle('Without effect.', true),
  client: value('id', 'Not there yet.', true),
  'client-defaults': toggle('Not there yet.', true),
  user: value('name', 'Not there yet.', true),
  'user-defaults': toggle('Not there yet.', true),
  ip: value('address', 'Not there yet.', true),
  'ip-defaults': toggle('Not there yet.', true),
  group: value('group', 'Not there yet.', true),
  'client-metrics': value('name', 'Not there yet.', true),
} as const;

type ConfigFlags = Parsed<typeof FLAGS>;

const TYPES = ['topics', 'brokers', 'broker-loggers'] as const;
const KAFKA_TYPES = ['clients', 'users', 'ips', 'client-metrics', 'groups'];
const RESOURCE_OF = {
  topics: 'topic',
  brokers: 'broker',
  'broker-loggers': 'brokerLogger',
} as const;

/** kafka-configs.sh */
export const configs = tool({
  name: 'configs',
  about: 'Shows and changes the configs of topics and brokers, while they run.',
  usage: '--describe|--alter <entity> [flags]',
  flags: FLAGS,
  examples: [
    '--describe --topic orders',
    '--describe --topic orders --all',
    '--alter --topic orders --add-config retention.ms=3600000,cleanup.policy=[compact,delete]',
    '--alter --topic orders --delete-config retention.ms',
    '--alter --broker-defaults --add-config message.max.bytes=2000000',
    '--describe --entity-type brokers --entity-name 1001',
  ],
  async run(flags, terminal) {
    if (flags.describe === flags.alter) {
      throw new CliError('Command must include exactly one action: --describe, --alter');
    }
    const entity = chosenEntity(flags);
    checkFlags(flags, entity);
    const operations = flags.alter ? chosenOperations(flags) : [];
    const settings = clientSettings(flags['command-config'], terminal);
    return withCluster(bootstrapServers(flags, terminal), settings, async (cluster) => {
      if (flags.alter)
        await alter(cluster, { type: entity.type, name: entity.name ?? '' }, operations, terminal);
      else await describe(cluster, entity, flags.all, terminal);
      return 0;
    });
  },
});

interface Chosen {
  readonly type: ConfigEntity['type'];
  /** Undefined: all of the type. */
  readonly name: string | undefined;
}

function chosenEntity(flags: ConfigFlags): Chosen {
  const later = (['client', 'user', 'ip', 'group', 'client-metrics'] as const).find(
    (name) => flags[name] !== undefined,
  );
  const laterDefault = (['client-defaults', 'user-defaults', 'ip-defaults'] as const).find(
    (name) => flags[name],
  );
  if (later ?? laterDefault) {
    throw new CliError(`--${later ?? laterDefault} is not supported yet, only topics and brokers`);
  }
  const found: Chosen[] = [];
  if (flags.topic !== undefined) found.push({ type: 'topics', name: flags.topic });
  if (flags.broker !== undefined) found.push({ type: 'brokers', name: flags.broker });
  if (flags['broker-defaults']) found.push({ type: 'brokers', name: '' });
  const logger = flags['broker-logger'];
  if (logger !== undefined) found.push({ type: 'broker-loggers', name: logger });
  const types = flags['entity-type'];
  const names = flags['entity-name'];
  const long = types.length > 0 || names.length > 0 || flags['entity-default'];
  if (long && found.length > 0) {
    throw new CliError(
      '--entity-{type,name,default} should not be used in conjunction with specific entity flags',
    );
  }
  for (const text of types) {
    const type = TYPES.find((known) => known === text);
    if (!type) {
      const later = KAFKA_TYPES.includes(text) ? ' (that one is not supported yet)' : '';
      throw new CliError(
        `Invalid entity type ${text}, the entity type must be one of ${TYPES.join(', ')}${later}`,
      );
    }
    found.push({ type, name: names[found.length] ?? (flags['entity-default'] ? '' : undefined) });
  }
  const [only, other] = found;
  if (!only) throw new CliError('At least one entity type must be specified');
  if (other) {
    throw new CliError("Only 'users' and 'clients' entity types may be specified together");
  }
  return only;
}

function checkFlags(flags: ConfigFlags, { type, name }: Chosen): void {
  if (type !== 'topics' && name !== undefined && name !== '' && !/^-?\d+$/.test(name)) {
    throw new CliError(
      `The entity name for ${type} must be a valid integer broker id, but it is: ${name}`,
    );
  }
  if (flags.describe) {
    if (type === 'topics' && name === '') {
      throw new CliError(`--entity-default must not be specified with --describe of ${type}`);
    }
    if (type === 'broker-loggers' && name === undefined) {
      throw new CliError(`An entity name must be specified with --describe of ${type}`);
    }
    return;
  }
  if (name === undefined || (type !== 'brokers' && name === '')) {
    throw new CliError(
      type === 'brokers'
        ? 'An entity-name or default entity must be specified with --alter of users, clients, brokers or ips'
        : `An entity name must be specified with --alter of ${type}`,
    );
  }
  const adds = flags['add-config'] !== undefined;
  const addsFile = flags['add-config-file'] !== undefined;
  if (adds && addsFile) {
    throw new CliError('Only one of --add-config or --add-config-file must be specified');
  }
  if (!adds && !addsFile && flags['delete-config'].length === 0) {
    throw new CliError(
      'At least one of --add-config, --add-config-file, or --delete-config must be specified with --alter',
    );
  }
}

function chosenOperations(flags: ConfigFlags): ConfigOperation[] {
  const added: Record<string, string> = {
    ...propertiesFile('add-config-file', flags['add-config-file']),
    ...(flags['add-config'] === undefined ? {} : addedConfigs(flags['add-config'])),
  };
  const wrong = Object.keys(added).find((name) => !/^[a-zA-Z0-9._-]*$/.test(name));
  if (wrong !== undefined) throw new CliError(`Invalid character found for config key: ${wrong}`);
  const deleted = flags['delete-config']
    .flatMap((text) => text.split(','))
    .map((name) => name.trim());
  return [
    ...Object.entries(added).map(([name, text]) => ({
      name,
      operation: 'set' as const,
      value: text,
    })),
    ...deleted.map((name) => ({ name, operation: 'delete' as const })),
  ];
}

function addedConfigs(text: string): Record<string, string> {
  try {
    return parseAddedConfigs(text);
  } catch (error) {
    if (error instanceof RangeError) throw new CliError(error.message);
    throw error;
  }
}

function resourceOf({ type, name }: ConfigEntity): ConfigResource {
  return { type: RESOURCE_OF[type], name };
}

async function describe(
  cluster: Cluster,
  { type, name }: Chosen,
  all: boolean,
  terminal: Terminal,
): Promise<void> {
  const names = name === undefined ? await allNames(cluster, type) : [name];
  for (const one of names) {
    const entity = { type, name: one };
    const [entries = []] = await describeConfigs(cluster, [resourceOf(entity)], {
      includeSynonyms: true,
    });
    terminal.out(entityLine(entity, all) + configLines(shownConfigs(entity, entries, all)));
  }
}

/** All topics by name; all brokers, then their default. */
async function allNames(cluster: Cluster, type: ConfigEntity['type']): Promise<string[]> {
  const { topics, brokers } = await cluster.retry(() =>
    cluster.metadata(type === 'topics' ? null : []),
  );
  if (type === 'topics') return topics.map(({ name }) => name).sort();
  return [...brokers.map(({ id }) => String(id)), ''];
}

async function alter(
  cluster: Cluster,
  entity: ConfigEntity,
  operations: readonly ConfigOperation[],
  terminal: Terminal,
): Promise<void> {
  const resource = resourceOf(entity);
  const [before = []] = await describeConfigs(cluster, [resource], { includeSynonyms: false });
  const own = new Set(shownConfigs(entity, before, false).map(({ name }) => name));
  const known = operations.filter(({ operation, name }) => operation === 'set' || own.has(name));
  const missing = operations.filter((operation) => !known.includes(operation));
  if (missing.length > 0) {
    throw new CliError(`Invalid config(s): ${missing.map(({ name }) => name).join(',')}`);
  }
  await alterConfigs(cluster, resource, operations);
  terminal.out(completedLine(entity));
}
