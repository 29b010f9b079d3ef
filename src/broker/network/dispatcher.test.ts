// If this breaks, a failing handler leaves its client without an answer or shows it our internals.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AssertionFailure } from '../../base/assert.ts';
import { silentLogger } from '../../base/logger.ts';
import { type HistogramSample, Metrics, type Sample } from '../../base/metrics.ts';
import { SimClock } from '../../base/testing/sim-clock.ts';
import { SimNetwork } from '../../base/testing/sim-network.ts';
import { decodeResponseFrame } from '../../protocol/codec/index.ts';
import { KafkaError } from '../../protocol/errors.ts';
import {
  ApiVersionsResponse,
  DescribeGroupsResponse,
  FetchResponse,
  HeartbeatRequest,
  HeartbeatResponse,
} from '../../protocol/messages/index.ts';
import { defineApi } from './api.ts';
import { Dispatcher, supportedVersions } from './dispatcher.ts';
import { NetworkMetrics } from './network-metrics.ts';
import { Pending } from './pending.ts';
import {
  describeGroups,
  fetch,
  frame,
  heartbeat,
  produce,
  TestBroker,
  TestClient,
} from './testing/test-broker.ts';

async function setup() {
  const clock = new SimClock();
  const network = new SimNetwork({ clock });
  const broker = new TestBroker({ clock, network: network.host('broker') });
  const address = await broker.listen({ name: 'PLAINTEXT', host: '', port: 0 });
  const connecting = TestClient.connect(network.host('client'), address);
  await clock.settle();
  return { clock, broker, client: await connecting };
}

test('what a handler throws becomes the error of its API, without our text', async () => {
  const { clock, broker, client } = await setup();
  const outcomes: (() => Record<string, never>)[] = [
    () => {
      throw new KafkaError('COORDINATOR_LOAD_IN_PROGRESS', 'still reading');
    },
    () => {
      throw new TypeError('secret detail');
    },
  ];
  for (const [index, describe] of outcomes.entries()) {
    broker.describe = describe;
    client.send(describeGroups(index));
    await clock.settle();
  }
  const errors = client.frames.map((bytes) => {
    assert.equal(bytes.includes('secret'), false);
    return decodeResponseFrame(DescribeGroupsResponse, 5, bytes).body.groups[0]?.errorCode;
  });
  assert.deepEqual(errors, [14, -1]);
  const logged = broker.lines.filter(({ level }) => level === 'error');
  assert.equal(logged.length, 1);
  assert.ok(logged[0]!.fields['error'] instanceof TypeError);
  assert.equal(logged[0]!.fields['api'], 'DescribeGroups');
  assert.equal(client.closed, false);
});

test('an answer that fails later is treated as one that fails at once', async () => {
  const { clock, broker, client } = await setup();
  client.send(fetch(1), fetch(2));
  await clock.settle();
  broker.parked[0]!.pending.fail(new KafkaError('NOT_LEADER_OR_FOLLOWER'));
  broker.parked[1]!.pending.fail(new RangeError('oops'));
  await clock.settle();
  const errors = client.frames.map(
    (bytes) => decodeResponseFrame(FetchResponse, 12, bytes).body.errorCode,
  );
  assert.deepEqual(errors, [6, -1]);
});

test('a response that can not be encoded is answered with an error, and the connection goes on', async () => {
  const { clock, broker, client } = await setup();
  broker.describe = () => ({ throttleTimeMs: Number.NaN });
  client.send(heartbeat(1), describeGroups(2), heartbeat(3));
  await clock.settle();
  assert.deepEqual(client.answered, [1, 2, 3]);
  const { groups } = decodeResponseFrame(DescribeGroupsResponse, 5, client.frames[1]!).body;
  assert.equal(groups[0]?.errorCode, -1);
  assert.equal(client.closed, false);
  const [logged] = broker.lines.filter(({ level }) => level === 'error');
  assert.equal(logged?.text, 'a request failed unexpectedly');
});

test('where not even the error can be encoded the connection is closed, and that is logged', async () => {
  const { clock, broker, client } = await setup();
  broker.describe = () => ({ throttleTimeMs: Number.NaN });
  broker.describeError = () => ({ throttleTimeMs: Number.NaN });
  client.send(heartbeat(1), describeGroups(2), heartbeat(3));
  await clock.settle();
  assert.deepEqual(client.answered, [1]);
  assert.equal(client.closed, true);
  assert.ok(broker.lines.some(({ text }) => text === 'the response could not be encoded'));
  assert.equal(broker.server.inFlightBytes, 0);
});

test('no answer leaves in the place of one that could not be encoded', async () => {
  const { clock, broker, client } = await setup();
  const answer = new Pending<{ throttleTimeMs: number }>();
  broker.describe = () => answer;
  broker.describeError = () => ({ throttleTimeMs: Number.NaN });
  client.send(heartbeat(1), describeGroups(2), heartbeat(3));
  await clock.settle();
  answer.complete({ throttleTimeMs: Number.NaN });
  await clock.settle();
  assert.deepEqual(client.answered, [1]);
  assert.equal(client.closed, true);
  assert.equal(broker.server.inFlightBytes, 0);
});

test('a handler can close the connection of a request that has no response', async () => {
  const { clock, broker, client } = await setup();
  client.send(heartbeat(1), produce(2, 0, 'x', -666), heartbeat(3));
  await clock.settle();
  assert.deepEqual(client.answered, [1]);
  assert.equal(client.closed, true);
  assert.deepEqual(broker.warnings, ['closed a connection: the test wants it']);
  assert.equal(broker.server.inFlightBytes, 0);
});

