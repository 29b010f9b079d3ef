import { setTimeout as delay } from 'node:timers/promises';
import { eachVersion, inTurn, type Probe } from '../probe.ts';
import { newProducer, sender } from './producers.ts';

/** COORDINATOR_LOAD_IN_PROGRESS and NOT_COORDINATOR: of a coordinator that begins. */
const LOADING = new Set([14, 16]);

/** What the tools ask about transactions, where there never was one. */
export const transactionProbes: readonly Probe[] = [
  {
    name: 'transactions: the producers of a partition',
    async run(asker) {
      const topic = await asker.topic('t', { partitions: 2 });
      const send = sender(asker, topic, await newProducer(asker));
      await send(0, { count: 3 });
      await send(3);
      const other = sender(asker, topic, await newProducer(asker));
      await other(7, { epoch: 2 });
      const ask = (name: string, ...partitionIndexes: number[]) =>
        asker.ask('DescribeProducers', 0, { topics: [{ name, partitionIndexes }] });
      return inTurn({
        busy: () => ask(topic, 0),
        idle: () => ask(topic, 1),
        unknownPartition: () => ask(topic, 9),
        negative: () => ask(topic, -1),
        unknownTopic: () => ask(asker.name('no'), 0, 1),
        badTopic: () => ask('a b', 0),
        noPartitions: () => ask(topic),
        nothing: () => asker.ask('DescribeProducers', 0, { topics: [] }),
        afterAnEpoch: async () => {
          await other(0, { epoch: 3 });
          return ask(topic, 0);
        },
      });
    },
  },
  {
    name: 'transactions: none to list',
    run: (asker) =>
      eachVersion(0, 1, (version) => {
        const ask = (stateFilters: string[], producerIdFilters: number[] = []) =>
          asker.ask('ListTransactions', version, {
            stateFilters,
            producerIdFilters,
            ...(version >= 1 && { durationFilter: 1000 }),
          });
        return inTurn({
          all: () => ask([]),
          states: () =>
            ask([
              ...['Empty', 'Ongoing', 'PrepareCommit', 'PrepareAbort', 'CompleteCommit'],
              ...['CompleteAbort', 'Dead', 'PrepareEpochFence'],
            ]),
          unknownStates: () => ask(['ongoing', 'Sleeping', 'Ongoing', 'Sleeping', '']),
          producers: () => ask([], [1, -1]),
        });
      }),
  },
  {
    name: 'transactions: none to describe',
    async run(asker) {
      // The first search for a coordinator makes the topic that it needs, in Kafka.
      const find = () =>
        asker.raw('FindCoordinator', 4, { keyType: 1, coordinatorKeys: [asker.name('x')] });
      const isReady = async () => {
        const { coordinators } = await find();
        if (coordinators[0]?.errorCode !== 0) return false;
        const { transactionStates } = await asker.raw('DescribeTransactions', 0, {
          transactionalIds: [asker.name('x'), asker.name('y')],
        });
        return transactionStates.every(({ errorCode }) => !LOADING.has(errorCode));
      };
      for (let attempt = 0; attempt < 100 && !(await isReady()); attempt++) await delay(100);
      const ask = (...transactionalIds: string[]) =>
        asker.ask('DescribeTransactions', 0, { transactionalIds });
      return inTurn({
        coordinator: async () => asker.normal(await find()),
        one: () => ask(asker.name('x')),
        two: () => ask(asker.name('x'), asker.name('y')),
        twice: () => ask(asker.name('x'), asker.name('x')),
        none: () => ask(),
        empty: () => ask(''),
      });
    },
  },
];
