import type { Operation, OperationResult } from '../../coordination/store.ts';
import {
  type PartitionStateNode,
  partitionStateNode,
  topicNode,
} from '../../coordination/znodes.ts';
import type { TopicPartition } from '../../protocol/topic-partition.ts';
import { NO_REPLICAS, type PartitionRecord } from './context.ts';
import { electLeader } from './election.ts';
import type { Term } from './term.ts';

/** A state to be written for a partition. */
export interface StateWrite {
  readonly key: TopicPartition;
  readonly state: PartitionStateNode;
  readonly operations: readonly Operation[];
}

/**
 * Elects leaders where there is none, where it is down, and where its broker restarted: a new leader
 * epoch then separates what that broker may have lost from what it writes next. Writes the outcome,
 * notes it in the context and answers which partitions changed. Telling the brokers is the caller's.
 */
export async function electLeaders(
  term: Term,
  restarted: ReadonlySet<number>,
): Promise<TopicPartition[]> {
  const writes: StateWrite[] = [];
  const missing: Operation[] = [];
  const { slices } = term.options;
  for (const topic of term.context.topics.values()) {
    const { name, partitions } = topic;
    if (term.context.deletions.has(name)) continue;
    if (!topic.hasPartitionsNode) {
      missing.push({ op: 'create', path: topicNode.partitionsPath(name), data: null });
      term.context.setTopic({ ...topic, hasPartitionsNode: true });
    }
    for (const [partition, record] of partitions.entries()) {
      const write = election(term, { topic: name, partition }, record, restarted);
      if (write) writes.push(write);
      if (slices.isOver()) await slices.nextTurn();
    }
  }
  const groups = writes.map(({ operations }) => operations);
  const results = await term.writer.write([...missing.map((operation) => [operation]), ...groups]);
  await noteStates(term, writes, results);
  return writes.map(({ key }) => key);
}

function election(
  term: Term,
  key: TopicPartition,
  record: PartitionRecord,
  restarted: ReadonlySet<number>,
): StateWrite | undefined {
  const { state, stateVersion, replicas } = record;
  if (!state || !stateVersion) return firstState(term, key, record);
  if (term.context.isLive(state.leader) && !restarted.has(state.leader)) return undefined;
  const elected = electLeader({
    replicas,
    isr: state.isr,
    leader: state.leader,
    isLive: (replica) => term.context.isLive(replica),
    allowUnclean: allowsUnclean(term, key.topic),
  });
  if (!elected) return undefined;
  const { leader, isr } = elected;
  const leaderEpoch = state.leaderEpoch + 1;
  const next = { leader, leaderEpoch, isr, controllerEpoch: term.epoch };
  const path = partitionStateNode.path(key.topic, key.partition);
  const data = partitionStateNode.encode(next);
  return { key, state: next, operations: [{ op: 'set', path, data, version: stateVersion }] };
}

/** The first state of a new partition: its first live replica leads. Undefined where none lives. */
export function firstState(
  term: Term,
  key: TopicPartition,
  { replicas, hasNode }: Pick<PartitionRecord, 'replicas' | 'hasNode'>,
): StateWrite | undefined {
  const live = replicas.filter((replica) => term.context.isLive(replica));
  const isr = live.length === replicas.length ? replicas : live;
  const [leader] = isr;
  if (leader === undefined) return undefined;
  const state = { leader, leaderEpoch: 0, isr, controllerEpoch: term.epoch };
  const parent = partitionStateNode.parent(key.topic, key.partition);
  const path = partitionStateNode.path(key.topic, key.partition);
  const operations: Operation[] = hasNode ? [] : [{ op: 'create', path: parent, data: null }];
  operations.push({ op: 'create', path, data: partitionStateNode.encode(state) });
  return { key, state, operations };
}

/** Puts written states into the context, with the versions that the store answered. */
export async function noteStates(
  term: Term,
  writes: readonly StateWrite[],
  results: readonly OperationResult[],
): Promise<void> {
  const { slices } = term.options;
  const byPath = new Map(results.map((result) => [result.path, result]));
  const byTopic = new Map<string, PartitionRecord[]>();
  for (const { key, state } of writes) {
    if (slices.isOver()) await slices.nextTurn();
    const result = byPath.get(partitionStateNode.path(key.topic, key.partition));
    const topic = term.context.topics.get(key.topic);
    const record = topic?.partitions[key.partition];
    if (!topic || !record || !result || !('stat' in result)) continue;
    let partitions = byTopic.get(key.topic);
    if (!partitions) {
      partitions = [...topic.partitions];
      byTopic.set(key.topic, partitions);
    }
    partitions[key.partition] = {
      replicas: record.replicas,
      addingReplicas: record.addingReplicas,
      removingReplicas: record.removingReplicas,
      state,
      stateVersion: result.stat.version,
      hasNode: true,
      failedReplicas: NO_REPLICAS,
    };
  }
  for (const [name, partitions] of byTopic) {
    const topic = term.context.topics.get(name);
    if (topic) term.context.setTopic({ ...topic, partitions });
  }
}

function allowsUnclean(term: Term, topic: string): boolean {
  const override = term.context.topicConfig(topic).get('unclean.leader.election.enable');
  return override === undefined
    ? term.options.settings().uncleanLeaderElectionEnable
    : override === 'true';
}
