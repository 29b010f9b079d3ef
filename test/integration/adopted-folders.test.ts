// If this breaks, somebody who points the broker at the data of a Kafka broker, or lost the file with
// the topics, finds an empty broker, or one that deletes what it found.
import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Kafka, logLevel } from 'kafkajs';
import { LEGACY_SETS } from '../../src/protocol/records/testing/legacy-sets.ts';
import { LogCapture } from '../support/log-capture.ts';
import { startTestBroker } from '../support/test-broker.ts';

function kafka(port: number): Kafka {
  return new Kafka({ brokers: [`127.0.0.1:${port}`], logLevel: logLevel.NOTHING });
}

async function valuesOf(port: number, topic: string, count: number): Promise<string[]> {
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

async function send(port: number, topic: string, values: readonly string[]): Promise<void> {
  const producer = kafka(port).producer({ allowAutoTopicCreation: false });
  await producer.connect();
  await producer.send({ topic, messages: values.map((value) => ({ value, partition: 1 })) });
  await producer.disconnect();
}

test('topics come back from their folders, keep everything, and committed offsets go on', async () => {
  let broker = await startTestBroker();
  let kept = '';
  try {
    const admin = kafka(broker.port).admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: 'orders', numPartitions: 2 }] });
    await send(broker.port, 'orders', ['a', 'b', 'c']);
    assert.deepEqual(await valuesOf(broker.port, 'orders', 3), ['a', 'b', 'c']);
    await admin.disconnect();
    await broker.broker.stop();
    kept = broker.folder;
    const metadata = join(kept, 'orders-1', 'partition.metadata');
    const before = readFileSync(metadata, 'utf8');
    for (const name of readdirSync(kept)) {
      if (name.startsWith('sluice-store')) unlinkSync(join(kept, name));
    }
    // A partition that was elsewhere in the old cluster begins empty.
    rmSync(join(kept, 'orders-0'), { recursive: true });
    broker = await startTestBroker({ folder: kept });
    assert.equal(readFileSync(metadata, 'utf8'), before, 'the topic keeps its id');
    const again = kafka(broker.port).admin();
    await again.connect();
    const { topics } = await again.fetchTopicMetadata({ topics: ['orders'] });
    assert.equal(topics[0]?.partitions.length, 2);
    const { resources } = await again.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: 2, name: 'orders', configNames: ['retention.ms'] }],
    });
    assert.equal(resources[0]?.configEntries[0]?.configValue, '-1');
    await again.disconnect();
    await send(broker.port, 'orders', ['d']);
    assert.deepEqual(await valuesOf(broker.port, 'orders', 1), ['d'], 'after what was committed');
  } finally {
    await broker.stop();
    if (kept !== '') rmSync(kept, { recursive: true, force: true });
  }
});

test('messages of an old Kafka are converted when its folder is opened for the first time', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-old-'));
  mkdirSync(join(folder, 'old-0'));
  const set = LEGACY_SETS.find(({ magic, codec }) => magic === 1 && codec === 'gzip')!;
  writeFileSync(join(folder, 'old-0', `${'0'.repeat(20)}.log`), Buffer.from(set.hex, 'hex'));
  const capture = new LogCapture();
  const broker = await startTestBroker({ folder, logger: capture });
  try {
    assert.deepEqual(await valuesOf(broker.port, 'old', 3), ['value one', '', 'null']);
    assert.ok(capture.lines.some(({ msg }) => msg.startsWith('took over 1 topics')));
    assert.ok(capture.lines.some(({ msg }) => msg.startsWith('converted the messages')));
  } finally {
    await broker.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
