// If this breaks, a program that reads hangs when its broker is slow, stuck or gone, does not end when it is told to, or
// does not go on when the broker is back.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeResponseFrame } from '../protocol/codec/index.ts';
import { FetchResponse } from '../protocol/messages/01-fetch.ts';
import { ListOffsetsResponse } from '../protocol/messages/02-list-offsets.ts';
import { FindCoordinatorResponse } from '../protocol/messages/10-find-coordinator.ts';
import { buildBatch } from '../protocol/records/batch-builder.ts';
import { Cluster } from './cluster.ts';
import { Consumer, type ConsumerOptions } from './consumer.ts';
import { ConnectionError } from './errors.ts';
import { code, FakeBroker } from './testing/fake-broker.ts';

/** A broker with ten records, one for each fetch, and no group of its own. */
function start(options: ConsumerOptions = {}) {
  const broker = new FakeBroker();
  broker.topics.set('t', 1);
  broker.reply(ListOffsetsResponse, () => ({
    topics: [{ name: 't', partitions: [{ partitionIndex: 0, errorCode: 0, offset: 0 }] }],
  }));
  broker.reply(FindCoordinatorResponse, ({ version }) =>
    version >= 4
      ? { coordinators: [{ key: 'g', nodeId: 1, ...broker.endpoint, errorCode: 0 }] }
      : { nodeId: 1, ...broker.endpoint, errorCode: 0 },
  );
  broker.on(FetchResponse.apiKey, ({ body, version }, correlationId) => {
    const topics = body['topics'] as { partitions: { fetchOffset: number }[] }[];
    const baseOffset = topics[0]!.partitions[0]!.fetchOffset;
    if (baseOffset >= 10) return undefined;
    const records = buildBatch([{ value: `v${baseOffset}`, timestamp: 1 }], { baseOffset });
    return encodeResponseFrame(FetchResponse, version, correlationId, {
      responses: [{ topic: 't', partitions: [{ partitionIndex: 0, errorCode: 0, records }] }],
    });
  });
  const cluster = new Cluster(broker.ports, { bootstrap: [broker.endpoint] });
  const consumer = new Consumer(cluster, { autoOffsetReset: 'earliest', ...options });
  return { broker, cluster, consumer };
}

/** What a promise comes to, and when; time moves on until it does. */
async function timed<T>(broker: FakeBroker, work: Promise<T>): Promise<{ value: T; ms: number }> {
  const startMs = broker.clock.monotonicMs();
  let endMs = 0;
  const value = await broker.until(
    work.finally(() => {
      endMs = broker.clock.monotonicMs();
    }),
    { stepMs: 500 },
  );
  return { value, ms: endMs - startMs };
}

/** The records of a poll of a second. */
async function polled(broker: FakeBroker, consumer: Consumer) {
  return (await timed(broker, consumer.poll(1000))).value;
}

const ALL_APIS = [1, 2, 3, 8, 9, 10, 11, 12, 13, 14];

test('a poll ends in its time, whichever answer does not come', async () => {
  const cases = fc.record({
    silent: fc.subarray(ALL_APIS, { minLength: 1 }),
    inGroup: fc.boolean(),
    pollMs: fc.constantFrom(0, 50, 1000, 7000),
    isGone: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ silent, inGroup, pollMs, isGone }) => {
      const { broker, cluster, consumer } = start(inGroup ? { groupId: 'g' } : {});
      await broker.until(cluster.metadata([]));
      for (const key of silent) broker.on(key, () => undefined);
      if (isGone) {
        broker.wires.fault = () => 'ECONNREFUSED';
        broker.disconnectAll();
      }
      if (inGroup) consumer.subscribe(['t']);
      else consumer.assign([{ topic: 't', partition: 0 }]);
      for (let round = 0; round < 3; round++) {
        const { ms } = await timed(broker, consumer.poll(pollMs));
        assert.ok(ms <= pollMs, `${ms} ms for a poll of ${pollMs} ms`);
      }
      const { ms } = await timed(broker, consumer.close(5000));
      assert.ok(ms <= 5000, `${ms} ms to close`);
      await cluster.close();
    }),
    { numRuns: 30 },
  );
});

test('a wake-up ends a poll that waits for its group', async () => {
  const { broker, consumer } = start({ groupId: 'g' });
  consumer.subscribe(['t']);
  const polling = timed(broker, consumer.poll(60_000));
  broker.clock.after(500, () => consumer.wakeup());
  const { value, ms } = await polling;
  assert.deepEqual(value, []);
  assert.equal(ms, 500);
});

test('a broker that is gone is waited for, named, and read on from when it is back', async () => {
  const { broker, consumer } = start();
  consumer.assign([{ topic: 't', partition: 0 }]);
  const first = await polled(broker, consumer);
  assert.equal(String(first[0]?.value), 'v0');
  broker.wires.fault = () => 'ECONNREFUSED';
  broker.disconnectAll();
  const rest: string[] = [];
  for (let second = 0; second < 40; second++) {
    for (const { value } of await polled(broker, consumer)) rest.push(String(value));
  }
  assert.ok(rest.length <= 1, 'only what was there already');
  assert.ok(consumer.trouble instanceof ConnectionError);
  assert.match(consumer.trouble.message, /broker:9092/);
  broker.wires.fault = () => undefined;
  while (rest.length < 9) {
    for (const { value } of await polled(broker, consumer)) rest.push(String(value));
  }
  assert.deepEqual(rest, ['v1', 'v2', 'v3', 'v4', 'v5', 'v6', 'v7', 'v8', 'v9']);
  assert.equal(consumer.trouble, undefined);
});

test('where to begin is asked for until somebody knows', async () => {
  const { broker, consumer } = start();
  const well = broker.answerOf(2)!;
  broker.reply(ListOffsetsResponse, () => ({
    topics: [
      { name: 't', partitions: [{ partitionIndex: 0, errorCode: code('KAFKA_STORAGE_ERROR') }] },
    ],
  }));
  consumer.assign([{ topic: 't', partition: 0 }]);
  for (let second = 0; second < 40; second++) {
    assert.deepEqual(await polled(broker, consumer), []);
  }
  assert.match(String(consumer.trouble), /KAFKA_STORAGE_ERROR/);
  broker.on(2, well);
  assert.equal((await broker.until(consumer.poll(60_000))).length, 1);
});

test('a commit that cannot be made at the end is said', async () => {
  const { broker, consumer } = start({ groupId: 'g', autoCommitIntervalMs: 600_000 });
  broker.on(9, () => undefined);
  consumer.assign([{ topic: 't', partition: 0 }]);
  consumer.seek({ topic: 't', partition: 0, offset: 0 });
  assert.equal((await polled(broker, consumer)).length, 1);
  const { value, ms } = await timed(broker, consumer.close(3000));
  assert.match(String(value), /no broker answered within 3000 ms/);
  assert.equal(ms, 3000);
});

test('a pause that the broker asks for is kept, and polls end in their time meanwhile', async () => {
  const { broker, consumer } = start();
  const fetched: number[] = [];
  broker.on(FetchResponse.apiKey, ({ version }, correlationId) => {
    fetched.push(broker.clock.monotonicMs());
    return encodeResponseFrame(FetchResponse, version, correlationId, {
      throttleTimeMs: 3000,
      responses: [],
    });
  });
  consumer.assign([{ topic: 't', partition: 0 }]);
  for (let second = 0; second < 8; second++) await polled(broker, consumer);
  assert.equal(fetched.length, 3);
});
