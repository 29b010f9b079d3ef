// Producing and fetching at the edges, asked byte by byte. Numbers in names are PROTOCOL semantics.
import { batch, batchesIn } from '../../lib/batch.mjs';
import { Writer } from '../../lib/raw.mjs';
import * as kafka from '../../lib/requests.mjs';

const CONTROL = 1 << 5;
const ZSTD = 4;
/** What of a produce answer is the same on every run. */
const outcome = ({ error, baseOffset, logAppendTime, recordErrors }) => ({
  error,
  baseOffset,
  logAppendTime: logAppendTime < 0 ? logAppendTime : 'a time',
  ...(recordErrors?.length > 0 && { recordErrors }),
});
const one = (fields) => batch([{ key: 'k', value: 'v' }], fields);

export const dataProbes = [
  {
    name: '21: batches that are wrong: CRC, counts, two at once, control, magic, truncated, empty',
    async run({ connection, topic }) {
      const name = await topic('wrong');
      const answers = {};
      const three = [{ value: 'a' }, { value: 'b' }, { value: 'c' }];
      const tries = {
        crc: one({ brokenCrc: true }),
        countTooHigh: batch(three, { count: 4, lastOffsetDelta: 3 }),
        countTooLow: batch(three, { count: 2, lastOffsetDelta: 1 }),
        deltaOff: batch(three, { lastOffsetDelta: 7 }),
        deltaBelowZero: batch(three, { lastOffsetDelta: -1 }),
        noRecords: batch([], { lastOffsetDelta: 0 }),
        two: Buffer.concat([one(), one()]),
        control: one({ attributes: CONTROL }),
        magic3: one({ magic: 3 }),
        truncated: one().subarray(0, 66),
        onlyHalfAHeader: one().subarray(0, 30),
        nothing: Buffer.alloc(0),
      };
      for (const [label, bytes] of Object.entries(tries))
        answers[label] = outcome(await kafka.produce(connection, name, bytes));
      answers.good = outcome(await kafka.produce(connection, name, one()));
      return answers;
    },
  },
  {
    name: '31: acks other than -1, 0, 1; an unknown partition',
    async run({ connection, topic }) {
      const name = await topic('acks');
      return {
        acks2: outcome(await kafka.produce(connection, name, one(), { acks: 2 })),
        partition9: outcome(await kafka.produce(connection, name, one(), { partition: 9 })),
        minusOne: outcome(await kafka.produce(connection, name, one(), { partition: -1 })),
      };
    },
  },
  {
    name: '22, 23: the CRC that was sent is fetched; LogAppendTime sets the attribute and answers its time',
    async run({ connection, topic }) {
      const sent = batch([{ value: 'same bytes' }], { timestamp: Date.now() });
      const created = await topic('create-time');
      const appended = await topic('append-time', {
        configs: { 'message.timestamp.type': 'LogAppendTime' },
      });
      const answers = {};
      for (const [label, name] of Object.entries({ created, appended })) {
        const produced = outcome(await kafka.produce(connection, name, sent));
        const { partitions } = await kafka.fetch(connection, [{ topic: name, offset: 0 }]);
        const { records } = partitions[0];
        answers[label] = {
          produced,
          fetched: batchesIn(records),
          sameFromTheCrcOn: records.subarray(17).equals(sent.subarray(17)),
        };
      }
      return answers;
    },
  },
  {
    name: '24: max.message.bytes of the topic',
    async run({ connection, topic }) {
      const name = await topic('small', { configs: { 'max.message.bytes': '200' } });
      const sized = (size) => batch([{ value: 'x'.repeat(size) }]);
      // 61 bytes of batch header and 9 of the record around a value of 130 make 200.
      const exact = sized(130);
      return {
        size: exact.length,
        exact: outcome(await kafka.produce(connection, name, exact)),
        oneMore: outcome(await kafka.produce(connection, name, sized(131))),
      };
    },
  },
  {
    name: '25: a compacted topic refuses null keys and names the records',
    async run({ connection, topic }) {
      const name = await topic('compacted', { configs: { 'cleanup.policy': 'compact' } });
      const records = [
        { key: 'a', value: '1' },
        { value: '2' },
        { key: 'c', value: '3' },
        { value: '4' },
      ];
      return {
        v8: outcome(await kafka.produce(connection, name, batch(records))),
        v7: outcome(await kafka.produce(connection, name, batch(records), { version: 7 })),
        withKey: outcome(await kafka.produce(connection, name, one())),
      };
    },
  },
  {
    name: '26: zstd in Produce v6',
    async run({ connection, topic }) {
      const name = await topic('zstd-v6');
      return outcome(
        await kafka.produce(connection, name, one({ attributes: ZSTD }), { version: 6 }),
      );
    },
  },
  {
    name: '70: a timestamp beyond message.timestamp.after.max.ms, and one long ago',
    async run({ connection, topic }) {
      const name = await topic('times');
      const day = 24 * 3_600_000;
      return {
        tomorrow: outcome(
          await kafka.produce(connection, name, one({ timestamp: Date.now() + day })),
        ),
        soon: outcome(
          await kafka.produce(connection, name, one({ timestamp: Date.now() + 60_000 })),
        ),
        lastYear: outcome(
          await kafka.produce(connection, name, one({ timestamp: Date.now() - 365 * day })),
        ),
        noTimestamp: outcome(await kafka.produce(connection, name, one({ timestamp: -1 }))),
      };
    },
  },
  {
    name: '27, 28: sequences and epochs of the idempotent producer',
    async run({ connection, topic }) {
      const name = await topic('idempotent');
      const { producerId, error } = await kafka.initProducerId(connection);
      const send = async (sequence, epoch = 0, count = 1) => {
        const records = Array.from({ length: count }, (_, index) => ({
          key: `${sequence}`,
          value: `${index}`,
        }));
        const { error: code, baseOffset } = await kafka.produce(
          connection,
          name,
          batch(records, { producerId, epoch, sequence, timestamp: 1_700_000_000_000 }),
        );
        return code === 0 ? baseOffset : `error ${code}`;
      };
      const answers = { init: error };
      answers.first = await send(0);
      answers.again = await send(0);
      answers.gap = await send(5);
      answers.next = [
        await send(1),
        await send(2, 0, 3),
        await send(5),
        await send(6),
        await send(7),
      ];
      answers.resentOfTheLastFive = [await send(7), await send(2, 0, 3), await send(1)];
      answers.olderThanFive = await send(0);
      answers.partOfABatch = await send(3);
      answers.newEpochNotAtZero = await send(4, 1);
      answers.newEpoch = await send(0, 1);
      answers.oldEpoch = await send(8, 0);
      answers.skippedEpoch = await send(0, 5);
      answers.end = (await kafka.listOffsets(connection, name, -1)).offset;
      return answers;
    },
  },
  {
    name: '27: an unknown producer that begins in the middle; sequences that wrap',
    async run({ connection, topic }) {
      const name = await topic('sequences');
      const send = async (producerId, sequence, count = 1) => {
        const records = Array.from({ length: count }, () => ({ key: 'k', value: 'v' }));
        return outcome(
          await kafka.produce(
            connection,
            name,
            batch(records, { producerId, epoch: 0, sequence, timestamp: Date.now() }),
          ),
        );
      };
      const { producerId } = await kafka.initProducerId(connection);
      const middle = await send(producerId, 41);
      const { producerId: wrapping } = await kafka.initProducerId(connection);
      const wrap = [
        await send(wrapping, 0x7ffffffe),
        await send(wrapping, 0x7fffffff, 2),
        await send(wrapping, 1),
      ];
      const neverGivenOut = await send(123_456_789, 0);
      const withoutSequence = outcome(
        await kafka.produce(connection, name, one({ producerId, epoch: 0, sequence: -1 })),
      );
      return { middle, wrap, neverGivenOut, withoutSequence };
    },
  },
  {
    name: '33, 39: empty and refused partitions carry no bytes, never null',
    async run({ connection, topic }) {
      const name = await topic('empty');
      const read = async (partition, options) => {
        const { partitions } = await kafka.fetch(connection, [partition], options);
        const { error, highWatermark, logStartOffset, records } = partitions[0];
        return {
          error,
          highWatermark,
          logStartOffset,
          bytes: records === null ? null : records.length,
        };
      };
      const answers = { empty: await read({ topic: name, offset: 0 }) };
      await kafka.produce(
        connection,
        name,
        batch([{ value: 'a' }, { value: 'b' }, { value: 'c' }]),
      );
      answers.atTheEnd = await read({ topic: name, offset: 3 });
      answers.beyond = await read({ topic: name, offset: 4 });
      answers.belowZero = await read({ topic: name, offset: -1 });
      answers.unknownPartition = await read({ topic: name, partition: 7, offset: 0 });
      answers.v4Beyond = await read({ topic: name, offset: 4 }, { version: 4 });
      answers.deleteRecords = await kafka.deleteRecords(connection, name, 2);
      answers.belowTheStart = await read({ topic: name, offset: 1 });
      answers.newerEpoch = await read({ topic: name, offset: 2, leaderEpoch: 50 });
      return answers;
    },
  },
  {
    name: '34, 35: one batch at least, whole, from an offset inside it; later partitions keep to the limit',
    async run({ connection, topic }) {
      const name = await topic('large', { partitions: 2 });
      const large = batch([{ value: 'x'.repeat(5_000) }, { value: 'y'.repeat(5_000) }]);
      for (const partition of [0, 0, 1])
        await kafka.produce(connection, name, large, { partition });
      const read = async (partitions, options) =>
        (await kafka.fetch(connection, partitions, options)).partitions.map(({ records }) =>
          batchesIn(records).map(({ baseOffset, count }) => `${count} from ${baseOffset}`),
        );
      const both = [
        { topic: name, partition: 0, offset: 0 },
        { topic: name, partition: 1, offset: 0 },
      ];
      return {
        tinyMaxBytes: await read(both, { maxBytes: 100 }),
        tinyPartition: await read([{ ...both[0], maxBytes: 10 }]),
        inside: await read([{ topic: name, partition: 0, offset: 1 }]),
        insideTheSecond: await read([{ topic: name, partition: 0, offset: 3 }]),
        roomForOne: await read([{ ...both[0], maxBytes: large.length + 10 }]),
        v4: await read(both, { version: 4, maxBytes: 100 }),
      };
    },
  },
  {
    name: '36: a Fetch waits for bytes that come, and answers an error at once',
    async run({ connection, connect, topic }) {
      const name = await topic('wait');
      const startedAt = Date.now();
      const parked = kafka.fetch(connect(), [{ topic: name, offset: 0 }], { maxWait: 8_000 });
      await new Promise((resolve) => setTimeout(resolve, 200));
      await kafka.produce(connection, name, one());
      const woken = batchesIn((await parked).partitions[0].records).length;
      await kafka.fetch(connection, [{ topic: name, offset: 99 }], { maxWait: 8_000 });
      return { woken, inTime: Date.now() - startedAt < 6_000 };
    },
  },
  {
    name: '38: fetch sessions: full, incremental, forgotten, wrong epoch, unknown',
    async run({ connection, topic }) {
      const name = await topic('session', { partitions: 2 });
      const all = [0, 1].map((partition) => ({ topic: name, partition, offset: 0 }));
      const first = await kafka.fetch(connection, all, { epoch: 0 });
      const session = first.session;
      const summary = ({ error, session: id, partitions }) => ({
        error,
        session: id === 0 ? 0 : id === session ? 'the same' : 'another',
        partitions: partitions.map(
          ({ partition, records }) => `${partition}: ${records.length > 0 ? 'records' : 'empty'}`,
        ),
      });
      const answers = {
        first: summary(first),
        nothingNew: summary(await kafka.fetch(connection, [], { session, epoch: 1 })),
      };
      await kafka.produce(connection, name, one(), { partition: 1 });
      answers.onePartition = summary(await kafka.fetch(connection, [], { session, epoch: 2 }));
      answers.forgotten = summary(
        await kafka.fetch(connection, [], {
          session,
          epoch: 3,
          forgotten: [{ topic: name, partition: 1 }],
        }),
      );
      answers.wrongEpoch = summary(await kafka.fetch(connection, [], { session, epoch: 9 }));
      answers.unknown = summary(await kafka.fetch(connection, [], { session: 99, epoch: 1 }));
      answers.sessionless = summary(await kafka.fetch(connection, all, { epoch: -1 }));
      answers.closed = summary(await kafka.fetch(connection, all, { session, epoch: -1 }));
      answers.afterClose = summary(await kafka.fetch(connection, [], { session, epoch: 4 }));
      return answers;
    },
  },
  {
    name: '41: ListOffsets: ends, start, by time, none, v0, leader epochs',
    async run({ connection, topic }) {
      const name = await topic('offsets');
      const at = Date.now() - 100_000;
      for (const step of [0, 1, 2, 3])
        await kafka.produce(
          connection,
          name,
          batch([{ value: 'a' }, { value: 'b' }], { timestamp: at + step * 1_000 }),
        );
      await kafka.deleteRecords(connection, name, 2);
      const of = async (timestamp, options) => {
        const answer = await kafka.listOffsets(connection, name, timestamp, options);
        if (answer.timestamp > 0) answer.timestamp -= at;
        return answer;
      };
      return {
        latest: await of(-1),
        earliest: await of(-2),
        exactly: await of(at + 2_000),
        between: await of(at + 1_500),
        before: await of(1),
        after: await of(at + 3_001),
        v1: await of(at + 2_000, { version: 1 }),
        v0Latest: await of(-1, { version: 0 }),
        v0Earliest: await of(-2, { version: 0 }),
        committed: await of(-1, { isolation: 1 }),
        sameEpoch: await of(-1, { leaderEpoch: 0 }),
        newerEpoch: await of(-1, { leaderEpoch: 9 }),
        unknownPartition: await of(-1, { partition: 9 }),
        maxTimestampInV5: await of(-3),
      };
    },
  },
  {
    name: '68: DeleteRecords: to the end, beyond it, below the start, on a compacted topic',
    async run({ connection, topic }) {
      const name = await topic('delete-records');
      const compacted = await topic('delete-compacted', {
        configs: { 'cleanup.policy': 'compact' },
      });
      for (const target of [name, compacted])
        await kafka.produce(
          connection,
          target,
          batch([
            { key: 'a', value: '1' },
            { key: 'b', value: '2' },
            { key: 'c', value: '3' },
          ]),
        );
      return {
        some: await kafka.deleteRecords(connection, name, 2),
        lower: await kafka.deleteRecords(connection, name, 1),
        beyond: await kafka.deleteRecords(connection, name, 4),
        belowZero: await kafka.deleteRecords(connection, name, -2),
        toTheEnd: await kafka.deleteRecords(connection, name, -1),
        unknown: await kafka.deleteRecords(connection, 'none-such', 1),
        compacted: await kafka.deleteRecords(connection, compacted, 1),
      };
    },
  },
  {
    name: '43: OffsetForLeaderEpoch: the epoch known, below, above',
    async run({ connection, topic }) {
      const name = await topic('epochs');
      await kafka.produce(connection, name, one());
      const ask = async (epoch) => {
        const body = new Writer();
        body
          .int32(-1)
          .array([name], () =>
            body.string(name).array([0], () => body.int32(0).int32(-1).int32(epoch)),
          );
        const reader = await connection.request(23, 3, body.done());
        reader.int32();
        return reader.array(() => {
          reader.string();
          return reader.array(() => {
            const answer = { error: reader.int16() };
            reader.int32();
            return { ...answer, epoch: reader.int32(), endOffset: reader.int64() };
          })[0];
        })[0];
      };
      return { zero: await ask(0), five: await ask(5), none: await ask(-1) };
    },
  },
];
