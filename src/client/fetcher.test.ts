// If this breaks, our consumer skips records, repeats them, or stops without an error.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeResponseFrame } from '../protocol/codec/index.ts';
import { FetchResponse } from '../protocol/messages/01-fetch.ts';
import { buildBatch } from '../protocol/records/batch-builder.ts';
import { buildEndTxnMarker } from '../protocol/records/control-batch.ts';
import { Cluster } from './cluster.ts';
import { Consumer } from './consumer.ts';
import { code, FakeBroker } from './testing/fake-broker.ts';

// If these break, a consumer sees records of aborted transactions, or skips or repeats some.

interface Served {
  readonly records?: Buffer;
  readonly aborted?: { producerId: number; firstOffset: number }[];
  readonly error?: number;
}

function start(serve: (offset: number) => Served) {
  const broker = new FakeBroker();
  broker.topics.set('t', 1);
  const offsets: number[] = [];
  broker.on(FetchResponse.apiKey, ({ body, version }, correlationId) => {
    const topics = body['topics'] as { partitions: { fetchOffset: number }[] }[];
    const offset = topics[0]!.partitions[0]!.fetchOffset;
    offsets.push(offset);
    const { records, aborted, error } = serve(offset);
    // Nothing to tell: a broker waits for records then.
    if (!records && error === undefined) return undefined;
    const partition = {
      partitionIndex: 0,
      errorCode: error ?? 0,
      highWatermark: 100,
      abortedTransactions: aborted ?? null,
      records: records ?? Buffer.alloc(0),
    };
    return encodeResponseFrame(FetchResponse, version, correlationId, {
      responses: [{ topic: 't', partitions: [partition] }],
    });
  });
  const cluster = new Cluster(broker.ports, { bootstrap: [broker.endpoint] });
  const consumer = new Consumer(cluster, { autoOffsetReset: 'none' });
  consumer.assign([{ topic: 't', partition: 0 }]);
  const read = async (offset: number) => {
    consumer.seek({ topic: 't', partition: 0, offset });
    const records = await broker.until(consumer.poll(1000));
    return records.map((record) => `${record.offset}:${record.value}`);
  };
  return { broker, consumer, read, offsets };
}

const batch = (baseOffset: number, values: string[], producerId = -1) =>
  buildBatch(
    values.map((value) => ({ value, timestamp: 1 })),
    {
      baseOffset,
      ...(producerId < 0
        ? {}
        : { producerId, producerEpoch: 0, baseSequence: 0, transactional: true }),
    },
  );
const marker = (baseOffset: number, producerId: number, type: 'COMMIT' | 'ABORT') =>
  buildEndTxnMarker({
    type,
    producerId,
    producerEpoch: 0,
    coordinatorEpoch: 0,
    timestamp: 1,
    baseOffset,
  });

test('records before the offset that was asked for are left out of a batch', async () => {
  const { read, consumer } = start((offset) =>
    offset < 4 ? { records: batch(0, ['a', 'b', 'c', 'd']) } : {},
  );
  assert.deepEqual(await read(2), ['2:c', '3:d']);
  assert.equal(consumer.position({ topic: 't', partition: 0 }), 4);
});

test('aborted transactions and markers are not seen, and the position moves past them', async () => {
  const records = Buffer.concat([
    batch(0, ['a1', 'a2'], 1),
    batch(2, ['b1'], 2),
    marker(3, 1, 'ABORT'),
    batch(4, ['a3'], 1),
    marker(5, 1, 'COMMIT'),
    marker(6, 2, 'ABORT'),
    batch(7, ['plain']),
  ]);
  const aborted = [
    { producerId: 1, firstOffset: 0 },
    { producerId: 2, firstOffset: 2 },
  ];
  const { read, offsets } = start((offset) => (offset < 8 ? { records, aborted } : {}));
  assert.deepEqual(await read(0), ['4:a3', '7:plain']);
  assert.equal(offsets.includes(8), true);
});

test('an answer for an older seek is dropped', async () => {
  const { broker, consumer, read } = start((offset) =>
    offset === 5 ? { records: batch(5, ['new']) } : {},
  );
  let answerFirst: (records: Buffer) => void = () => {};
  const served = broker.answerOf(FetchResponse.apiKey)!;
  broker.on(FetchResponse.apiKey, ({ version }, correlationId) => {
    broker.on(FetchResponse.apiKey, served);
    return new Promise((resolve) => {
      answerFirst = (records) =>
        resolve(
          encodeResponseFrame(FetchResponse, version, correlationId, {
            responses: [{ topic: 't', partitions: [{ partitionIndex: 0, records }] }],
          }),
        );
    });
  });
  assert.deepEqual(await read(0), []);
  consumer.seek({ topic: 't', partition: 0, offset: 5 });
  answerFirst(batch(0, ['old']));
  assert.deepEqual(await read(5), ['5:new']);
});

test('an offset outside the log without a policy is an error that names the partition', async () => {
  const { read } = start(() => ({ error: code('OFFSET_OUT_OF_RANGE') }));
  await assert.rejects(read(99), /the offset of t-0 is outside its log/);
});

test('a leader that moved is looked for again', async () => {
  let refusals = 2;
  const { read } = start((offset) =>
    refusals-- > 0
      ? { error: code('NOT_LEADER_OR_FOLLOWER') }
      : offset === 0
        ? { records: batch(0, ['a']) }
        : {},
  );
  assert.deepEqual(await read(0), ['0:a']);
});
