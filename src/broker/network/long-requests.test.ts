// If this breaks, one client's request with very many rows stops all others, or ends the broker for want of memory.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimClock } from '../../base/testing/sim-clock.ts';
import { SimNetwork } from '../../base/testing/sim-network.ts';
import { decodeResponseFrame, encodeRequestFrame } from '../../protocol/codec/index.ts';
import { errorCode } from '../../protocol/errors.ts';
import { DescribeGroupsRequest, DescribeGroupsResponse } from '../../protocol/messages/index.ts';
import { lazily } from '../../protocol/schema/index.ts';
import type { NetworkLimits } from './limits.ts';
import { describeGroups, heartbeat, TestBroker, TestClient } from './testing/test-broker.ts';

const KB = 1024;
const MB = 1024 * KB;

async function setup(limits: Partial<NetworkLimits> = {}) {
  const clock = new SimClock();
  const network = new SimNetwork({ clock });
  const broker = new TestBroker({ clock, network: network.host('broker'), limits });
  const address = await broker.listen({ name: 'PLAINTEXT', host: '', port: 0 });
  const connect = async () => {
    const connecting = TestClient.connect(network.host('client'), address);
    await clock.settle();
    return connecting;
  };
  const client = await connect();
  /** One turn of the event loop, with the promises before it. */
  const turn = async () => {
    for (let hop = 0; hop < 64; hop++) await undefined;
    clock.runTurn();
  };
  const until = async (isDone: () => boolean) => {
    for (let round = 0; round < 2000 && !isDone(); round++) await clock.settle();
  };
  return { clock, broker, client, connect, turn, until };
}

function describe(correlationId: number, groups: readonly string[]): Buffer {
  const header = { correlationId, clientId: 'test-client' };
  return Buffer.concat(encodeRequestFrame(DescribeGroupsRequest, 5, header, { groups }));
}

/** An answer of `count` rows, which counts in `made` how many of them were made. */
function rows(count: number, made = { rows: 0 }, text = '') {
  return {
    groups: lazily({ length: count } as ArrayLike<undefined>, () => {
      made.rows++;
      return { groupId: text };
    }),
  };
}

const names = (count: number) => Array.from({ length: count }, () => '');

test('a request with very many rows is decoded and answered over many turns, and others are served between', async () => {
  const { broker, client, connect, turn, until } = await setup();
  const other = await connect();
  let count = 0;
  broker.describe = () => rows(50_000);
  client.send(describe(1, names(50_000)));
  let turnsWithAnswer = 0;
  for (; client.frames.length === 0; count++) {
    assert.ok(count < 1000, 'it is answered');
    other.send(heartbeat(count));
    const before = other.frames.length;
    await turn();
    if (other.frames.length > before) turnsWithAnswer++;
  }
  await until(() => other.frames.length === count);
  assert.equal(other.frames.length, count, 'nobody waited for it');
  assert.ok(turnsWithAnswer > 10, `${turnsWithAnswer} turns`);
  const { body } = decodeResponseFrame(DescribeGroupsResponse, 5, client.frames[0]!);
  assert.equal(body.groups.length, 50_000);
});

test('what a client sends after a long request is answered after it', async () => {
  const { broker, client, until } = await setup();
  broker.describe = () => rows(20_000);
  client.send(describe(1, names(20_000)), heartbeat(2), describeGroups(3), heartbeat(4));
  await until(() => client.frames.length === 4);
  assert.deepEqual(client.answered, [1, 2, 3, 4]);
});

test('an answer that would be too long is an error, and no more of it is made than may be held', async () => {
  const { broker, client, until } = await setup({ maxResponseBytes: 1 * MB });
  const made = { rows: 0 };
  broker.describe = () => rows(1_000_000, made, 'x'.repeat(100));
  client.send(describe(1, ['a', 'b']), heartbeat(2));
  await until(() => client.frames.length === 2);
  const { body } = decodeResponseFrame(DescribeGroupsResponse, 5, client.frames[0]!);
  assert.deepEqual(
    body.groups.map((row) => row.errorCode),
    [errorCode('POLICY_VIOLATION'), errorCode('POLICY_VIOLATION')],
  );
  assert.ok(made.rows < 12_000, `${made.rows} rows made`);
  assert.match(broker.warnings[0] ?? '', /socket\.response\.max\.bytes=1048576/);
  assert.equal(broker.server.inFlightBytes, 0, 'what was reserved is free again');
  assert.equal(client.closed, false);
});

test('long answers that nobody takes never use up all that others need', async () => {
  const { clock, broker, connect, until } = await setup({
    maxInFlightBytes: 16 * MB,
    maxResponseBytes: 16 * MB,
  });
  broker.describe = () => rows(40_000, undefined, 'x'.repeat(100));
  const slow = await Promise.all(Array.from({ length: 12 }, connect));
  for (const client of slow) {
    client.socket.pause();
    client.send(describe(1, ['a']));
    await clock.settle();
  }
  assert.ok(broker.server.inFlightBytes < 16 * MB, `${broker.server.inFlightBytes} bytes`);
  const client = await connect();
  client.send(heartbeat(1));
  await until(() => client.frames.length === 1);
  assert.deepEqual(client.answered, [1]);
});

test('a request that would take up too much memory is refused before it is decoded, and the line says so', async () => {
  const { broker, client, until } = await setup({ maxDecodedBytes: 2 * MB });
  client.send(describe(1, names(100_000)));
  await until(() => client.closed);
  assert.equal(client.closed, true);
  assert.match(broker.warnings[0] ?? '', /more rows than fit into the 1 MB of memory/);
  assert.equal(broker.server.inFlightBytes, 0);
});

test('long requests wait for the memory that others have, and are refused when it does not come', async () => {
  const { clock, broker, connect, until } = await setup({ maxDecodedBytes: 2 * MB });
  const [first, second, third] = [await connect(), await connect(), await connect()];
  // Two of 1 MB each are let in; the third waits.
  first.send(describe(1, names(8000)));
  second.send(describe(1, names(8000)));
  third.send(describe(1, names(8000)));
  await until(() => third.frames.length === 1);
  assert.deepEqual(
    [first, second, third].map((client) => client.frames.length),
    [1, 1, 1],
  );
  // Now the first two keep theirs: their answers do not come.
  broker.describe = () => new Promise(() => {});
  for (const client of [first, second, third]) client.send(describe(2, names(8000)));
  await clock.settle();
  await clock.advanceAndSettle(29_000);
  assert.equal(third.closed, false);
  await clock.advanceAndSettle(2000);
  await until(() => third.closed);
  assert.equal(third.closed, true);
  assert.match(broker.warnings.at(-1) ?? '', /found no memory for them within 30 s/);
  assert.deepEqual([first.closed, second.closed], [false, false]);
});

test('a client that leaves ends its long request, and frees what it held', async () => {
  const { clock, broker, client, turn } = await setup();
  const made = { rows: 0 };
  broker.describe = () => rows(1_000_000, made, 'x'.repeat(10));
  client.send(describe(1, ['a']));
  for (let count = 0; made.rows === 0; count++) {
    assert.ok(count < 100);
    await turn();
  }
  client.socket.destroy();
  await clock.settle();
  const madeThen = made.rows;
  assert.ok(madeThen < 1_000_000, `${madeThen} rows made`);
  await clock.settle();
  assert.equal(made.rows, madeThen);
  assert.equal(broker.server.inFlightBytes, 0);
});
