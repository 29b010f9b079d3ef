// If this breaks, clients that are many, slow or send huge records take the broker away from the others.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { decodeResponseFrame, encodeRequestFrame } from '../../src/protocol/codec/index.ts';
import { errorName } from '../../src/protocol/errors.ts';
import { ProduceRequest, ProduceResponse } from '../../src/protocol/messages/00-produce.ts';
import { FetchRequest } from '../../src/protocol/messages/01-fetch.ts';
import { MetadataRequest, MetadataResponse } from '../../src/protocol/messages/03-metadata.ts';
import { RawClient } from '../support/raw-client.ts';
import { startTestBroker, type TestBroker } from '../support/test-broker.ts';
import { batchOf, createTopic, fetch, produce } from '../support/topics.ts';

const MB = 1024 * 1024;
const IN_FLIGHT_BYTES = 16 * MB;

let broker: TestBroker;
let client: RawClient;
before(async () => {
  broker = await startTestBroker({
    config: { 'queued.max.request.bytes': String(IN_FLIGHT_BYTES), 'http.listeners': '' },
  });
  client = await RawClient.connect(broker);
});
after(async () => {
  client.close();
  await broker.stop();
});

test('consumers that ask for megabytes and never read hold little, and others are served', async () => {
  await createTopic(client, 'asked-for');
  for (let count = 0; count < 20; count++) {
    await produce(client, 'asked-for', batchOf(['x'.repeat(400_000)]));
  }
  const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 8 * MB }];
  const topics = [{ topic: 'asked-for', partitions }];
  const header = { correlationId: 1, clientId: 'deaf' };
  const body = { maxWaitMs: 0, minBytes: 1, maxBytes: 8 * MB, topics };
  const ask = Buffer.concat(encodeRequestFrame(FetchRequest, 11, header, body));
  const before = process.memoryUsage().rss;
  const deaf = await Promise.all(
    Array.from({ length: 60 }, async () => {
      const socket = connect(broker.port, broker.host);
      await once(socket, 'connect');
      socket.pause();
      for (let count = 0; count < 50; count++) socket.write(ask);
      return socket;
    }),
  );
  await createTopic(client, 'other');
  for (let count = 0; count < 50; count++) {
    const { baseOffset } = await produce(client, 'other', batchOf([`value ${count}`]));
    const { values } = await fetch(client, 'other', Number(baseOffset));
    assert.deepEqual(values, [`value ${count}`]);
  }
  // One answer of 8 MB for each would be 480 MB.
  const grownMB = (process.memoryUsage().rss - before) / MB;
  assert.ok(grownMB < 200, `${grownMB} MB more`);
  for (const socket of deaf) socket.destroy();
});

test('a record of 50 MB is taken and given back where it is allowed, and refused where not', async () => {
  await createTopic(client, 'huge', { configs: { 'max.message.bytes': String(64 * MB) } });
  await createTopic(client, 'usual');
  const records = batchOf(['x'.repeat(50 * MB)]);
  const refused = await produce(client, 'usual', records);
  assert.equal(errorName(refused.errorCode), 'MESSAGE_TOO_LARGE');
  const taken = await produce(client, 'huge', records);
  assert.deepEqual([taken.errorCode, Number(taken.baseOffset)], [0, 0]);
  const after = await produce(client, 'usual', batchOf(['the connection still works']));
  assert.deepEqual([after.errorCode, Number(after.baseOffset)], [0, 0]);
  const { values } = await fetch(client, 'huge', 0, { maxBytes: 100 });
  assert.equal(values[0]?.length, 50 * MB);
});

test('a large batch is checked, and the small one right behind it does not overtake it', async () => {
  await createTopic(client, 'in-order', { configs: { 'max.message.bytes': String(64 * MB) } });
  // Small enough that the connection's limit of bytes in flight does not keep the order by itself.
  const large = batchOf(['x'.repeat(5 * MB)]);
  const damaged = Buffer.from(large);
  damaged[4 * MB]! ^= 1;
  const batches = [large, batchOf(['small']), damaged, batchOf(['small'])];
  for (const records of batches) {
    const topicData = [{ name: 'in-order', partitionData: [{ index: 0, records }] }];
    client.send(ProduceRequest, 9, { acks: -1, timeoutMs: 10_000, topicData });
  }
  const rows: unknown[] = [];
  for (const _ of batches) {
    const { body } = decodeResponseFrame(ProduceResponse, 9, await client.nextFrame());
    const row = body.responses[0]!.partitionResponses[0]!;
    rows.push([errorName(row.errorCode), Number(row.baseOffset)]);
  }
  assert.deepEqual(rows, [
    ['NONE', 0],
    ['NONE', 1],
    ['CORRUPT_MESSAGE', -1],
    ['NONE', 2],
  ]);
});

test('600 connections at once are all served', async () => {
  const clients = await Promise.all(Array.from({ length: 600 }, () => RawClient.connect(broker)));
  const answers = await Promise.all(
    clients.map((one) => one.call(MetadataRequest, MetadataResponse, 9, { topics: [] })),
  );
  assert.ok(answers.every(({ brokers }) => brokers.length === 1));
  for (const one of clients) one.close();
});
