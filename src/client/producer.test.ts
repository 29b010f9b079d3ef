// If this breaks, records sent with our producer are lost, doubled, out of order, or never settled.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProduceResponse } from '../protocol/messages/00-produce.ts';
import { InitProducerIdResponse } from '../protocol/messages/22-init-producer-id.ts';
import { decodeAllRecords } from '../protocol/records/record.ts';
import * as RecordBatch from '../protocol/records/record-batch.ts';
import { Cluster } from './cluster.ts';
import { Producer, type ProducerOptions } from './producer.ts';
import { code, FakeBroker, type SeenRequest } from './testing/fake-broker.ts';

// If these break, records are lost, doubled or out of order, although the producer said otherwise.

interface Partition {
  readonly index: number;
  readonly records: Buffer;
}
const partitionsOf = ({ body }: SeenRequest): Partition[] =>
  (body['topicData'] as { partitionData: Partition[] }[]).flatMap((topic) => topic.partitionData);

function start(options: ProducerOptions, errors: number[] = []) {
  const broker = new FakeBroker();
  broker.topics.set('t', 2);
  const stored: { index: number; values: string[]; sequence: number }[] = [];
  broker.reply(ProduceResponse, (request) => ({
    responses: [
      {
        name: 't',
        partitionResponses: partitionsOf(request).map(({ index, records }) => {
          const errorCode = errors.shift() ?? 0;
          const values = decodeAllRecords(records).map(({ value }) => String(value));
          const sequence = RecordBatch.baseSequence(records);
          const before = stored.filter((batch) => batch.index === index);
          const baseOffset = before.reduce((sum, batch) => sum + batch.values.length, 0);
          if (errorCode === 0) stored.push({ index, values, sequence });
          return { index, errorCode, baseOffset };
        }),
      },
    ],
  }));
  broker.reply(InitProducerIdResponse, () => ({ errorCode: 0, producerId: 7, producerEpoch: 0 }));
  const cluster = new Cluster(broker.ports, { bootstrap: [broker.endpoint] });
  return { broker, stored, producer: new Producer(cluster, options) };
}

const record = (value: string, partition = 0) => ({ topic: 't', partition, value });

test('records of one turn go in one request, a batch per partition, and know their offsets', async () => {
  const { broker, producer, stored } = start({});
  await broker.until(producer.prepare('t'));
  const sent = ['a', 'b', 'c'].map((value) => producer.send(record(value)));
  const other = producer.send(record('d', 1));
  assert.deepEqual(
    (await broker.until(Promise.all(sent))).map(({ offset }) => offset),
    [0, 1, 2],
  );
  assert.equal((await other).partition, 1);
  assert.equal(broker.requests('Produce').length, 1);
  assert.deepEqual(
    stored.map(({ values }) => values),
    [['a', 'b', 'c'], ['d']],
  );
  assert.equal(producer.bufferedBytes, 0);
});

test('a linger waits for more, and a flush does not wait for it', async () => {
  const { broker, producer, stored } = start({ lingerMs: 1000 });
  await broker.until(producer.prepare('t'));
  void producer.send(record('a'));
  await broker.clock.advanceAndSettle(500);
  void producer.send(record('b'));
  assert.equal(stored.length, 0);
  await broker.clock.advanceAndSettle(501);
  assert.deepEqual(stored[0]?.values, ['a', 'b']);
  void producer.send(record('c'));
  const before = broker.clock.now();
  await broker.until(producer.flush());
  assert.ok(broker.clock.now() - before < 100);
  assert.deepEqual(stored[1]?.values, ['c']);
});

test('a full batch goes at once, and the order stays', async () => {
  const { broker, producer, stored } = start({ lingerMs: 60_000, batchBytes: 300 });
  await broker.until(producer.prepare('t'));
  const values = Array.from({ length: 50 }, (_, index) => `value number ${index}`);
  for (const value of values) void producer.send(record(value));
  await broker.until(producer.flush());
  assert.ok(stored.length > 3);
  assert.deepEqual(
    stored.flatMap((batch) => batch.values),
    values,
  );
});

