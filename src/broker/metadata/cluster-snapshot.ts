/**
 * The cluster as clients see it at one moment. Immutable: it is replaced whole, parts that did not
 * change are shared with the one before, and a reader that keeps a reference keeps a consistent view.
 * Lookups are one or two Map reads.
 */
export interface ClusterSnapshot {
  readonly clusterId: string;
  /** -1 while there is no controller. */
  readonly controllerId: number;
  readonly controllerEpoch: number;
  /** Live brokers by id. */
  readonly brokers: ReadonlyMap<number, BrokerMetadata>;
  readonly topics: ReadonlyMap<string, TopicMetadata>;
  readonly topicsById: ReadonlyMap<string, TopicMetadata>;
  /** Overrides per topic, only for topics that have any. */
  readonly topicConfigs: ReadonlyMap<string, ConfigMap>;
  /** Dynamic overrides per broker id, only for those that have any. */
  readonly brokerConfigs: ReadonlyMap<number, ConfigMap>;
  /** Dynamic overrides for every broker (`/config/brokers/<default>`). */
  readonly defaultBrokerConfig: ConfigMap;
}

/** Key to value as written; what is not in it falls through to the next source. */
export type ConfigMap = ReadonlyMap<string, string>;

export const EMPTY_CONFIG: ConfigMap = new Map();

export interface BrokerMetadata {
  readonly id: number;
  /** Fences requests of an earlier incarnation; -1 when unknown. */
  readonly epoch: number;
  /** Advertised endpoints by listener name, which is upper case as in `listeners`. */
  readonly endpoints: ReadonlyMap<string, BrokerEndpoint>;
  readonly rack: string | null;
}

export interface BrokerEndpoint {
  readonly listener: string;
  readonly host: string;
  readonly port: number;
  readonly securityProtocol: SecurityProtocol;
}

export type SecurityProtocol = 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL';

export interface TopicMetadata {
  readonly name: string;
  /** 22 characters of base64url; ZERO_UUID for a topic of before topic ids. */
  readonly id: string;
  /** `__consumer_offsets` and the like. */
  readonly internal: boolean;
  /** By partition index, without gaps. */
  readonly partitions: readonly PartitionMetadata[];
}

export interface PartitionMetadata {
  readonly index: number;
  /** -1 while it has none. */
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
  /** Replicas on brokers that are down, or whose log dir failed. */
  readonly offlineReplicas: readonly number[];
}

/** No leader; the value on the wire. */
export const NO_LEADER = -1;

export function emptySnapshot(clusterId: string): ClusterSnapshot {
  return {
    clusterId,
    controllerId: -1,
    controllerEpoch: 0,
    brokers: new Map(),
    topics: new Map(),
    topicsById: new Map(),
    topicConfigs: new Map(),
    brokerConfigs: new Map(),
    defaultBrokerConfig: EMPTY_CONFIG,
  };
}

/** Undefined where the topic or the partition does not exist. */
export function partitionOf(
  snapshot: ClusterSnapshot,
  topic: string,
  index: number,
): PartitionMetadata | undefined {
  return snapshot.topics.get(topic)?.partitions[index];
}

/** The overrides of a topic, empty where it has none. */
export function topicConfigOf(snapshot: ClusterSnapshot, topic: string): ConfigMap {
  return snapshot.topicConfigs.get(topic) ?? EMPTY_CONFIG;
}
