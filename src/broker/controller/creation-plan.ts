import type { Random } from '../../base/random.ts';
import type { ErrorName } from '../../protocol/errors.ts';
import type { ConfigMap } from '../metadata/cluster-snapshot.ts';
import { type ConfigValidator, MOST_CONFIGS_PER_RESOURCE } from './config-validator.ts';
import { type PlacementBroker, placeReplicas, randomStart } from './placement.ts';
import type { CreateTopic, PartitionAssignment } from './requests.ts';
import { collisionKey, topicNameProblem } from './topic-name.ts';

/** A bound on what one request can ask for; Kafka's controller has the same (POLICY_VIOLATION). */
export const MOST_PARTITIONS_PER_REQUEST = 10_000;

/** What the plan depends on; a pure view of the controller's state. */
export interface CreationView {
  readonly random: Random;
  readonly brokers: readonly PlacementBroker[];
  readonly defaults: { readonly partitionCount: number; readonly replicationFactor: number };
  readonly validator: ConfigValidator;
  /** Existing topics, those being deleted too. */
  hasTopic(name: string): boolean;
  isBeingDeleted(name: string): boolean;
  /** The existing topic with this collision key. */
  collidingTopic(key: string): string | undefined;
}

export interface TopicPlan {
  readonly name: string;
  /** Replicas by partition index, preferred leader first. */
  readonly assignment: readonly (readonly number[])[];
  readonly replicationFactor: number;
  readonly configs: ConfigMap;
}

export interface Refusal {
  readonly error: ErrorName;
  readonly detail: string;
}

/** Decides one topic of CreateTopics; the checks come in Kafka's order. */
export function planTopic(topic: CreateTopic, view: CreationView): TopicPlan | Refusal {
  const { name, partitionCount, replicationFactor, assignments } = topic;
  if (name === '__cluster_metadata') {
    return refuse('INVALID_REQUEST', `Creation of internal topic ${name} is prohibited.`);
  }
  if (view.hasTopic(name) && !view.isBeingDeleted(name)) {
    return refuse('TOPIC_ALREADY_EXISTS', `Topic '${name}' already exists.`);
  }
  const nameProblem = topicNameProblem(name);
  if (nameProblem !== undefined) return refuse('INVALID_TOPIC_EXCEPTION', nameProblem);
  if (view.isBeingDeleted(name)) {
    return refuse('TOPIC_ALREADY_EXISTS', `Topic '${name}' is marked for deletion.`);
  }
  const colliding = view.collidingTopic(collisionKey(name));
  if (colliding !== undefined) {
    const detail = `Topic '${name}' collides with existing topics: ${colliding}`;
    return refuse('INVALID_TOPIC_EXCEPTION', detail);
  }
  const isManual = assignments.length > 0;
  if (isManual && (partitionCount !== -1 || replicationFactor !== -1)) {
    const detail =
      'Both numPartitions or replicationFactor and replicasAssignments were set. ' +
      'Both cannot be used at the same time.';
    return refuse('INVALID_REQUEST', detail);
  }
  const placed = isManual ? manualPlacement(assignments, view.brokers) : place(topic, view);
  if ('error' in placed) return placed;
  const configs = planConfigs(topic, view.validator);
  if ('error' in configs) return configs;
  return { name, configs, assignment: placed, replicationFactor: placed[0]?.length ?? 0 };
}