test('records without a key fill a batch, then move on to another partition', async () => {
  const { broker, producer, stored } = start({ lingerMs: 60_000, batchBytes: 300 });
  await broker.until(producer.prepare('t'));
  for (let index = 0; index < 400; index++)
    void producer.send({ topic: 't', value: `value ${index}` });
  await broker.until(producer.flush());
  const partitions = new Set(stored.map(({ index }) => index));
  assert.deepEqual([...partitions].sort(), [0, 1]);
  const sizes = stored.map(({ values }) => values.length);
  assert.ok(sizes.filter((size) => size < 5).length <= 2, `not one by one: ${sizes}`);
});

test('records with a key all go to the partition of the key', async () => {
  const { broker, producer, stored } = start({ lingerMs: 60_000, batchBytes: 300 });
  await broker.until(producer.prepare('t'));
  for (let index = 0; index < 100; index++) {
    void producer.send({ topic: 't', key: 'foobar', value: `value ${index}` });
  }
  await broker.until(producer.flush());
  assert.deepEqual([...new Set(stored.map(({ index }) => index))], [0]);
});

test('a batch that its leader refused for now is sent again before the later ones', async () => {
  const errors = [code('NOT_LEADER_OR_FOLLOWER'), code('NOT_ENOUGH_REPLICAS')];
  const { broker, producer, stored } = start({}, errors);
  await broker.until(producer.prepare('t'));
  const first = producer.send(record('a'));
  await broker.clock.advanceAndSettle(10);
  const second = producer.send(record('b'));
  const [{ offset }] = await broker.until(Promise.all([first, second]));
  assert.equal(offset, 0);
  assert.deepEqual(
    stored.flatMap(({ values }) => values),
    ['a', 'b'],
  );
});

test('a batch refused for good fails its own records only', async () => {
  const { broker, producer } = start({}, [code('MESSAGE_TOO_LARGE')]);
  await broker.until(producer.prepare('t'));
  await assert.rejects(broker.until(producer.send(record('a'))), /larger than the broker/);
  assert.equal((await broker.until(producer.send(record('b')))).offset, 0);
});

test('a record that is never accepted fails at its deadline', async () => {
  const always = Array.from({ length: 1000 }, () => code('NOT_ENOUGH_REPLICAS'));
  const { broker, producer } = start({ deliveryTimeoutMs: 5000 }, always);
  await broker.until(producer.prepare('t'));
  await assert.rejects(broker.until(producer.send(record('a'))), /Too few replicas/);
  assert.equal(producer.bufferedBytes, 0);
});

test('an idempotent producer numbers its batches, and repeats them with the same numbers', async () => {
  const errors = [0, code('NOT_ENOUGH_REPLICAS_AFTER_APPEND')];
  const { broker, producer, stored } = start({ idempotent: true }, errors);
  await broker.until(producer.prepare('t'));
  for (const value of ['a', 'b', 'c']) {
    await broker.until(Promise.all([producer.send(record(value)), producer.send(record(value))]));
  }
  assert.deepEqual(
    stored.map(({ sequence }) => sequence),
    [0, 2, 4],
  );
  const sent = broker.requests('Produce').flatMap(partitionsOf);
  assert.ok(sent[1]!.records.equals(sent[2]!.records), 'the same bytes again');
  assert.equal(RecordBatch.producerId(sent[0]!.records), 7);
});

test('with acks=0 nothing is waited for', async () => {
  const { broker, producer } = start({ acks: 0 });
  broker.on(0, () => undefined);
  await broker.until(producer.prepare('t'));
  assert.equal((await broker.until(producer.send(record('a')))).offset, -1);
});

test('a lost connection is made again, and the batch repeated', async () => {
  const { broker, producer, stored } = start({});
  await broker.until(producer.prepare('t'));
  broker.disconnectAll();
  assert.equal((await broker.until(producer.send(record('a')))).offset, 0);
  assert.equal(stored.length, 1);
});

test('a record above the limit is refused at once, naming both sizes', async () => {
  const { broker, producer } = start({ maxRequestBytes: 1000 });
  await broker.until(producer.prepare('t'));
  await assert.rejects(
    producer.send(record('x'.repeat(2000))),
    /The message is 20\d\d bytes when serialized which is larger than 1000/,
  );
  assert.throws(() => start({ idempotent: true, acks: 1 }), /needs acks=all/);
});
