// If this breaks, records are lost, duplicated, reordered or damaged on their way into the log.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Int64 } from '../../src/base/int64.ts';
import { errorCode, errorName } from '../../src/protocol/errors.ts';
import { ProduceRequest, ProduceResponse } from '../../src/protocol/messages/00-produce.ts';
import {
  InitProducerIdRequest,
  InitProducerIdResponse,
} from '../../src/protocol/messages/22-init-producer-id.ts';
import type { BatchOptions, RecordInput } from '../../src/protocol/records/batch-builder.ts';
import { computeCrc, crc } from '../../src/protocol/records/record-batch.ts';
import { RawClient } from '../support/raw-client.ts';
import { startTestBroker, type TestBroker } from '../support/test-broker.ts';
import { batchOf, createTopic, fetch, produce } from '../support/topics.ts';

let broker: TestBroker;
let client: RawClient;
before(async () => {
  broker = await startTestBroker();
  client = await RawClient.connect(broker);
});
after(async () => {
  client.close();
  await broker.stop();
});

let topicCount = 0;
async function newTopic(configs: Readonly<Record<string, string>> = {}): Promise<string> {
  const name = `produce-${topicCount++}`;
  await createTopic(client, name, { configs });
  return name;
}

/** The name of the error that producing these bytes gets. */
async function outcome(topic: string, records: Buffer | null, options = {}): Promise<string> {
  return errorName((await produce(client, topic, records, options)).errorCode);
}

async function initProducer(to = client): Promise<{ producerId: Int64; producerEpoch: number }> {
  const answer = await to.call(InitProducerIdRequest, InitProducerIdResponse, 4, {
    transactionalId: null,
    transactionTimeoutMs: 60_000,
  });
  assert.equal(answer.errorCode, 0);
  return answer;
}

test('damaged and malformed batches are refused by name, and nothing is written', async () => {
  const topic = await newTopic();
  const good = batchOf(['a', 'b']);
  const flipped = Buffer.from(good);
  flipped[flipped.length - 1]! ^= 1;
  assert.equal(await outcome(topic, flipped), 'CORRUPT_MESSAGE');
  assert.equal(await outcome(topic, null), 'INVALID_RECORD');
  assert.equal(await outcome(topic, Buffer.concat([good, good])), 'INVALID_RECORD');
  assert.equal(await outcome(topic, batchOf(['x'], { control: true })), 'INVALID_RECORD');
  assert.equal(await outcome(topic, batchOf(['a', 'b'], { lastOffsetDelta: 9 })), 'INVALID_RECORD');
  assert.notEqual(await outcome(topic, good.subarray(0, good.length - 3)), 'NONE');
  const { highWatermark } = await fetch(client, topic, 0);
  assert.equal(highWatermark, 0);
});

test('what is fetched carries the checksum that was produced', async () => {
  const topic = await newTopic();
  const batch = batchOf(['a', 'b']);
  const sum = crc(batch);
  await produce(client, topic, batch);
  await produce(client, topic, batch);
  const { records } = await fetch(client, topic, 0);
  assert.ok(records);
  assert.equal(records.length, 2 * batch.length);
  for (const at of [0, batch.length]) {
    assert.equal(crc(records, at), sum);
    assert.equal(computeCrc(records, at), sum);
  }
});

test('with LogAppendTime the broker stamps the batch and says so', async () => {
  const stamped = await newTopic({ 'message.timestamp.type': 'LogAppendTime' });
  const before = Date.now();
  const row = await produce(client, stamped, batchOf(['a']));
  assert.ok(row.logAppendTimeMs >= before && row.logAppendTimeMs <= Date.now());
  const { records } = await fetch(client, stamped, 0);
  assert.equal(records?.readInt16BE(21), 8, 'attribute bit 3');
  assert.equal(Number(records?.readBigInt64BE(35)), row.logAppendTimeMs, 'max timestamp');
  assert.equal(computeCrc(records!), crc(records!));
  const own = await newTopic();
  assert.equal((await produce(client, own, batchOf(['a']))).logAppendTimeMs, -1);
});

test('max.message.bytes looks at the batch as it comes, the topic before the broker', async () => {
  const small = await newTopic({ 'max.message.bytes': '51200' });
  const large = 'x'.repeat(60_000);
  assert.equal(await outcome(small, batchOf([large])), 'MESSAGE_TOO_LARGE');
  assert.equal(await outcome(small, batchOf([large], { codec: 'gzip' })), 'NONE');
  assert.equal(await outcome(await newTopic(), batchOf([large])), 'NONE');
});

