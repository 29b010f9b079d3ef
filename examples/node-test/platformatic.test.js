// The same with @platformatic/kafka: a lost answer, and a consumer that follows.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { Consumer, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka';
import { startTestBroker } from 'sluice/testing';

let broker;
let connection;

before(async () => {
  broker = await startTestBroker();
  connection = { clientId: 'shop', bootstrapBrokers: [broker.bootstrapServers], retryDelay: 20 };
});
afterEach(() => broker.reset());
after(() => broker.stop());

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
  assert.equal(fault.hits, 1);
  const orders = await broker.records('orders');
  assert.deepEqual(
    orders.map(({ value }) => String(value)),
    ['tea'],
  );
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
    assert.equal(`${key} ${value}`, 'bob scones');
    break;
  }
  await stream.close();
  await consumer.close();
});
