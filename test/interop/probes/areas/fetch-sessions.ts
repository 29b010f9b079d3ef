import { setTimeout as delay } from 'node:timers/promises';
import { batchOf } from '../../../support/topics.ts';
import { type Asker, inTurn, type Probe } from '../probe.ts';
import type { BodyOf } from '../wire.ts';

type Topics = NonNullable<BodyOf<'Fetch'>['topics']>;

/** A session of one client: keeps the id that the broker gave. */
function session(asker: Asker, version = 12) {
  let sessionId = 0;
  const ask = async (sessionEpoch: number, topics: Topics, body: BodyOf<'Fetch'> = {}) => {
    const answer = await asker.raw('Fetch', version, {
      maxWaitMs: 0,
      minBytes: 1,
      sessionId,
      sessionEpoch,
      topics,
      ...body,
    });
    if (sessionEpoch === 0 && answer.errorCode === 0) sessionId = answer.sessionId;
    return asker.normal(answer);
  };
  return { ask, id: () => sessionId };
}

const wanted = (topic: string, fetchOffset = 0, partition = 0, partitionMaxBytes = 100_000) => ({
  topic,
  partitions: [{ partition, fetchOffset, partitionMaxBytes }],
});

export const fetchSessionProbes: readonly Probe[] = [
  {
    name: 'fetch sessions: a life',
    async run(asker) {
      const a = await asker.topic('a', { partitions: 2 });
      const b = await asker.topic('b');
      const { ask } = session(asker);
      await asker.produce(a, batchOf(['one']));
      return inTurn({
        open: () => ask(0, [wanted(a), wanted(a, 0, 1), wanted(b)]),
        // Not told of a new offset, the broker sends the same again.
        again: () => ask(1, []),
        moved: () => ask(2, [wanted(a, 1)]),
        quiet: () => ask(3, []),
        newRecord: async () => {
          await asker.produce(b, batchOf(['two']));
          return ask(4, []);
        },
        movedB: () => ask(5, [wanted(b, 1)]),
        highWatermarkOnly: async () => {
          await asker.produce(a, batchOf(['x']), { partition: 1 });
          return ask(6, [wanted(a, 1, 1)]);
        },
        forget: () => ask(7, [], { forgottenTopicsData: [{ topic: b, partitions: [0] }] }),
        afterForget: async () => {
          await asker.produce(b, batchOf(['three']));
          return ask(8, []);
        },
        forgetUnknown: () =>
          ask(9, [], { forgottenTopicsData: [{ topic: 'no', partitions: [0] }] }),
        add: () => ask(10, [wanted(b, 1)]),
        addUnknown: () => ask(11, [wanted(asker.name('no'))]),
        unknownAgain: () => ask(12, []),
        outOfRange: () => ask(13, [wanted(a, 99)]),
        outOfRangeAgain: () => ask(14, []),
        backInRange: () => ask(15, [wanted(a, 1)]),
        forgetAndAdd: () =>
          ask(16, [wanted(b, 0)], { forgottenTopicsData: [{ topic: b, partitions: [0] }] }),
        rest: () => ask(17, []),
      });
    },
  },
  {
    name: 'fetch sessions: epochs and ids that do not fit',
    async run(asker) {
      const a = await asker.topic('a');
      const { ask, id } = session(asker);
      const raw = (sessionId: number, sessionEpoch: number, topics: Topics = [], version = 12) =>
        asker.ask('Fetch', version, { maxWaitMs: 0, minBytes: 1, sessionId, sessionEpoch, topics });
      return inTurn({
        open: () => ask(0, [wanted(a)]),
        tooHigh: () => ask(5, []),
        tooLow: () => ask(0, [], { sessionId: id() }),
        afterWrong: () => raw(id(), 1),
        unknown: () => raw(123_456_789, 1),
        unknownWithTopics: () => raw(123_456_789, 1, [wanted(a)]),
        unknownClose: () => raw(123_456_789, -1, [wanted(a)]),
        unknownOpen: () => raw(123_456_789, 0, [wanted(a)]),
        none: () => raw(0, -1, [wanted(a)]),
        noneWithoutTopics: () => raw(0, -1),
        idZeroEpochOne: () => raw(0, 1, [wanted(a)]),
        openWithoutTopics: () => raw(0, 0),
        negativeId: () => raw(-5, 1),
        epochMinusTwo: () => raw(0, -2, [wanted(a)]),
        v7: () => raw(123_456_789, 1, [], 7),
        v6HasNone: async () =>
          asker.ask('Fetch', 6, { maxWaitMs: 0, minBytes: 1, topics: [wanted(a)] }),
      });
    },
  },
  {
    name: 'fetch sessions: closing and opening anew',
    async run(asker) {
      const a = await asker.topic('a');
      const { ask, id } = session(asker);
      const first: { id: number } = { id: 0 };
      return inTurn({
        open: () => ask(0, [wanted(a)]),
        use: () => ask(1, []),
        close: () => {
          first.id = id();
          return ask(-1, [wanted(a)]);
        },
        afterClose: () => ask(2, []),
        openAgain: async () => {
          const again = session(asker);
          await again.ask(0, [wanted(a)]);
          const old = again.id();
          // A full request with the id of a session ends it and begins another.
          const replaced = await again.ask(0, [wanted(a)], { sessionId: old });
          const gone = await asker.ask('Fetch', 12, {
            maxWaitMs: 0,
            minBytes: 1,
            sessionId: old,
            sessionEpoch: 1,
            topics: [],
          });
          return { replaced, gone, other: again.id() !== old };
        },
      });
    },
  },
  {
    name: 'fetch sessions: epochs after an error',
    async run(asker) {
      const a = await asker.topic('a');
      const { ask } = session(asker);
      return inTurn({
        open: () => ask(0, [wanted(a)]),
        first: () => ask(1, []),
        same: () => ask(1, []),
        next: () => ask(2, []),
        skipped: () => ask(4, []),
        third: () => ask(3, []),
      });
    },
  },
  {
    name: 'fetch sessions: by topic id, and a topic that comes and goes',
    async run(asker) {
      const a = await asker.topic('a');
      const topicId = await asker.settled(a);
      const { ask } = session(asker, 13);
      const partitions = [{ partition: 0, partitionMaxBytes: 10_000 }];
      const gone: Record<string, unknown> = await inTurn({
        open: () => ask(0, [{ topicId, partitions }]),
        unknown: () => ask(1, [{ topicId: 'AAAAAAAAQACAAAAAAAAAAA', partitions }]),
        again: () => ask(2, []),
      });
      await asker.ask('DeleteTopics', 6, { topics: [{ name: a }], timeoutMs: 5000 });
      await delay(200);
      gone['deleted'] = await ask(3, []);
      await asker.topic('a');
      gone['madeAnew'] = await ask(4, []);
      gone['forget'] = await ask(5, [], { forgottenTopicsData: [{ topicId, partitions: [0] }] });
      return gone;
    },
  },
  {
    name: 'fetch sessions: names and ids in one session',
    async run(asker) {
      const a = await asker.topic('a');
      const topicId = await asker.settled(a);
      const { ask, id } = session(asker, 12);
      const partitions = [{ partition: 0, partitionMaxBytes: 10_000 }];
      await ask(0, [wanted(a)]);
      return asker.ask('Fetch', 13, {
        maxWaitMs: 0,
        minBytes: 1,
        sessionId: id(),
        sessionEpoch: 1,
        topics: [{ topicId, partitions }],
      });
    },
  },
  {
    name: 'fetch sessions: partitions take turns',
    async run(asker) {
      const a = await asker.topic('a', { partitions: 4 });
      for (let partition = 0; partition < 4; partition++) {
        for (let count = 0; count < 3; count++) {
          await asker.produce(a, batchOf(['x'.repeat(500)]), { partition });
        }
      }
      let sessionId = 0;
      const offsets = [0, 0, 0, 0];
      const rounds: unknown[] = [];
      let moved = [0, 1, 2, 3];
      for (let epoch = 0; epoch < 12; epoch++) {
        const answer = await asker.raw('Fetch', 12, {
          maxWaitMs: 0,
          minBytes: 1,
          maxBytes: 600,
          sessionId,
          sessionEpoch: epoch,
          topics: [
            {
              topic: a,
              partitions: moved.map((partition) => ({
                partition,
                fetchOffset: offsets[partition]!,
                partitionMaxBytes: 10_000,
              })),
            },
          ],
        });
        sessionId = answer.sessionId;
        moved = [];
        const round: unknown[] = [];
        for (const { partitionIndex, records } of answer.responses[0]?.partitions ?? []) {
          round.push([partitionIndex, (records?.length ?? 0) > 0]);
          if ((records?.length ?? 0) > 0) {
            offsets[partitionIndex]!++;
            moved.push(partitionIndex);
          }
        }
        rounds.push(round);
      }
      return { rounds, offsets };
    },
  },
];