test('a broken invariant is not swallowed', async () => {
  const { clock, broker, client } = await setup();
  broker.describe = () => {
    throw new AssertionFailure('the state is unknown');
  };
  client.send(describeGroups(1));
  await assert.rejects(clock.settle(), AssertionFailure);
});

test('unknown versions close the connection by name, but ApiVersions is answered at version 0', async () => {
  const { clock, broker, client } = await setup();
  const versions = Buffer.from(frame(Buffer.from('001200ff0000002affff00', 'hex')));
  client.send(versions);
  await clock.settle();
  const { correlationId, body } = decodeResponseFrame(ApiVersionsResponse, 0, client.frames[0]!);
  assert.deepEqual([correlationId, body.errorCode], [42, 35]);
  const tooNew = heartbeat(7);
  tooNew.writeInt16BE(4, 6);
  client.send(tooNew);
  await clock.settle();
  assert.equal(client.closed, true);
  const [line] = broker.lines.filter(({ level }) => level === 'warn');
  assert.match(
    line?.text ?? '',
    /^closed a connection: client.* asked for Heartbeat version 4, which is not supported, 0 to 3 are: /,
  );
  assert.equal(line?.fields['api'], 'Heartbeat');
  assert.equal(line?.fields['apiVersion'], 4);
});

test('bytes that are no request close the connection with the reason', async () => {
  const cases: [bytes: Buffer, reason: RegExp][] = [
    [frame(Buffer.alloc(0)), /a request of 0 bytes has no header/],
    [frame(Buffer.alloc(7)), /a request of 7 bytes has no header/],
    [
      frame(Buffer.from('03e7000000000001ffff', 'hex')),
      /API key 999 version 0, which is not supported/,
    ],
    [heartbeat(1).fill(0xff, 12, 14).fill(0x7f, 14), /the bytes of a request can't be read: /],
    [frame(heartbeat(1).subarray(4, -3)), /the bytes of a request can't be read: /],
  ];
  for (const [bytes, reason] of cases) {
    const { clock, broker, client } = await setup();
    client.send(bytes, heartbeat(9));
    await clock.settle();
    assert.deepEqual(client.answered, []);
    assert.equal(client.closed, true);
    assert.equal(broker.warnings.length, 1);
    assert.match(broker.warnings[0]!, reason);
    assert.equal(broker.server.inFlightBytes, 0);
  }
});

test('requests, errors and durations are counted by API', async () => {
  const { clock, broker, client } = await setup();
  client.send(heartbeat(1), heartbeat(2), fetch(3));
  await clock.settle();
  await clock.advanceAndSettle(40);
  broker.parked[0]!.pending.fail(new KafkaError('INVALID_TOPIC_EXCEPTION'));
  await clock.settle();
  const read = (name: string): (Sample | HistogramSample)[] => {
    const metric = [...broker.metrics.all()].find((one) => one.name === name);
    return [...(metric?.read() ?? [])];
  };
  assert.deepEqual(read('sluice_requests_total'), [
    { labels: { api: 'Heartbeat' }, value: 2 },
    { labels: { api: 'Fetch' }, value: 1 },
  ]);
  assert.deepEqual(read('sluice_request_errors_total'), [
    { labels: { api: 'Heartbeat' }, value: 0 },
    { labels: { api: 'Fetch' }, value: 1 },
  ]);
  const durations = read('sluice_request_duration_seconds');
  assert.ok(durations[1] && 'sum' in durations[1]);
  assert.equal(durations[1].sum, 0.04);
  assert.equal(Array.from(durations[1].counts).indexOf(1), 8, 'between 25 and 50 ms');
  assert.deepEqual(read('sluice_connections'), [{ value: 1 }]);
});

test('an API is declared of two messages that belong together, and only once', () => {
  const declaration = {
    request: HeartbeatRequest,
    response: HeartbeatResponse,
    versions: { min: 0, max: 4 },
    rights: {},
    handle: () => ({}),
    errorResponse: () => ({}),
  };
  const api = defineApi(declaration);
  assert.deepEqual(supportedVersions([api]), [{ apiKey: 12, minVersion: 0, maxVersion: 4 }]);
  assert.throws(() => defineApi({ ...declaration, response: FetchResponse }), /not the messages/);
  const metrics = new NetworkMetrics(new Metrics());
  const dependencies = { clock: new SimClock(), logger: silentLogger, metrics };
  assert.throws(() => new Dispatcher({ ...dependencies, apis: [api, api] }), /two handlers/);
});

test('a pending answer may be there before anyone asks, and only once', () => {
  const early = new Pending<string>();
  early.complete('done');
  const got: unknown[] = [];
  const keep = (outcome: unknown) => {
    got.push(outcome);
  };
  early.deliverTo({ respond: keep, fail: keep });
  assert.deepEqual(got, ['done']);
  assert.equal(early.done, true);
  assert.throws(() => early.complete('again'), AssertionFailure);
  assert.throws(() => early.fail(new Error('x')), AssertionFailure);
  const failed = new Pending<string>();
  const error = new Error('no');
  failed.fail(error);
  failed.deliverTo({ respond: keep, fail: keep });
  assert.deepEqual(got, ['done', error]);
});
