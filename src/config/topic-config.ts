import {
  type BrokerConfig,
  hasTopicConfigsOf4,
  resolveBrokerValue,
  valueProblem,
} from './broker-config.ts';
import { BROKER_KEYS } from './broker-keys/index.ts';
import {
  type CamelCase,
  type ConfigKey,
  type ConfigTexts,
  camelCase,
  LONG_MAX,
  type ValueOf,
} from './key.ts';
import { isTopicKey, TOPIC_KEYS, TOPIC_TO_BROKER_KEY } from './topic-keys.ts';

/** One field per topic config, with the broker's value where the topic has none of its own. */
export type TopicConfig = {
  readonly [K in keyof typeof TOPIC_KEYS & string as CamelCase<K>]: ValueOf<(typeof TOPIC_KEYS)[K]>;
};

/**
 * The configs of one topic, in force: its overrides, then the broker's dynamic and static values,
 * then the defaults. It is a storage `LogConfig` and more. Overrides that are unknown or bad, which
 * only an older version can have stored, count as not set.
 */
export function topicLogConfig(broker: BrokerConfig, overrides: ConfigTexts): TopicConfig {
  const fields: Record<string, unknown> = {};
  for (const [name, key] of Object.entries<ConfigKey>(TOPIC_KEYS)) {
    fields[camelCase(name)] = topicValue(broker, overrides, name, key);
  }
  const typed = fields as TopicConfig;
  // The older key rules where the two that superseded it are not set (KIP-937).
  const difference = typed.messageTimestampDifferenceMaxMs;
  const unset = (value: number) => value >= Number(LONG_MAX);
  return Object.freeze({
    ...typed,
    messageTimestampBeforeMaxMs: unset(typed.messageTimestampBeforeMaxMs)
      ? difference
      : typed.messageTimestampBeforeMaxMs,
    messageTimestampAfterMaxMs: unset(typed.messageTimestampAfterMaxMs)
      ? difference
      : typed.messageTimestampAfterMaxMs,
  });
}

function topicValue(
  broker: BrokerConfig,
  overrides: ConfigTexts,
  name: string,
  key: ConfigKey,
): unknown {
  const own = Object.hasOwn(overrides, name) ? overrides[name] : undefined;
  if (own !== undefined && valueProblem(name, key, own) === undefined) return key.parse(own);
  const brokerName = isTopicKey(name) ? TOPIC_TO_BROKER_KEY[name] : undefined;
  const brokerKey = brokerName === undefined ? undefined : BROKER_KEYS[brokerName];
  if (brokerName !== undefined && brokerKey) {
    return resolveBrokerValue(broker.sources, brokerName, brokerKey);
  }
  return key.default === null ? null : key.parse(key.default);
}

function problemInKafka4(
  broker: BrokerConfig,
  name: string,
  { inKafka4 }: ConfigKey,
  value: string,
): string | undefined {
  if (inKafka4 === undefined || !hasTopicConfigsOf4(broker.sources)) return undefined;
  if (inKafka4.removed) return `Unknown topic config name: ${name} (Kafka 4 has no such config)`;
  const { atLeast } = inKafka4;
  if (atLeast === undefined || Number(value) >= atLeast) return undefined;
  return `${name} = ${value}: must be at least ${atLeast}, as in Kafka 4`;
}

/**
 * The sentence that says what is wrong with the configs of a topic that is created or altered, or
 * undefined. The protocol's error for it is INVALID_CONFIG.
 */
export function validateTopicConfigs(
  broker: BrokerConfig,
  overrides: ConfigTexts,
): string | undefined {
  for (const [name, value] of Object.entries(overrides)) {
    if (!isTopicKey(name)) return `Unknown topic config name: ${name}`;
    const key: ConfigKey = TOPIC_KEYS[name];
    const problem = valueProblem(name, key, value) ?? problemInKafka4(broker, name, key, value);
    if (problem !== undefined) return problem;
  }
  const config = topicLogConfig(broker, overrides);
  if (config.remoteStorageEnable) {
    return 'remote.storage.enable = true: this broker has no remote storage';
  }
  if (config.minCompactionLagMs > config.maxCompactionLagMs) {
    return `min.compaction.lag.ms = ${config.minCompactionLagMs} must not be above max.compaction.lag.ms = ${config.maxCompactionLagMs}`;
  }
  return undefined;
}
