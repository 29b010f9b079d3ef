import { BROKER_KEYS, TYPED_BROKER_KEYS } from '../src/config/broker-keys/index.ts';
import { type ConfigKey, camelCase } from '../src/config/key.ts';
import { TOPIC_KEYS, TOPIC_TO_BROKER_KEY } from '../src/config/topic-keys.ts';

/** docs/reference/configs.md: every config there is, from its declaration. */
export function configReference(): string {
  const broker = Object.entries(BROKER_KEYS).sort(byName);
  const topic = Object.entries<ConfigKey>(TOPIC_KEYS).sort(byName);
  const used = ([, { effect }]: [string, ConfigKey]) => effect === 'used';
  const without = ([name, { effect, hidden }]: [string, ConfigKey]) =>
    effect === 'none' && !(hidden && name.includes('.') && !name.includes('host'));
  const otherVersions = broker.filter(([, { effect, hidden }]) => effect === 'none' && hidden);
  return `# Configs

Generated from the declarations in \`src/config\` by \`node tools/docs-gen.mjs\`; not to be edited.

Broker configs stand in a properties file (\`sluice server config/server.properties\`) or on the
command line (\`--override key=value\`). Those marked "at run time" can be changed while the broker
runs, for one broker or for all. Where a config is set in several places, the order is: the topic's
own, this broker's at run time, all brokers' at run time, the command line, the file, the default.

An unknown key is a warning that names the closest known one. A bad value is an error that names the
key, the value and what is allowed.

## Broker

${section(broker.filter(used))}

## Topics

A topic takes its value from the broker config named beside it, unless it has one of its own.

${section(topic.filter(used), (name) => TOPIC_TO_BROKER_KEY[name as keyof typeof TOPIC_KEYS])}

## Accepted without effect

Keys of Kafka that have no meaning here, or not yet. They are checked and described like the others,
so that a file written for Kafka works without a false warning.

### Broker

${plainTable(broker.filter(without))}

### Topics

${plainTable(topic.filter(without))}

### Internal ones, and those of other Kafka versions

${otherVersions.map(([name]) => `\`${name}\``).join(', ')}
`;
}

function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}

function section(
  keys: [string, ConfigKey][],
  brokerKeyOf?: (name: string) => string | undefined,
): string {
  return keys
    .map(([name, key]) => {
      const facts = [
        `Type: ${key.type}${key.allowed ? ` (${key.allowed})` : ''}`,
        `Default: ${defaultText(key)}`,
        ...(brokerKeyOf?.(name) ? [`Broker config: \`${brokerKeyOf(name)}\``] : []),
        ...(key.update === 'read-only' ? [] : [`At run time: ${key.update}`]),
      ];
      return `### ${name}\n\n${key.doc}\n\n${facts.join(' · ')}`;
    })
    .join('\n\n');
}

function defaultText(key: ConfigKey): string {
  const shown = (text: string | null) =>
    text === null ? 'not set' : text === '' ? 'empty' : `\`${text}\``;
  return key.singleNodeDefault === undefined
    ? shown(key.default)
    : `${shown(key.singleNodeDefault)} on a single node, ${shown(key.default)} in a cluster`;
}

function plainTable(keys: [string, ConfigKey][]): string {
  const rows = keys.map(([name, { doc }]) => `| \`${name}\` | ${doc.replace(/\|/g, '\\|')} |`);
  return ['| key | what it is in Kafka |', '|---|---|', ...rows].join('\n');
}

/** Read in src/config itself, where it becomes the two configs that superseded it. */
const RESOLVED = 'message.timestamp.difference.max.ms';

/**
 * The keys whose declaration is not true: said to be used although no code reads their field, or to
 * be without effect although some does. `code` is the text of all sources but the declarations.
 */
export function untrueEffects(code: string): string[] {
  const reads = (name: string) =>
    name === RESOLVED || new RegExp(`[.{,]\\s*${camelCase(name)}\\b`).test(code);
  const topicOf = new Map(Object.entries(TOPIC_TO_BROKER_KEY).map(([topic, key]) => [key, topic]));
  const read = new Map<string, boolean>();
  for (const [name, key] of Object.entries<ConfigKey>(TYPED_BROKER_KEYS)) {
    const asTopic = topicOf.get(name);
    const isRead = reads(name) || (asTopic !== undefined && reads(asTopic));
    read.set(name, isRead || read.get(name) === true);
    if (isRead) for (const other of key.insteadOf) read.set(other.name, true);
  }
  const problems: string[] = [];
  const check = (kind: string, name: string, { effect }: ConfigKey, isRead: boolean) => {
    if (isRead && effect === 'none')
      problems.push(`${kind} ${name} is read, but has effect 'none'`);
    if (!isRead && effect === 'used')
      problems.push(`${kind} ${name} has effect 'used', but no code reads it`);
  };
  for (const [name, key] of Object.entries<ConfigKey>(TYPED_BROKER_KEYS)) {
    check('broker config', name, key, read.get(name) === true);
  }
  for (const [name, key] of Object.entries<ConfigKey>(TOPIC_KEYS)) {
    check('topic config', name, key, reads(name));
  }
  return problems;
}
