export {
  ALTER_OPS,
  type AlterOp,
  type AlterResult,
  alterConfigs,
  type ConfigChange,
  type ConfigTarget,
  incrementalAlterConfigs,
} from './alter.ts';
export {
  type BrokerConfig,
  type BrokerConfigResult,
  type BrokerConfigSources,
  brokerConfig,
  loadBrokerConfig,
  withBrokerId,
  withDynamicConfigs,
} from './broker-config.ts';
export { type Compatibility, type CompatibilityName, compatibilityOf } from './compatibility.ts';
export {
  CONFIG_SOURCES,
  CONFIG_TYPE_CODES,
  type DescribedConfig,
  describeBrokerConfig,
  describeBrokerDefaults,
  describeTopicConfig,
} from './describe.ts';
export { ConfigError, type ConfigTexts, splitList } from './key.ts';
export type { Listener, SecurityProtocol } from './listeners.ts';
export { parseOverride, parseServerProperties } from './properties.ts';
export { type TopicConfig, topicLogConfig, validateTopicConfigs } from './topic-config.ts';
export { guardsWithoutEffect } from './without-effect.ts';
