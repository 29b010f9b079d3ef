// If this breaks, some request of some API, damaged, crashes the broker or fails inside a handler.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { SimRandom } from '../../src/base/testing/sim-random.ts';
import { encodeRequestFrame } from '../../src/protocol/codec/index.ts';
import {
  ApiVersionsRequest,
  ApiVersionsResponse,
} from '../../src/protocol/messages/18-api-versions.ts';
import { apis } from '../../src/protocol/messages/index.ts';
import { generateMessage } from '../../src/protocol/testing/generate.ts';
import { LogCapture } from '../support/log-capture.ts';
import { RawClient } from '../support/raw-client.ts';
import { startTestBroker, type TestBroker } from '../support/test-broker.ts';
import { batchOf, createTopic, fetch, produce } from '../support/topics.ts';

const SEED = 20_251;
/** Of every API and version: as generated, cut, and damaged in places. */
const CUTS = 2;
const DAMAGES = 4;
const AT_ONCE = 16;

/** Lengths and counts that have broken parsers before. */
const EVIL = ['7fffffff', '80000000', 'ffffffff', '7fff', '8000', 'ffffffff0f', '00'].map((hex) =>
  Buffer.from(hex, 'hex'),
);

const log = new LogCapture();
let broker: TestBroker;
let bystander: RawClient;
before(async () => {
  broker = await startTestBroker({ logger: log });
  bystander = await RawClient.connect(broker);
  await createTopic(bystander, 'safe');
});
after(async () => {
  bystander.close();
  await broker.stop();
});

interface Input {
  readonly name: string;
  readonly version: number;
  /** With its length, which is that of the damaged bytes: the damage is inside. */
  readonly frame: Buffer;
}

function withLength(body: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length);
  return Buffer.concat([length, body]);
}

function damaged(body: Buffer, random: SimRandom): Buffer {
  const copy = Buffer.from(body);
  // Beyond API key, version and correlation id, or most would be of no API.
  const at = () => 8 + random.int(Math.max(1, copy.length - 8));
  for (let times = 1 + random.int(3); times > 0; times--) {
    if (random.chance(0.5)) copy[Math.min(at(), copy.length - 1)]! ^= 1 << random.int(8);
    else random.pick(EVIL).copy(copy, at());
  }
  return copy;
}

/** Damaged requests of everything that the broker offers, in an order of chance. */
async function inputs(random: SimRandom): Promise<Input[]> {
  const { apiKeys } = await bystander.call(ApiVersionsRequest, ApiVersionsResponse, 0, {});
  const made: Input[] = [];
  for (const { apiKey, minVersion, maxVersion } of apiKeys) {
    const api = apis.find(({ key }) => key === apiKey);
    assert.ok(api);
    for (let version = minVersion; version <= maxVersion; version++) {
      const add = (body: Uint8Array) =>
        made.push({ name: api.name, version, frame: withLength(body) });
      const next = () => {
        const header = { correlationId: 7, clientId: 'evil' };
        const message = generateMessage(api.request, version, random);
        return Buffer.concat(encodeRequestFrame(api.request, version, header, message)).subarray(4);
      };
      add(next());
      for (let left = CUTS; left > 0; left--) {
        const body = next();
        add(body.subarray(0, 8 + random.int(body.length - 8)));
      }
      for (let left = DAMAGES; left > 0; left--) add(damaged(next(), random));
    }
  }
  return made.sort(() => random.float() - 0.5);
}

/** Sends a frame and ends its side, so that a request that waits for something ends too. */
async function exchange(frame: Buffer): Promise<{ answer: Buffer; client: string }> {
  const socket = connect({ port: broker.port, host: broker.host, allowHalfOpen: false });
  socket.on('error', () => {});
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await new Promise((resolve) => socket.once('connect', resolve));
  const client = `127.0.0.1:${socket.localPort}`;
  socket.end(frame);
  await closed;
  return { answer: Buffer.concat(chunks), client };
}

test('damaged requests of every API and version end in an answer or a closed connection', async () => {
  const random = new SimRandom(SEED);
  const all = await inputs(random);
  assert.ok(all.length > 1000, `${all.length} inputs`);
  const values: string[] = [];
  let answered = 0;
  let refused = 0;
  for (let index = 0; index < all.length; index += AT_ONCE) {
    const some = all.slice(index, index + AT_ONCE);
    const results = await Promise.all(some.map(({ frame }) => exchange(frame)));
    const complaints = log.takeComplaints();
    for (const [position, { answer, client }] of results.entries()) {
      const { name, version, frame } = some[position]!;
      const what = `${name} v${version} ${frame.toString('hex')}`;
      const lines = complaints.filter((line) => line['client'] === client);
      assert.ok(lines.length <= 1, `${what}: ${JSON.stringify(lines)}`);
      if (answer.length > 0) {
        answered++;
        assert.equal(answer.readInt32BE(0), answer.length - 4, `${what}: one whole frame`);
      }
      for (const line of lines) {
        refused++;
        assert.equal(line['api'], name, what);
        assert.equal(line.level, 'warn', what);
      }
    }
    const ours = new Set(results.map(({ client }) => client));
    const others = complaints.filter((line) => !ours.has(String(line['client'])));
    assert.deepEqual(others, [], `no handler fails: ${some.map(({ name }) => name)}`);

    const value = `value ${index}`;
    assert.equal((await produce(bystander, 'safe', batchOf([value]))).errorCode, 0);
    values.push(value);
  }
  assert.deepEqual((await fetch(bystander, 'safe', 0)).values, values);
  // Enough of both, or the damage is too little or too much to mean anything.
  assert.ok(answered > 200 && refused > 200, JSON.stringify({ answered, refused }));
});
