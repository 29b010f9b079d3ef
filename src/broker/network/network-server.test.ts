// If this breaks, the broker can't be stopped, takes any number of connections, or fails real clients.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { silentLogger } from '../../base/logger.ts';
import { NodeClock } from '../../base/node/node-clock.ts';
import { NodeNetwork } from '../../base/node/node-network.ts';
import { SimClock } from '../../base/testing/sim-clock.ts';
import { SimNetwork } from '../../base/testing/sim-network.ts';
import { ANONYMOUS } from '../security/principal.ts';
import type { NetworkLimits } from './limits.ts';
import {
  fetch,
  frame,
  heartbeat,
  metadata,
  produce,
  TestBroker,
  TestClient,
} from './testing/test-broker.ts';

function simulated(limits: Partial<NetworkLimits> = {}) {
  const clock = new SimClock();
  const network = new SimNetwork({ clock });
  const broker = new TestBroker({ clock, network: network.host('broker'), limits });
  return { clock, network, broker };
}

test('connections over a limit are closed, and closing one makes room', async () => {
  const { clock, network, broker } = simulated({
    maxConnections: 4,
    maxConnectionsPerIp: 2,
    maxConnectionsPerIpOverrides: new Map([['trusted', 3]]),
  });
  const address = await broker.listen({ name: 'PLAINTEXT', host: '', port: 0 });
  const connect = async (host: string) => {
    const connecting = TestClient.connect(network.host(host), address);
    await clock.settle();
    return connecting;
  };
  const first = await connect('one');
  await connect('one');
  const third = await connect('one');
  await clock.settle();
  assert.equal(third.closed, true);
  assert.equal(broker.server.connectionCount, 2);
  const trusted = [await connect('trusted'), await connect('trusted'), await connect('trusted')];
  await clock.settle();
  assert.deepEqual(
    trusted.map(({ closed }) => closed),
    [false, false, true],
  );
  first.socket.destroy();
  await clock.settle();
  await connect('one');
  assert.equal(broker.server.connectionCount, 4);
  assert.deepEqual(broker.warnings, [
    'refused a connection: max.connections.per.ip=2 are open from this address',
    'refused a connection: max.connections=4 are open',
  ]);
});

test('a connection that takes one of the last file handles is refused, told once, and a state until one closes', async () => {
  const { clock, network, broker } = simulated();
  const address = await broker.listen({ name: 'PLAINTEXT', host: '', port: 0 });
  const connect = async (host: string) => {
    const connecting = TestClient.connect(network.host(host), address);
    await clock.settle();
    return connecting;
  };
  const first = await connect('one');
  let left = 29;
  network.shortage = () => `only ${left--} of 120 file handles are left`;
  for (let count = 0; count < 20; count++) {
    const { closed } = await connect('two').then(async (client) => {
      await clock.settle();
      return client;
    });
    assert.equal(closed, true);
  }
  assert.equal(broker.warnings.length, 1, 'one line a minute, though each has another number');
  assert.equal(broker.warnings[0], 'refused a connection: only 29 of 120 file handles are left');
  assert.deepEqual(broker.server.troubles(), [
    'new connections are refused: only 10 of 120 file handles are left',
  ]);
  network.shortage = () => undefined;
  first.socket.destroy();
  await clock.settle();
  assert.deepEqual(broker.server.troubles(), []);
  assert.equal((await connect('two')).closed, false);
});

test('a broker whose max.connections are all taken says so until one closes', async () => {
  const { clock, network, broker } = simulated({ maxConnections: 1 });
  const address = await broker.listen({ name: 'PLAINTEXT', host: '', port: 0 });
  const clients: TestClient[] = [];
  for (const host of ['one', 'two']) {
    const connecting = TestClient.connect(network.host(host), address);
    await clock.settle();
    clients.push(await connecting);
  }
  assert.deepEqual(broker.server.troubles(), [
    'new connections are refused: max.connections=1 are open',
  ]);
  clients[0]?.socket.destroy();
  await clock.settle();
  assert.deepEqual(broker.server.troubles(), []);
});

test('each listener tells its requests its name and the address the client connected to', async () => {
  const { clock, network, broker } = simulated();
  const internal = await broker.listen({ name: 'INTERNAL', host: '', port: 19_092 });
  const external = await broker.listen({ name: 'EXTERNAL', host: '', port: 19_093 });
  for (const address of [internal, external]) {
    const connecting = TestClient.connect(network.host('client'), address);
    await clock.settle();
    (await connecting).send(fetch(1));
    await clock.settle();
  }
  const seen = broker.parked.map(({ context: { session, clientId } }) => ({
    listener: session.listenerName,
    local: session.local,
    clientHost: session.remote.host,
    principal: session.principal,
    clientId,
  }));
  const same = { clientHost: 'client', principal: ANONYMOUS, clientId: 'test-client' };
  assert.deepEqual(seen, [
    { listener: 'INTERNAL', local: { host: 'broker', port: 19_092 }, ...same },
    { listener: 'EXTERNAL', local: { host: 'broker', port: 19_093 }, ...same },
  ]);
});

