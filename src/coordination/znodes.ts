/**
 * Every node that Kafka 3.9 keeps in ZooKeeper and that Sluice reads or writes: its path, and its
 * content as Kafka's JSON, with Kafka's field names, types and versions (kafka.zk.ZkData), so that
 * either can read what the other wrote. Numbers that Kafka writes as strings stay strings.
 */
import type { TopicPartition } from '../protocol/topic-partition.ts';

/** Content that is not what Kafka or Sluice writes there. */
export class ZnodeError extends Error {
  override name = 'ZnodeError';
}

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type JsonObject = { [key: string]: Json };

const encodeJson = (value: Json) => Buffer.from(JSON.stringify(value));

/** Nodes that exist in every cluster (ZkData.PersistentZkPaths), parents first. */
export const PERSISTENT_PATHS: readonly string[] = [
  '/consumers',
  '/brokers',
  '/brokers/ids',
  '/brokers/topics',
  '/brokers/seqid',
  '/config',
  '/config/changes',
  '/config/topics',
  '/config/clients',
  '/config/users',
  '/config/brokers',
  '/config/ips',
  '/admin',
  '/admin/delete_topics',
  '/isr_change_notification',
  '/latest_producer_id_block',
  '/log_dir_event_notification',
];

export interface ControllerNode {
  brokerId: number;
  timestampMs: number;
}

/** Ephemeral: who the controller is. */
export const controllerNode = {
  path: '/controller',
  encode: ({ brokerId, timestampMs }: ControllerNode) =>
    encodeJson({
      version: 2,
      brokerid: brokerId,
      timestamp: String(timestampMs),
      kraftControllerEpoch: -1,
    }),
  decode(data: Buffer | null): ControllerNode {
    const json = parse(data, '/controller');
    return { brokerId: int(json, 'brokerid'), timestampMs: Number(json['timestamp']) };
  },
};

/** The number of the last election, as bare digits. Its version fences every controller write. */
export const controllerEpochNode = {
  path: '/controller_epoch',
  encode: (epoch: number) => Buffer.from(String(epoch)),
  decode(data: Buffer | null): number {
    const epoch = Number(data?.toString());
    if (!data || !Number.isSafeInteger(epoch)) throw new ZnodeError('/controller_epoch: no number');
    return epoch;
  },
};

export interface BrokerNode {
  endpoints: readonly BrokerNodeEndpoint[];
  rack: string | null;
  jmxPort: number;
  timestampMs: number;
}

export interface BrokerNodeEndpoint {
  listener: string;
  securityProtocol: string;
  host: string;
  port: number;
}

/** Ephemeral: a live broker and where it listens. */
export const brokerNode = {
  parent: '/brokers/ids',
  path: (brokerId: number) => `/brokers/ids/${brokerId}`,
  encode({ endpoints, rack, jmxPort, timestampMs }: BrokerNode): Buffer {
    // Clients of before 0.9 read only host and port, which are those of a plaintext listener.
    const plaintext = endpoints.find(({ securityProtocol }) => securityProtocol === 'PLAINTEXT');
    const protocols: JsonObject = {};
    for (const { listener, securityProtocol } of endpoints) protocols[listener] = securityProtocol;
    return encodeJson({
      features: {},
      listener_security_protocol_map: protocols,
      endpoints: endpoints.map(
        ({ listener, host, port }) => `${listener}://${bracket(host)}:${port}`,
      ),
      jmx_port: jmxPort,
      ...(rack === null ? {} : { rack }),
      port: plaintext?.port ?? -1,
      host: plaintext?.host ?? null,
      version: 5,
      timestamp: String(timestampMs),
    });
  },
  decode(data: Buffer | null, brokerId: number): BrokerNode {
    const path = brokerNode.path(brokerId);
    const json = parse(data, path);
    const version = int(json, 'version');
    const rack = json['rack'];
    const common = {
      rack: typeof rack === 'string' ? rack : null,
      jmxPort: int(json, 'jmx_port', -1),
      timestampMs: Number(json['timestamp'] ?? 0),
    };
    if (version === 1) {
      const endpoint = { listener: 'PLAINTEXT', securityProtocol: 'PLAINTEXT' };
      const at = { host: String(json['host']), port: int(json, 'port') };
      return { ...common, endpoints: [{ ...endpoint, ...at }] };
    }
    const protocols = object(json['listener_security_protocol_map']);
    const endpoints = array(json['endpoints']).map((text) => {
      const match = /^([^:]+):\/\/\[?(.*?)\]?:(-?\d+)$/.exec(String(text));
      if (!match) throw new ZnodeError(`${path}: endpoint ${String(text)}`);
      const [, listener = '', host = '', port = ''] = match;
      const securityProtocol = String(protocols[listener] ?? listener);
      return { listener, securityProtocol, host, port: Number(port) };
    });
    return { ...common, endpoints };
  },
};

