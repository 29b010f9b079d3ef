// The same with @platformatic/kafka: a lost answer, and a consumer that follows.

import { Consumer, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka';
import { startTestBroker } from 'sluice/testing';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';

let broker;
let connection;

beforeAll(async () => {
  broker = await startTestBroker();
  connection = { clientId: 'shop', bootstrapBrokers: [broker.bootstrapServers], retryDelay: 20 };
});
afterEach(() => broker.reset());
afterAll(() => broker.stop());

test('an order whose answer was lost is not stored twice', async () => {
  await broker.createTopic('orders');
  const fault = broker.faults.disconnect('Produce', { lose: 'answer' });
  const producer = new Producer({
    ...connection,
    serializers: stringSerializers,
    idempotent: true,
    retries: 5,
  });
  await producer.send({ messages: [{ topic: 'orders', key: 'alice', value: 'tea' }] });
  await producer.close();
  expect(fault.hits).toBe(1);
  const orders = await broker.records('orders');
  expect(orders.map(({ value }) => String(value))).toEqual(['tea']);
});

test('a consumer sees what is produced while it waits', async () => {
  await broker.createTopic('orders');
  const consumer = new Consumer({
    ...connection,
    groupId: 'kitchen',
    deserializers: stringDeserializers,
  });
  const stream = await consumer.consume({ topics: ['orders'], mode: 'latest', autocommit: true });
  await broker.waitForGroup('kitchen', 'Stable', { members: 1 });
  // From here on it knows where the topic ends, and so what is new.
  await broker.waitForRequests('ListOffsets', 1);

  const producer = new Producer({ ...connection, serializers: stringSerializers });
  await producer.send({ messages: [{ topic: 'orders', key: 'bob', value: 'scones' }] });
  await producer.close();
  for await (const { key, value } of stream) {
    expect(`${key} ${value}`).toBe('bob scones');
    break;
  }
  await stream.close();
  await consumer.close();
});
