import type { Int64 } from '../../../../src/base/int64.ts';
import { batchOf } from '../../../support/topics.ts';
import { type Asker, eachVersion, inTurn, type Probe } from '../probe.ts';
import { fetched } from './produce.ts';

export async function newProducer(asker: Asker): Promise<Int64> {
  // A Kafka that has just started has no block of ids yet.
  for (let attempt = 0; attempt < 100; attempt++) {
    const { errorCode, producerId } = await asker.raw('InitProducerId', 1, {
      transactionalId: null,
      transactionTimeoutMs: 1000,
    });
    if (errorCode === 0) return producerId;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('no producer id to be had');
}

/** Sends batches of an idempotent producer to one partition. */
export function sender(asker: Asker, topic: string, producerId: Int64) {
  return (baseSequence: number, { epoch = 0, count = 1, partition = 0 } = {}) =>
    asker.produce(
      topic,
      batchOf(
        Array.from({ length: count }, (_, index) => `${baseSequence + index}`),
        { producerId, producerEpoch: epoch, baseSequence },
      ),
      { partition },
    );
}

export const producerProbes: readonly Probe[] = [
  {
    name: 'producer ids: the answer at every version',
    async run(asker) {
      await newProducer(asker);
      return eachVersion(0, 4, async (version) => ({
        plain: await asker.ask('InitProducerId', version, {
          transactionalId: null,
          transactionTimeoutMs: 60_000,
        }),
        noTimeout: await asker.ask('InitProducerId', version, {
          transactionalId: null,
          transactionTimeoutMs: 0,
        }),
        negativeTimeout: await asker.ask('InitProducerId', version, {
          transactionalId: null,
          transactionTimeoutMs: -1,
        }),
        hugeTimeout: await asker.ask('InitProducerId', version, {
          transactionalId: null,
          transactionTimeoutMs: 2_147_483_647,
        }),
        emptyId: await asker.ask('InitProducerId', version, {
          transactionalId: '',
          transactionTimeoutMs: 60_000,
        }),
      }));
    },
  },
  {
    name: 'producer ids: asked for with an id and epoch of before',
    async run(asker) {
      const producerId = await newProducer(asker);
      const ask = (id: Int64, producerEpoch: number) =>
        asker.ask('InitProducerId', 4, {
          transactionalId: null,
          transactionTimeoutMs: 60_000,
          producerId: id,
          producerEpoch,
        });
      return inTurn({
        known: () => ask(producerId, 0),
        unknown: () => ask(99_999, 4),
        epochOnly: () => ask(-1, 4),
        idOnly: () => ask(producerId, -1),
      });
    },
  },
  {
    name: 'idempotence: sequences',
    async run(asker) {
      const topic = await asker.topic('t', { partitions: 2 });
      const send = sender(asker, topic, await newProducer(asker));
      return inTurn({
        first: () => send(0),
        second: () => send(1, { count: 2 }),
        duplicate: () => send(1, { count: 2 }),
        duplicateOfFirst: () => send(0),
        part: () => send(1),
        overlap: () => send(2, { count: 2 }),
        gap: () => send(9),
        third: () => send(3),
        fourth: () => send(4),
        fifth: () => send(5),
        sixth: () => send(6),
        tooOld: () => send(0),
        lastOfWindow: () => send(3),
        otherPartition: () => send(0, { partition: 1 }),
        otherPartitionGap: () => send(7, { partition: 1 }),
        end: () => fetched(asker, topic),
      });
    },
  },
  {
    name: 'idempotence: epochs',
    async run(asker) {
      const topic = await asker.topic('t');
      const send = sender(asker, topic, await newProducer(asker));
      return inTurn({
        first: () => send(0),
        newEpochNotAtZero: () => send(1, { epoch: 1 }),
        newEpoch: () => send(0, { epoch: 1 }),
        duplicate: () => send(0, { epoch: 1 }),
        oldEpoch: () => send(1),
        oldEpochDuplicate: () => send(0),
        skipped: () => send(0, { epoch: 5 }),
        largest: () => send(0, { epoch: 32_767 }),
        end: () => fetched(asker, topic),
      });
    },
  },
  {
    name: 'idempotence: unknown producers and numbers that cannot be',
    async run(asker) {
      const topic = await asker.topic('t');
      const producerId = await newProducer(asker);
      const send = (options: { producerId: Int64; producerEpoch: number; baseSequence: number }) =>
        asker.produce(topic, batchOf(['x'], options));
      return inTurn({
        middle: () => send({ producerId, producerEpoch: 0, baseSequence: 5 }),
        next: () => send({ producerId, producerEpoch: 0, baseSequence: 6 }),
        gap: () => send({ producerId, producerEpoch: 0, baseSequence: 8 }),
        neverGiven: () => send({ producerId: 999_999, producerEpoch: 3, baseSequence: 0 }),
        negativeEpoch: () => send({ producerId, producerEpoch: -1, baseSequence: 7 }),
        negativeSequence: () => send({ producerId, producerEpoch: 0, baseSequence: -1 }),
        sequenceMinusTwo: () => send({ producerId, producerEpoch: 0, baseSequence: -2 }),
        producerMinusTwo: () => send({ producerId: -2, producerEpoch: 0, baseSequence: 0 }),
        noProducerWithSequence: () => send({ producerId: -1, producerEpoch: 0, baseSequence: 0 }),
        epochOfNobody: () => send({ producerId: -1, producerEpoch: 4, baseSequence: -1 }),
        end: () => fetched(asker, topic),
      });
    },
  },
  {
    name: 'idempotence: sequences wrap',
    async run(asker) {
      const topic = await asker.topic('t');
      const producerId = await newProducer(asker);
      const send = (baseSequence: number, count = 1) =>
        asker.produce(
          topic,
          batchOf(
            Array.from({ length: count }, () => 'x'),
            { producerId, producerEpoch: 0, baseSequence },
          ),
        );
      return inTurn({
        nearTheEnd: () => send(2_147_483_645, 2),
        last: () => send(2_147_483_647),
        wrapped: () => send(0),
        next: () => send(1),
        duplicateOfLast: () => send(2_147_483_647),
        within: async () => {
          const other = await asker.topic('u');
          const id = await newProducer(asker);
          const to = (baseSequence: number, count: number) =>
            asker.produce(
              other,
              batchOf(
                Array.from({ length: count }, () => 'x'),
                {
                  producerId: id,
                  producerEpoch: 0,
                  baseSequence,
                },
              ),
            );
          return [await to(2_147_483_646, 5), await to(3, 1), await to(2_147_483_646, 5)];
        },
        end: () => fetched(asker, topic),
      });
    },
  },
  {
    name: 'idempotence: with a codec of the topic, and converted times',
    async run(asker) {
      const topic = await asker.topic('t', {
        configs: { 'compression.type': 'gzip', 'message.timestamp.type': 'LogAppendTime' },
      });
      const send = sender(asker, topic, await newProducer(asker));
      return inTurn({
        first: () => send(0, { count: 3 }),
        duplicate: () => send(0, { count: 3 }),
        next: () => send(3),
        end: () => fetched(asker, topic),
      });
    },
  },
];
