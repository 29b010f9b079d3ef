import type { ConfigEntry } from '../client/index.ts';

// The lines of `configs --describe`, as Kafka 3.9's tool prints them.

/** What has configs, by the name of its kind on the command line. */
export interface ConfigEntity {
  readonly type: 'topics' | 'brokers' | 'broker-loggers';
  /** Empty: the default of all brokers. */
  readonly name: string;
}

const SOURCES: Readonly<Record<number, string>> = {
  1: 'DYNAMIC_TOPIC_CONFIG',
  2: 'DYNAMIC_BROKER_CONFIG',
  3: 'DYNAMIC_DEFAULT_BROKER_CONFIG',
  4: 'STATIC_BROKER_CONFIG',
  5: 'DEFAULT_CONFIG',
  6: 'DYNAMIC_BROKER_LOGGER_CONFIG',
  7: 'DYNAMIC_CLIENT_METRICS_CONFIG',
  8: 'DYNAMIC_GROUP_CONFIG',
};

/** The source that a config of the entity has when it was set for the entity itself. */
function ownSource({ type, name }: ConfigEntity): number | undefined {
  if (type === 'topics') return 1;
  if (type === 'brokers') return name === '' ? 3 : 2;
  return undefined;
}

/** The entity's line. */
export function entityLine({ type, name }: ConfigEntity, all: boolean): string {
  return name === ''
    ? `Default configs for ${type} in the cluster are:\n`
    : `${all ? 'All' : 'Dynamic'} configs for ${type.slice(0, -1)} ${name} are:\n`;
}

/** Those of the entity itself, or with `all` every one, by name. */
export function shownConfigs(
  entity: ConfigEntity,
  entries: readonly ConfigEntry[],
  all: boolean,
): ConfigEntry[] {
  const own = ownSource(entity);
  return entries
    .filter(({ source }) => all || own === undefined || source === own)
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** A line per config, each with its line end. */
export function configLines(entries: readonly ConfigEntry[]): string {
  return entries
    .map(({ name, value, isSensitive, synonyms }) => {
      const from = synonyms
        .map(
          (synonym) => `${SOURCES[synonym.source] ?? 'UNKNOWN'}:${synonym.name}=${synonym.value}`,
        )
        .join(', ');
      return `  ${name}=${value} sensitive=${isSensitive} synonyms={${from}}\n`;
    })
    .join('');
}

/** After a change. */
export function completedLine({ type, name }: ConfigEntity): string {
  return name === ''
    ? `Completed updating default config for ${type} in the cluster.\n`
    : `Completed updating config for ${type.slice(0, -1)} ${name}.\n`;
}

/**
 * `k1=v1,k2=[v1,v2]`: commas inside square brackets belong to the value. Throws RangeError for what
 * has no "=".
 */
export function parseAddedConfigs(text: string): Record<string, string> {
  const outsideBrackets = '(?=[^\\]]*(?:\\[|$))';
  const configs: Record<string, string> = {};
  for (const pair of text.split(new RegExp(`,${outsideBrackets}`))) {
    const parts = pair.split(new RegExp(`\\s*=\\s*${outsideBrackets}`));
    if (parts.length !== 2) {
      throw new RangeError(
        'requirement failed: Invalid entity config: all configs to be added must be in the format "key=val" or  "key=[val1,val2]" to group values which contain commas.',
      );
    }
    configs[parts[0]!.trim()] = parts[1]!.replace(/\[?\]?/g, '').trim();
  }
  return configs;
}
