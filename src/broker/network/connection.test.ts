// If this breaks, clients get answers out of order, hang, or one client's bytes hurt another.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Network } from '../../base/network.ts';
import { SimClock } from '../../base/testing/sim-clock.ts';
import { SimNetwork, type SimNetworkOptions } from '../../base/testing/sim-network.ts';
import { SimSocket } from '../../base/testing/sim-socket.ts';
import { decodeResponseFrame } from '../../protocol/codec/index.ts';
import { HeartbeatResponse } from '../../protocol/messages/index.ts';
import type { NetworkLimits } from './limits.ts';
import { NO_RESPONSE } from './pending.ts';
import {
  fetch,
  frame,
  heartbeat,
  metadata,
  produce,
  TestBroker,
  TestClient,
} from './testing/test-broker.ts';

async function setup(limits: Partial<NetworkLimits> = {}, how: Partial<SimNetworkOptions> = {}) {
  const clock = new SimClock();
  const network = new SimNetwork({ clock, ...how });
  const broker = new TestBroker({ clock, network: network.host('broker'), limits });
  const address = await broker.listen({ name: 'PLAINTEXT', host: '', port: 0 });
  const clientSide: Network = network.host('client');
  const connect = async () => {
    const connecting = TestClient.connect(clientSide, address);
    await clock.settle();
    return connecting;
  };
  return { clock, network, broker, connect, client: await connect() };
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

test('answers leave in the order of the requests, however they come about', async () => {
  const { clock, broker, client } = await setup();
  client.send(heartbeat(1), fetch(2), metadata(3), produce(4, 1, 'x'), fetch(5), heartbeat(6));
  await clock.settle();
  assert.deepEqual(client.answered, [1]);
  broker.parked[1]!.pending.complete({});
  await clock.settle();
  assert.deepEqual(client.answered, [1]);
  broker.parked[0]!.pending.complete({});
  await clock.settle();
  assert.deepEqual(client.answered, [1, 2, 3, 4, 5, 6]);
});

test('a request that comes byte by byte is answered as any other', async () => {
  const { clock, broker, client } = await setup({}, { chunkBytes: () => 1 });
  client.send(heartbeat(1), produce(2, 1, 'records, intact'), heartbeat(3));
  await clock.settle();
  assert.deepEqual(client.answered, [1, 2, 3]);
  assert.deepEqual(broker.produced, ['records, intact']);
});

test('what comes after a request that needs several turns waits for it, other clients do not', async () => {
  const { clock, broker, client, connect } = await setup();
  const other = await connect();
  client.send(fetch(1));
  await clock.settle();
  const resume = broker.parked[0]!.context.hold();
  client.send(produce(2, 1, 'later'), heartbeat(3));
  other.send(heartbeat(4));
  await clock.settle();
  assert.deepEqual([broker.produced, other.answered], [[], [4]]);
  resume();
  await clock.settle();
  assert.deepEqual(broker.produced, ['later']);
  broker.parked[0]!.pending.complete({});
  await clock.settle();
  assert.deepEqual(client.answered, [1, 2, 3]);
});

test('acks=0 gets no bytes and holds nobody up', async () => {
  const { clock, broker, client } = await setup();
  client.send(produce(1, 0, 'a'), heartbeat(2), fetch(3), produce(4, 0, 'b'), heartbeat(5));
  await clock.settle();
  assert.deepEqual(client.answered, [2]);
  broker.parked[0]!.pending.complete({});
  await clock.settle();
  assert.deepEqual(client.answered, [2, 3, 5]);
  assert.deepEqual(broker.produced, ['a', 'b']);
});

test('a thousand pipelined requests are all answered, and nothing stays in flight', async () => {
  const { clock, broker, client } = await setup();
  client.send(...numbers(1000).map((index) => heartbeat(index, index)));
  await clock.settle();
  assert.deepEqual(client.answered, numbers(1000));
  const { body } = decodeResponseFrame(HeartbeatResponse, 3, client.frames[999]!);
  assert.equal(body.throttleTimeMs, 999);
  assert.equal(broker.server.inFlightBytes, 0);
});

test('a parked request ends when its client goes away, and a late answer is ignored', async () => {
  const { clock, broker, client } = await setup();
  let sent = 0;
  client.send(fetch(1), heartbeat(2), fetch(3));
  await clock.settle();
  for (const { context } of broker.parked) context.onSent(() => sent++);
  client.socket.destroy();
  await clock.settle();
  assert.deepEqual(
    broker.ended.map(({ correlationId }) => correlationId),
    [1, 3],
  );
  assert.ok(broker.parked.every(({ context }) => context.abandoned));
  assert.equal(sent, 2);
  broker.parked[0]!.pending.complete({});
  broker.parked[1]!.pending.fail(new Error('too late'));
  let told = 0;
  broker.parked[0]!.context.onClose(() => told++);
  assert.equal(told, 1);
  await clock.settle();
  assert.equal(broker.server.connectionCount, 0);
  assert.equal(broker.server.inFlightBytes, 0);
  assert.equal(clock.pendingTimers, 0);
  assert.deepEqual(
    broker.lines.filter(({ level }) => level === 'error'),
    [],
  );
});

/** Ends the client's side; it goes on reading. */
function endWriting({ socket }: TestClient): void {
  assert.ok(socket instanceof SimSocket);
  socket.endWriting();
}

test('a client that sends no more gets all it has asked for, then the connection ends', async () => {
  const { clock, broker, client } = await setup();
  client.send(heartbeat(1), metadata(2), fetch(3), heartbeat(4), fetch(5));
  endWriting(client);
  await clock.settle();
  assert.deepEqual(client.answered, [1, 2]);
  assert.deepEqual([broker.ended, client.closed], [[], false], 'what waits goes on waiting');
  broker.parked[1]!.pending.complete({});
  broker.parked[0]!.pending.complete({});
  await clock.settle();
  assert.deepEqual(client.answered, [1, 2, 3, 4, 5]);
  assert.equal(client.closed, true);
  assert.equal(broker.server.connectionCount, 0);
  assert.equal(broker.server.inFlightBytes, 0);
  assert.equal(clock.pendingTimers, 0);
});

test('requests that waited for room when their client ended its side are handled as well', async () => {
  const { clock, broker, client } = await setup({ maxInFlightBytesPerConnection: 3000 });
  client.send(
    ...numbers(9).map(fetch),
    produce(9, 1, 'last', 0),
    heartbeat(10, -666),
    heartbeat(11),
  );
  endWriting(client);
  await clock.settle();
  assert.ok(broker.parked.length < 9, 'not all are handled at once');
  for (let answered = 0; answered < 9; answered++) {
    broker.parked[answered]!.pending.complete({});
    await clock.settle();
  }
  await clock.advanceAndSettle(100);
  assert.deepEqual(client.answered, numbers(12));
  assert.deepEqual([broker.produced, client.closed], [['last'], true]);
  assert.equal(broker.server.connectionCount, 0);
});

test('a half of a request behind the end is dropped, and nobody waits for its rest', async () => {
  const { clock, broker, client } = await setup();
  client.send(heartbeat(1), heartbeat(2).subarray(0, 9));
  endWriting(client);
  await clock.settle();
  assert.deepEqual([client.answered, client.closed], [[1], true]);
  assert.equal(broker.server.connectionCount, 0);
});

test('a client that ended its side and is gone is let go of: when it breaks, and after a time', async () => {
  for (const maxIdleMs of [600_000, -1]) {
    const { clock, broker, client, connect } = await setup({ maxIdleMs });
    const other = await connect();
    for (const one of [client, other]) {
      one.send(fetch(1));
      endWriting(one);
    }
    await clock.settle();
    client.socket.destroy();
    await clock.settle();
    assert.equal(broker.ended.length, 1);
    await clock.advanceAndSettle(599_000);
    assert.equal(broker.ended.length, 1);
    await clock.advanceAndSettle(2000);
    assert.equal(broker.ended.length, 2);
    assert.equal(broker.server.connectionCount, 0);
    assert.equal(clock.pendingTimers, 0);
  }
});

test('a hostile length closes its connection only, with one line that names the client', async () => {
  const { clock, broker, client, connect } = await setup({ maxRequestBytes: 1000 });
  const other = await connect();
  client.send(heartbeat(1), frame(Buffer.alloc(1001)).subarray(0, 4), heartbeat(2));
  await clock.settle();
  assert.deepEqual(client.answered, [1]);
  assert.equal(client.closed, true);
  other.send(heartbeat(3));
  await clock.settle();
  assert.deepEqual(other.answered, [3]);
  assert.deepEqual(broker.warnings, [
    'closed a connection: a request of 1001 bytes is larger than socket.request.max.bytes = 1000: raise it, or let the client send less at once (max.request.size in Java, message.max.bytes in librdkafka)',
  ]);
  const { fields } = broker.lines.find(({ level }) => level === 'warn')!;
  assert.equal(fields['clientId'], 'test-client');
  assert.match(String(fields['client']), /^client:\d+$/);
});

test('a browser and a TLS client are told apart from damage', async () => {
  const { clock, broker, client, connect } = await setup();
  client.socket.write([Buffer.from('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n')]);
  await clock.settle();
  assert.match(client.rest.toString(), /^HTTP\/1\.1 400 .*not HTTP/s);
  assert.equal(client.closed, true);
  const secure = await connect();
  secure.socket.write([Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01])]);
  await clock.settle();
  assert.equal(secure.closed, true);
  assert.match(broker.warnings[0]!, /speaks HTTP.*http\.listeners/);
  assert.match(broker.warnings[1]!, /speaks TLS.*security\.protocol=PLAINTEXT/);
  assert.equal(broker.warnings.length, 2);
});

