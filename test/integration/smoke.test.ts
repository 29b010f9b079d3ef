// If this breaks, nothing works: a client connects, produces, and reads back what it wrote.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Kafka, logLevel } from 'kafkajs';
import { startTestBroker } from '../support/test-broker.ts';

test('what a client produces it reads back in a group, also after a restart', async () => {
  let broker = await startTestBroker();
  try {
    const messages = Array.from({ length: 100 }, (_, index) => ({
      key: `k${index % 7}`,
      value: `v${index}`,
    }));
    const producer = kafka(broker.port).producer();
    await producer.connect();
    await producer.send({ topic: 'first', messages });
    await producer.disconnect();
    broker = await broker.restart();
    const values = await consume(broker.port, 'first', messages.length);
    assert.deepEqual(
      values,
      messages.map(({ value }) => value),
    );
  } finally {
    await broker.stop();
  }
});

function kafka(port: number): Kafka {
  return new Kafka({ brokers: [`127.0.0.1:${port}`], logLevel: logLevel.NOTHING });
}

async function consume(port: number, topic: string, count: number): Promise<string[]> {
  const consumer = kafka(port).consumer({ groupId: 'readers' });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const values: string[] = [];
  await new Promise<void>((resolve) => {
    void consumer.run({
      eachMessage: async ({ message }) => {
        values.push(String(message.value));
        if (values.length === count) resolve();
      },
    });
  });
  await consumer.disconnect();
  return values;
}