/** Puts new partitions on live brokers, or says why it cannot. */
export function placeAutomatically(
  random: Random,
  brokers: readonly PlacementBroker[],
  wanted: {
    partitionCount: number;
    replicationFactor: number;
    firstPartition: number;
    /** The first replica of partition 0 of a topic that grows: new partitions go on from there. */
    firstReplica?: number;
  },
): number[][] | Refusal {
  const { partitionCount, replicationFactor, firstPartition, firstReplica } = wanted;
  if (partitionCount <= 0) {
    return refuse('INVALID_PARTITIONS', 'Number of partitions must be larger than 0.');
  }
  if (partitionCount > MOST_PARTITIONS_PER_REQUEST) {
    return refuse('POLICY_VIOLATION', 'Excessively large number of partitions per request.');
  }
  if (replicationFactor <= 0) {
    return refuse('INVALID_REPLICATION_FACTOR', 'Replication factor must be larger than 0.');
  }
  if (replicationFactor > brokers.length) {
    const detail = `Replication factor: ${replicationFactor} larger than available brokers: ${brokers.length}.`;
    return refuse('INVALID_REPLICATION_FACTOR', detail);
  }
  const rackless = brokers.filter(({ rack }) => rack === null).length;
  if (rackless > 0 && rackless < brokers.length) {
    const detail = 'Not all brokers have rack information for replica rack aware assignment.';
    return refuse('UNKNOWN_SERVER_ERROR', detail);
  }
  const from = Math.max(
    0,
    brokers.findIndex(({ id }) => id >= (firstReplica ?? 0)),
  );
  const begin =
    firstReplica === undefined ? randomStart(random, brokers.length) : { start: from, shift: from };
  return placeReplicas({ brokers, partitionCount, replicationFactor, firstPartition, ...begin });
}

/** Checks replicas that the client chose: known brokers, none twice, the same number everywhere. */
export function replicasProblem(
  assignment: readonly (readonly number[])[],
  brokers: readonly PlacementBroker[],
  replicationFactor: number,
): string | undefined {
  const known = new Set(brokers.map(({ id }) => id));
  for (const replicas of assignment) {
    if (replicas.length === 0) return 'A partition cannot have replication factor 0.';
    const unknown = replicas.filter((id) => !known.has(id));
    if (unknown.length > 0)
      return `Unknown broker(s) in replica assignment: ${unknown.join(', ')}.`;
    if (new Set(replicas).size !== replicas.length) {
      return `Duplicate brokers not allowed in replica assignment: ${replicas.join(', ')}.`;
    }
    if (replicas.length !== replicationFactor) {
      return 'All partitions should have the same number of replicas.';
    }
  }
  return undefined;
}

export function refuse(error: ErrorName, detail: string): Refusal {
  return { error, detail };
}

function place(topic: CreateTopic, view: CreationView): number[][] | Refusal {
  const { partitionCount, replicationFactor } = topic;
  return placeAutomatically(view.random, view.brokers, {
    partitionCount: partitionCount === -1 ? view.defaults.partitionCount : partitionCount,
    replicationFactor:
      replicationFactor === -1 ? view.defaults.replicationFactor : replicationFactor,
    firstPartition: 0,
  });
}

function manualPlacement(
  assignments: readonly PartitionAssignment[],
  brokers: readonly PlacementBroker[],
): (readonly number[])[] | Refusal {
  const sorted = [...assignments].sort((a, b) => a.partition - b.partition);
  if (sorted.some(({ partition }, index) => partition !== index)) {
    const detail = 'partitions should be a consecutive 0-based integer sequence';
    return refuse('INVALID_REPLICA_ASSIGNMENT', detail);
  }
  const placed = sorted.map(({ replicas }) => replicas);
  const problem = replicasProblem(placed, brokers, placed[0]?.length ?? 0);
  return problem === undefined ? placed : refuse('INVALID_REPLICA_ASSIGNMENT', problem);
}

function planConfigs({ configs }: CreateTopic, validator: ConfigValidator): ConfigMap | Refusal {
  if (configs.length > MOST_CONFIGS_PER_RESOURCE) {
    const detail = `${configs.length} configs of one topic are more than ${MOST_CONFIGS_PER_RESOURCE}`;
    return refuse('INVALID_CONFIG', detail);
  }
  const nulls = configs.filter(({ value }) => value === null).map(({ name }) => name);
  if (nulls.length > 0) {
    const detail = `Null value not supported for topic configs: ${nulls.join(',')}`;
    return refuse('INVALID_CONFIG', detail);
  }
  const overrides = new Map(configs.map(({ name, value }) => [name, value ?? '']));
  const problem = validator.topicProblem(overrides);
  return problem === undefined ? overrides : refuse('INVALID_CONFIG', problem);
}