test('reading stops while too much is in flight, and goes on when answers have left', async () => {
  const limits = { maxInFlightBytesPerConnection: 10_000 };
  const { clock, broker, client } = await setup(limits);
  client.send(...numbers(8000).map(fetch));
  await clock.settle();
  const parked = broker.parked.length;
  assert.ok(parked > 1 && parked < 12, `${parked} requests in flight`);
  assert.ok(broker.server.inFlightBytes < 12_000);
  assert.ok(client.socket.bufferedBytes > 0, 'the client is held back');
  for (let answered = 0; answered < 8000; answered++) {
    broker.parked[answered]!.pending.complete({});
    if (answered % 97 === 0) await clock.settle();
    if (broker.parked.length === answered + 1) await clock.settle();
  }
  await clock.settle();
  assert.deepEqual(client.answered, numbers(8000));
  assert.equal(broker.server.inFlightBytes, 0);
});

test('answers that a client does not read are bounded, and arrive when it reads again', async () => {
  const { clock, broker, client } = await setup({ maxInFlightBytesPerConnection: 1 << 20 });
  client.socket.pause();
  const records = Buffer.alloc(100_000, 'r');
  client.send(...numbers(100).map(fetch));
  await clock.settle();
  const answer = () => {
    for (const { pending } of broker.parked) {
      if (pending.done) continue;
      const partitions = [{ partitionIndex: 0, highWatermark: 1, records }];
      pending.complete({ responses: [{ topic: 't', partitions }] });
    }
  };
  const parkedAtFirst = broker.parked.length;
  answer();
  await clock.settle();
  assert.equal(broker.parked.length, parkedAtFirst, 'nothing new while the client does not read');
  client.send(...numbers(300).map((index) => fetch(100 + index)));
  await clock.settle();
  assert.equal(broker.parked.length, parkedAtFirst);
  client.socket.resume();
  for (let round = 0; round < 500 && client.frames.length < 400; round++) {
    await clock.settle();
    answer();
  }
  assert.deepEqual(client.answered, numbers(400));
  assert.equal(broker.server.inFlightBytes, 0);
});

