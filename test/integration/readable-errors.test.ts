// If this breaks, whoever points the wrong program at the broker, or the right one wrongly, finds nothing
// in the log that says what happened and what to change.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { type EmbeddedBroker, startBroker } from '../../src/embed/index.ts';
import {
  ApiVersionsRequest,
  ApiVersionsResponse,
} from '../../src/protocol/messages/18-api-versions.ts';
import { writeLegacyMessage } from '../../src/protocol/records/legacy-message.ts';
import { LogCapture } from '../support/log-capture.ts';
import { RawClient } from '../support/raw-client.ts';
import { batchOf, createTopic, produce } from '../support/topics.ts';

const log = new LogCapture();
let broker: EmbeddedBroker;
let at: { host: string; port: number };
let httpPort: number;

before(async () => {
  broker = await startBroker({
    data: 'memory',
    http: true,
    logger: log,
    config: { 'socket.request.max.bytes': 100_000 },
  });
  at = { host: broker.host, port: broker.port };
  httpPort = Number(new URL(broker.httpUrl ?? '').port);
});
after(() => broker.stop());

/** The one sentence that the log has by now. */
function sentence(): string {
  const complaints = log.takeComplaints();
  assert.equal(complaints.length, 1, JSON.stringify(complaints));
  assert.match(String(complaints[0]?.['client']), /^127\.0\.0\.1:\d+$/);
  return complaints[0]?.msg ?? '';
}

const closed = (socket: Socket) =>
  new Promise<void>((resolve) => {
    socket.on('error', () => {});
    socket.once('close', () => resolve());
    socket.resume();
  });

function request(apiKey: number, version: number, clientId = 'orders'): Buffer {
  const bytes = Buffer.alloc(14 + clientId.length + 4);
  bytes.writeInt32BE(bytes.length - 4, 0);
  bytes.writeInt16BE(apiKey, 4);
  bytes.writeInt16BE(version, 6);
  bytes.writeInt16BE(clientId.length, 12);
  bytes.write(clientId, 14);
  return bytes;
}

async function send(bytes: Uint8Array, port = at.port): Promise<void> {
  const socket = connect(port, at.host);
  socket.write(bytes);
  await closed(socket);
}

test('TLS to a plaintext port', async () => {
  await closed(connectTls({ ...at, rejectUnauthorized: false }));
  assert.equal(
    sentence(),
    'closed a connection: the client speaks TLS, listener PLAINTEXT does not: set security.protocol=PLAINTEXT ' +
      'in the client, or give it the address of a listener with TLS',
  );
});

test('HTTP to the Kafka port, which also answers so', async () => {
  const body = await new Promise<string>((resolve, reject) => {
    get({ ...at, path: '/metrics', agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve(`${response.statusCode} ${text}`));
    }).on('error', reject);
  });
  assert.equal(
    body,
    "400 This port speaks Kafka's protocol, not HTTP. See http.listeners for the HTTP port.\n",
  );
  assert.equal(
    sentence(),
    "closed a connection: the client speaks HTTP, listener PLAINTEXT speaks Kafka's protocol: " +
      'give it the address in http.listeners instead',
  );
});

test('a Kafka client on the HTTP port', async () => {
  await send(request(18, 3), httpPort);
  assert.equal(
    sentence(),
    `closed a connection: the client speaks Kafka's protocol, http://127.0.0.1:${httpPort} speaks HTTP: ` +
      "give it the address of one of the broker's listeners instead",
  );
});

test('TLS to the HTTP port', async () => {
  await closed(connectTls({ host: at.host, port: httpPort, rejectUnauthorized: false }));
  assert.equal(
    sentence(),
    `closed a connection: the client speaks TLS, http://127.0.0.1:${httpPort} speaks HTTP: ` +
      'use http:// instead of https://',
  );
});

test('a client too new for this broker', async () => {
  await send(request(3, 99));
  assert.match(
    sentence(),
    /^closed a connection: client 'orders' asked for Metadata version 99, which is not supported, 0 to \d+ are: the client is too new for this broker and did not ask which versions it has; set the broker version in the client \(api\.version\.request=true, broker\.version\.fallback, api_version\) or update Sluice$/,
  );
});