test('a compacted topic refuses a record without a key and tells which', async () => {
  const topic = await newTopic({ 'cleanup.policy': 'compact' });
  const records: RecordInput[] = [{ key: 'k', value: '1' }, { value: '2' }];
  const row = await produce(client, topic, batchOf(records));
  assert.equal(errorName(row.errorCode), 'INVALID_RECORD');
  assert.deepEqual(
    row.recordErrors.map(({ batchIndex }) => batchIndex),
    [1],
  );
  assert.equal((await fetch(client, topic, 0)).highWatermark, 0);
});

test('zstd needs Produce v7, and a topic of codec zstd Fetch v10', async () => {
  const topic = await newTopic({ 'compression.type': 'zstd' });
  const batch = batchOf(['x'], { codec: 'zstd' });
  assert.equal(await outcome(topic, batch, { version: 6 }), 'UNSUPPORTED_COMPRESSION_TYPE');
  assert.equal(await outcome(topic, batch, { version: 7 }), 'NONE');
  assert.equal((await fetch(client, topic, 0, { version: 9 })).errorCode, 76);
  assert.deepEqual((await fetch(client, topic, 0, { version: 10 })).values, ['x']);
  const other = await newTopic();
  await outcome(other, batch);
  assert.deepEqual((await fetch(client, other, 0, { version: 9 })).values, ['x'], 'as Kafka does');
  assert.equal(
    (await fetch(client, other, 0, { version: 3 })).errorCode,
    76,
    'cannot be converted',
  );
});

test('a topic with a codec of its own recompresses', async () => {
  const topic = await newTopic({ 'compression.type': 'gzip' });
  await produce(client, topic, batchOf(['a', 'b'], { codec: 'lz4' }));
  await produce(client, topic, batchOf(['c']));
  const { records, values } = await fetch(client, topic, 0);
  assert.equal(records?.readInt16BE(21), 1, 'gzip');
  assert.deepEqual(values, ['a', 'b', 'c']);
});

test('a resent batch gets its first offset and is written once', async () => {
  const topic = await newTopic();
  const producer = await initProducer();
  const send = async (baseSequence: number, values = ['x']) => {
    const row = await produce(client, topic, batchOf(values, { ...producer, baseSequence }));
    return [errorName(row.errorCode), row.baseOffset];
  };
  for (let sequence = 0; sequence < 6; sequence++) {
    assert.deepEqual(await send(sequence), ['NONE', sequence]);
  }
  for (let sequence = 1; sequence < 6; sequence++) {
    assert.deepEqual(await send(sequence), ['NONE', sequence], 'one of the last five');
  }
  assert.equal((await fetch(client, topic, 0)).highWatermark, 6);
  assert.deepEqual(await send(8), ['OUT_OF_ORDER_SEQUENCE_NUMBER', -1]);
  assert.notEqual((await send(0))[0], 'NONE', 'older than the window');
  assert.equal((await fetch(client, topic, 0)).highWatermark, 6);
});

test('batches of one request that are resent in the same turn count once', async () => {
  const topic = await newTopic();
  const producer = await initProducer();
  const bodies = [0, 0, 1, 1, 2].map((baseSequence) => ({
    acks: -1,
    timeoutMs: 1000,
    topicData: [
      {
        name: topic,
        partitionData: [{ index: 0, records: batchOf(['x'], { ...producer, baseSequence }) }],
      },
    ],
  }));
  const other = await RawClient.connect(broker);
  const answers = await Promise.all(
    bodies.map((body) => other.call(ProduceRequest, ProduceResponse, 9, body)),
  );
  assert.deepEqual(
    answers.map(({ responses }) => responses[0]?.partitionResponses[0]?.baseOffset),
    [0, 0, 1, 1, 2],
  );
  assert.equal((await fetch(client, topic, 0)).highWatermark, 3);
  other.close();
});

test('sequence numbers wrap to 0', async () => {
  const topic = await newTopic();
  const producer = await initProducer();
  const send = (baseSequence: number, count: number) =>
    outcome(topic, batchOf(Array(count).fill('x'), { ...producer, baseSequence }));
  // A producer that this partition does not know may begin anywhere, as after its state expired.
  assert.equal(await send(2 ** 31 - 2, 2), 'NONE');
  assert.equal(await send(0, 1), 'NONE');
  assert.equal(await send(1, 1), 'NONE');
});

