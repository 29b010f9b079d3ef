import { ZERO_UUID } from '../../../../src/base/random.ts';
import type { ElementOf } from '../../../../src/protocol/schema/index.ts';
import { batchOf } from '../../../support/topics.ts';
import { type Asker, eachVersion, inTurn, type Probe } from '../probe.ts';
import type { BodyOf } from '../wire.ts';

type FetchTopic = ElementOf<BodyOf<'Fetch'>['topics']>;

/** A fetch of one partition, by name below v13 and by id from there on. */
function one(
  asker: Asker,
  version: number,
  topic: { readonly topic?: string; readonly topicId?: string },
  {
    partition = 0,
    fetchOffset = 0,
    partitionMaxBytes = 1_000_000,
    currentLeaderEpoch = -1,
    lastFetchedEpoch = -1,
    ...body
  }: BodyOf<'Fetch'> & {
    partition?: number;
    fetchOffset?: number;
    partitionMaxBytes?: number;
    currentLeaderEpoch?: number;
    lastFetchedEpoch?: number;
  } = {},
) {
  return asker.ask(
    'Fetch',
    version,
    {
      maxWaitMs: 0,
      minBytes: 1,
      ...body,
      topics: [
        {
          ...(version < 13
            ? { topic: topic.topic ?? '' }
            : { topicId: topic.topicId ?? ZERO_UUID }),
          partitions: [
            {
              partition,
              fetchOffset,
              partitionMaxBytes,
              ...(version >= 9 && { currentLeaderEpoch }),
              ...(version >= 12 && { lastFetchedEpoch }),
            },
          ],
        },
      ],
    },
    { keepOrder: true },
  );
}

/** How many batches or messages are there as a whole. */
function wholeBatches(records: Buffer | null): number | 'null' {
  if (records === null) return 'null';
  let count = 0;
  for (let at = 0; at + 12 <= records.length; count++) {
    at += records.readInt32BE(at + 8) + 12;
    if (at > records.length) break;
  }
  return count;
}

/** Several topics, in this order; and how many batches come of each. */
async function sizes(
  asker: Asker,
  topics: readonly FetchTopic[],
  body: BodyOf<'Fetch'>,
  version = 12,
) {
  const { responses } = await asker.raw('Fetch', version, {
    maxWaitMs: 0,
    minBytes: 1,
    ...body,
    topics,
  });
  return responses.map(({ topic, partitions }) => [
    asker.normal(topic),
    ...partitions.map(({ partitionIndex, errorCode, records }) => [
      partitionIndex,
      errorCode,
      wholeBatches(records),
    ]),
  ]);
}

