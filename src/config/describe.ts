import {
  type BrokerConfig,
  type BrokerConfigSources,
  defaultText,
  resolveBrokerText,
} from './broker-config.ts';
import { brokerKey } from './broker-key.ts';
import { BROKER_KEYS } from './broker-keys/index.ts';
import { type ConfigKey, type ConfigTexts, canonicalText } from './key.ts';
import { isTopicKey, TOPIC_KEYS, TOPIC_TO_BROKER_KEY } from './topic-keys.ts';

/** DescribeConfigs' codes of where a value comes from. */
export const CONFIG_SOURCES = {
  topic: 1,
  dynamicBroker: 2,
  dynamicDefaultBroker: 3,
  staticBroker: 4,
  default: 5,
} as const;

/** DescribeConfigs' codes of the types. */
export const CONFIG_TYPE_CODES = {
  boolean: 1,
  string: 2,
  int: 3,
  short: 4,
  long: 5,
  double: 6,
  list: 7,
  class: 8,
  password: 9,
} as const;

export interface ConfigSynonym {
  readonly name: string;
  readonly value: string | null;
  readonly source: number;
}

/** One config as DescribeConfigs answers it: field names are those of the response. */
export interface DescribedConfig {
  readonly name: string;
  /** null where it is not set, and where it is sensitive. */
  readonly value: string | null;
  readonly readOnly: boolean;
  /** For version 0, which knows no sources. */
  readonly isDefault: boolean;
  readonly configSource: number;
  readonly isSensitive: boolean;
  readonly synonyms: readonly ConfigSynonym[];
  readonly configType: number;
  readonly documentation: string;
}

/** All configs of a topic; `names` narrows them (null or empty: all). */
export function describeTopicConfig(
  broker: BrokerConfig,
  overrides: ConfigTexts,
  names: readonly string[] | null = null,
): DescribedConfig[] {
  return chosen(Object.keys(TOPIC_KEYS), names).map((name) => {
    const key: ConfigKey = TOPIC_KEYS[name as keyof typeof TOPIC_KEYS];
    const brokerName = isTopicKey(name) ? TOPIC_TO_BROKER_KEY[name] : undefined;
    const synonyms = brokerName === undefined ? [] : brokerSynonyms(broker.sources, brokerName);
    if (Object.hasOwn(overrides, name)) {
      const value = canonicalText(key, overrides[name]!);
      synonyms.unshift({ name, value, source: CONFIG_SOURCES.topic });
    }
    const own = synonyms[0]?.source === CONFIG_SOURCES.topic ? synonyms[0].value : undefined;
    const value =
      own !== undefined
        ? own
        : brokerName === undefined
          ? key.default
          : effectiveText(broker.sources, brokerName);
    return described({ name, key, value, synonyms, readOnly: false });
  });
}

/** All configs of this broker; `names` narrows them (null or empty: all). */
export function describeBrokerConfig(
  broker: BrokerConfig,
  names: readonly string[] | null = null,
): DescribedConfig[] {
  const { sources } = broker;
  const set = [sources.fixed, sources.dynamicDefault, sources.dynamicBroker].flatMap(Object.keys);
  const all = new Set([
    ...Object.keys(BROKER_KEYS).filter((name) => !BROKER_KEYS[name]!.hidden),
    ...set.filter((name) => brokerKey(name) !== undefined),
  ]);
  return chosen([...all], names).map((name) => {
    const key = brokerKey(name)!;
    return described({
      name,
      key,
      value: ownText(sources, name),
      synonyms: brokerSynonyms(sources, name),
      readOnly: key.update === 'read-only',
    });
  });
}

/** What was changed at run time for all brokers: the answer for the broker with the empty name. */
export function describeBrokerDefaults(
  broker: BrokerConfig,
  names: readonly string[] | null = null,
): DescribedConfig[] {
  const { dynamicDefault } = broker.sources;
  const known = Object.keys(dynamicDefault).filter((name) => brokerKey(name) !== undefined);
  return chosen(known, names).map((name) => {
    const key = brokerKey(name)!;
    const value = shown(key, dynamicDefault[name]!);
    const synonyms = [{ name, value, source: CONFIG_SOURCES.dynamicDefaultBroker }];
    return described({ name, key, value, synonyms, readOnly: key.update === 'read-only' });
  });
}

function chosen(all: readonly string[], names: readonly string[] | null): string[] {
  const sorted = [...all].sort();
  if (names === null || names.length === 0) return sorted;
  const wanted = new Set(names);
  return sorted.filter((name) => wanted.has(name));
}

function described(config: {
  name: string;
  key: ConfigKey;
  value: string | null;
  synonyms: ConfigSynonym[];
  readOnly: boolean;
}): DescribedConfig {
  const { name, key, synonyms, readOnly } = config;
  const configSource = synonyms[0]?.source ?? CONFIG_SOURCES.default;
  return {
    name,
    value: key.type === 'password' ? null : config.value,
    readOnly,
    isDefault: configSource === CONFIG_SOURCES.default,
    configSource,
    isSensitive: key.type === 'password',
    synonyms,
    configType: CONFIG_TYPE_CODES[key.type],
    documentation: key.doc,
  };
}

/** Every place that sets the config or one of its synonyms, the one in force first. */
function brokerSynonyms(sources: BrokerConfigSources, name: string): ConfigSynonym[] {
  const names = [name, ...(BROKER_KEYS[name]?.insteadOf ?? []).map((other) => other.name)];
  const found: ConfigSynonym[] = [];
  const add = (texts: ConfigTexts, source: number) => {
    for (const candidate of names) {
      const key = brokerKey(candidate);
      if (!key || !Object.hasOwn(texts, candidate)) continue;
      found.push({ name: candidate, value: shown(key, texts[candidate]!), source });
    }
  };
  add(sources.dynamicBroker, CONFIG_SOURCES.dynamicBroker);
  add(sources.dynamicDefault, CONFIG_SOURCES.dynamicDefaultBroker);
  add(sources.fixed, CONFIG_SOURCES.staticBroker);
  // Defaults of other keys are not named, although they rule where nothing is set: so does Kafka.
  const key = BROKER_KEYS[name];
  const value = key ? defaultText(sources, key) : null;
  if (key && value !== null) {
    found.push({ name, value: shown(key, value), source: CONFIG_SOURCES.default });
  }
  return found;
}

function shown(key: ConfigKey, value: string): string | null {
  return key.type === 'password' ? null : canonicalText(key, value);
}

/** What the key itself says, without the keys that are asked in its place; null where it is not set. */
function ownText(sources: BrokerConfigSources, name: string): string | null {
  const key = brokerKey(name)!;
  return resolveBrokerText(sources, name, { ...key, insteadOf: [] });
}

function effectiveText(sources: BrokerConfigSources, name: string): string | null {
  return resolveBrokerText(sources, name, brokerKey(name)!);
}
