import { batchOf } from '../../../support/topics.ts';
import { type Asker, eachVersion, inTurn, type Probe } from '../probe.ts';

const T = 1_600_000_000_000;

function ask(
  asker: Asker,
  version: number,
  topic: string,
  timestamp: number,
  {
    partition = 0,
    currentLeaderEpoch = -1,
    isolationLevel = 0,
    replicaId = -1,
    maxNumOffsets = 1,
  } = {},
) {
  return asker.ask('ListOffsets', version, {
    replicaId,
    ...(version >= 2 && { isolationLevel }),
    topics: [
      {
        name: topic,
        partitions: [
          {
            partitionIndex: partition,
            timestamp,
            ...(version >= 4 && { currentLeaderEpoch }),
            ...(version === 0 && { maxNumOffsets }),
          },
        ],
      },
    ],
  });
}

const TIMES = [-7, -6, -5, -4, -3, -2, -1, 0, T - 1, T, T + 1, T + 5, T + 10, T + 11, T + 100];

export const listOffsetsProbes: readonly Probe[] = [
  {
    name: 'list offsets: every timestamp at every version',
    async run(asker) {
      const topic = await asker.topic('t', { partitions: 2 });
      const at = (timestamp: number, value: string) => ({ timestamp, value });
      await asker.produce(topic, batchOf([at(T, 'a'), at(T + 5, 'b')]));
      await asker.produce(topic, batchOf([at(T + 10, 'c'), at(T + 2, 'd')], { codec: 'gzip' }));
      return eachVersion(0, 8, (version) =>
        inTurn(
          Object.fromEntries(
            TIMES.flatMap((time) =>
              [0, 1].map((partition) => [
                `${time < 0 ? time : `T+${time - T}`} of ${partition}`,
                () => ask(asker, version, topic, time, { partition }),
              ]),
            ),
          ),
        ),
      );
    },
  },
  {
    name: 'list offsets: read committed',
    async run(asker) {
      const topic = await asker.topic('t');
      await asker.produce(topic, batchOf([{ timestamp: T, value: 'a' }]));
      return inTurn(
        Object.fromEntries(
          TIMES.map((time) => [time, () => ask(asker, 8, topic, time, { isolationLevel: 1 })]),
        ),
      );
    },
  },
  {
    name: 'list offsets: by time within batches',
    async run(asker) {
      const answers: Record<string, unknown> = {};
      for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
        const topic = await asker.topic(codec);
        for (let batch = 0; batch < 3; batch++) {
          await asker.produce(
            topic,
            batchOf(
              [3, 1, 2, 5, 4].map((tick) => ({
                timestamp: T + batch * 10 + tick,
                value: `${tick}`,
              })),
              { codec },
            ),
          );
        }
        answers[codec] = await inTurn(
          Object.fromEntries(
            [-3, T, T + 1, T + 2, T + 4, T + 5, T + 6, T + 12, T + 14, T + 25, T + 26].map(
              (time) => [time, () => ask(asker, 8, topic, time)],
            ),
          ),
        );
      }
      return answers;
    },
  },
  {
    name: 'list offsets: LogAppendTime, records without a time, equal times',
    async run(asker) {
      const stamped = await asker.topic('stamped', {
        configs: { 'message.timestamp.type': 'LogAppendTime' },
      });
      await asker.produce(stamped, batchOf(['a', 'b']));
      // Two batches of one millisecond would have the same time.
      await new Promise((resolve) => setTimeout(resolve, 20));
      await asker.produce(stamped, batchOf(['c', 'd'], { codec: 'gzip' }));
      const timeless = await asker.topic('timeless');
      await asker.produce(timeless, batchOf([{ value: 'a' }, { value: 'b' }]));
      const equal = await asker.topic('equal');
      await asker.produce(
        equal,
        batchOf([
          { timestamp: T, value: 'a' },
          { timestamp: T, value: 'b' },
        ]),
      );
      await asker.produce(equal, batchOf([{ timestamp: T, value: 'a' }]));
      const times = [-3, -2, -1, 0, T, T + 1, 32_503_680_000_000];
      const answers: Record<string, unknown> = {};
      for (const [name, topic] of Object.entries({ stamped, timeless, equal })) {
        answers[name] = await inTurn(
          Object.fromEntries(times.map((time) => [time, () => ask(asker, 8, topic, time)])),
        );
      }
      return answers;
    },
  },
  {
    name: 'list offsets: v0 and its number of offsets',
    async run(asker) {
      const topic = await asker.topic('t', { configs: { 'segment.bytes': '1000' } });
      for (let count = 0; count < 4; count++) {
        await asker.produce(topic, batchOf([{ timestamp: T, value: 'x'.repeat(700) }]));
      }
      const now = Date.now();
      return inTurn(
        Object.fromEntries(
          [0, 1, 2, 10].flatMap((maxNumOffsets) =>
            [-1, -2, 0, now + 3_600_000 * 24].map((time) => [
              `${maxNumOffsets} at ${time > 0 ? 'later' : time}`,
              async () => {
                const { topics } = await asker.raw('ListOffsets', 0, {
                  replicaId: -1,
                  topics: [
                    {
                      name: topic,
                      partitions: [{ partitionIndex: 0, timestamp: time, maxNumOffsets }],
                    },
                  ],
                });
                return asker.normal(topics, { keepOrder: true });
              },
            ]),
          ),
        ),
      );
    },
  },
  {
    name: 'list offsets: what does not exist, epochs, replicas, twice',
    async run(asker) {
      const topic = await asker.topic('t');
      await asker.produce(topic, batchOf([{ timestamp: T, value: 'x' }]));
      return eachVersion(0, 8, (version) =>
        inTurn({
          unknownPartition: () => ask(asker, version, topic, -1, { partition: 9 }),
          unknownTopic: () => ask(asker, version, asker.name('no'), -1),
          badTopic: () => ask(asker, version, 'b a d', -1),
          ...(version >= 4 && {
            older: () => ask(asker, version, topic, -1, { currentLeaderEpoch: -2 }),
            same: () => ask(asker, version, topic, -1, { currentLeaderEpoch: 0 }),
            newer: () => ask(asker, version, topic, -1, { currentLeaderEpoch: 3 }),
          }),
          debugReplica: () => ask(asker, version, topic, -1, { replicaId: -2 }),
          follower: () => ask(asker, version, topic, -1, { replicaId: 7 }),
          twice: () =>
            asker.ask('ListOffsets', version, {
              replicaId: -1,
              topics: [
                {
                  name: topic,
                  partitions: [
                    { partitionIndex: 0, timestamp: -1 },
                    { partitionIndex: 0, timestamp: -2 },
                  ],
                },
              ],
            }),
          none: () => asker.ask('ListOffsets', version, { replicaId: -1, topics: [] }),
        }),
      );
    },
  },
];