export const fetchProbes: readonly Probe[] = [
  {
    name: 'fetch: the answer at every version',
    async run(asker) {
      const topic = await asker.topic('t', { partitions: 2 });
      const topicId = await asker.settled(topic);
      await asker.produce(topic, batchOf(['a', 'b']));
      return eachVersion(0, 17, (version) =>
        inTurn({
          records: () => one(asker, version, { topic, topicId }),
          end: () => one(asker, version, { topic, topicId }, { fetchOffset: 2 }),
          emptyPartition: () => one(asker, version, { topic, topicId }, { partition: 1 }),
          beyond: () => one(asker, version, { topic, topicId }, { fetchOffset: 3 }),
          negative: () => one(asker, version, { topic, topicId }, { fetchOffset: -1 }),
          unknownPartition: () => one(asker, version, { topic, topicId }, { partition: 7 }),
          unknownTopic: () =>
            one(asker, version, { topic: asker.name('no'), topicId: 'AAAAAAAAQACAAAAAAAAAAA' }),
        }),
      );
    },
  },
  {
    name: 'fetch: read committed',
    async run(asker) {
      const topic = await asker.topic('t');
      const topicId = await asker.settled(topic);
      await asker.produce(topic, batchOf(['a', 'b']));
      return eachVersion(4, 17, (version) =>
        inTurn({
          records: () => one(asker, version, { topic, topicId }, { isolationLevel: 1 }),
          end: () => one(asker, version, { topic, topicId }, { isolationLevel: 1, fetchOffset: 2 }),
          beyond: () =>
            one(asker, version, { topic, topicId }, { isolationLevel: 1, fetchOffset: 3 }),
        }),
      );
    },
  },
  {
    name: 'fetch: offsets inside a batch',
    async run(asker) {
      const topic = await asker.topic('t');
      await asker.produce(topic, batchOf(['a', 'b', 'c']));
      await asker.produce(topic, batchOf(['d', 'e'], { codec: 'gzip' }));
      return inTurn(
        Object.fromEntries(
          [0, 1, 2, 3, 4, 5].map((fetchOffset) => [
            fetchOffset,
            () => one(asker, 12, { topic }, { fetchOffset }),
          ]),
        ),
      );
    },
  },
  {
    name: 'fetch: how much at a time',
    async run(asker) {
      const [a, b] = [await asker.topic('a', { partitions: 2 }), await asker.topic('b')];
      for (let count = 0; count < 4; count++) {
        for (const [topic, partition] of [
          [a, 0],
          [a, 1],
          [b, 0],
        ] as const) {
          await asker.produce(topic, batchOf(['x'.repeat(1000)]), { partition });
        }
      }
      const topics = (partitionMaxBytes: number): FetchTopic[] => [
        { topic: a, partitions: [0, 1].map((partition) => ({ partition, partitionMaxBytes })) },
        { topic: b, partitions: [{ partition: 0, partitionMaxBytes }] },
      ];
      return eachVersion(3, 12, (version) =>
        inTurn(
          Object.fromEntries(
            [
              [1_000_000, 1_000_000],
              [1_000_000, 100],
              [1_000_000, 1068],
              [1_000_000, 1069],
              [1_000_000, 2500],
              [100, 1_000_000],
              [0, 1_000_000],
              [1500, 1_000_000],
              [2500, 1_000_000],
              [5000, 1_000_000],
              [1_000_000, 0],
              [0, 0],
              [3000, 1500],
            ].map(([maxBytes, partitionMaxBytes]) => [
              `${maxBytes}/${partitionMaxBytes}`,
              () => sizes(asker, topics(partitionMaxBytes!), { maxBytes: maxBytes! }, version),
            ]),
          ),
        ),
      );
    },
  },
  {
    name: 'fetch: waiting',
    async run(asker) {
      const topic = await asker.topic('t');
      const timed = async (body: Parameters<typeof one>[3]) => {
        const startedAt = Date.now();
        const answer = await one(asker, 12, { topic }, body);
        const ms = Date.now() - startedAt;
        return { answer, waited: ms < 250 ? 'not' : ms < 1500 ? 'as told' : 'too long' };
      };
      return inTurn({
        empty: () => timed({ maxWaitMs: 400, minBytes: 1 }),
        emptyMin0: () => timed({ maxWaitMs: 400, minBytes: 0 }),
        emptyMinNegative: () => timed({ maxWaitMs: 400, minBytes: -1 }),
        waitNegative: () => timed({ maxWaitMs: -1, minBytes: 1 }),
        error: () => timed({ maxWaitMs: 400, minBytes: 1, fetchOffset: 9 }),
        unknown: () => timed({ maxWaitMs: 400, minBytes: 1, partition: 9 }),
        woken: async () => {
          const client = await asker.connect();
          const waiting = asker.begin(
            'Fetch',
            12,
            {
              maxWaitMs: 5000,
              minBytes: 1,
              topics: [{ topic, partitions: [{ partition: 0, partitionMaxBytes: 1000 }] }],
            },
            client,
          );
          const before = await waiting.within(150);
          await asker.produce(topic, batchOf(['a']));
          return { before, after: await waiting.within(1000) };
        },
        enough: () => timed({ maxWaitMs: 400, minBytes: 60 }),
        tooLittle: () => timed({ maxWaitMs: 400, minBytes: 6000 }),
        wokenByEnough: async () => {
          const client = await asker.connect();
          const waiting = asker.begin(
            'Fetch',
            12,
            {
              maxWaitMs: 5000,
              minBytes: 200,
              topics: [
                { topic, partitions: [{ partition: 0, fetchOffset: 1, partitionMaxBytes: 1000 }] },
              ],
            },
            client,
          );
          await asker.produce(topic, batchOf(['b']));
          const between = await waiting.within(150);
          await asker.produce(topic, batchOf(['x'.repeat(200)]));
          return { between, after: await waiting.within(1000) };
        },
        minAboveMax: () => timed({ maxWaitMs: 400, minBytes: 6000, maxBytes: 100 }),
        noPartitions: async () => {
          const startedAt = Date.now();
          const answer = await asker.ask('Fetch', 12, { maxWaitMs: 400, minBytes: 1, topics: [] });
          return { answer, early: Date.now() - startedAt < 250 };
        },
      });
    },
  },
  {
    name: 'fetch: topics deleted while a fetch waits',
    async run(asker) {
      const topic = await asker.topic('t');
      const topicId = await asker.settled(topic);
      const partitions = [{ partition: 0, partitionMaxBytes: 1000 }];
      const body = { maxWaitMs: 3000, minBytes: 1 };
      const byName = asker.begin(
        'Fetch',
        12,
        { ...body, topics: [{ topic, partitions }] },
        await asker.connect(),
      );
      const byId = asker.begin(
        'Fetch',
        13,
        { ...body, topics: [{ topicId, partitions }] },
        await asker.connect(),
      );
      await byName.within(200);
      await asker.ask('DeleteTopics', 6, { topics: [{ name: topic }], timeoutMs: 5000 });
      const error = (answer: unknown) =>
        /"errorCode":"([A-Z_]+ \d+)"/.exec(JSON.stringify(answer))?.[1];
      return { byName: error(await byName.within(1500)), byId: error(await byId.within(1500)) };
    },
  },
  {
    name: 'fetch: by topic id',
    async run(asker) {
      const topic = await asker.topic('t');
      const topicId = await asker.settled(topic);
      const other = await asker.topic('u');
      const otherId = await asker.settled(other);
      await asker.produce(topic, batchOf(['a']));
      await asker.produce(other, batchOf(['b']));
      const ask = (topics: FetchTopic[], version = 13) =>
        asker.ask('Fetch', version, { maxWaitMs: 0, minBytes: 1, topics });
      const partitions = [{ partition: 0, partitionMaxBytes: 1000 }];
      return inTurn({
        zero: () => ask([{ topicId: ZERO_UUID, partitions }]),
        unknownAmongKnown: () =>
          ask([
            { topicId, partitions },
            { topicId: 'AAAAAAAAQACAAAAAAAAAAA', partitions },
            { topicId: otherId, partitions },
          ]),
        twice: () =>
          ask([
            { topicId, partitions },
            { topicId, partitions },
          ]),
        partitionTwice: () => ask([{ topicId, partitions: [...partitions, ...partitions] }]),
        nameTwice: () =>
          ask(
            [
              { topic, partitions },
              { topic, partitions },
            ],
            12,
          ),
        badName: () => ask([{ topic: 'b a d', partitions }], 12),
        emptyName: () => ask([{ topic: '', partitions }], 12),
        noPartitions: () => ask([{ topic, partitions: [] }], 12),
        negativePartition: () =>
          ask([{ topic, partitions: [{ partition: -1, partitionMaxBytes: 1000 }] }], 12),
      });
    },
  },
  {
    name: 'fetch: leader epochs',
    async run(asker) {
      const topic = await asker.topic('t');
      const topicId = await asker.settled(topic);
      await asker.produce(topic, batchOf(['a', 'b']));
      return inTurn({
        ...Object.fromEntries(
          [-2, -1, 0, 1, 5].flatMap((currentLeaderEpoch) =>
            [9, 12, 16].map((version) => [
              `v${version} current ${currentLeaderEpoch}`,
              () => one(asker, version, { topic, topicId }, { currentLeaderEpoch }),
            ]),
          ),
        ),
        ...Object.fromEntries(
          [-2, 0, 1, 5].flatMap((lastFetchedEpoch) =>
            [0, 1, 2, 3].map((fetchOffset) => [
              `last fetched ${lastFetchedEpoch} at ${fetchOffset}`,
              () => one(asker, 12, { topic }, { lastFetchedEpoch, fetchOffset }),
            ]),
          ),
        ),
      });
    },
  },
  {
    name: 'fetch: as a follower',
    async run(asker) {
      const topic = await asker.topic('t');
      const topicId = await asker.settled(topic);
      return inTurn({
        self: () => one(asker, 12, { topic }, { replicaId: 1 }),
        other: () => one(asker, 12, { topic }, { replicaId: 7 }),
        otherV15: () =>
          one(asker, 15, { topicId }, { replicaState: { replicaId: 7, replicaEpoch: 1 } }),
        consumer: () => one(asker, 12, { topic }, { replicaId: -1 }),
        debug: () => one(asker, 12, { topic }, { replicaId: -2 }),
        minusThree: () => one(asker, 12, { topic }, { replicaId: -3 }),
        clusterId: () => one(asker, 12, { topic }, { clusterId: 'another' }),
        rack: () => one(asker, 12, { topic }, { rackId: 'r' }),
      });
    },
  },
];
