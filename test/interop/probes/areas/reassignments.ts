import { type Asker, eachVersion, inTurn, type Probe } from '../probe.ts';
import type { BodyOf } from '../wire.ts';

type Wanted = readonly { partitionIndex: number; replicas: number[] | null }[];

/** The id of the one broker there is. */
async function brokerId(asker: Asker): Promise<number> {
  const { brokers } = await asker.raw('Metadata', 1, { topics: [] });
  return brokers[0]?.nodeId ?? -1;
}

export const reassignmentProbes: readonly Probe[] = [
  {
    name: 'elections: preferred and unclean ones',
    async run(asker) {
      const topic = await asker.topic('t', { partitions: 2 });
      const elect = (version: number, electionType: number, body: BodyOf<'ElectLeaders'>) =>
        asker.ask('ElectLeaders', version, {
          ...body,
          ...(version > 0 && { electionType }),
          timeoutMs: 10_000,
        });
      return eachVersion(0, 2, (version) =>
        inTurn({
          all: () => elect(version, 0, { topicPartitions: null }),
          none: () => elect(version, 0, { topicPartitions: [] }),
          one: () => elect(version, 0, { topicPartitions: [{ topic, partitions: [0] }] }),
          noPartitions: () => elect(version, 0, { topicPartitions: [{ topic, partitions: [] }] }),
          mixed: () =>
            elect(version, 0, {
              topicPartitions: [
                { topic, partitions: [0, 1, 7] },
                { topic: asker.name('no'), partitions: [0] },
              ],
            }),
          twice: () => elect(version, 0, { topicPartitions: [{ topic, partitions: [1, 1] }] }),
          ...(version > 0 && {
            unclean: () => elect(version, 1, { topicPartitions: [{ topic, partitions: [0] }] }),
            allUnclean: () => elect(version, 1, { topicPartitions: null }),
            type7: () => elect(version, 7, { topicPartitions: [{ topic, partitions: [0] }] }),
          }),
        }),
      );
    },
  },
  {
    name: 'reassignments: to the broker that has it, and to others',
    async run(asker) {
      const topic = await asker.topic('t', { partitions: 2 });
      const id = await brokerId(asker);
      const alter = (name: string, partitions: Wanted, version = 0) =>
        asker.ask('AlterPartitionReassignments', version, {
          timeoutMs: 10_000,
          topics: [{ name, partitions }],
        });
      return inTurn({
        same: () => alter(topic, [{ partitionIndex: 0, replicas: [id] }]),
        sameTwo: () =>
          alter(topic, [
            { partitionIndex: 0, replicas: [id] },
            { partitionIndex: 1, replicas: [id] },
          ]),
        unknownBroker: () => alter(topic, [{ partitionIndex: 0, replicas: [99] }]),
        knownAndUnknown: () => alter(topic, [{ partitionIndex: 0, replicas: [id, 99] }]),
        brokerTwice: () => alter(topic, [{ partitionIndex: 0, replicas: [id, id] }]),
        negative: () => alter(topic, [{ partitionIndex: 0, replicas: [-1] }]),
        nobody: () => alter(topic, [{ partitionIndex: 0, replicas: [] }]),
        cancel: () => alter(topic, [{ partitionIndex: 0, replicas: null }]),
        unknownPartition: () => alter(topic, [{ partitionIndex: 9, replicas: [id] }]),
        cancelUnknown: () => alter(topic, [{ partitionIndex: 9, replicas: null }]),
        unknownTopic: () => alter(asker.name('no'), [{ partitionIndex: 0, replicas: [id] }]),
        nothing: () =>
          asker.ask('AlterPartitionReassignments', 0, { timeoutMs: 10_000, topics: [] }),
        noPartitions: () => alter(topic, []),
      });
    },
  },
  {
    name: 'features: none can be set',
    run: (asker) => {
      const feature = asker.name('feature');
      const update = (version: number, body: BodyOf<'UpdateFeatures'>) =>
        asker.ask('UpdateFeatures', version, { timeoutMs: 10_000, ...body });
      return eachVersion(0, 1, (version) =>
        inTurn({
          unknown: () => update(version, { featureUpdates: [{ feature, maxVersionLevel: 1 }] }),
          remove: () =>
            update(version, {
              featureUpdates: [
                {
                  feature,
                  maxVersionLevel: 0,
                  ...(version === 0 ? { allowDowngrade: true } : { upgradeType: 2 }),
                },
              ],
            }),
        }),
      );
    },
  },
];
