import {
  alterConfigs,
  type Cluster,
  type ConfigOperation,
  type ConfigResource,
  describeConfigs,
} from '../../client/index.ts';
import {
  BOOTSTRAP_FLAGS,
  bootstrapServers,
  clientSettings,
  propertiesFile,
  withCluster,
} from '../bootstrap-servers.ts';
import {
  type ConfigEntity,
  completedLine,
  configLines,
  entityLine,
  parseAddedConfigs,
  shownConfigs,
} from '../configs-output.ts';
import { describeQuotas, type QuotaEntity } from '../configs-quotas.ts';
import { CliError } from '../failure.ts';
import { type Parsed, repeated, toggle, value } from '../flags.ts';
import type { Terminal } from '../terminal.ts';
import { tool } from '../tool.ts';

const FLAGS = {
  describe: toggle('Show the configs of the entity.'),
  alter: toggle('Change them, with --add-config, --add-config-file and --delete-config.'),
  ...BOOTSTRAP_FLAGS,
  topic: value('topic', 'The topic whose configs it is about.'),
  broker: value('id', 'The broker.'),
  'broker-defaults': toggle('What holds for all brokers that have no config of their own.'),
  'broker-logger': value('id', "The broker's log levels."),
  'entity-type': repeated(
    'type',
    'The longer way to say it: topics, brokers, broker-loggers, users, clients or ips.',
  ),
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
  client: value('id', 'With --describe: the quotas of the client with this id.'),
  'client-defaults': toggle('With --describe: those of clients that have none of their own.'),
  user: value('name', 'With --describe: the quotas and the passwords of the user.'),
  'user-defaults': toggle('With --describe: those of users that have none of their own.'),
  ip: value('address', 'With --describe: the quotas of the address.'),
  'ip-defaults': toggle('With --describe: those of addresses that have none of their own.'),
  group: value('group', 'Not there yet.', true),
  'client-metrics': value('name', 'Not there yet.', true),
} as const;

type ConfigFlags = Parsed<typeof FLAGS>;

const TYPES = ['topics', 'brokers', 'broker-loggers'] as const;
/** Kinds that Kafka keeps quotas of. */
const QUOTA_TYPES = ['clients', 'users', 'ips'] as const;
/** Kinds that Kafka keeps configs of, and this broker does not. */
const LATER_TYPES = ['client-metrics', 'groups'] as const;
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
  async run(flags, terminal, _rest, args) {
    if (flags.describe === flags.alter) {
      throw new CliError('Command must include exactly one action: --describe, --alter');
    }
    const entities = chosenEntities(flags);
    checkFlags(flags, entities[0]);
    try {
      return await execute(flags, entities, terminal);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new CliError(
        `Error while executing config command with args '${args.join(' ')}'\n${reason}`,
      );
    }
  },
});

async function execute(
  flags: ConfigFlags,
  entities: ChosenEntities,
  terminal: Terminal,
): Promise<number> {
  const [{ type, name }] = entities;
  const quotas = quotaEntities(entities);
  if (quotas && flags.describe) {
    const settings = clientSettings(flags['command-config'], terminal);
    return withCluster(bootstrapServers(flags, terminal), settings, async (cluster) => {
      await describeQuotas(cluster, quotas, terminal);
      return 0;
    });
  }
  if (!isKept(type)) throw new CliError(`there are no configs of ${type} yet`);
  const operations = flags.alter ? chosenOperations(flags) : [];
  const settings = clientSettings(flags['command-config'], terminal);
  return withCluster(bootstrapServers(flags, terminal), settings, async (cluster) => {
    if (flags.alter) await alter(cluster, { type, name: name ?? '' }, operations, terminal);
    else await describe(cluster, type, name, flags.all, terminal);
    return 0;
  });
}

interface Chosen {
  readonly type: ConfigEntity['type'] | QuotaEntity['type'] | (typeof LATER_TYPES)[number];
  /** Undefined: all of the type; empty: its default. */
  readonly name: string | undefined;
}

/** Several are a user and a client, whose quota is for both together. */
type ChosenEntities = readonly [Chosen, ...Chosen[]];

