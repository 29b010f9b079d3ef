// If this breaks, one client's broken or hostile bytes hurt the others, or vanish without a trace.
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { after, before, type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { encodeRequestFrame } from '../../src/protocol/codec/index.ts';
import { errorName } from '../../src/protocol/errors.ts';
import { ProduceRequest, ProduceResponse } from '../../src/protocol/messages/00-produce.ts';
import { MetadataRequest } from '../../src/protocol/messages/03-metadata.ts';
import {
  ApiVersionsRequest,
  ApiVersionsResponse,
} from '../../src/protocol/messages/18-api-versions.ts';
import { writeLegacyMessage } from '../../src/protocol/records/legacy-message.ts';
import { computeCrc } from '../../src/protocol/records/record-batch.ts';
import { LogCapture } from '../support/log-capture.ts';
import { RawClient } from '../support/raw-client.ts';
import { startTestBroker, type TestBroker } from '../support/test-broker.ts';
import { batchOf, createTopic, fetch, produce } from '../support/topics.ts';

const log = new LogCapture();
let broker: TestBroker;
let bystander: RawClient;
/** What the bystander was told is safe. */
const acknowledged: string[] = [];

before(async () => {
  broker = await startTestBroker({ logger: log });
  bystander = await RawClient.connect(broker);
  await createTopic(bystander, 'safe');
  await createTopic(bystander, 'compacted', { configs: { 'cleanup.policy': 'compact' } });
  await bystanderIsWell();
  log.takeComplaints();
});
after(async () => {
  bystander.close();
  await broker.stop();
});

/** The other connection produces and reads back everything it ever produced. */
async function bystanderIsWell(): Promise<void> {
  const value = `value ${acknowledged.length}`;
  assert.equal((await produce(bystander, 'safe', batchOf([value]))).errorCode, 0);
  acknowledged.push(value);
  assert.deepEqual((await fetch(bystander, 'safe', 0)).values, acknowledged);
}

async function newClient(t: TestContext): Promise<RawClient> {
  const client = await RawClient.connect(broker);
  t.after(() => client.close());
  return client;
}

/** A frame with the right length. */
function framed(bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

/** API key, version, correlation id 7 and client id "evil", then a body. */
const request = (key: string, version: string, body = '') =>
  framed(hex(`${key} ${version} 00000007 0004 6576696c ${body}`));

/** Sends bytes, and ends its side; what came back until the broker ended its own. */
async function exchange(bytes: Uint8Array): Promise<{ answer: Buffer; client: string }> {
  const socket = await connected();
  const client = `127.0.0.1:${socket.localPort}`;
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write(bytes);
  await closed;
  return { answer: Buffer.concat(chunks), client };
}

async function connected(): Promise<Socket> {
  const socket = connect(broker.port, broker.host);
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('connect', resolve));
  return socket;
}

/** Name, bytes, the API that the log must name (undefined where there is none yet), and the reason. */
const refused: readonly [string, Buffer, string | number | undefined, RegExp][] = [
  ['a negative length', hex('ffffffff'), undefined, /a request of -1 bytes was announced/],
  [
    'a length of 2 GB',
    hex('7fffffff'),
    undefined,
    /2147483647 bytes is larger than socket.request.max.bytes = 104857600/,
  ],
  ['a frame without a header', framed(hex('0003 00')), undefined, /3 bytes has no header/],
  ['an empty frame', framed(hex('')), undefined, /0 bytes has no header/],
  [
    'an API that nobody has',
    request('7a69', '0000'),
    0x7a69,
    /API key 31337 version 0, which is not/,
  ],
  ['a negative API key', request('ffff', '0000'), undefined, /API key -1 version 0, which is not/],
  [
    'a version from the future',
    request('0003', '0063', '00'),
    'Metadata',
    /version 99, which is not supported, 0 to \d+ are/,
  ],
  ['a negative version', request('0003', 'ffff'), 'Metadata', /Metadata version -1, which is not/],
  ['a cut header', framed(hex('0003 0001 00000007 0004 65')), 'Metadata', /can't be read/],
  ['a cut body', request('0003', '0001', '00000002 0004 73'), 'Metadata', /can't be read/],
  ['a missing body', request('0000', '0003'), 'Produce', /can't be read/],
  ['a hostile count', request('0003', '0001', '7fffffff'), 'Metadata', /can't be read/],
  ['a negative count', request('0001', '0004', '80000000'.repeat(6)), 'Fetch', /can't be read/],
  ['a hostile varint', request('0003', '0009', '00 ffffffff0f'), 'Metadata', /can't be read/],
  ['an endless varint', request('0003', '0009', 'ff'.repeat(12)), 'Metadata', /can't be read/],
  ['a hostile string', request('000b', '0000', '7fff 61'), 'JoinGroup', /can't be read/],
  [
    'a hostile byte length',
    request('000e', '0000', `0001 61 00000001 0001 62 00000001 0001 62 7fffffff`),
    'SyncGroup',
    /can't be read/,
  ],
  ['a TLS hello', hex('16030100 c8010000c40303'), undefined, /the client speaks TLS/],
  ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\n\r\n'), undefined, /the client speaks HTTP/],
];

for (const [what, bytes, api, reason] of refused) {
  test(`${what} closes its connection with one line that says why`, async () => {
    const { client } = await exchange(bytes);
    const complaints = log.takeComplaints();
    assert.equal(complaints.length, 1, JSON.stringify(complaints));
    const [line] = complaints;
    assert.equal(line?.level, 'warn');
    assert.equal(line?.['client'], client);
    assert.equal(line?.['api'], api);
    assert.match(line?.msg ?? '', reason);
    await bystanderIsWell();
  });
}

test('bytes after what is no frame are answered to nobody, and HTTP gets an HTTP answer', async () => {
  const { answer } = await exchange(Buffer.from('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n'));
  assert.match(answer.toString(), /^HTTP\/1\.1 400 .*This port speaks Kafka's protocol/s);
  log.takeComplaints();
});

/** A batch whose bytes were changed, with the checksum made right again. */
function forged(change: (batch: Buffer) => void, batch = batchOf(['one', 'two'])): Buffer {
  change(batch);
  batch.writeUInt32BE(computeCrc(batch), 17);
  return batch;
}

const whole = batchOf(['one', 'two']);
const BATCH_LENGTH = 8;
const ATTRIBUTES = 21;
const RECORD_COUNT = 57;
const FIRST_RECORD = 61;

/** Name, bytes, the error, and the reason that the log gives. */
const badBatches: readonly [string, Buffer, string, RegExp][] = [
  ['a batch of no bytes', Buffer.alloc(0), 'INVALID_RECORD', /no record batch/],
  [
    'a cut batch',
    whole.subarray(0, whole.length - 3),
    'INVALID_RECORD',
    /cut off: \d+ of \d+ bytes/,
  ],
  ['a batch cut in its header', whole.subarray(0, 30), 'INVALID_RECORD', /cut off/],
  [
    'a wrong checksum',
    Buffer.concat([whole.subarray(0, whole.length - 1), hex('ff')]),
    'CORRUPT_MESSAGE',
    /checksum/,
  ],
  [
    'a hostile batch length',
    forged((b) => b.writeInt32BE(0x7fffffff, BATCH_LENGTH)),
    'INVALID_RECORD',
    /cut off/,
  ],
  [
    'a negative batch length',
    forged((b) => b.writeInt32BE(-5, BATCH_LENGTH)),
    'CORRUPT_MESSAGE',
    /a batch of/,
  ],
  [
    'a hostile record count',
    forged((b) => b.writeInt32BE(0x7fffffff, RECORD_COUNT)),
    'INVALID_RECORD',
    /./,
  ],
  [
    'a negative record count',
    forged((b) => b.writeInt32BE(-1, RECORD_COUNT)),
    'INVALID_RECORD',
    /./,
  ],
  [
    'a hostile record length',
    forged((b) => b.fill(0xff, FIRST_RECORD, FIRST_RECORD + 4)),
    'INVALID_RECORD',
    /./,
  ],
  [
    'an unknown magic',
    Buffer.concat([whole.subarray(0, 16), hex('7f'), whole.subarray(17)]),
    'CORRUPT_MESSAGE',
    /magic 127/,
  ],
  [
    'a codec that nobody has',
    forged((b) => b.writeInt16BE(7, ATTRIBUTES)),
    'UNSUPPORTED_COMPRESSION_TYPE',
    /codec has the number 7/,
  ],
];

for (const [what, bytes, error, reason] of badBatches) {
  test(`${what} gets ${error} and one line that says why, and the connection goes on`, async (t) => {
    const client = await newClient(t);
    const before = await fetch(client, 'safe', 0);
    const row = await produce(client, 'safe', bytes);
    assert.equal(errorName(row.errorCode), error);
    const complaints = log.takeComplaints();
    assert.equal(complaints.length, 1, JSON.stringify(complaints));
    const [line] = complaints;
    assert.equal(line?.level, 'warn');
    assert.match(String(line?.['client']), /^127\.0\.0\.1:\d+$/);
    assert.equal(line?.['clientId'], 'raw');
    assert.equal(line?.['api'], 'Produce');
    assert.equal(line?.['error'], undefined, 'an error field is for stacks');
    assert.match(line?.msg ?? '', new RegExp(`${error}.*safe-0`));
    assert.match(line?.msg ?? '', reason);
    assert.equal((await fetch(client, 'safe', 0)).highWatermark, before.highWatermark);
    await bystanderIsWell();
  });
}

test('a request with many bad batches leaves one line; a missing partition is no bad input', async (t) => {
  const client = await newClient(t);
  await createTopic(client, 'wide', { partitions: 3 });
  const cut = whole.subarray(0, 70);
  const { responses } = await client.call(ProduceRequest, ProduceResponse, 9, {
    acks: -1,
    timeoutMs: 1000,
    topicData: [
      { name: 'wide', partitionData: [0, 1, 2, 3].map((index) => ({ index, records: cut })) },
    ],
  });
  assert.deepEqual(
    responses[0]?.partitionResponses.map(({ errorCode }) => errorName(errorCode)),
    ['INVALID_RECORD', 'INVALID_RECORD', 'INVALID_RECORD', 'UNKNOWN_TOPIC_OR_PARTITION'],
  );
  const complaints = log.takeComplaints();
  assert.equal(complaints.length, 1, JSON.stringify(complaints));
  assert.match(complaints[0]?.msg ?? '', /wide-0: .* \(and 2 more batches\)$/);
});

test('acks=0: a bad batch closes its connection with one line that has its reason', async (t) => {
  const client = await newClient(t);
  const answer = produce(client, 'safe', whole.subarray(0, 70), { acks: 0 });
  await assert.rejects(answer, /closed/);
  const complaints = log.takeComplaints();
  assert.equal(complaints.length, 1, JSON.stringify(complaints));
  assert.match(complaints[0]?.msg ?? '', /acks=0.*cut off/);
  assert.equal(complaints[0]?.['api'], 'Produce');
});

test('a bomb in gzip is refused without the memory it asks for', async (t) => {
  const client = await newClient(t);
  // 300 MB of zeros in 300 KB, in a topic whose batches must be opened.
  const bomb = gzipSync(Buffer.alloc(300 * 1024 * 1024));
  const header = Buffer.from(batchOf(['x'], { codec: 'gzip' }).subarray(0, FIRST_RECORD));
  const batch = forged(
    (bytes) => bytes.writeInt32BE(bytes.length - 12, BATCH_LENGTH),
    Buffer.concat([header, bomb]),
  );
  const before = process.memoryUsage().rss;
  const row = await produce(client, 'compacted', batch, { version: 9 });
  assert.notEqual(row.errorCode, 0);
  const grown = process.memoryUsage().rss - before;
  assert.ok(grown < 290 * 1024 * 1024, `${grown} bytes more`);
  assert.equal(log.takeComplaints().length, 1);
  await bystanderIsWell();
});

test('bombs in old message sets are refused by what they hold, without the memory they ask for', async (t) => {
  const client = await newClient(t);
  const message = (value: Buffer, codecId: number) =>
    writeLegacyMessage(
      { offset: 0, timestamp: 5, timestampType: 'CreateTime', key: null, value, codecId },
      1,
    );
  const gzip = 1;
  const empty = message(Buffer.alloc(0), 0);
  const bombs: readonly [string, Buffer, string][] = [
    ['80 MB of zeros', gzipSync(Buffer.alloc(80_000_000)), 'CORRUPT_MESSAGE'],
    ['one record of 80 MB', gzipSync(message(Buffer.alloc(80_000_000), 0)), 'MESSAGE_TOO_LARGE'],
    [
      'a million records of nothing',
      gzipSync(Buffer.concat(Array(1_000_000).fill(empty))),
      'MESSAGE_TOO_LARGE',
    ],
  ];
  for (const [what, bomb, error] of bombs) {
    const before = process.memoryUsage().rss;
    const answer = produce(client, 'safe', message(bomb, gzip), { version: 2 });
    await bystanderIsWell();
    assert.equal(errorName((await answer).errorCode), error, what);
    const grown = process.memoryUsage().rss - before;
    assert.ok(grown < 150 * 1024 * 1024, `${what}: ${grown} bytes more`);
    assert.equal(log.takeComplaints().length, 1);
  }
});

test('an unknown version of ApiVersions is how newer clients begin: no complaint', async (t) => {
  const { apiKeys } = await bystander.call(ApiVersionsRequest, ApiVersionsResponse, 0, {});
  assert.ok(apiKeys.length > 20);
  const client = await newClient(t);
  client.sendBytes(request('0012', '0063', '00'));
  assert.equal((await client.nextFrame()).readInt16BE(4), 35);
  assert.deepEqual(log.takeComplaints(), []);
});

test('200 connections that announce 100 MB and send a little take little memory', async () => {
  await until(() => openConnections() === 1);
  const before = process.memoryUsage().rss;
  const sockets = await Promise.all(Array.from({ length: 200 }, connected));
  const opening = Buffer.concat([hex('06400000'), Buffer.alloc(100)]);
  for (const socket of sockets) socket.write(opening);
  await until(() => openConnections() === 201);
  await bystanderIsWell();
  const grown = process.memoryUsage().rss - before;
  assert.ok(grown < 150 * 1024 * 1024, `${grown} bytes more`);
  for (const socket of sockets) socket.destroy();
  await until(() => openConnections() === 1);
  assert.deepEqual(log.takeComplaints(), [], 'who goes away in the middle of a request is no news');
  await bystanderIsWell();
});

test('a request sent byte by byte holds up nobody, and is answered when it is whole', async () => {
  const slow = await RawClient.connect(broker);
  const chunks = encodeRequestFrame(
    MetadataRequest,
    1,
    { correlationId: 9, clientId: 'slow' },
    { topics: [] },
  );
  for (const byte of Buffer.concat(chunks)) {
    slow.sendBytes(Uint8Array.of(byte));
    await bystander.call(ApiVersionsRequest, ApiVersionsResponse, 0, {});
  }
  assert.equal((await slow.nextFrame()).readInt32BE(0), 9);
  slow.close();
});

function openConnections(): number {
  for (const metric of broker.broker.metrics.all()) {
    if (metric.name !== 'sluice_connections' || metric.kind === 'histogram') continue;
    for (const { value } of metric.read()) return value;
  }
  throw new Error('no such metric');
}

/** Resolves when `condition` holds; each look is a round trip later, so the broker gets its turns. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await bystander.call(ApiVersionsRequest, ApiVersionsResponse, 0, {});
}
