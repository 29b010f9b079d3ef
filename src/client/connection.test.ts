// If this breaks, an answer goes to the wrong request, or a dead connection is waited for.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeResponseFrame } from '../protocol/codec/index.ts';
import { MetadataRequest, MetadataResponse } from '../protocol/messages/03-metadata.ts';
import { ApiVersionsResponse } from '../protocol/messages/18-api-versions.ts';
import { Connection } from './connection.ts';
import { code, FakeBroker } from './testing/fake-broker.ts';

// If these break, our tools hang, or tell nonsense, where a broker is old, slow, gone or no broker.

const OPTIONS = { clientId: 'test', connectTimeoutMs: 1000, requestTimeoutMs: 5000 };
const open = (broker: FakeBroker) =>
  broker.until(Connection.open(broker.ports, broker.endpoint, OPTIONS));
const askMetadata = (connection: Connection) =>
  connection.call(MetadataRequest, MetadataResponse, { topics: [] });

test('answers find their callers, byte by byte', async () => {
  const broker = new FakeBroker(() => 1);
  broker.topics.set('a', 2);
  const connection = await open(broker);
  const [first, second] = await broker.until(
    Promise.all([askMetadata(connection), askMetadata(connection)]),
  );
  assert.equal(first.topics[0]?.partitions.length, 2);
  assert.deepEqual(first, second);
  assert.equal(broker.requests('Metadata')[0]?.version, 13);
});

test('a broker that is too old for our first question is asked as it can be', async () => {
  const broker = new FakeBroker();
  broker.maxVersions.set(3, 4);
  broker.on(18, (request, correlationId) =>
    encodeResponseFrame(ApiVersionsResponse, 0, correlationId, {
      errorCode: code('UNSUPPORTED_VERSION'),
      apiKeys: request.version === 0 ? broker.apiKeys() : broker.apiKeys().slice(0, 8),
    }),
  );
  const connection = await open(broker);
  await broker.until(askMetadata(connection));
  assert.equal(broker.requests('Metadata')[0]?.version, 4);
});

test('no common version, and an API the broker has not, are said in a sentence', async () => {
  const broker = new FakeBroker();
  broker.on(18, (request, correlationId) =>
    encodeResponseFrame(ApiVersionsResponse, request.version, correlationId, {
      apiKeys: [{ apiKey: 3, minVersion: 90, maxVersion: 99 }],
    }),
  );
  const connection = await open(broker);
  await assert.rejects(
    askMetadata(connection),
    /the broker at broker:9092 supports Metadata 90 to 99, but this client needs 0 to 13/,
  );
  assert.throws(
    () => connection.versionOf({ ...MetadataRequest, apiKey: 1, name: 'Fetch' }),
    /does not support Fetch/,
  );
});

test('a broker that does not answer in time loses the connection', async () => {
  const broker = new FakeBroker();
  const connection = await open(broker);
  broker.on(3, () => undefined);
  await assert.rejects(
    broker.until(askMetadata(connection)),
    /broker:9092 did not answer Metadata within 5000 ms/,
  );
  assert.equal(connection.isOpen, false);
  await assert.rejects(askMetadata(connection), /did not answer/);
});

test('all that wait are told when the connection ends', async () => {
  const broker = new FakeBroker();
  const connection = await open(broker);
  broker.on(3, () => {
    broker.disconnectAll();
    return undefined;
  });
  const results = await broker.until(
    Promise.allSettled([askMetadata(connection), askMetadata(connection)]),
  );
  for (const result of results) {
    assert.equal(result.status, 'rejected');
    assert.match(String(result.reason), /lost the connection to broker:9092/);
  }
  assert.equal(broker.clock.pendingTimers, 0);
});

test('nobody there, and somebody who speaks another protocol', async () => {
  const broker = new FakeBroker();
  const elsewhere = { host: 'broker', port: 1 };
  await assert.rejects(
    broker.until(Connection.open(broker.ports, elsewhere, OPTIONS)),
    /cannot connect to broker:1: nothing listens there/,
  );
  broker.on(18, () => [Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')]);
  await assert.rejects(open(broker), /broker:9092 does not speak Kafka's protocol/);
});
