// jest as it comes, without flags, and so with CommonJS. The code under test produces; the test looks at what arrived, plays a fault, and moves the time.
const { afterAll, afterEach, beforeAll, expect, test } = require('@jest/globals');
const { Kafka, logLevel } = require('kafkajs');
const { startTestBroker } = require('sluice/testing');

let broker;
let kafka;

beforeAll(async () => {
  broker = await startTestBroker();
  kafka = new Kafka({
    clientId: 'shop',
    brokers: [broker.bootstrapServers],
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 20 },
  });
});
afterEach(() => broker.reset());
afterAll(() => broker.stop());

test('an order that meets a moved leader arrives all the same, once', async () => {
  await broker.createTopic('orders', { partitions: 2 });
  const fault = broker.faults.error('Produce', 'NOT_LEADER_OR_FOLLOWER', { clientId: 'shop' });
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic: 'orders', messages: [{ key: 'alice', value: 'tea' }] });
  await producer.disconnect();
  const [order, ...more] = await broker.waitForRecords('orders', 1);
  expect(`${order.key} ${order.value}`).toBe('alice tea');
  expect(more.length).toBe(0);
  expect(fault.hits).toBe(1);
});

test('a group reads every order, and is empty once its member is gone', async () => {
  await broker.createTopic('orders');
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic: 'orders', messages: [{ value: 'tea' }, { value: 'scones' }] });
  await producer.disconnect();

  const seen = [];
  const consumer = kafka.consumer({ groupId: 'kitchen' });
  await consumer.connect();
  await consumer.subscribe({ topic: 'orders', fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message }) => {
      seen.push(String(message.value));
    },
  });
  await broker.waitForConsumed('kitchen', 'orders');
  expect(seen).toEqual(['tea', 'scones']);
  await consumer.disconnect();
  await broker.waitForGroup('kitchen', 'Empty');
});

test('orders older than a minute are gone when their minute is over', async () => {
  const config = { 'retention.ms': 60_000, 'message.timestamp.type': 'LogAppendTime' };
  await broker.createTopic('orders', { config });
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic: 'orders', messages: [{ value: 'tea' }] });
  await producer.disconnect();
  // The broker looks every five minutes.
  await broker.clock.advance(10 * 60_000);
  expect(await broker.records('orders')).toEqual([]);
});
