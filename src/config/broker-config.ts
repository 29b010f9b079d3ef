import { brokerKey } from './broker-key.ts';
import { BROKER_KEYS, TYPED_BROKER_KEYS } from './broker-keys/index.ts';
import { closest } from './closest.ts';
import { COMPATIBILITY_NAMES, compatibilityOf } from './compatibility.ts';
import {
  type CamelCase,
  ConfigError,
  type ConfigKey,
  type ConfigTexts,
  camelCase,
  canonicalText,
  type ValueOf,
} from './key.ts';
import { type Listener, parseHttpListeners, parseListeners } from './listeners.ts';
import { guardsWithoutEffect } from './without-effect.ts';

type TypedKeys = typeof TYPED_BROKER_KEYS;

/** Where broker configs come from, the strongest last. */
export interface BrokerConfigSources {
  /** server.properties and `--override`. */
  readonly fixed: ConfigTexts;
  /** Changed at run time for all brokers. */
  readonly dynamicDefault: ConfigTexts;
  /** Changed at run time for this broker. */
  readonly dynamicBroker: ConfigTexts;
}

/** One field per key: 'log.retention.ms' is `logRetentionMs`, resolved through its synonyms. */
type BrokerConfigFields = {
  readonly [K in keyof TypedKeys & string as CamelCase<K>]: ValueOf<TypedKeys[K]>;
};

/** An immutable snapshot of all broker configs, replaced whole when one changes at run time. */
export interface BrokerConfig extends BrokerConfigFields {
  /** `listeners` parsed, in their order. */
  readonly parsedListeners: readonly Listener[];
  /** `http.listeners` parsed; empty when switched off. */
  readonly parsedHttpListeners: readonly { readonly host: string; readonly port: number }[];
  /** The name of the listener that brokers use among themselves. */
  readonly interBrokerListener: string;
  /** `log.dirs`, or else `log.dir`, split. */
  readonly logDirList: readonly string[];
  readonly sources: BrokerConfigSources;
}

export interface BrokerConfigResult {
  readonly config: BrokerConfig;
  /** One sentence each: unknown keys, and keys that protect nothing yet although they are set to. */
  readonly warnings: readonly string[];
}

/**
 * Checks and types the configs of a broker.
 * Throws ConfigError naming key, value and allowed range; with several bad ones, a line for each.
 */
export function loadBrokerConfig(
  fixed: ConfigTexts,
  dynamic: Partial<Omit<BrokerConfigSources, 'fixed'>> = {},
): BrokerConfigResult {
  const sources: BrokerConfigSources = {
    fixed,
    dynamicDefault: dynamic.dynamicDefault ?? {},
    dynamicBroker: dynamic.dynamicBroker ?? {},
  };
  const problems: string[] = [];
  const guards = guardsWithoutEffect(fixed);
  const warnings: string[] = [...guards.values()];
  for (const [name, value] of Object.entries(fixed)) {
    const key = brokerKey(name);
    if (key) collectProblem(problems, name, key, value);
    else if (!guards.has(name)) warnings.push(unknownKeySentence(name));
  }
  if (problems.length > 0) throw new ConfigError(problems.join('\n'));

  const fields: Record<string, unknown> = {};
  for (const [name, key] of Object.entries<ConfigKey>(TYPED_BROKER_KEYS)) {
    fields[camelCase(name)] = resolveBrokerValue(sources, name, key);
  }
  const typed = fields as BrokerConfigFields;
  const { listeners, interBrokerListener } = parseListeners({
    listeners: isSet(sources, 'listeners')
      ? typed.listeners
      : legacyListener(sources, 'listeners', typed.hostName, typed.port),
    advertisedListeners:
      typed.advertisedListeners ??
      (typed.advertisedHostName === null
        ? null
        : `PLAINTEXT://${typed.advertisedHostName}:${typed.advertisedPort ?? typed.port}`),
    protocolMap: typed.listenerSecurityProtocolMap,
    interBrokerListenerName: typed.interBrokerListenerName,
    controllerListenerNames: typed.controllerListenerNames,
    interBrokerProtocol: isSet(sources, 'security.inter.broker.protocol')
      ? typed.securityInterBrokerProtocol
      : null,
  });
  if (typed.nodeId === -1 && !typed.brokerIdGenerationEnable) {
    throw new ConfigError(
      'node.id = -1 asks for a generated id, but broker.id.generation.enable = false forbids it',
    );
  }
  const config: BrokerConfig = Object.freeze({
    ...typed,
    parsedListeners: listeners,
    parsedHttpListeners: parseHttpListeners(typed.httpListeners, listeners),
    interBrokerListener,
    logDirList: logDirList(typed.logDirs, typed.logDir),
    sources,
  });
  return { config, warnings };
}

/** The configs with these overrides and defaults for all others; for tests and embedding. */
export function brokerConfig(fixed: ConfigTexts = {}): BrokerConfig {
  return loadBrokerConfig(fixed).config;
}

