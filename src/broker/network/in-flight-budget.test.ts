// If this breaks, clients that do not take their answers fill the memory, or stop those that do.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimClock } from '../../base/testing/sim-clock.ts';
import { SimNetwork } from '../../base/testing/sim-network.ts';
import { encodeRequestFrame } from '../../protocol/codec/index.ts';
import { FetchRequest } from '../../protocol/messages/index.ts';
import { InFlightBudget } from './in-flight-budget.ts';
import type { NetworkLimits } from './limits.ts';
import { fetch, heartbeat, produce, TestBroker, TestClient } from './testing/test-broker.ts';

const KB = 1024;
const MB = 1024 * KB;

async function setup(limits: Partial<NetworkLimits>) {
  const clock = new SimClock();
  const network = new SimNetwork({ clock });
  const broker = new TestBroker({ clock, network: network.host('broker'), limits });
  const address = await broker.listen({ name: 'PLAINTEXT', host: '', port: 0 });
  const connect = async () => {
    const connecting = TestClient.connect(network.host('client'), address);
    await clock.settle();
    return connecting;
  };
  return { clock, broker, connect };
}

test('an answer may take an eighth of what is left, and a little in any case', () => {
  const budget = new InFlightBudget(64 * MB);
  const granted: number[] = [];
  for (let answer = 0; answer < 1000; answer++) {
    granted.push(budget.answerBytes);
    budget.take(Math.min(8 * MB, budget.answerBytes));
  }
  assert.equal(granted[0], 8 * MB);
  assert.ok(granted.every((bytes, index) => index === 0 || bytes <= granted[index - 1]!));
  assert.equal(granted.at(-1), 64 * KB);
  assert.ok(budget.usedBytes < 64 * MB + 1000 * 64 * KB);
});

test('answers that are being made count, so that many at once stay within the limit', async () => {
  const { clock, broker, connect } = await setup({ maxInFlightBytes: 16 * MB });
  const clients = await Promise.all(Array.from({ length: 40 }, connect));
  let granted = 0;
  for (const client of clients) {
    client.socket.pause();
    client.send(fetch(1));
    await clock.settle();
    granted += broker.parked.at(-1)!.context.reserveAnswer(8 * MB);
  }
  assert.equal(broker.parked.length, 40);
  assert.ok(granted <= 16 * MB + 40 * 64 * KB, `${granted} bytes granted`);
  assert.ok(broker.server.inFlightBytes >= granted);
  const [first, second, third] = broker.parked;
  first!.pending.complete({});
  second!.context.releaseAnswer();
  assert.ok(broker.server.inFlightBytes < granted, 'an answer counts as what it is');
  assert.ok(third!.context.reserveAnswer(100) <= 100, 'the last reservation counts');
  for (const client of clients) client.socket.destroy();
  await clock.settle();
  assert.equal(broker.server.inFlightBytes, 0);
  assert.equal(third!.context.reserveAnswer(100), 100);
  assert.equal(broker.server.inFlightBytes, 0, 'nobody waits for that answer any more');
});

test('a connection is held back by the answer that it waits for, and goes on when that is parked', async () => {
  const { clock, broker, connect } = await setup({ maxInFlightBytesPerConnection: 10 * KB });
  const client = await connect();
  client.send(fetch(1));
  await clock.settle();
  broker.parked[0]!.context.reserveAnswer(100 * KB);
  client.send(fetch(2));
  await clock.settle();
  client.send(fetch(3));
  await clock.settle();
  assert.equal(broker.parked.length, 1);
  broker.parked[0]!.context.releaseAnswer();
  await clock.settle();
  assert.equal(broker.parked.length, 3);
});

test('a large request counts until it is answered: the next one waits, small ones do not', async () => {
  const { clock, broker, connect } = await setup({ maxInFlightBytes: 8 * MB });
  const slow = await connect();
  const topics = Array.from({ length: 300 }, () => ({ topic: 't'.repeat(30_000), partitions: [] }));
  const header = { correlationId: 1, clientId: 'large' };
  slow.send(Buffer.concat(encodeRequestFrame(FetchRequest, 12, header, { topics })));
  await clock.settle();
  assert.equal(broker.parked.length, 1);
  assert.ok(broker.server.inFlightBytes < 10 * MB, 'counted once');
  const next = await connect();
  next.send(produce(2, 1, 'x'.repeat(6 * MB)));
  const small = await connect();
  small.send(heartbeat(3));
  await clock.settle();
  assert.deepEqual([next.answered, small.answered], [[], [3]]);
  broker.parked[0]!.pending.complete({});
  await clock.settle();
  assert.deepEqual([slow.answered, next.answered], [[1], [2]]);
  assert.equal(broker.server.inFlightBytes, 0);
  assert.equal(clock.pendingTimers, 3, 'one for each idle connection, none for a stalled sender');
});

test('clients that are not read from because of all the others are reported, one line a minute', async () => {
  const { clock, broker, connect } = await setup({ maxInFlightBytes: 10 * KB });
  const clients = await Promise.all(Array.from({ length: 5 }, connect));
  for (const client of clients) {
    client.send(...Array.from({ length: 50 }, (_, index) => fetch(index)));
    await clock.settle();
  }
  assert.deepEqual(broker.warnings, [
    '0 MB of requests and unsent answers are in flight, the most there may be (queued.max.request.bytes): clients are not read from until some are done',
  ]);
});

test('requests whose last byte does not come count as well, and make room when others wait for it', async () => {
  const { clock, broker, connect } = await setup({ maxInFlightBytes: 8 * MB });
  const clients = await Promise.all(Array.from({ length: 40 }, connect));
  const whole = produce(1, 1, 'x'.repeat(1000 * KB));
  for (const client of clients) {
    for (let from = 0; from < whole.length - 1; from += 64 * KB) {
      client.send(whole.subarray(from, Math.min(from + 64 * KB, whole.length - 1)));
      await clock.settle();
    }
  }
  assert.ok(broker.server.inFlightBytes >= 7 * MB, `${broker.server.inFlightBytes} bytes counted`);
  assert.ok(broker.server.inFlightBytes <= 8 * MB);
  // Whoever does not go on loses its place, and in the end everybody has had one.
  await clock.advanceAndSettle(31_000);
  const last = clients.at(-1)!;
  for (let round = 0; round < 20 && !last.closed; round++) await clock.advanceAndSettle(31_000);
  assert.ok(clients.slice(0, 8).every(({ closed }) => closed));
  const honest = await connect();
  honest.send(whole);
  for (let round = 0; round < 20 && honest.answered.length === 0; round++) {
    await clock.advanceAndSettle(31_000);
  }
  assert.deepEqual(honest.answered, [1]);
});

test('a request that comes whole, or is no longer than a read, is not counted before it is handled', async () => {
  const { clock, broker, connect } = await setup({ maxInFlightBytes: 8 * MB });
  const client = await connect();
  const short = produce(1, 1, 'x'.repeat(60 * KB));
  client.send(short.subarray(0, short.length - 1));
  await clock.settle();
  assert.equal(broker.server.inFlightBytes, 0);
});
