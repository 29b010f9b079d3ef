import { type Asker, inTurn, type Probe } from '../probe.ts';
import type { BodyOf } from '../wire.ts';

/** The answer without the topics of other probes. */
async function ask(asker: Asker, body: BodyOf<'DescribeTopicPartitions'>): Promise<unknown> {
  try {
    const answer = await asker.raw('DescribeTopicPartitions', 0, body);
    const topics = answer.topics.filter(
      ({ name, errorCode }) => errorCode !== 0 || name?.startsWith(asker.prefix),
    );
    return asker.normal({ ...answer, topics }, { keepOrder: true });
  } catch (error) {
    return error instanceof Error ? error.message : 'unknown';
  }
}

export const topicDescriptionProbes: readonly Probe[] = [
  {
    name: 'topic partitions: whole topics, pages and cursors',
    async run(asker) {
      const a = await asker.topic('a', { partitions: 3 });
      const b = await asker.topic('b', { partitions: 2 });
      const c = await asker.topic('c');
      const both = [{ name: b }, { name: a }];
      const at = (topicName: string, partitionIndex: number) => ({
        cursor: { topicName, partitionIndex },
      });
      return inTurn({
        one: () => ask(asker, { topics: [{ name: a }] }),
        order: () => ask(asker, { topics: both }),
        twice: () => ask(asker, { topics: [{ name: c }, { name: c }] }),
        limit2: () => ask(asker, { topics: both, responsePartitionLimit: 2 }),
        limit3: () => ask(asker, { topics: both, responsePartitionLimit: 3 }),
        limit4: () => ask(asker, { topics: both, responsePartitionLimit: 4 }),
        limit5: () => ask(asker, { topics: both, responsePartitionLimit: 5 }),
        secondPage: () => ask(asker, { topics: both, responsePartitionLimit: 2, ...at(a, 2) }),
        fromB: () => ask(asker, { topics: both, ...at(b, 1) }),
        beyondItsEnd: () => ask(asker, { topics: both, ...at(a, 9) }),
        behindAll: () => ask(asker, { topics: both, ...at(`${c}z`, 0) }),
        between: () => ask(asker, { topics: both, ...at(`${a}z`, 1) }),
        limit0: () => ask(asker, { topics: both, responsePartitionLimit: 0 }),
        limitNegative: () => ask(asker, { topics: both, responsePartitionLimit: -1 }),
        negativeCursor: () => ask(asker, { topics: both, ...at(a, -1) }),
      });
    },
  },
  {
    name: 'topic partitions: topics that do not exist or cannot',
    async run(asker) {
      const a = await asker.topic('a');
      const unknown = asker.name('b');
      return inTurn({
        unknown: () => ask(asker, { topics: [{ name: unknown }, { name: a }] }),
        bad: () => ask(asker, { topics: [{ name: 'a b' }, { name: '' }, { name: '..' }] }),
        limitBetween: () =>
          ask(asker, {
            topics: [{ name: unknown }, { name: a }, { name: asker.name('c') }],
            responsePartitionLimit: 1,
          }),
        deletedSinceTheLastPage: () =>
          ask(asker, {
            topics: [{ name: unknown }, { name: asker.name('c') }],
            cursor: { topicName: unknown, partitionIndex: 3 },
          }),
      });
    },
  },
];