const OTHER_FLAGS = [
  { flag: 'user', type: 'users' },
  { flag: 'user-defaults', type: 'users' },
  { flag: 'client', type: 'clients' },
  { flag: 'client-defaults', type: 'clients' },
  { flag: 'ip', type: 'ips' },
  { flag: 'ip-defaults', type: 'ips' },
  { flag: 'client-metrics', type: 'client-metrics' },
  { flag: 'group', type: 'groups' },
] as const;

function isKept(type: Chosen['type']): type is ConfigEntity['type'] {
  return TYPES.some((kept) => kept === type);
}

/** Undefined unless all of them are of kinds that have quotas. */
function quotaEntities(entities: readonly Chosen[]): QuotaEntity[] | undefined {
  const found = entities.flatMap(({ type, name }) => {
    const kind = QUOTA_TYPES.find((one) => one === type);
    return kind === undefined ? [] : [{ type: kind, name }];
  });
  return found.length === entities.length ? found : undefined;
}

function chosenEntities(flags: ConfigFlags): ChosenEntities {
  const found: Chosen[] = [];
  if (flags.topic !== undefined) found.push({ type: 'topics', name: flags.topic });
  if (flags.broker !== undefined) found.push({ type: 'brokers', name: flags.broker });
  if (flags['broker-defaults']) found.push({ type: 'brokers', name: '' });
  const logger = flags['broker-logger'];
  if (logger !== undefined) found.push({ type: 'broker-loggers', name: logger });
  for (const { flag, type } of OTHER_FLAGS) {
    const given = flags[flag];
    if (typeof given === 'string') found.push({ type, name: given });
    else if (given === true) found.push({ type, name: '' });
  }
  const types = flags['entity-type'];
  const names = flags['entity-name'];
  const long = types.length > 0 || names.length > 0 || flags['entity-default'];
  if (long && found.length > 0) {
    throw new CliError(
      '--entity-{type,name,default} should not be used in conjunction with specific entity flags',
    );
  }
  for (const text of types) {
    const type = [...TYPES, ...QUOTA_TYPES, ...LATER_TYPES].find((known) => known === text);
    if (!type) {
      throw new CliError(
        `Invalid entity type ${text}, the entity type must be one of topics, clients, users, brokers, ips, client-metrics, groups, broker-loggers with a --bootstrap-server or --bootstrap-controller argument`,
      );
    }
    found.push({ type, name: names[found.length] ?? (flags['entity-default'] ? '' : undefined) });
  }
  const [first, ...others] = found;
  if (!first) throw new CliError('At least one entity type must be specified');
  const kinds = found.map(({ type }) => type);
  const isUserAndClient = kinds.includes('users') && kinds.includes('clients');
  if (others.length > 0 && !isUserAndClient) {
    throw new CliError("Only 'users' and 'clients' entity types may be specified together");
  }
  return [first, ...others];
}

function checkFlags(flags: ConfigFlags, { type, name }: Chosen): void {
  const isBroker = type === 'brokers' || type === 'broker-loggers';
  if (isBroker && name !== undefined && name !== '' && !/^-?\d+$/.test(name)) {
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
  const hasDefault = type !== 'topics' && type !== 'broker-loggers';
  if (name === undefined || (!hasDefault && name === '')) {
    throw new CliError(
      hasDefault
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
  type: ConfigEntity['type'],
  name: string | undefined,
  all: boolean,
  terminal: Terminal,
): Promise<void> {
  if (type === 'topics' && name !== undefined && !(await topicExists(cluster, name))) {
    terminal.out(`The topic '${name}' doesn't exist and doesn't have dynamic config.\n`);
    return;
  }
  const names = name === undefined ? await allNames(cluster, type) : [name];
  for (const one of names) {
    const entity = { type, name: one };
    terminal.out(entityLine(entity, all));
    const [entries = []] = await describeConfigs(cluster, [resourceOf(entity)], {
      includeSynonyms: true,
    });
    terminal.out(configLines(shownConfigs(entity, entries, all)));
  }
}

async function topicExists(cluster: Cluster, name: string): Promise<boolean> {
  const { topics } = await cluster.retry(() => cluster.metadata(null));
  return topics.some((topic) => topic.name === name);
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
  await alterConfigs(cluster, resource, operations);
  terminal.out(completedLine(entity));
}
