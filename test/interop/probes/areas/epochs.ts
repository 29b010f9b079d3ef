import { batchOf } from '../../../support/topics.ts';
import { type Asker, eachVersion, inTurn, type Probe } from '../probe.ts';

function ask(
  asker: Asker,
  version: number,
  topic: string,
  { partition = 0, leaderEpoch = 0, currentLeaderEpoch = -1, replicaId = -1 } = {},
) {
  return asker.ask('OffsetForLeaderEpoch', version, {
    ...(version >= 3 && { replicaId }),
    topics: [
      {
        topic,
        partitions: [{ partition, leaderEpoch, ...(version >= 2 && { currentLeaderEpoch }) }],
      },
    ],
  });
}

export const epochProbes: readonly Probe[] = [
  {
    name: 'offset for leader epoch: the answer at every version',
    async run(asker) {
      const topic = await asker.topic('t', { partitions: 2 });
      await asker.produce(topic, batchOf(['a', 'b']));
      return eachVersion(0, 4, (version) =>
        inTurn({
          epoch0: () => ask(asker, version, topic),
          epoch1: () => ask(asker, version, topic, { leaderEpoch: 1 }),
          epoch9: () => ask(asker, version, topic, { leaderEpoch: 9 }),
          epochMinusOne: () => ask(asker, version, topic, { leaderEpoch: -1 }),
          emptyPartition: () => ask(asker, version, topic, { partition: 1 }),
          unknownPartition: () => ask(asker, version, topic, { partition: 9 }),
          unknownTopic: () => ask(asker, version, asker.name('no')),
          badTopic: () => ask(asker, version, 'b a d'),
          none: () => asker.ask('OffsetForLeaderEpoch', version, { topics: [] }),
        }),
      );
    },
  },
  {
    name: 'offset for leader epoch: fencing and followers',
    async run(asker) {
      const topic = await asker.topic('t');
      await asker.produce(topic, batchOf(['a', 'b']));
      return inTurn({
        ...Object.fromEntries(
          [-2, 0, 1, 7].map((currentLeaderEpoch) => [
            `current ${currentLeaderEpoch}`,
            () => ask(asker, 4, topic, { currentLeaderEpoch }),
          ]),
        ),
        ...Object.fromEntries(
          [-2, 1, 7].map((replicaId) => [
            `replica ${replicaId}`,
            () => ask(asker, 4, topic, { replicaId }),
          ]),
        ),
        twice: () =>
          asker.ask('OffsetForLeaderEpoch', 4, {
            replicaId: -1,
            topics: [
              {
                topic,
                partitions: [
                  { partition: 0, leaderEpoch: 0 },
                  { partition: 0, leaderEpoch: 0 },
                ],
              },
            ],
          }),
      });
    },
  },
];
