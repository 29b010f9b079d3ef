import { topicNode } from '../../coordination/znodes.ts';
import type { TopicPartition } from '../../protocol/topic-partition.ts';
import { newPartition, type TopicRecord } from './context.ts';
import { placeAutomatically, type Refusal, refuse, replicasProblem } from './creation-plan.ts';
import { firstState, noteStates, type StateWrite } from './leadership.ts';
import type { CreatePartitions, CreatePartitionsResult, Outcome } from './requests.ts';
import type { Term } from './term.ts';

/** CreatePartitions (KIP-195): adds partitions behind the existing ones. */
export async function createPartitions(
  term: Term,
  requests: readonly CreatePartitions[],
  options: { validateOnly: boolean },
): Promise<CreatePartitionsResult[]> {
  const { slices } = term.options;
  const counts = new Map<string, number>();
  for (const { name } of requests) counts.set(name, (counts.get(name) ?? 0) + 1);
  const plans: (Growth | Refusal)[] = [];
  for (const request of requests) {
    const isNamedTwice = counts.get(request.name) !== 1;
    plans.push(isNamedTwice ? NAMED_TWICE : planGrowth(term, request));
    if (slices.isOver()) await slices.nextTurn();
  }
  const growing = plans.filter((plan) => 'topic' in plan);
  if (!options.validateOnly && growing.length > 0) await growAll(term, growing);
  return plans.map((plan, index) => {
    const outcome: Outcome = 'error' in plan ? plan : { error: 'NONE', detail: null };
    return { ...outcome, name: requests[index]!.name };
  });
}

const NAMED_TWICE = refuse('INVALID_REQUEST', 'Duplicate topic in request.');

/** Partitions to be added to a topic: the replicas of each. */
interface Growth {
  readonly topic: TopicRecord;
  readonly added: readonly (readonly number[])[];
}

function planGrowth(term: Term, { name, count, assignments }: CreatePartitions): Growth | Refusal {
  const { context, options } = term;
  const topic = context.topics.get(name);
  if (context.deletions.has(name)) {
    return refuse('INVALID_TOPIC_EXCEPTION', 'The topic is queued for deletion.');
  }
  if (!topic) return refuse('UNKNOWN_TOPIC_OR_PARTITION', `The topic '${name}' does not exist.`);
  const isMoving = topic.partitions.some(
    ({ addingReplicas, removingReplicas }) => addingReplicas.length + removingReplicas.length > 0,
  );
  if (isMoving) {
    const detail = `A partition reassignment is in progress for the topic '${name}'.`;
    return refuse('REASSIGNMENT_IN_PROGRESS', detail);
  }
  const present = topic.partitions.length;
  if (count < present) {
    const detail = `Topic currently has ${present} partitions, which is higher than the requested ${count}.`;
    return refuse('INVALID_PARTITIONS', detail);
  }
  if (count === present) {
    return refuse('INVALID_PARTITIONS', `Topic already has ${present} partitions.`);
  }

  const brokers = [...context.brokers.values()];
  const replicas = topic.partitions[0]?.replicas ?? [];
  if (assignments !== null) {
    if (assignments.length !== count - present) {
      const detail = `Increasing the number of partitions by ${count - present} but ${assignments.length} assignments provided.`;
      return refuse('INVALID_REPLICA_ASSIGNMENT', detail);
    }
    const problem = replicasProblem(assignments, brokers, replicas.length);
    return problem === undefined
      ? { topic, added: assignments }
      : refuse('INVALID_REPLICA_ASSIGNMENT', problem);
  }
  const added = placeAutomatically(options.random, brokers, {
    partitionCount: count - present,
    replicationFactor: replicas.length,
    firstPartition: present,
    firstReplica: replicas[0] ?? 0,
  });
  return 'error' in added ? added : { topic, added };
}

/** Writes each in requests of its own (one fdatasync for all), hosts, publishes. */
async function growAll(term: Term, growths: readonly Growth[]): Promise<void> {
  const added = (await Promise.all(growths.map((growth) => write(term, growth)))).flat();
  await term.applyPartitions(added, { isNew: true });
  await term.updateTopics(growths.map(({ topic }) => topic.name));
  for (const { topic, added } of growths) {
    const before = topic.partitions.length;
    const fields = { topic: topic.name, partitions: before + added.length, before };
    term.options.logger.info(fields, `added partitions to topic ${topic.name}`);
  }
}

async function write(term: Term, { topic, added }: Growth): Promise<TopicPartition[]> {
  const { slices } = term.options;
  const { name, id, version } = topic;
  const first = topic.partitions.length;
  const assignments = added.map((replicas) => ({
    replicas,
    addingReplicas: [],
    removingReplicas: [],
  }));
  const path = topicNode.path(name);
  const data = topicNode.encode({
    topicId: id,
    partitions: [...topic.partitions, ...assignments],
  });
  const states: StateWrite[] = [];
  for (const [index, replicas] of added.entries()) {
    const key = { topic: name, partition: first + index };
    const state = firstState(term, key, { replicas, hasNode: false });
    if (state) states.push(state);
    if (slices.isOver()) await slices.nextTurn();
  }
  const results = await term.writer.write([
    [{ op: 'set', path, data, version }],
    ...states.map(({ operations }) => operations),
  ]);
  const written = results.find((result) => result.path === path);
  if (!written || !('stat' in written)) throw new Error(`the store did not answer for ${path}`);
  term.context.setTopic({
    ...topic,
    version: written.stat.version,
    partitions: [...topic.partitions, ...added.map(newPartition)],
  });
  await noteStates(term, states, results);
  return added.map((_, index) => ({ topic: name, partition: first + index }));
}