test('a client that said what software it is', async () => {
  const client = await RawClient.connect(at);
  const software = { clientSoftwareName: 'librdkafka', clientSoftwareVersion: '9.1.0' };
  await client.call(ApiVersionsRequest, ApiVersionsResponse, 3, software, 'orders');
  client.sendBytes(request(3, 99));
  await client.closed;
  assert.match(
    sentence(),
    /client 'orders' \(librdkafka 9\.1\.0\) asked for Metadata version 99, which/,
  );
});

test('a client too old for what it asks', async () => {
  await send(request(3, -1));
  assert.match(
    sentence(),
    /^closed a connection: client 'orders' asked for Metadata version -1, which is not supported, 0 to \d+ are: the client is too old for this broker; update the client$/,
  );
});

test('an API that is not offered, and one that nobody has', async () => {
  await send(request(999, 2));
  assert.equal(
    sentence(),
    'closed a connection: client asked for API key 999 version 2, which is not supported: use what ApiVersions lists, or a client that asks for it',
  );
  await send(request(31_337, 2));
  assert.match(
    sentence(),
    /version 2, which is not supported: these bytes are not Kafka's protocol, look which program was given this address$/,
  );
});

test('a batch too large for its topic, of today and of old', async () => {
  const client = await RawClient.connect(at);
  await createTopic(client, 'small', { configs: { 'max.message.bytes': '300' } });
  log.takeComplaints();
  const batch = batchOf(['x'.repeat(500)]);
  const row = await produce(client, 'small', batch);
  const advice =
    'raise it for the topic, or lower max.request.size (in librdkafka message.max.bytes) of the producer';
  assert.equal(
    sentence(),
    `refused a batch: MESSAGE_TOO_LARGE for small-0: a batch of ${batch.length} bytes is larger than max.message.bytes = 300: ${advice}`,
  );
  assert.match(row.errorMessage ?? '', /is larger than max\.message\.bytes = 300: raise it/);
  const message = writeLegacyMessage(
    {
      offset: 0,
      timestamp: 5,
      timestampType: 'CreateTime',
      key: null,
      value: Buffer.alloc(500),
      codecId: 0,
    },
    1,
  );
  await produce(client, 'small', message, { version: 2 });
  assert.equal(
    sentence(),
    `refused a batch: MESSAGE_TOO_LARGE for small-0: a batch of ${message.length} bytes is larger than max.message.bytes = 300: ${advice}`,
  );
  client.close();
});

test('a request too large for the broker', async () => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(200_000);
  await send(bytes);
  assert.equal(
    sentence(),
    'closed a connection: a request of 200000 bytes is larger than socket.request.max.bytes = 100000: raise it, or let ' +
      'the client send less at once (max.request.size in Java, message.max.bytes in librdkafka)',
  );
});

test('a client that goes wrong in a loop does not fill the log', async () => {
  for (let index = 0; index < 40; index++)
    await send(request(3, 500 + index, `loop ${'x'.repeat(index)}`));
  const lines = log.takeComplaints();
  assert.ok(lines.length <= 10, `${lines.length} lines`);
});

test('an advertised address that leads to another broker, and one that leads back', async () => {
  const linesWith = async (port: number, advertisedPort: number) => {
    const own = new LogCapture();
    const started = await startBroker({
      data: 'memory',
      port,
      logger: own,
      config: { 'advertised.listeners': `PLAINTEXT://127.0.0.1:${advertisedPort}` },
    });
    // It waits for the look at the address.
    await started.stop();
    return own.takeComplaints().map(({ msg }) => msg);
  };
  assert.deepEqual(await linesWith(0, at.port), [
    `advertised.listeners names PLAINTEXT://127.0.0.1:${at.port}, which does not lead here (the cluster` +
      ` ${broker.clusterId} answers there): clients connect once and then fail, unless it is forwarded to this` +
      ' broker where they are; name an address that they reach it at',
  ]);
  const free = createServer().listen(0, '127.0.0.1');
  await once(free, 'listening');
  const { port } = free.address() as AddressInfo;
  free.close();
  await once(free, 'close');
  assert.deepEqual(await linesWith(port, port), []);
});
