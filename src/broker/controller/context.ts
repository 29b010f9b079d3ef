import { ZERO_UUID } from '../../base/random.ts';
import type { NodeVersion, Store } from '../../coordination/store.ts';
import {
  brokerNode,
  configNode,
  DEFAULT_ENTITY,
  deleteTopicNode,
  type PartitionStateNode,
  partitionStateNode,
  topicNode,
} from '../../coordination/znodes.ts';
import {
  type BrokerMetadata,
  type ConfigMap,
  EMPTY_CONFIG,
  type SecurityProtocol,
} from '../metadata/cluster-snapshot.ts';

/** A partition as the store has it. Replaced, never changed. */
export interface PartitionRecord {
  readonly replicas: readonly number[];
  readonly addingReplicas: readonly number[];
  readonly removingReplicas: readonly number[];
  /** Null until a leader was elected for the first time. */
  readonly state: PartitionStateNode | null;
  readonly stateVersion: NodeVersion | null;
  /** Whether the node above the state exists already; a Kafka controller may have died in between. */
  readonly hasNode: boolean;
  /** Replicas whose broker lives but could not open the log. Not in the store. */
  readonly failedReplicas: readonly number[];
}

/** Shared by all that have none: ten thousand empty arrays would be a part of every partition's cost. */
export const NO_REPLICAS: readonly number[] = [];

/** A new partition, before its first leader is noted. */
export function newPartition(replicas: readonly number[]): PartitionRecord {
  return {
    replicas,
    addingReplicas: NO_REPLICAS,
    removingReplicas: NO_REPLICAS,
    state: null,
    stateVersion: null,
    hasNode: false,
    failedReplicas: NO_REPLICAS,
  };
}

export interface TopicRecord {
  readonly name: string;
  readonly id: string;
  /** Of the topic's node. */
  readonly version: NodeVersion;
  /** Whether the node above the partitions exists; false when only a tool wrote the topic so far. */
  readonly hasPartitionsNode: boolean;
  readonly partitions: readonly PartitionRecord[];
}

/**
 * The active controller's view of the store: loaded when it is elected, and kept equal by every write
 * of its own, since nobody else writes these nodes while it is the controller.
 */
export class ControllerContext {
  /** Live brokers. */
  brokers = new Map<number, BrokerMetadata>();
  readonly topics = new Map<string, TopicRecord>();
  readonly topicNames = new Map<string, string>();
  /** By topic; a topic can have the node and no overrides. */
  readonly topicConfigs = new Map<string, ConfigMap>();
  /** By broker id as text, or DEFAULT_ENTITY. */
  readonly brokerConfigs = new Map<string, ConfigMap>();
  /** Topics marked for deletion; they are no longer published, but their nodes are still there. */
  readonly deletions = new Set<string>();

  isLive(brokerId: number): boolean {
    return this.brokers.has(brokerId);
  }

  setTopic(topic: TopicRecord): void {
    this.topics.set(topic.name, topic);
    this.topicNames.set(topic.id, topic.name);
  }

  forgetTopic(name: string): void {
    const topic = this.topics.get(name);
    if (topic) this.topicNames.delete(topic.id);
    this.topics.delete(name);
    this.topicConfigs.delete(name);
    this.deletions.delete(name);
  }

  topicConfig(name: string): ConfigMap {
    return this.topicConfigs.get(name) ?? EMPTY_CONFIG;
  }
}

/** Reads everything, pipelined: thousands of nodes take tens of milliseconds. */
export async function loadContext(store: Store): Promise<ControllerContext> {
  const context = new ControllerContext();
  const [brokers, topics, topicConfigs, brokerConfigs, deletions] = await Promise.all([
    loadBrokers(store),
    loadTopics(store),
    loadConfigs(store, 'topics'),
    loadConfigs(store, 'brokers'),
    store.children(deleteTopicNode.parent),
  ]);
  context.brokers = brokers;
  for (const topic of topics) context.setTopic(topic);
  for (const [topic, configs] of topicConfigs) context.topicConfigs.set(topic, configs);
  for (const [entity, configs] of brokerConfigs) context.brokerConfigs.set(entity, configs);
  for (const topic of deletions ?? []) context.deletions.add(topic);
  return context;
}

/** Live brokers by id, in ascending order. */
export async function loadBrokers(
  store: Store,
  watch?: () => void,
): Promise<Map<number, BrokerMetadata>> {
  const names = (await store.children(brokerNode.parent, watch)) ?? [];
  const ids = names.map(Number).sort((a, b) => a - b);
  const nodes = await Promise.all(ids.map((id) => store.get(brokerNode.path(id))));
  const brokers = new Map<number, BrokerMetadata>();
  for (const [index, id] of ids.entries()) {
    const node = nodes[index];
    if (!node) continue;
    const { endpoints, rack } = brokerNode.decode(node.data, id);
    const byListener = new Map(
      endpoints.map(({ listener, host, port, securityProtocol }) => [
        listener,
        { listener, host, port, securityProtocol: securityProtocol as SecurityProtocol },
      ]),
    );
    brokers.set(id, { id, epoch: node.stat.createdTxId, endpoints: byListener, rack });
  }
  return brokers;
}

async function loadTopics(store: Store): Promise<TopicRecord[]> {
  const names = (await store.children(topicNode.parent)) ?? [];
  const topics = await Promise.all(names.map((name) => loadTopic(store, name)));
  return topics.filter((topic) => topic !== undefined);
}

async function loadTopic(store: Store, name: string): Promise<TopicRecord | undefined> {
  const node = await store.get(topicNode.path(name));
  if (!node) return undefined;
  const { topicId, partitions } = topicNode.decode(node.data, name);
  const states = await Promise.all(
    partitions.map((_, index) => store.get(partitionStateNode.path(name, index))),
  );
  const nodes = states.every((state) => state)
    ? Object.keys(states)
    : await store.children(topicNode.partitionsPath(name));
  const withNode = new Set(nodes);
  return {
    name,
    id: topicId ?? ZERO_UUID,
    version: node.stat.version,
    hasPartitionsNode: nodes !== undefined,
    partitions: partitions.map((assignment, index) => {
      const state = states[index];
      return {
        // Field by field: one shape for all of them takes half the memory.
        replicas: assignment.replicas,
        addingReplicas: assignment.addingReplicas,
        removingReplicas: assignment.removingReplicas,
        state: state ? partitionStateNode.decode(state.data, name, index) : null,
        stateVersion: state?.stat.version ?? null,
        hasNode: withNode.has(String(index)),
        failedReplicas: NO_REPLICAS,
      };
    }),
  };
}

async function loadConfigs(
  store: Store,
  type: 'topics' | 'brokers',
): Promise<Map<string, ConfigMap>> {
  const entities = (await store.children(configNode.parent(type))) ?? [];
  const paths = entities.map((entity) => configNode.path(type, entity));
  const nodes = await Promise.all(paths.map((path) => store.get(path)));
  const configs = new Map<string, ConfigMap>();
  for (const [index, entity] of entities.entries()) {
    const node = nodes[index];
    if (node) configs.set(entity, configNode.decode(node.data, paths[index]!));
  }
  return configs;
}

/** The id of a broker's own overrides, undefined for those of all brokers or a foreign name. */
export function brokerIdOf(entity: string): number | undefined {
  return entity === DEFAULT_ENTITY || !/^\d+$/.test(entity) ? undefined : Number(entity);
}
