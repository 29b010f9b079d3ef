// If this breaks, clients cannot negotiate versions, or one client's mistake hurts another.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Reader } from '../../src/protocol/codec/index.ts';
import { ProduceRequest } from '../../src/protocol/messages/00-produce.ts';
import { FetchRequest } from '../../src/protocol/messages/01-fetch.ts';
import { MetadataRequest, MetadataResponse } from '../../src/protocol/messages/03-metadata.ts';
import {
  ApiVersionsRequest,
  ApiVersionsResponse,
} from '../../src/protocol/messages/18-api-versions.ts';
import { RawClient } from '../support/raw-client.ts';
import { startTestBroker, type TestBroker } from '../support/test-broker.ts';
import { batchOf, createTopic, fetch, produce } from '../support/topics.ts';

let broker: TestBroker;
before(async () => {
  broker = await startTestBroker();
});
after(() => broker.stop());

const newClient = () => RawClient.connect(broker);

async function apiVersions(client: RawClient, version: number) {
  return client.call(ApiVersionsRequest, ApiVersionsResponse, version, {
    ...(version >= 3 && { clientSoftwareName: 'raw', clientSoftwareVersion: '1.0' }),
  });
}

/** An ApiVersions request of a version that nobody has, with an empty body. */
function futureApiVersions(correlationId: number): Buffer {
  const frame = Buffer.alloc(4 + 8 + 2 + 3 + 1);
  frame.writeInt32BE(frame.length - 4, 0);
  frame.writeInt16BE(18, 4);
  frame.writeInt16BE(127, 6);
  frame.writeInt32BE(correlationId, 8);
  frame.writeInt16BE(3, 12);
  frame.write('raw', 14, 'latin1');
  return frame;
}

test('the ApiVersions response has no header tags at any version', async () => {
  const client = await newClient();
  for (const version of [0, 1, 2, 3, 4]) {
    const { errorCode, apiKeys } = await apiVersions(client, version);
    assert.equal(errorCode, 0);
    assert.ok(apiKeys.length >= 26, `version ${version} lists ${apiKeys.length} APIs`);
  }
  client.close();
});

test('every API is advertised from version 0, except where Kafka itself begins later', async () => {
  const client = await newClient();
  const { apiKeys } = await apiVersions(client, 0);
  assert.deepEqual(
    apiKeys.map(({ apiKey }) => apiKey),
    [...apiKeys.map(({ apiKey }) => apiKey)].sort((a, b) => a - b),
  );
  assert.deepEqual(
    apiKeys.filter(({ minVersion }) => minVersion !== 0),
    [],
  );
  client.close();
});

test('an unknown ApiVersions version is answered with error 35 in a v0 body', async () => {
  const client = await newClient();
  client.sendBytes(futureApiVersions(77));
  const reader = new Reader(await client.nextFrame());
  assert.equal(reader.int32(), 77, 'correlation id, and no tags after it');
  assert.equal(reader.int16(), 35);
  assert.equal(reader.int32(), 1, 'one API is listed');
  assert.deepEqual([reader.int16(), reader.int16(), reader.int16()], [18, 0, 4]);
  assert.equal((await apiVersions(client, 3)).errorCode, 0, 'the connection stays usable');
  client.close();
});

test('a bad client software name is refused and the connection stays usable', async () => {
  const client = await newClient();
  const refused = await client.call(ApiVersionsRequest, ApiVersionsResponse, 3, {
    clientSoftwareName: '-x y',
    clientSoftwareVersion: '1.0',
  });
  assert.equal(refused.errorCode, 42);
  assert.equal((await apiVersions(client, 3)).errorCode, 0);
  client.close();
});

test('the client id may be null or long at every header version', async () => {
  const client = await newClient();
  for (const version of [0, 9]) {
    for (const clientId of [null, '', 'x'.repeat(300)]) {
      const { topics } = await client.call(
        MetadataRequest,
        MetadataResponse,
        version,
        { topics: [] },
        clientId,
      );
      assert.deepEqual(topics, []);
    }
  }
  client.close();
});

test('answers come in the order of the requests', async () => {
  const client = await newClient();
  await createTopic(client, 'ordered');
  const fetchId = client.send(FetchRequest, 4, {
    maxWaitMs: 300,
    minBytes: 1,
    topics: [
      { topic: 'ordered', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }] },
    ],
  });
  const metadataId = client.send(MetadataRequest, 1, { topics: [] });
  const ids = [await client.nextFrame(), await client.nextFrame()].map((frame) =>
    frame.readInt32BE(0),
  );
  assert.deepEqual(ids, [fetchId, metadataId]);
  client.close();
});

test('a produce with acks=0 gets no bytes, and an error closes its connection', async () => {
  const client = await newClient();
  await createTopic(client, 'silent');
  const send = (name: string) =>
    client.send(ProduceRequest, 7, {
      acks: 0,
      timeoutMs: 1000,
      topicData: [{ name, partitionData: [{ index: 0, records: batchOf(['x']) }] }],
    });
  send('silent');
  assert.equal((await apiVersions(client, 0)).errorCode, 0, 'the first frame is the next answer');
  assert.deepEqual((await fetch(client, 'silent', 0)).values, ['x']);
  send('missing');
  await client.closed;
});

test('bad lengths close only their own connection, and halves are put together', async () => {
  const bystander = await newClient();
  for (const length of [-1, 0x7fffffff]) {
    const client = await newClient();
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(length);
    client.sendBytes(bytes);
    await client.closed;
  }
  const slow = await newClient();
  const frame = futureApiVersions(5);
  for (const byte of frame) {
    slow.sendBytes(Uint8Array.of(byte));
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal((await slow.nextFrame()).readInt32BE(0), 5);
  assert.equal((await apiVersions(bystander, 3)).errorCode, 0);
  slow.close();
  bystander.close();
});

test('an unsupported version of any other API closes the connection', async () => {
  const client = await newClient();
  const frame = futureApiVersions(6);
  frame.writeInt16BE(3, 4);
  client.sendBytes(frame);
  await client.closed;
});

test('parked requests do not outlive a shutdown', async () => {
  const other = await startTestBroker();
  const client = await RawClient.connect(other);
  await createTopic(client, 'parked');
  const id = client.send(FetchRequest, 4, {
    maxWaitMs: 60_000,
    minBytes: 1,
    topics: [
      { topic: 'parked', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }] },
    ],
  });
  const { errorCode } = await produce(await RawClient.connect(other), 'parked', null);
  assert.equal(errorCode, 87);
  const answer = client.nextFrame();
  await other.stop();
  assert.equal((await answer).readInt32BE(0), id);
  await client.closed;
});