test('no further answers are made while four megabytes wait in the socket', async () => {
  const { clock, broker, client } = await setup();
  client.socket.pause();
  client.send(...numbers(6).map(fetch));
  await clock.settle();
  for (const { pending } of broker.parked) {
    const partitions = [{ partitionIndex: 0, highWatermark: 1, records: Buffer.alloc(1 << 20) }];
    pending.complete({ responses: [{ topic: 't', partitions }] });
  }
  await clock.settle();
  client.send(fetch(6));
  await clock.settle();
  assert.equal(broker.parked.length, 6);
  client.socket.resume();
  await clock.settle();
  assert.equal(broker.parked.length, 7);
});

test('answers without bytes let a connection go on as well', async () => {
  const { clock, broker, client } = await setup({ maxInFlightBytesPerConnection: 3000 });
  client.send(...numbers(50).map(fetch));
  await clock.settle();
  for (let index = 0; index < 50; index++) {
    if (index === broker.parked.length) await clock.settle();
    broker.parked[index]!.pending.complete(NO_RESPONSE);
  }
  client.send(heartbeat(99));
  await clock.settle();
  assert.deepEqual(client.answered, [99]);
});

test('a connection goes on when another one has freed the global limit', async () => {
  const { clock, broker, client, connect } = await setup({ maxInFlightBytes: 4500 });
  const other = await connect();
  other.send(...numbers(4).map(fetch));
  await clock.settle();
  client.send(fetch(1), heartbeat(2), fetch(3));
  await clock.settle();
  assert.equal(broker.parked.length, 5);
  for (const { pending } of broker.parked.slice(0, 4)) pending.complete({});
  await clock.settle();
  assert.equal(broker.parked.length, 6, 'the client went on, its first request still parked');
});

