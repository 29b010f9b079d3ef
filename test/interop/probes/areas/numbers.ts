import type { Int64 } from '../../../../src/base/int64.ts';
import { batchOf } from '../../../support/topics.ts';
import { type Asker, eachVersion, inTurn, type Probe } from '../probe.ts';
import { ready } from './groups.ts';
import { newProducer } from './producers.ts';

const MOST = 2n ** 63n - 1n;
const LEAST = -(2n ** 63n);
const ENDS: readonly Int64[] = [MOST, LEAST, 2n ** 53n, -(2n ** 53n), 2n ** 60n + 1n, -7];
const TIMES: readonly Int64[] = [1000, 2n ** 60n, MOST, LEAST, -5, 2n ** 61n];
const INT32_MOST = 2 ** 31 - 1;

/** Every number of it is sent as it is, whatever its size. */
const wide = { wide: true } as const;

async function each(ask: (value: Int64) => Promise<unknown>, values = ENDS) {
  const answers: Record<string, unknown> = {};
  for (const value of values) answers[String(value)] = await ask(value);
  return answers;
}

function listOffsets(asker: Asker, topic: string, timestamp: Int64, version = 7) {
  return asker.ask('ListOffsets', version, {
    replicaId: -1,
    topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp }] }],
  });
}

export const numberProbes: readonly Probe[] = [
  {
    name: 'numbers: times at the ends of 64 bits',
    async run(asker) {
      const topic = await asker.newTopic();
      await asker.produce(topic, batchOf(['a', 'b']));
      return eachVersion(1, 8, (version) =>
        each((timestamp) => listOffsets(asker, topic, timestamp, version)),
      );
    },
  },
  {
    name: 'numbers: offsets to fetch from at the ends of 64 bits',
    async run(asker) {
      const topic = await asker.newTopic();
      await asker.produce(topic, batchOf(['a', 'b']));
      return eachVersion(4, 12, (version) =>
        each((value) => {
          const start = version >= 5 ? { logStartOffset: value } : {};
          const partition = { partition: 0, partitionMaxBytes: 1000, ...start };
          const ask = (fetchOffset: Int64) =>
            asker.ask(
              'Fetch',
              version,
              {
                maxWaitMs: 100,
                minBytes: 1,
                topics: [{ topic, partitions: [{ ...partition, fetchOffset }] }],
              } as never,
              wide,
            );
          return inTurn({ offset: () => ask(value), logStart: () => ask(0) });
        }),
      );
    },
  },
  {
    name: 'numbers: committed offsets at the ends of 64 bits',
    async run(asker) {
      await ready(asker);
      const topic = await asker.newTopic();
      return eachVersion(1, 9, (version) =>
        each(async (value) => {
          const groupId = asker.name(`g${version}.${value}`);
          const partition = {
            partitionIndex: 0,
            committedOffset: value,
            ...(version === 1 && { commitTimestamp: MOST }),
          };
          const committed = await asker.ask('OffsetCommit', version, {
            groupId,
            generationIdOrMemberEpoch: -1,
            topics: [{ name: topic, partitions: [partition] }],
            ...(version >= 2 && version <= 4 && { retentionTimeMs: 2n ** 60n }),
          });
          const topics = [{ name: topic, partitionIndexes: [0] }];
          return {
            committed,
            v5: await asker.ask('OffsetFetch', 5, { groupId, topics }),
            v8: await asker.ask('OffsetFetch', 8, { groups: [{ groupId, topics }] }),
          };
        }),
      );
    },
  },
  {
    name: 'numbers: records to delete up to the ends of 64 bits',
    async run(asker) {
      const topic = await asker.newTopic();
      await asker.produce(topic, batchOf(['a', 'b']));
      return eachVersion(0, 2, (version) =>
        each((offset) => {
          const topics = [{ name: topic, partitions: [{ partitionIndex: 0, offset }] }];
          return asker.ask('DeleteRecords', version, { timeoutMs: 5000, topics } as never, wide);
        }),
      );
    },
  },
  {
    name: 'numbers: timestamps of records at the ends of 64 bits',
    run: (asker) =>
      eachTopic(asker, { plain: {}, compacted: { 'cleanup.policy': 'compact' } }, async (topic) => {
        const produced: unknown[] = [];
        for (const timestamp of TIMES) {
          const batch = batchOf([{ timestamp, key: 'k', value: 'v' }]);
          produced.push(await asker.produce(topic, batch));
        }
        const found = await each(
          (timestamp) => listOffsets(asker, topic, timestamp),
          [-3, 0, MOST, 2n ** 60n, 2n ** 60n + 1n],
        );
        return { produced, found, fetched: await fetchedAt(asker, topic, TIMES.length) };
      }),
  },
  {
    name: 'numbers: timestamps in one batch that are farther apart than 64 bits',
    async run(asker) {
      const topic = await asker.newTopic();
      const records = [LEAST, MOST, 5].map((timestamp) => ({ timestamp, key: 'k', value: 'v' }));
      return {
        produced: await asker.produce(topic, batchOf(records)),
        fetched: await fetchedAt(asker, topic, 1),
        found: await listOffsets(asker, topic, MOST),
      };
    },
  },
  {
    name: 'numbers: producer ids at the ends of 64 bits',
    async run(asker) {
      // A Kafka that has just started has no block of ids yet.
      await newProducer(asker);
      const topic = await asker.newTopic();
      const send = (producerId: Int64) =>
        asker.produce(
          topic,
          batchOf([{ timestamp: Date.now(), value: 'p' }], {
            producerId,
            producerEpoch: 0,
            baseSequence: 0,
          }),
        );
      const produced = await each(send);
      const repeated = await each(send);
      const described = await asker.ask('DescribeProducers', 0, {
        topics: [{ name: topic, partitionIndexes: [0] }],
      });
      const ids = await each((producerId) =>
        eachVersion(3, 4, (version) =>
          asker.ask('InitProducerId', version, {
            transactionalId: null,
            transactionTimeoutMs: INT32_MOST,
            producerId,
            producerEpoch: 1,
          }),
        ),
      );
      return { produced, repeated, described, ids };
    },
  },
  {
    name: 'numbers: lifetimes of tokens, times of transactions and epochs at their ends',
    async run(asker) {
      const topic = await asker.newTopic();
      return {
        created: await each((maxLifetimeMs) =>
          asker.ask('CreateDelegationToken', 2, { maxLifetimeMs } as never, wide),
        ),
        renewed: await each((renewPeriodMs) => {
          const body = { hmac: Buffer.from('x'), renewPeriodMs };
          return asker.ask('RenewDelegationToken', 2, body as never, wide);
        }),
        expired: await each((expiryTimePeriodMs) => {
          const body = { hmac: Buffer.from('x'), expiryTimePeriodMs };
          return asker.ask('ExpireDelegationToken', 2, body as never, wide);
        }),
        transactions: await each((value) => {
          const body = { producerIdFilters: [value], durationFilter: value };
          return asker.ask('ListTransactions', 1, body as never, wide);
        }),
        epochs: await each(
          (leaderEpoch) =>
            asker.ask('OffsetForLeaderEpoch', 3, {
              topics: [
                {
                  topic,
                  partitions: [
                    { partition: 0, currentLeaderEpoch: -1, leaderEpoch: Number(leaderEpoch) },
                  ],
                },
              ],
            }),
          [INT32_MOST, -(2 ** 31), -2],
        ),
      };
    },
  },
];

async function eachTopic(
  asker: Asker,
  topics: Readonly<Record<string, Readonly<Record<string, string>>>>,
  ask: (topic: string) => Promise<unknown>,
) {
  const answers: Record<string, unknown> = {};
  for (const [name, configs] of Object.entries(topics)) {
    answers[name] = await ask(await asker.newTopic({ configs }));
  }
  return answers;
}

/** One offset at a time: a batch of such a time may be in a segment of its own. */
async function fetchedAt(asker: Asker, topic: string, count: number) {
  const found: unknown[] = [];
  for (let fetchOffset = 0; fetchOffset < count; fetchOffset++) {
    found.push(
      await asker.ask('Fetch', 11, {
        maxWaitMs: 100,
        minBytes: 1,
        maxBytes: 1,
        topics: [{ topic, partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: 1 }] }],
      }),
    );
  }
  return found;
}
