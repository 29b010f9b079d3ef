import { randomUuid, ZERO_UUID } from '../../base/random.ts';
import { isStoreError, type Operation } from '../../coordination/store.ts';
import { configNode, topicNode } from '../../coordination/znodes.ts';
import type { TopicPartition } from '../../protocol/topic-partition.ts';
import { EMPTY_CONFIG } from '../metadata/cluster-snapshot.ts';
import { newPartition } from './context.ts';
import {
  type CreationView,
  MOST_PARTITIONS_PER_REQUEST,
  planTopic,
  type Refusal,
  refuse,
  type TopicPlan,
} from './creation-plan.ts';
import { firstState, noteStates, type StateWrite } from './leadership.ts';
import type { CreateTopic, CreateTopicResult } from './requests.ts';
import type { Term } from './term.ts';
import { collisionKey, isInternalTopicName } from './topic-name.ts';

/** CreateTopics: plan all, write each in requests of its own (one fdatasync for all), host, publish. */
export async function createTopics(
  term: Term,
  topics: readonly CreateTopic[],
  options: { validateOnly: boolean },
): Promise<CreateTopicResult[]> {
  const plans = await planTopics(term, topics);
  if (options.validateOnly) {
    return plans.map((plan, index) =>
      'error' in plan ? failed(topics[index]!.name, plan) : done(plan, ZERO_UUID),
    );
  }
  const written = await Promise.all(
    plans.map((plan) => ('error' in plan ? plan : writeTopic(term, plan))),
  );
  const created = written.filter((each) => 'id' in each);
  if (created.length > 0) {
    const partitions: TopicPartition[] = created.flatMap(({ plan: { name, assignment } }) =>
      assignment.map((_, partition) => ({ topic: name, partition })),
    );
    await term.applyPartitions(partitions, { isNew: true });
    await term.updateTopics(created.map(({ plan }) => plan.name));
    for (const { plan, id } of created) {
      const fields = { topic: plan.name, topicId: id, partitions: plan.assignment.length };
      term.options.logger.info(fields, `created topic ${plan.name}`);
    }
  }
  return written.map((each, index) =>
    'id' in each ? done(each.plan, each.id) : failed(topics[index]!.name, each),
  );
}

/** How a topic is created that nobody described: by the broker's defaults, internal ones by their own. */
export function defaultTopic(term: Term, name: string): CreateTopic {
  const internal = term.options.settings().internalTopics.get(name);
  if (!internal || !isInternalTopicName(name)) {
    return { name, partitionCount: -1, replicationFactor: -1, assignments: [], configs: [] };
  }
  const { partitionCount, replicationFactor, configs } = internal;
  return {
    name,
    partitionCount,
    replicationFactor,
    assignments: [],
    configs: Array.from(configs, ([key, value]) => ({ name: key, value })),
  };
}

async function planTopics(
  term: Term,
  topics: readonly CreateTopic[],
): Promise<(TopicPlan | Refusal)[]> {
  const { context, options } = term;
  const counts = new Map<string, number>();
  for (const { name } of topics) counts.set(name, (counts.get(name) ?? 0) + 1);
  // Only names that can collide are looked up, and only then is the index of all names made.
  const mayCollide = topics.some(({ name }) => /[._]/.test(name));
  const byCollisionKey = new Map<string, string>();
  if (mayCollide) {
    for (const name of context.topics.keys()) byCollisionKey.set(collisionKey(name), name);
  }
  const view: CreationView = {
    random: options.random,
    brokers: [...context.brokers.values()],
    defaults: options.settings(),
    validator: options.validator,
    hasTopic: (name) => context.topics.has(name),
    isBeingDeleted: (name) => context.deletions.has(name),
    collidingTopic: (key) => byCollisionKey.get(key),
  };
  let partitionCount = 0;
  const planned = (topic: CreateTopic): TopicPlan | Refusal => {
    if ((counts.get(topic.name) ?? 0) > 1) {
      return refuse('INVALID_REQUEST', 'Found multiple entries for this topic.');
    }
    const plan = planTopic(topic, view);
    if ('error' in plan) return plan;
    partitionCount += plan.assignment.length;
    if (partitionCount > MOST_PARTITIONS_PER_REQUEST) {
      return refuse('POLICY_VIOLATION', 'Excessively large number of partitions per request.');
    }
    byCollisionKey.set(collisionKey(plan.name), plan.name);
    return plan;
  };
  const plans: (TopicPlan | Refusal)[] = [];
  for (const topic of topics) {
    plans.push(planned(topic));
    if (options.slices.isOver(STEPS_OF_A_PLAN)) await options.slices.nextTurn();
  }
  return plans;
}

/** All configs of a topic are looked at, which is as much work as so many steps. */
const STEPS_OF_A_PLAN = 8;

async function writeTopic(
  term: Term,
  plan: TopicPlan,
): Promise<{ plan: TopicPlan; id: string } | Refusal> {
  const { context, options } = term;
  const { name, configs } = plan;
  const id = randomUuid(options.random);
  const partitions = plan.assignment.map((replicas) => ({
    replicas,
    addingReplicas: [],
    removingReplicas: [],
  }));
  const path = topicNode.path(name);
  const node = topicNode.encode({ topicId: id, partitions });
  const base: Operation[] = [
    configOperation(term, name, configNode.encode(configs)),
    { op: 'create', path, data: node },
    { op: 'create', path: topicNode.partitionsPath(name), data: null },
  ];
  const states: StateWrite[] = [];
  for (const [partition, replicas] of plan.assignment.entries()) {
    const state = firstState(term, { topic: name, partition }, { replicas, hasNode: false });
    if (state) states.push(state);
    if (options.slices.isOver()) await options.slices.nextTurn();
  }
  try {
    const groups = [base, ...states.map(({ operations }) => operations)];
    const results = await term.writer.write(groups);
    const made = results.find((result) => result.path === path);
    if (!made || !('stat' in made)) throw new Error(`the store did not answer for ${path}`);
    context.topicConfigs.set(name, configs);
    context.setTopic({
      name,
      id,
      version: made.stat.version,
      hasPartitionsNode: true,
      partitions: plan.assignment.map(newPartition),
    });
    await noteStates(term, states, results);
    return { plan, id };
  } catch (error) {
    if (!isStoreError(error, 'NODE_EXISTS')) throw error;
    return refuse('TOPIC_ALREADY_EXISTS', `Topic '${name}' already exists.`);
  }
}

/** A topic's config node can outlive or precede the topic. */
function configOperation(term: Term, name: string, data: Buffer): Operation {
  const path = configNode.path('topics', name);
  return term.context.topicConfigs.has(name)
    ? { op: 'set', path, data, version: 'any' }
    : { op: 'create', path, data };
}

function done(plan: TopicPlan, topicId: string): CreateTopicResult {
  return {
    name: plan.name,
    error: 'NONE',
    detail: null,
    topicId,
    partitionCount: plan.assignment.length,
    replicationFactor: plan.replicationFactor,
    configs: plan.configs,
  };
}

export function failed(
  name: string,
  { error, detail }: Pick<CreateTopicResult, 'error' | 'detail'>,
): CreateTopicResult {
  return {
    name,
    error,
    detail,
    topicId: ZERO_UUID,
    partitionCount: -1,
    replicationFactor: -1,
    configs: EMPTY_CONFIG,
  };
}