test('over the global limit every connection still has one request, and all get their turn', async () => {
  const { clock, broker, client, connect } = await setup({ maxInFlightBytes: 5000 });
  const clients = [client, await connect(), await connect(), await connect()];
  for (const one of clients) one.send(...numbers(200).map(fetch));
  await clock.settle();
  assert.ok(broker.server.inFlightBytes < 5000 + 4 * 2000);
  assert.equal(new Set(broker.parked.map(({ context }) => context.session.id)).size, 4);
  for (let index = 0; index < 800; index++) {
    if (index >= broker.parked.length) await clock.settle();
    broker.parked[index]!.pending.complete({});
  }
  await clock.settle();
  for (const one of clients) assert.deepEqual(one.answered, numbers(200));
  assert.equal(broker.server.inFlightBytes, 0);
});

test('a throttled connection gets its answer at once and is not read for that long', async () => {
  const { clock, client, connect } = await setup();
  const other = await connect();
  client.send(heartbeat(1, -666), heartbeat(2));
  other.send(heartbeat(3));
  await clock.settle();
  assert.deepEqual(client.answered, [1]);
  assert.deepEqual(other.answered, [3]);
  client.send(heartbeat(4));
  await clock.advanceAndSettle(99);
  assert.deepEqual(client.answered, [1]);
  await clock.advanceAndSettle(1);
  assert.deepEqual(client.answered, [1, 2, 4]);
});

test('an idle connection is closed, one with a parked request or with traffic is not', async () => {
  const { clock, broker, client, connect } = await setup({ maxIdleMs: 1000 });
  const waiting = await connect();
  const busy = await connect();
  const stuck = await connect();
  waiting.send(fetch(1));
  stuck.send(heartbeat(1).subarray(0, 10));
  for (let index = 0; index < 4; index++) {
    await clock.advanceAndSettle(400);
    busy.send(heartbeat(index));
    await clock.settle();
  }
  assert.deepEqual(
    [client.closed, waiting.closed, busy.closed, stuck.closed],
    [true, false, false, true],
  );
  const idle = [...broker.metrics.all()].find(
    ({ name }) => name === 'sluice_connections_idle_closed_total',
  );
  assert.deepEqual([...(idle?.read() ?? [])], [{ value: 2 }]);
  broker.parked[0]!.pending.complete({});
  await clock.advanceAndSettle(2000);
  assert.deepEqual(waiting.answered, [1]);
  assert.equal(waiting.closed, true);
  assert.equal(broker.server.connectionCount, 0);
  assert.equal(clock.pendingTimers, 0);
});

test("frames of one connection are never another's memory, whatever ends when", async () => {
  // Each client writes one letter; a frame that went back to the pool too early would mix them.
  const { clock, broker, client, connect } = await setup();
  const clients = [client, await connect(), await connect()];
  const letters = ['a', 'b', 'c'];
  for (let round = 0; round < 30; round++) {
    clients.forEach((one, index) => {
      one.send(fetch(round), produce(round, round % 2, letters[index]!.repeat(500)));
    });
    if (round === 20) clients[1]!.socket.destroy();
    await clock.settle();
    for (const { pending } of broker.parked) if (!pending.done) pending.complete({});
  }
  assert.ok(broker.produced.length >= 60);
  for (const text of broker.produced) assert.match(text, /^(a{500}|b{500}|c{500})$/);
});

test('garbage closes its own connection and never takes down another', async () => {
  const { clock, broker, connect, client } = await setup({ maxRequestBytes: 4096 });
  let correlationId = 0;
  const good = [heartbeat(1), fetch(1), metadata(1), produce(1, 1, 'abc')];
  const flipped = fc
    .record({
      base: fc.constantFrom(...good),
      flips: fc.array(fc.record({ at: fc.nat(200), to: fc.nat(255) }), {
        minLength: 1,
        maxLength: 5,
      }),
    })
    .map(({ base, flips }) => {
      const bytes = Buffer.from(base);
      for (const { at, to } of flips) bytes[4 + (at % (bytes.length - 4))] = to;
      return bytes;
    });
  const anything = fc.uint8Array({ minLength: 1, maxLength: 200 });
  const garbage = fc.oneof(
    anything.map((bytes) => Buffer.from(bytes)),
    anything.map(frame),
    flipped,
  );
  await fc.assert(
    fc.asyncProperty(fc.array(garbage, { minLength: 1, maxLength: 3 }), async (pieces) => {
      const bad = await connect();
      bad.send(...pieces);
      correlationId++;
      client.send(heartbeat(correlationId));
      await clock.settle();
      assert.equal(client.answered.at(-1), correlationId);
      bad.socket.destroy();
      await clock.settle();
      assert.equal(broker.server.connectionCount, 1);
    }),
    { numRuns: 400 },
  );
  assert.equal(client.closed, false);
  assert.equal(broker.server.inFlightBytes, 0);
  assert.deepEqual(
    broker.lines.filter(({ level }) => level === 'error'),
    [],
  );
});
