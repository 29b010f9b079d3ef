import type { Logger } from '../base/logger.ts';
import { type Random, randomUuid } from '../base/random.ts';
import type { Operation, Store } from '../coordination/store.ts';
import { configNode, partitionStateNode, topicNode } from '../coordination/znodes.ts';
import type { Log } from '../storage/log.ts';
import { isInternalTopicName } from './controller/topic-name.ts';

/**
 * What an adopted topic is set to, since a folder does not say what its topic was configured to: the
 * defaults would delete what was meant to be kept.
 */
const KEEP_EVERYTHING: ReadonlyMap<string, string> = new Map([
  ['retention.ms', '-1'],
  ['retention.bytes', '-1'],
]);

/** Kafka's own bound on the partitions of a request; a larger number is somebody's date, not a partition. */
const MOST_PARTITIONS = 10_000;

/** Operations of one write to the store; a request of more than a megabyte is refused there. */
const TOPICS_PER_WRITE = 100;

export interface Adoption {
  readonly store: Store;
  readonly random: Random;
  readonly logger: Logger;
  readonly brokerId: number;
  readonly logs: Iterable<Log>;
  /** The configs that internal topics are created with. */
  internalConfigs(topic: string): ReadonlyMap<string, string> | undefined;
}

/**
 * Makes topics of the partition folders that were there before the coordination store was: the data
 * directory of a Kafka broker, or one that lost its store. Nothing happens where the store knows any
 * topic. To be called before the controller starts. The leader epoch goes on from what the log has.
 */
export async function adoptTopics(adoption: Adoption): Promise<void> {
  const { store, random, logger } = adoption;
  if (((await store.children(topicNode.parent)) ?? []).length > 0) return;
  const topics = new Map<string, Map<number, Log>>();
  for (const log of adoption.logs) {
    const partitions = topics.get(log.topic) ?? new Map<number, Log>();
    topics.set(log.topic, partitions.set(log.partition, log));
  }
  for (const { topic, reason } of unlikelyTopics(topics)) {
    topics.delete(topic);
    logger.warn({ topic }, `the folders of ${topic} are not made a topic: ${reason}`);
  }
  if (topics.size === 0) return;
  const writes: Operation[][] = [];
  let partitionCount = 0;
  for (const [topic, partitions] of topics) {
    const count = Math.max(...partitions.keys()) + 1;
    partitionCount += count;
    const missing = count - partitions.size;
    if (missing > 0) {
      logger.warn(
        { topic, partitions: count, missing },
        `${missing} of the ${count} partitions of topic ${topic} have no folder here; they begin empty`,
      );
    }
    const ids = [...partitions.values()].map(({ topicId }) => topicId);
    const topicId = ids.find((id) => id !== undefined) ?? randomUuid(random);
    writes.push(topicOperations(adoption, { topic, topicId, count, partitions }));
  }
  for (let index = 0; index < writes.length; index += TOPICS_PER_WRITE) {
    await Promise.all(writes.slice(index, index + TOPICS_PER_WRITE).map((one) => store.multi(one)));
  }
  const [first] = topics.keys();
  logger.warn(
    { topics: topics.size, partitions: partitionCount },
    `took over ${topics.size} topics from the folders of the log directories, ${first} for one; their configs are not in the folders, so retention.ms and retention.bytes are -1 until you set them with 'sluice configs --alter'`,
  );
}

/** Folders with the name of a partition that somebody made otherwise: copies, for one. */
function unlikelyTopics(
  topics: ReadonlyMap<string, ReadonlyMap<number, Log>>,
): { topic: string; reason: string }[] {
  const byId = new Map<string, string[]>();
  const unlikely: { topic: string; reason: string }[] = [];
  for (const [topic, partitions] of topics) {
    const last = Math.max(...partitions.keys());
    if (last >= MOST_PARTITIONS) {
      unlikely.push({ topic, reason: `${topic}-${last} would be one of ${last + 1} partitions` });
    }
    const ids = new Set(Array.from(partitions.values(), ({ topicId }) => topicId));
    for (const id of ids) if (id !== undefined) byId.set(id, [...(byId.get(id) ?? []), topic]);
  }
  for (const [id, names] of byId) {
    // A copy has a longer name than what it was made from.
    const [original, ...copies] = names.sort((a, b) => a.length - b.length);
    for (const topic of copies) {
      unlikely.push({
        topic,
        reason: `they have the topic id ${id}, which is that of ${original}`,
      });
    }
  }
  return unlikely;
}

function topicOperations(
  { brokerId, internalConfigs }: Adoption,
  adopted: { topic: string; topicId: string; count: number; partitions: Map<number, Log> },
): Operation[] {
  const { topic, topicId, count, partitions } = adopted;
  const replicas = [brokerId];
  const assignment = { replicas, addingReplicas: [], removingReplicas: [] };
  const configs = isInternalTopicName(topic) ? internalConfigs(topic) : undefined;
  const operations: Operation[] = [
    {
      op: 'create',
      path: configNode.path('topics', topic),
      data: configNode.encode(configs ?? KEEP_EVERYTHING),
    },
    {
      op: 'create',
      path: topicNode.path(topic),
      data: topicNode.encode({ topicId, partitions: Array(count).fill(assignment) }),
    },
    { op: 'create', path: topicNode.partitionsPath(topic), data: null },
  ];
  for (const [partition, log] of partitions) {
    const leaderEpoch = Math.max(0, log.latestLeaderEpoch);
    // Without a leader, so that the controller elects one, with the next epoch.
    const state = { leader: -1, leaderEpoch, isr: replicas, controllerEpoch: 0 };
    operations.push(
      { op: 'create', path: partitionStateNode.parent(topic, partition), data: null },
      {
        op: 'create',
        path: partitionStateNode.path(topic, partition),
        data: partitionStateNode.encode(state),
      },
    );
  }
  return operations;
}
