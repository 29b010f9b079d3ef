import type { BrokerConfig } from '../../config/broker-config.ts';
import {
  type ConfigTexts,
  type DescribedConfig,
  describeBrokerConfig,
  describeBrokerDefaults,
  describeTopicConfig,
  type TopicConfig,
  topicLogConfig,
  withDynamicConfigs,
} from '../../config/index.ts';
import type { ClusterMetadata } from './cluster-metadata.ts';
import { type ConfigMap, EMPTY_CONFIG, topicConfigOf } from './cluster-snapshot.ts';

/** Different sets of topic overrides whose outcome is kept; more than that are rare. */
const MOST_KEPT_TOPIC_CONFIGS = 1000;

/**
 * The configs in force on this broker: what server.properties says, under what was changed at run
 * time. Follows the cluster metadata; readers take `broker` anew whenever they act.
 */
export class Configs {
  readonly #metadata: ClusterMetadata;
  readonly #brokerId: number;
  #broker: BrokerConfig;
  /** By overrides: topics that are configured alike share one object, and ten thousand of them do. */
  readonly #topicConfigs = new Map<string, TopicConfig>();

  constructor(fixed: BrokerConfig, brokerId: number, metadata: ClusterMetadata) {
    this.#broker = fixed;
    this.#brokerId = brokerId;
    this.#metadata = metadata;
    this.#reload();
    metadata.subscribe((_next, change) => {
      if (change.brokerConfigs) this.#reload();
    });
  }

  get broker(): BrokerConfig {
    return this.#broker;
  }

  /** What is in force for a topic. */
  topic(name: string): TopicConfig {
    return this.topicWith(topicConfigOf(this.#metadata.snapshot, name));
  }

  topicWith(overrides: ConfigMap): TopicConfig {
    const key = overrides.size === 0 ? '' : JSON.stringify([...overrides]);
    let config = this.#topicConfigs.get(key);
    if (!config) {
      config = topicLogConfig(this.#broker, texts(overrides));
      if (this.#topicConfigs.size >= MOST_KEPT_TOPIC_CONFIGS) this.#topicConfigs.clear();
      this.#topicConfigs.set(key, config);
    }
    return config;
  }

  describeTopic(overrides: ConfigMap, names: readonly string[] | null = null): DescribedConfig[] {
    return describeTopicConfig(this.#broker, texts(overrides), names);
  }

  describeBroker(names: readonly string[] | null): DescribedConfig[] {
    return describeBrokerConfig(this.#broker, names);
  }

  describeBrokerDefaults(names: readonly string[] | null): DescribedConfig[] {
    return describeBrokerDefaults(this.#broker, names);
  }

  #reload(): void {
    this.#topicConfigs.clear();
    const { brokerConfigs, defaultBrokerConfig } = this.#metadata.snapshot;
    this.#broker = withDynamicConfigs(this.#broker, {
      dynamicDefault: texts(defaultBrokerConfig),
      dynamicBroker: texts(brokerConfigs.get(this.#brokerId) ?? EMPTY_CONFIG),
    });
  }
}

/** The form in which the config layer takes overrides. */
export function texts(configs: ConfigMap): ConfigTexts {
  return Object.fromEntries(configs);
}
