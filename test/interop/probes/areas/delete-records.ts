import { batchOf } from '../../../support/topics.ts';
import { type Asker, eachVersion, inTurn, type Probe } from '../probe.ts';
import { fetched } from './produce.ts';

function ask(asker: Asker, version: number, topic: string, offset: number, partition = 0) {
  return asker.ask('DeleteRecords', version, {
    timeoutMs: 5000,
    topics: [{ name: topic, partitions: [{ partitionIndex: partition, offset }] }],
  });
}

async function filled(asker: Asker, configs: Readonly<Record<string, string>> = {}) {
  const topic = await asker.newTopic({ configs });
  for (let count = 0; count < 3; count++) {
    const records = ['a', 'b'].map((key) => ({
      timestamp: 1_600_000_000_000 + count,
      key,
      value: 'v',
    }));
    await asker.produce(topic, batchOf(records));
  }
  return topic;
}

export const deleteRecordsProbes: readonly Probe[] = [
  {
    name: 'delete records: the answer at every version',
    run: (asker) =>
      eachVersion(0, 2, async (version) => {
        const topic = await filled(asker);
        const start = () =>
          asker.ask('ListOffsets', 7, {
            replicaId: -1,
            topics: [
              {
                name: topic,
                partitions: [-2, -1, -3, 0]
                  .map((timestamp) => ({ partitionIndex: 0, timestamp }))
                  .slice(0, 1),
              },
            ],
          });
        return inTurn({
          one: () => ask(asker, version, topic, 1),
          afterOne: start,
          readFromStart: () => fetched(asker, topic, 0),
          readInside: () => fetched(asker, topic, 1),
          zero: () => ask(asker, version, topic, 0),
          beyond: () => ask(asker, version, topic, 7),
          minusTwo: () => ask(asker, version, topic, -2),
          three: () => ask(asker, version, topic, 3),
          less: () => ask(asker, version, topic, 2),
          byTime: () =>
            asker.ask('ListOffsets', 7, {
              replicaId: -1,
              topics: [
                { name: topic, partitions: [{ partitionIndex: 0, timestamp: 1_600_000_000_000 }] },
              ],
            }),
          ofMaxTime: () =>
            asker.ask('ListOffsets', 7, {
              replicaId: -1,
              topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp: -3 }] }],
            }),
          all: () => ask(asker, version, topic, -1),
          afterAll: start,
          readAtEnd: () => fetched(asker, topic, 6),
          produced: () => asker.produce(topic, batchOf(['z'])),
        });
      }),
  },
  {
    name: 'delete records: where it cannot be done',
    run: (asker) =>
      inTurn({
        compacted: async () =>
          ask(asker, 2, await filled(asker, { 'cleanup.policy': 'compact' }), 1),
        both: async () =>
          ask(asker, 2, await filled(asker, { 'cleanup.policy': 'compact,delete' }), 1),
        unknownTopic: () => ask(asker, 2, asker.name('no'), 1),
        unknownPartition: async () => ask(asker, 2, await filled(asker), 1, 7),
        badTopic: () => ask(asker, 2, 'b a d', 1),
        internal: async () => {
          await asker.ask('FindCoordinator', 0, { key: asker.name('g') });
          await asker.settled('__consumer_offsets');
          return ask(asker, 2, '__consumer_offsets', 0);
        },
        twice: async () => {
          const topic = await filled(asker);
          return asker.ask('DeleteRecords', 2, {
            timeoutMs: 5000,
            topics: [
              {
                name: topic,
                partitions: [
                  { partitionIndex: 0, offset: 1 },
                  { partitionIndex: 0, offset: 2 },
                ],
              },
            ],
          });
        },
        none: () => asker.ask('DeleteRecords', 2, { timeoutMs: 5000, topics: [] }),
      }),
  },
];