export interface TopicNode {
  /** Null for topics of before topic ids (KIP-516). */
  topicId: string | null;
  /** By partition index, without gaps. */
  partitions: readonly TopicNodePartition[];
}

export interface TopicNodePartition {
  replicas: readonly number[];
  /** Replicas on their way in or out by a reassignment (KIP-455). */
  addingReplicas: readonly number[];
  removingReplicas: readonly number[];
}

/** A topic: its id and where its replicas are. */
export const topicNode = {
  parent: '/brokers/topics',
  path: (topic: string) => `/brokers/topics/${topic}`,
  partitionsPath: (topic: string) => `/brokers/topics/${topic}/partitions`,
  encode({ topicId, partitions }: TopicNode): Buffer {
    const replicas: JsonObject = {};
    const adding: JsonObject = {};
    const removing: JsonObject = {};
    for (const [index, partition] of partitions.entries()) {
      replicas[index] = [...partition.replicas];
      if (partition.addingReplicas.length > 0) adding[index] = [...partition.addingReplicas];
      if (partition.removingReplicas.length > 0) removing[index] = [...partition.removingReplicas];
    }
    return encodeJson({
      removing_replicas: removing,
      partitions: replicas,
      ...(topicId === null ? {} : { topic_id: topicId }),
      adding_replicas: adding,
      version: 3,
    });
  },
  decode(data: Buffer | null, topic: string): TopicNode {
    const json = parse(data, topicNode.path(topic));
    const replicas = object(json['partitions']);
    const adding = object(json['adding_replicas']);
    const removing = object(json['removing_replicas']);
    const partitions = Object.keys(replicas).map((_, index) => {
      if (replicas[index] === undefined)
        throw new ZnodeError(`topic ${topic}: no partition ${index}`);
      return {
        replicas: ints(replicas[index]),
        addingReplicas: ints(adding[index]),
        removingReplicas: ints(removing[index]),
      };
    });
    const topicId = json['topic_id'];
    return { topicId: typeof topicId === 'string' ? topicId : null, partitions };
  },
};

export interface PartitionStateNode {
  /** -1 for none. */
  leader: number;
  leaderEpoch: number;
  isr: readonly number[];
  controllerEpoch: number;
}

/** Who leads a partition; its version is the partition epoch. */
export const partitionStateNode = {
  parent: (topic: string, partition: number) => `/brokers/topics/${topic}/partitions/${partition}`,
  path: (topic: string, partition: number) =>
    `/brokers/topics/${topic}/partitions/${partition}/state`,
  encode: ({ leader, leaderEpoch, isr, controllerEpoch }: PartitionStateNode) =>
    encodeJson({
      controller_epoch: controllerEpoch,
      leader,
      version: 1,
      leader_epoch: leaderEpoch,
      isr: [...isr],
    }),
  decode(data: Buffer | null, topic: string, partition: number): PartitionStateNode {
    const json = parse(data, partitionStateNode.path(topic, partition));
    return {
      leader: int(json, 'leader'),
      leaderEpoch: int(json, 'leader_epoch'),
      isr: ints(json['isr']),
      controllerEpoch: int(json, 'controller_epoch'),
    };
  },
};

export type ConfigEntityType =
  | 'topics'
  | 'brokers'
  | 'clients'
  | 'users'
  | 'ips'
  | 'client-metrics';

/** The entity name of the overrides that hold for all brokers (or clients, users). */
export const DEFAULT_ENTITY = '<default>';

/** Dynamic overrides of one topic, broker, user, ... */
export const configNode = {
  parent: (type: ConfigEntityType) => `/config/${type}`,
  path: (type: ConfigEntityType, entity: string) => `/config/${type}/${entity}`,
  encode: (configs: ReadonlyMap<string, string>) =>
    encodeJson({ version: 1, config: Object.fromEntries(configs) }),
  decode(data: Buffer | null, path: string): Map<string, string> {
    if (data === null) return new Map();
    const config = object(parse(data, path)['config']);
    return new Map(Object.entries(config).map(([key, value]) => [key, String(value)]));
  },
};

