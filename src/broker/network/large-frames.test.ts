// If this breaks, clients with large requests take all memory, or one that hangs blocks the others for ever.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimClock } from '../../base/testing/sim-clock.ts';
import { SimNetwork } from '../../base/testing/sim-network.ts';
import type { NetworkLimits } from './limits.ts';
import { heartbeat, produce, TestBroker, TestClient } from './testing/test-broker.ts';

const MB = 1024 * 1024;

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

const large = (id: number, bytes: number) => produce(id, 1, 'x'.repeat(bytes));

test('large requests beyond the limit wait unread until there is room, small ones do not', async () => {
  const { clock, broker, connect } = await setup({ maxInFlightBytes: 8 * MB });
  const first = await connect();
  const request = large(1, 6 * MB);
  first.send(request.subarray(0, 4 * MB));
  await clock.settle();
  const second = await connect();
  second.send(large(2, 6 * MB));
  const third = await connect();
  third.send(heartbeat(3), produce(4, 1, 'small'));
  await clock.settle();
  assert.deepEqual(second.answered, []);
  assert.deepEqual(third.answered, [3, 4]);
  assert.deepEqual(broker.produced, ['small']);
  first.send(request.subarray(4 * MB));
  await clock.settle();
  assert.deepEqual(first.answered, [1]);
  assert.deepEqual(second.answered, [2]);
  assert.equal(broker.produced.length, 3);
});

test('one request larger than the limit is let in', async () => {
  const { clock, connect } = await setup({ maxInFlightBytes: 2 * MB });
  const client = await connect();
  client.send(large(1, 6 * MB), large(2, 6 * MB));
  await clock.settle();
  assert.deepEqual(client.answered, [1, 2]);
});

test('a sender that stops in the middle is cut off when others wait, and gives its room back', async () => {
  const { clock, broker, connect } = await setup({ maxInFlightBytes: 8 * MB });
  const stalled = await connect();
  stalled.send(large(1, 6 * MB).subarray(0, 3 * MB));
  await clock.settle();
  await clock.advance(60_000);
  assert.equal(stalled.closed, false, 'nobody waits');
  const waiting = await connect();
  waiting.send(large(2, 6 * MB));
  await clock.settle();
  await clock.advance(30_000);
  await clock.settle();
  assert.equal(stalled.closed, true);
  assert.deepEqual(waiting.answered, [2]);
  assert.match(
    broker.warnings.join(),
    /stopped in the middle of a large request, .* while others waited/,
  );
});

test('a connection that closes gives its room, or its place in the queue, back', async () => {
  const { clock, connect } = await setup({ maxInFlightBytes: 8 * MB });
  const holder = await connect();
  holder.send(large(1, 6 * MB).subarray(0, 3 * MB));
  await clock.settle();
  const leaving = await connect();
  leaving.send(large(2, 6 * MB));
  const staying = await connect();
  staying.send(large(3, 6 * MB));
  await clock.settle();
  leaving.socket.destroy();
  await clock.settle();
  holder.socket.destroy();
  await clock.settle();
  assert.deepEqual(staying.answered, [3]);
});

test('a large request is received in shares, and others have their turn between', async () => {
  const { clock, connect } = await setup({});
  const sender = await connect();
  const other = await connect();
  sender.send(large(1, 6 * MB));
  other.send(heartbeat(2));
  for (let turn = 0; turn < 6; turn++) {
    clock.runTurn();
    await Promise.resolve();
  }
  assert.deepEqual(other.answered, [2]);
  assert.deepEqual(sender.answered, [], 'six turns are not enough for six megabytes');
  await clock.settle();
  assert.deepEqual(sender.answered, [1]);
});

test('a sender that sends a byte now and then does not keep others waiting for ever, an honest slow one goes on', async () => {
  const { clock, connect } = await setup({ maxInFlightBytes: 8 * MB });
  const [dawdling, slow] = [await connect(), await connect()];
  const [first, second] = [large(1, 3 * MB), large(2, 4 * MB)];
  dawdling.send(first.subarray(0, 2 * MB));
  slow.send(second.subarray(0, 100));
  await clock.settle();
  const waiting = await connect();
  waiting.send(large(3, 2 * MB));
  for (let at = 0; at < 3; at++) {
    await clock.settle();
    dawdling.send(first.subarray(2 * MB + at, 2 * MB + at + 1));
    slow.send(second.subarray(100 + at * MB, 100 + (at + 1) * MB));
    await clock.settle();
    await clock.advance(15_000);
  }
  await clock.settle();
  assert.deepEqual([dawdling.closed, slow.closed], [true, false]);
  assert.deepEqual(waiting.answered, [3]);
  slow.send(second.subarray(100 + 3 * MB));
  await clock.settle();
  assert.deepEqual(slow.answered, [2]);
});
