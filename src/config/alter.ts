import { type BrokerConfig, valueProblem, withDynamicConfigs } from './broker-config.ts';
import { brokerKey } from './broker-key.ts';
import { BROKER_KEYS } from './broker-keys/index.ts';
import { ConfigError, type ConfigKey, type ConfigTexts, splitList } from './key.ts';
import { validateTopicConfigs } from './topic-config.ts';
import { isTopicKey, TOPIC_KEYS, TOPIC_TO_BROKER_KEY } from './topic-keys.ts';

/** IncrementalAlterConfigs' operations by their codes. */
export const ALTER_OPS = ['set', 'delete', 'append', 'subtract'] as const;
export type AlterOp = (typeof ALTER_OPS)[number];

export interface ConfigChange {
  readonly name: string;
  readonly op: AlterOp;
  /** null only with 'delete'. */
  readonly value: string | null;
}

/** Whose configs change. */
export type ConfigTarget = 'topic' | 'broker' | 'broker-defaults';

/**
 * What a resource's own configs become, or why they may not: then none of them changes.
 * INVALID_REQUEST is for a request that makes no sense, INVALID_CONFIG for a bad name or value.
 */
export type AlterResult =
  | { readonly configs: ConfigTexts }
  | { readonly error: 'INVALID_CONFIG' | 'INVALID_REQUEST'; readonly message: string };

/** AlterConfigs: `configs` replace all that the resource had. */
export function alterConfigs(
  broker: BrokerConfig,
  target: ConfigTarget,
  configs: readonly { readonly name: string; readonly value: string | null }[],
): AlterResult {
  const next: Record<string, string> = {};
  for (const { name, value } of configs) {
    if (value === null) return nullValue([name]);
    next[name] = value;
  }
  return checked(broker, target, next);
}

/** IncrementalAlterConfigs: `changes` are applied to `current`, the resource's own configs. */
export function incrementalAlterConfigs(
  broker: BrokerConfig,
  target: ConfigTarget,
  current: ConfigTexts,
  changes: readonly ConfigChange[],
): AlterResult {
  const names = new Set<string>();
  const twice = new Set<string>();
  for (const { name } of changes) (names.has(name) ? twice : names).add(name);
  if (twice.size > 0) {
    return invalidRequest(`Error due to duplicate config keys: ${[...twice].join(', ')}`);
  }
  const withoutValue = changes.filter(({ op, value }) => op !== 'delete' && value === null);
  if (withoutValue.length > 0) return nullValue(withoutValue.map((change) => change.name));

  const next: Record<string, string> = { ...current };
  for (const { name, op, value } of changes) {
    const key = keyOf(target, name);
    if (op === 'delete') {
      delete next[name];
      continue;
    }
    if (!key) return unknownName(target, name);
    if (op === 'set') {
      next[name] = value!;
      continue;
    }
    if (key.type !== 'list') {
      return invalidRequest(
        `Config value ${op} is not allowed for config key: ${name}`,
        'INVALID_CONFIG',
      );
    }
    const before = splitList(next[name] ?? inheritedList(broker, target, name, key));
    const items = splitList(value!);
    next[name] =
      op === 'append'
        ? [...before, ...without(items, before)].join(',')
        : without(before, items).join(',');
  }
  return checked(broker, target, next);
}

function without(items: readonly string[], others: readonly string[]): string[] {
  const known = new Set(others);
  return items.filter((item) => !known.has(item));
}

function keyOf(target: ConfigTarget, name: string): ConfigKey | undefined {
  if (target === 'topic') return isTopicKey(name) ? TOPIC_KEYS[name] : undefined;
  return brokerKey(name);
}

/** What APPEND and SUBTRACT start from where the resource has no value of its own. */
function inheritedList(
  broker: BrokerConfig,
  target: ConfigTarget,
  name: string,
  key: ConfigKey,
): string {
  const { fixed, dynamicDefault, dynamicBroker } = broker.sources;
  const brokerName = target === 'topic' && isTopicKey(name) ? TOPIC_TO_BROKER_KEY[name] : name;
  if (brokerName !== undefined && Object.hasOwn(BROKER_KEYS, brokerName)) {
    for (const texts of [dynamicBroker, dynamicDefault, fixed]) {
      if (Object.hasOwn(texts, brokerName)) return texts[brokerName]!;
    }
  }
  return key.default ?? '';
}

/** What DescribeConfigs can say of a value: the protocol's limit of a string, in bytes. */
const MAX_VALUE_SIZE = 32_767;

function checked(broker: BrokerConfig, target: ConfigTarget, next: ConfigTexts): AlterResult {
  for (const [name, value] of Object.entries(next)) {
    const size = Buffer.byteLength(value);
    if (size <= MAX_VALUE_SIZE) continue;
    return {
      error: 'INVALID_CONFIG',
      message: `The value of ${name} would have ${size} bytes; at most ${MAX_VALUE_SIZE} can be sent to clients`,
    };
  }
  if (target === 'topic') {
    const problem = validateTopicConfigs(broker, next);
    return problem === undefined
      ? { configs: next }
      : { error: 'INVALID_CONFIG', message: problem };
  }
  for (const [name, value] of Object.entries(next)) {
    const key = brokerKey(name);
    if (!key) return unknownName(target, name);
    if (key.update === 'read-only') {
      return {
        error: 'INVALID_REQUEST',
        message: `Cannot update these configs dynamically: ${name}`,
      };
    }
    if (key.update === 'per-broker' && target === 'broker-defaults') {
      return {
        error: 'INVALID_REQUEST',
        message: `Cannot update these configs at default cluster level, broker id must be specified: ${name}`,
      };
    }
    const problem = valueProblem(name, key, value);
    // Kafka answers a bad value of a topic with INVALID_CONFIG, of a broker with INVALID_REQUEST.
    if (problem !== undefined) return { error: 'INVALID_REQUEST', message: problem };
  }
  try {
    const { dynamicDefault, dynamicBroker } = broker.sources;
    withDynamicConfigs(
      broker,
      target === 'broker'
        ? { dynamicDefault, dynamicBroker: next }
        : { dynamicDefault: next, dynamicBroker },
    );
  } catch (error) {
    if (error instanceof ConfigError) return { error: 'INVALID_REQUEST', message: error.message };
    throw error;
  }
  return { configs: next };
}

function nullValue(names: readonly string[]): AlterResult {
  return invalidRequest(`Null value not supported for : ${names.join(', ')}`);
}

function unknownName(target: ConfigTarget, name: string): AlterResult {
  return {
    error: 'INVALID_CONFIG',
    message: `Unknown ${target === 'topic' ? 'topic' : 'broker'} config name: ${name}`,
  };
}

function invalidRequest(
  message: string,
  error: 'INVALID_REQUEST' | 'INVALID_CONFIG' = 'INVALID_REQUEST',
): AlterResult {
  return { error, message };
}