/** Sequential: tells every broker that an entity's overrides changed. */
export const configChangeNode = {
  parent: '/config/changes',
  createPath: '/config/changes/config_change_',
  encode: (type: ConfigEntityType, entity: string) =>
    encodeJson({ version: 2, entity_path: `${type}/${entity}` }),
};

/** A topic that is to be deleted. */
export const deleteTopicNode = {
  parent: '/admin/delete_topics',
  path: (topic: string) => `/admin/delete_topics/${topic}`,
};

/** Sequential: tells the controller that leaders changed their ISR. */
export const isrChangeNode = {
  parent: '/isr_change_notification',
  createPath: '/isr_change_notification/isr_change_',
  encode: (partitions: readonly TopicPartition[]) =>
    encodeJson({
      version: 1,
      partitions: partitions.map(({ topic, partition }) => ({ topic, partition })),
    }),
  decode: (data: Buffer | null) =>
    array(parse(data, '/isr_change_notification')['partitions']).map((entry) => {
      const json = object(entry);
      return { topic: String(json['topic']), partition: int(json, 'partition') };
    }),
};

/** Sequential: tells the controller that a broker lost a log dir. */
export const logDirEventNode = {
  parent: '/log_dir_event_notification',
  createPath: '/log_dir_event_notification/log_dir_event_',
  encode: (brokerId: number) => encodeJson({ version: 1, broker: brokerId, event: 1 }),
  decode: (data: Buffer | null) => int(parse(data, '/log_dir_event_notification'), 'broker'),
};

export const clusterIdNode = {
  parent: '/cluster',
  path: '/cluster/id',
  encode: (id: string) => encodeJson({ version: '1', id }),
  decode: (data: Buffer | null) => String(parse(data, '/cluster/id')['id']),
};

/** Setting it raises its version, which is how generated broker ids are counted. */
export const brokerSequenceNode = { path: '/brokers/seqid' };

export interface ProducerIdBlockNode {
  brokerId: number;
  first: number;
  /** Inclusive. */
  last: number;
}

/** The last block of producer ids that was handed out; empty before the first. */
export const producerIdBlockNode = {
  path: '/latest_producer_id_block',
  encode: ({ brokerId, first, last }: ProducerIdBlockNode) =>
    encodeJson({
      version: 1,
      broker: brokerId,
      block_start: String(first),
      block_end: String(last),
    }),
  decode(data: Buffer | null): ProducerIdBlockNode | undefined {
    if (data === null || data.length === 0) return undefined;
    const json = parse(data, '/latest_producer_id_block');
    const block = {
      brokerId: int(json, 'broker'),
      first: Number(json['block_start']),
      last: Number(json['block_end']),
    };
    if (!Number.isSafeInteger(block.first) || !Number.isSafeInteger(block.last)) {
      throw new ZnodeError('/latest_producer_id_block: no range of numbers');
    }
    return block;
  },
};

function bracket(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function parse(data: Buffer | null, path: string): JsonObject {
  let json: Json;
  try {
    json = JSON.parse(data?.toString() ?? '') as Json;
  } catch {
    throw new ZnodeError(`${path}: not JSON`);
  }
  if (json === null || typeof json !== 'object' || Array.isArray(json)) {
    throw new ZnodeError(`${path}: not a JSON object`);
  }
  return json;
}

function int(json: JsonObject, key: string, missing?: number): number {
  const value = json[key] ?? missing;
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) {
    throw new ZnodeError(`${key} is ${JSON.stringify(value)}, not an integer`);
  }
  return value;
}

/** A missing list is empty. */
function array(value: Json | undefined): Json[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new ZnodeError(`${JSON.stringify(value)} is not a list`);
  return value;
}

const NO_IDS: readonly number[] = [];

function ints(value: Json | undefined): readonly number[] {
  if (value === undefined) return NO_IDS;
  return array(value).map((item) => {
    if (typeof item !== 'number' || !Number.isSafeInteger(item)) {
      throw new ZnodeError(`${JSON.stringify(item)} is not a broker id`);
    }
    return item;
  });
}

/** A missing object is empty. */
function object(value: Json | undefined): JsonObject {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw new ZnodeError(`${JSON.stringify(value)} is not an object`);
  }
  return value;
}