test('an older epoch is fenced and a new one begins at sequence 0', async () => {
  const topic = await newTopic();
  const { producerId } = await initProducer();
  const send = (options: BatchOptions) =>
    outcome(topic, batchOf(['x'], { producerId, ...options }));
  assert.equal(await send({ producerEpoch: 1, baseSequence: 0 }), 'NONE');
  assert.equal(await send({ producerEpoch: 0, baseSequence: 1 }), 'INVALID_PRODUCER_EPOCH');
  assert.equal(await send({ producerEpoch: 2, baseSequence: 7 }), 'OUT_OF_ORDER_SEQUENCE_NUMBER');
  assert.equal(await send({ producerEpoch: 2, baseSequence: 0 }), 'NONE');
});

test('after a restart duplicates are still known and producer ids are new', async () => {
  let other = await startTestBroker();
  let to = await RawClient.connect(other);
  await createTopic(to, 't');
  const producer = await initProducer(to);
  // Of now: what a producer last wrote a day ago is forgotten (producer.id.expiration.ms).
  const timestamp = Date.now();
  const batch = (baseSequence: number) =>
    batchOf([{ timestamp, value: 'x' }], { ...producer, baseSequence });
  await produce(to, 't', batch(0));
  await produce(to, 't', batch(1));
  other = await other.restart();
  to = await RawClient.connect(other);
  assert.equal((await produce(to, 't', batch(1))).baseOffset, 1);
  assert.equal((await produce(to, 't', batch(2))).baseOffset, 2);
  assert.equal((await fetch(to, 't', 0)).highWatermark, 3);
  assert.ok((await initProducer(to)).producerId > producer.producerId);
  await other.stop();
});

test('acks must be known; min.insync.replicas counts only up to the replicas there are', async () => {
  const topic = await newTopic();
  assert.equal(await outcome(topic, batchOf(['x']), { acks: 2 }), 'INVALID_REQUIRED_ACKS');
  const strict = await newTopic({ 'min.insync.replicas': '2' });
  assert.equal(await outcome(strict, batchOf(['x']), { acks: -1 }), 'NONE');
  assert.equal(await outcome(strict, batchOf(['x']), { acks: 1 }), 'NONE');
});

test('timestamps outside what the topic allows are refused', async () => {
  const topic = await newTopic({
    'message.timestamp.before.max.ms': '1000',
    'message.timestamp.after.max.ms': '1000',
  });
  const at = (timestamp: number) => outcome(topic, batchOf([{ timestamp, value: 'x' }]));
  assert.equal(await at(Date.now() - 60_000), 'INVALID_TIMESTAMP');
  assert.equal(await at(Date.now() + 60_000), 'INVALID_TIMESTAMP');
  assert.equal(await at(Date.now()), 'NONE');
});

test('a transactional batch cannot open a transaction that nobody can end', async () => {
  const topic = await newTopic();
  const producer = await initProducer();
  const batch = batchOf(['x'], { ...producer, baseSequence: 0, transactional: true });
  assert.equal(await outcome(topic, batch), 'INVALID_TXN_STATE');
  assert.equal((await fetch(client, topic, 0, { isolationLevel: 1 })).lastStableOffset, 0);
});

test('every codec, null and empty keys and values, and headers come back as they were', async () => {
  const topic = await newTopic();
  const records: RecordInput[] = [
    { key: null, value: null },
    { key: '', value: '' },
    {
      key: 'k',
      value: 'v',
      headers: [
        { key: 'h', value: 'x' },
        { key: 'h', value: null },
      ],
    },
  ];
  for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
    assert.equal(await outcome(topic, batchOf(records, { codec })), 'NONE', codec);
  }
  const { values } = await fetch(client, topic, 0);
  assert.deepEqual(values, Array(5).fill([null, '', 'v']).flat());
});

test('every produce version from 3 is answered at its own shape', async () => {
  const topic = await newTopic();
  for (let version = 3; version <= 11; version++) {
    const { errorCode: code, baseOffset } = await produce(client, topic, batchOf(['x']), {
      version,
    });
    assert.deepEqual([code, baseOffset], [0, version - 3], `version ${version}`);
  }
});

test('partitions of one request succeed and fail apart', async () => {
  const topic = await newTopic();
  const { responses } = await client.call(ProduceRequest, ProduceResponse, 9, {
    acks: -1,
    timeoutMs: 1000,
    topicData: [
      {
        name: topic,
        partitionData: [
          { index: 0, records: batchOf(['x']) },
          { index: 7, records: batchOf(['x']) },
        ],
      },
      { name: '__consumer_offsets', partitionData: [{ index: 0, records: batchOf(['x']) }] },
    ],
  });
  assert.deepEqual(
    responses.flatMap(({ partitionResponses }) => partitionResponses.map((row) => row.errorCode)),
    [0, errorCode('UNKNOWN_TOPIC_OR_PARTITION'), errorCode('UNKNOWN_TOPIC_OR_PARTITION')],
  );
});
