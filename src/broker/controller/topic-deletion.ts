import { ZERO_UUID } from '../../base/random.ts';
import type { LongWork } from '../../base/slices.ts';
import { nodeName, type Operation, type Store } from '../../coordination/store.ts';
import { configNode, deleteTopicNode, topicNode } from '../../coordination/znodes.ts';
import type { TopicRecord } from './context.ts';
import { refuse } from './creation-plan.ts';
import type { DeleteTopicResult, Outcome, TopicReference } from './requests.ts';
import type { Term } from './term.ts';

/** The leader epoch that says "the topic is being deleted" in StopReplica (KIP-570). */
const EPOCH_DURING_DELETE = -2;

/**
 * DeleteTopics. In this order, so that a crash anywhere is finished at the next start: mark durably,
 * hide from clients (every broker then forgets what it keeps about the topic), remove the files, remove the nodes. With
 * `completeLater` it ends when they are hidden, and the rest is up to the caller.
 */
export async function deleteTopics(
  term: Term,
  references: readonly TopicReference[],
  completeLater?: () => void,
): Promise<DeleteTopicResult[]> {
  const { context, options } = term;
  const isHidden = (name: string) => completeLater !== undefined && context.deletions.has(name);
  const wanted = references.map((reference) => resolve(term, reference, isHidden));
  if (!options.settings().deleteTopicEnable) {
    const refusal = refuse('TOPIC_DELETION_DISABLED', 'Topic deletion is disabled.');
    return wanted.map(({ name, id }) => ({ name, id, ...refusal }));
  }
  const known = wanted.filter(({ error }) => error === 'NONE').map(({ name }) => name ?? '');
  const names = [...new Set(known)];
  const marks = names
    .filter((name) => !context.deletions.has(name))
    .map((name): Operation => ({ op: 'create', path: deleteTopicNode.path(name), data: null }));
  await term.writer.write(marks.map((mark) => [mark]));
  for (const name of names) context.deletions.add(name);
  if (completeLater) {
    await term.updateTopics(names);
    completeLater();
    return wanted;
  }
  const outcomes = await completeDeletions(term, names);
  return wanted.map((each) => ({ ...each, ...outcomes.get(each.name ?? '') }));
}

/** Carries out deletions that are marked; a topic whose files cannot be removed stays marked. */
export async function completeDeletions(
  term: Term,
  names: readonly string[],
): Promise<Map<string, Outcome>> {
  const { context, options } = term;
  const outcomes = new Map<string, Outcome>();
  if (names.length === 0) return outcomes;
  await term.updateTopics(names);
  await Promise.all(
    names.map(async (name) => {
      const topic = context.topics.get(name);
      outcomes.set(name, topic ? await removeFiles(term, topic) : { error: 'NONE', detail: null });
    }),
  );
  const gone = names.filter((name) => outcomes.get(name)?.error === 'NONE');
  const removals = await Promise.all(gone.map((name) => removal(term, name)));
  await Promise.all(removals.map((groups) => term.writer.write(groups)));
  for (const name of gone) {
    const topicId = context.topics.get(name)?.id;
    context.forgetTopic(name);
    options.logger.info({ topic: name, topicId }, `deleted topic ${name}`);
  }
  return outcomes;
}

/** The result of a reference that nothing is known about. */
export function unresolved(
  reference: TopicReference,
  { error, detail }: Outcome,
): DeleteTopicResult {
  return 'name' in reference
    ? { name: reference.name, id: ZERO_UUID, error, detail }
    : { name: null, id: reference.id, error, detail };
}

function resolve(
  term: Term,
  reference: TopicReference,
  isHidden: (name: string) => boolean,
): DeleteTopicResult {
  const { topics, topicNames } = term.context;
  const name = 'name' in reference ? reference.name : topicNames.get(reference.id);
  const topic = name === undefined ? undefined : topics.get(name);
  if (topic && !isHidden(topic.name))
    return { name: topic.name, id: topic.id, error: 'NONE', detail: null };
  const refusal =
    'name' in reference
      ? refuse('UNKNOWN_TOPIC_OR_PARTITION', `Topic '${reference.name}' does not exist.`)
      : refuse('UNKNOWN_TOPIC_ID', `No topic has the id ${reference.id}.`);
  return unresolved(reference, refusal);
}

async function removeFiles(term: Term, topic: TopicRecord): Promise<Outcome> {
  const replicas = new Set(topic.partitions.flatMap((partition) => partition.replicas));
  const outcomes = await Promise.all(
    [...replicas].map(async (broker): Promise<Outcome> => {
      const partitions = topic.partitions.flatMap((record, partition) =>
        record.replicas.includes(broker)
          ? [{ topic: topic.name, topicId: topic.id, partition, leaderEpoch: EPOCH_DURING_DELETE }]
          : [],
      );
      const stopped = await term.deletePartitions(broker, partitions);
      if (!stopped)
        return refuse('REQUEST_TIMED_OUT', `Broker ${broker} has a replica and is down.`);
      const bad = stopped.find(({ error }) => error !== 'NONE');
      if (!bad) return { error: 'NONE', detail: null };
      const detail = `Broker ${broker} could not delete partition ${bad.partition}.`;
      return refuse(bad.error, detail);
    }),
  );
  return outcomes.find(({ error }) => error !== 'NONE') ?? { error: 'NONE', detail: null };
}

/** Deletes whatever nodes there are of the topic, children first; its own and the mark come last. */
async function removal({ store, options }: Term, name: string): Promise<Operation[][]> {
  const topicPath = topicNode.path(name);
  const configPath = configNode.path('topics', name);
  const nodes = await subtree(store, topicPath, options.slices);
  const isTop = (path: string) => path === topicPath || nodeName(path) === 'partitions';
  const remove = (path: string): Operation => ({ op: 'delete', path, version: 'any' });
  const last = nodes.filter(isTop).map(remove);
  if (await store.exists(configPath)) last.push(remove(configPath));
  last.push(remove(deleteTopicNode.path(name)));
  return [...nodes.filter((path) => !isTop(path)).map((path) => [remove(path)]), last];
}

/** So many nodes are asked for together. */
const NODES_TOGETHER = 100;

/** The paths at and below `path`, children before their parents. */
async function subtree(store: Store, path: string, slices: LongWork): Promise<string[]> {
  const names = await store.children(path);
  if (!names) return [];
  const found: string[] = [];
  for (let from = 0; from < names.length; from += NODES_TOGETHER) {
    const some = names.slice(from, from + NODES_TOGETHER);
    const below = await Promise.all(some.map((name) => subtree(store, `${path}/${name}`, slices)));
    for (const paths of below) for (const each of paths) found.push(each);
    if (slices.isOver(some.length)) await slices.nextTurn();
  }
  found.push(path);
  return found;
}