test('shutdown ends parked requests, answers the others, and closes everything', async () => {
  const { clock, network, broker } = simulated();
  const address = await broker.listen({ name: 'PLAINTEXT', host: '', port: 0 });
  const connecting = TestClient.connect(network.host('client'), address);
  await clock.settle();
  const client = await connecting;
  client.send(heartbeat(1), metadata(2), fetch(3));
  clock.runTurn();
  const done = broker.server.shutdown({ graceMs: 1000 });
  await clock.settle();
  await done;
  assert.deepEqual(client.answered, [1, 2]);
  assert.equal(broker.ended.length, 1);
  assert.equal(client.closed, true);
  assert.equal(clock.pendingTimers, 0);
  const refused = assert.rejects(network.host('client').connect(address, { timeoutMs: 10 }), {
    code: 'ECONNREFUSED',
  });
  await clock.settle();
  await refused;
});

test('shutdown cuts off what is not answered in time', async () => {
  const { clock, network, broker } = simulated();
  const address = await broker.listen({ name: 'PLAINTEXT', host: '', port: 0 });
  const connecting = TestClient.connect(network.host('client'), address);
  await clock.settle();
  const client = await connecting;
  // The client never reads its answer, so it can't be sent before the connection closes.
  client.socket.pause();
  client.send(fetch(1));
  await clock.settle();
  const partitions = [{ partitionIndex: 0, highWatermark: 0, records: Buffer.alloc(1 << 20) }];
  broker.parked[0]!.pending.complete({ responses: [{ topic: 't', partitions }] });
  let stopped = false;
  const done = broker.server.shutdown({ graceMs: 1000 }).then(() => {
    stopped = true;
  });
  await clock.advanceAndSettle(999);
  assert.equal(stopped, false);
  await clock.advanceAndSettle(1);
  await done;
  assert.equal(broker.server.connectionCount, 0);
  assert.equal(broker.server.inFlightBytes, 0);
});

test('over real sockets: a client that shuts down its sending side reads its answers', async () => {
  const network = new NodeNetwork();
  const broker = new TestBroker({ clock: new NodeClock(), network });
  const { port } = await broker.listen({ name: 'PLAINTEXT', host: '127.0.0.1', port: 0 });
  const chunks: Buffer[] = [];
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  socket.end(Buffer.concat([heartbeat(1), metadata(2), fetch(3), heartbeat(4)]));
  let isParked = true;
  for await (const chunk of socket) {
    chunks.push(chunk);
    if (isParked) broker.parked[0]?.pending.complete({});
    isParked = false;
  }
  socket.destroy();
  const received = Buffer.concat(chunks);
  const ids: number[] = [];
  for (let at = 0; at < received.length; at += 4 + received.readInt32BE(at)) {
    ids.push(received.readInt32BE(at + 4));
  }
  assert.deepEqual(ids, [1, 2, 3, 4]);
  assert.equal(broker.ended.length, 0);
  await broker.server.shutdown({ graceMs: 1000 });
  assert.equal(broker.server.connectionCount, 0);
});

test('over real sockets: order, large requests, garbage and shutdown', async () => {
  const clock = new NodeClock();
  const network = new NodeNetwork({ logger: silentLogger });
  const broker = new TestBroker({ clock, network });
  const address = await broker.listen({ name: 'PLAINTEXT', host: '127.0.0.1', port: 0 });
  const client = await TestClient.connect(network, address);
  const bad = await TestClient.connect(network, address);
  const count = 1000;
  for (let index = 0; index < count; index += 2) client.send(heartbeat(index), metadata(index + 1));
  await client.until(() => client.frames.length === count);
  assert.deepEqual(
    client.answered,
    Array.from({ length: count }, (_, index) => index),
  );

  const records = 'r'.repeat(3_000_000);
  client.send(produce(1, 1, records), fetch(2), heartbeat(3));
  bad.send(frame(Buffer.alloc(50, 0xff)));
  await bad.until(() => bad.closed);
  await client.until(() => client.frames.length === count + 1 && broker.parked.length === 1);
  assert.equal(broker.produced[0], records);
  const partitions = [{ partitionIndex: 0, highWatermark: 1, records: Buffer.from(records) }];
  broker.parked[0]!.pending.complete({ responses: [{ topic: 't', partitions }] });
  await client.until(() => client.frames.length === count + 3);
  assert.deepEqual(client.answered.slice(count), [1, 2, 3]);
  assert.ok(client.frames[count + 1]!.includes(records));

  client.send(heartbeat(4), fetch(5));
  await client.until(() => client.frames.length === count + 4);
  await broker.server.shutdown({ graceMs: 1000 });
  await client.until(() => client.closed);
  assert.equal(broker.ended.length, 1);
  assert.equal(broker.server.inFlightBytes, 0);
  await assert.rejects(network.connect(address, { timeoutMs: 1000 }), { code: 'ECONNREFUSED' });
});
