import { randomUuid, ZERO_UUID } from '../../base/random.ts';
import { topicNode } from '../../coordination/znodes.ts';
import type { TopicPartition } from '../../protocol/topic-partition.ts';
import { loadBrokers } from './context.ts';
import { electLeaders } from './leadership.ts';
import type { Term } from './term.ts';
import { completeDeletions } from './topic-deletion.ts';

/**
 * What a newly elected controller does first: give ids to topics of before KIP-516, elect leaders,
 * tell every broker about all its partitions, and of everything that clients may ask.
 */
export async function beginTerm(term: Term, restarted: ReadonlySet<number>): Promise<void> {
  const { context } = term;
  await giveTopicIds(term);
  await electLeaders(term, restarted);
  await term.applyPartitions(partitionsOf(term), { full: true });
  await term.updateEverything(context.brokers.keys());
}

/** Brokers came, went or came back: elects, and tells those concerned. */
export async function brokersChanged(term: Term, watch: () => void): Promise<void> {
  const { context, options } = term;
  const before = context.brokers;
  const after = await loadBrokers(term.store, watch);
  const arrived = new Set<number>();
  for (const [id, { epoch }] of after) if (before.get(id)?.epoch !== epoch) arrived.add(id);
  const gone = [...before.keys()].filter((id) => !after.has(id));
  if (arrived.size === 0 && gone.length === 0) return;
  options.logger.info({ arrived: [...arrived], gone }, 'the live brokers changed');
  context.brokers = after;

  const changed = await electLeaders(term, arrived);
  const others = [...after.keys()].filter((id) => !arrived.has(id));
  const concerned = partitionsOf(term, (replicas) => replicas.some((id) => arrived.has(id)));
  await term.applyPartitions(concerned, { full: true, receivers: [...arrived] });
  await term.applyPartitions(changed, { receivers: others });

  const moved = new Set([...arrived, ...gone]);
  const touched = partitionsOf(term, (replicas) => replicas.some((id) => moved.has(id)));
  const names = new Set([...touched, ...changed].map(({ topic }) => topic));
  await term.updateEverything(arrived);
  await term.updateTopics(names, { receivers: others, brokers: [...after.values()] });
  await completeDeletions(term, [...context.deletions]);
}

/** A broker that could not take some of its partitions is told of them once more. */
export async function retryFailedReplicas(term: Term, brokerId: number): Promise<void> {
  const failed: TopicPartition[] = [];
  for (const { name, partitions } of term.context.topics.values()) {
    if (term.context.deletions.has(name)) continue;
    for (const [partition, record] of partitions.entries()) {
      if (!record.failedReplicas.includes(brokerId)) continue;
      failed.push({ topic: name, partition });
      const failedReplicas = record.failedReplicas.filter((id) => id !== brokerId);
      term.replacePartition({ topic: name, partition }, { ...record, failedReplicas });
    }
  }
  await term.applyPartitions(failed, { receivers: [brokerId] });
  await term.updateTopics(new Set(failed.map(({ topic }) => topic)));
}

function partitionsOf(
  term: Term,
  select: (replicas: readonly number[]) => boolean = () => true,
): TopicPartition[] {
  const keys: TopicPartition[] = [];
  for (const { name, partitions } of term.context.topics.values()) {
    if (term.context.deletions.has(name)) continue;
    for (const [partition, { replicas }] of partitions.entries()) {
      if (select(replicas)) keys.push({ topic: name, partition });
    }
  }
  return keys;
}

async function giveTopicIds(term: Term): Promise<void> {
  for (const topic of term.context.topics.values()) {
    if (topic.id !== ZERO_UUID) continue;
    const id = randomUuid(term.options.random);
    const path = topicNode.path(topic.name);
    const data = topicNode.encode({ topicId: id, partitions: topic.partitions });
    const [written] = await term.writer.write([
      [{ op: 'set', path, data, version: topic.version }],
    ]);
    if (!written || !('stat' in written)) continue;
    term.context.setTopic({ ...topic, id, version: written.stat.version });
  }
}