/** The snapshot after a change at run time. Throws ConfigError. */
export function withDynamicConfigs(
  config: BrokerConfig,
  dynamic: Pick<BrokerConfigSources, 'dynamicDefault' | 'dynamicBroker'>,
): BrokerConfig {
  return loadBrokerConfig(config.sources.fixed, dynamic).config;
}

/** The snapshot with the id that was found or generated, which DescribeConfigs then shows. */
export function withBrokerId(config: BrokerConfig, brokerId: number): BrokerConfig {
  const { fixed, ...dynamic } = config.sources;
  const id = String(brokerId);
  return loadBrokerConfig({ ...fixed, 'node.id': id, 'broker.id': id }, dynamic).config;
}

/** The sentence for a bad value, or undefined. */
export function valueProblem(name: string, key: ConfigKey, value: string): string | undefined {
  try {
    key.parse(value);
    return undefined;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const shown = key.type === 'password' ? '[hidden]' : value;
    const range = key.allowed && !error.message.includes(key.allowed) ? ` (${key.allowed})` : '';
    return `${name} = ${shown} ${error.message}${range}`;
  }
}

function collectProblem(problems: string[], name: string, key: ConfigKey, value: string): void {
  // Kafka takes an empty value of a number or a boolean for a bad one too.
  const problem = valueProblem(name, key, value);
  if (problem) problems.push(problem);
}

function unknownKeySentence(name: string): string {
  const near = closest(name, Object.keys(BROKER_KEYS));
  return `${name} is not a known config and is ignored${near ? `; did you mean ${near}?` : ''}`;
}

export function isSet(sources: BrokerConfigSources, name: string): boolean {
  return textOf(sources, name) !== undefined;
}

/** The text that is in force for this very name, without synonyms and defaults. */
export function textOf(sources: BrokerConfigSources, name: string): string | undefined {
  for (const texts of [sources.dynamicBroker, sources.dynamicDefault, sources.fixed]) {
    if (Object.hasOwn(texts, name)) return texts[name];
  }
  return undefined;
}

/** Whether topics are configured as in Kafka 4. */
export function hasTopicConfigsOf4(sources: BrokerConfigSources): boolean {
  const text = textOf(sources, 'compatibility')?.trim();
  const name = COMPATIBILITY_NAMES.find((candidate) => candidate === text);
  return name !== undefined && compatibilityOf(name).topicConfigs === 'of 4';
}

/** One node is the whole cluster, whatever `zookeeper.connect` says, so some defaults are not Kafka's. */
export function defaultText(sources: BrokerConfigSources, key: ConfigKey): string | null {
  if (key.inKafka4?.default !== undefined && hasTopicConfigsOf4(sources)) {
    return key.inKafka4.default;
  }
  return key.singleNodeDefault !== undefined ? key.singleNodeDefault : key.default;
}

/** The text in force, through synonyms, then the default; null where there is none. */
export function resolveBrokerText(
  sources: BrokerConfigSources,
  name: string,
  key: ConfigKey,
): string | null {
  const textIn = (texts: (name: string, key: ConfigKey) => string | null | undefined) => {
    const own = texts(name, key);
    if (own !== undefined && own !== null) return canonicalText(key, own);
    for (const { name: other, scale } of key.insteadOf) {
      const otherKey = BROKER_KEYS[other];
      const text = otherKey && texts(other, otherKey);
      if (text !== undefined && text !== null) return scaled(canonicalText(key, text), scale);
    }
    return null;
  };
  return textIn((wanted) => textOf(sources, wanted)) ?? textIn((_, of) => defaultText(sources, of));
}

/** The same, typed. */
export function resolveBrokerValue(
  sources: BrokerConfigSources,
  name: string,
  key: ConfigKey,
): unknown {
  const text = resolveBrokerText(sources, name, key);
  return text === null ? null : key.parse(text);
}

/** A negative number of hours means "for ever", as -1 ms does. */
function scaled(text: string, scale: number): string {
  const value = BigInt(text);
  return String(value < 0n ? -1n : value * BigInt(scale));
}

function legacyListener(
  sources: BrokerConfigSources,
  name: 'listeners',
  host: string,
  port: number,
): string {
  const old = isSet(sources, 'port') || isSet(sources, 'host.name');
  return old ? `PLAINTEXT://${host}:${port}` : (BROKER_KEYS[name]?.default ?? '');
}

function logDirList(logDirs: string | null, logDir: string): string[] {
  // Set and empty, as from a variable that has no value, it is not the same as not set.
  const listed = logDirs ?? logDir;
  const folders = listed
    .split(',')
    .map((folder) => folder.trim())
    .filter((folder) => folder !== '');
  if (folders.length === 0) {
    throw new ConfigError(`log.dirs = ${listed} must name at least one folder`);
  }
  if (new Set(folders).size < folders.length) {
    throw new ConfigError(`log.dirs = ${listed} must not name a folder twice`);
  }
  return folders;
}
