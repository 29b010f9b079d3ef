// If this breaks, one small request holds up every other client, or ends the broker.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { errorName } from '../../src/protocol/errors.ts';
import {
  CreateTopicsRequest,
  CreateTopicsResponse,
  DeleteTopicsRequest,
  DeleteTopicsResponse,
  DescribeConfigsRequest,
  DescribeConfigsResponse,
  DescribeProducersRequest,
  DescribeProducersResponse,
  FetchRequest,
  FetchResponse,
  HeartbeatRequest,
  HeartbeatResponse,
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
  OffsetFetchRequest,
  OffsetFetchResponse,
} from '../../src/protocol/messages/index.ts';
import type { Fields, InputOf, MessageSchema, ValueOf } from '../../src/protocol/schema/index.ts';
import { RawClient } from '../support/raw-client.ts';
import { startTestBroker, type TestBroker } from '../support/test-broker.ts';
import { batchOf, createTopic, produce } from '../support/topics.ts';

const MB = 1024 * 1024;
const MOST_ANSWER_BYTES = 8 * MB;

let broker: TestBroker;
let client: RawClient;
let other: RawClient;
before(async () => {
  broker = await startTestBroker({
    config: { 'socket.response.max.bytes': String(MOST_ANSWER_BYTES) },
  });
  client = await RawClient.connect(broker);
  other = await RawClient.connect(broker);
  await createTopic(client, 'rows', { partitions: 3 });
});
after(async () => {
  client.close();
  other.close();
  await broker.stop();
});

/** The answer, and how often another client was answered before it. */
async function whileOthersAreServed<Q extends Fields, S extends Fields>(
  request: MessageSchema<Q>,
  response: MessageSchema<S>,
  version: number,
  body: InputOf<Q>,
): Promise<{ answer: ValueOf<S>; served: number }> {
  let isAnswered = false;
  const answered = client.call(request, response, version, body).finally(() => {
    isAnswered = true;
  });
  let served = 0;
  while (!isAnswered) {
    await other.call(HeartbeatRequest, HeartbeatResponse, 3, {
      groupId: 'nobody',
      generationId: 1,
      memberId: 'nobody',
    });
    served++;
  }
  return { answer: await answered, served };
}

const times = <T>(count: number, of: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => of(index));

test('very many names of nothing', async () => {
  const { answer, served } = await whileOthersAreServed(
    DeleteTopicsRequest,
    DeleteTopicsResponse,
    1,
    { topicNames: times(100_000, () => ''), timeoutMs: 1000 },
  );
  assert.equal(answer.responses.length, 100_000);
  assert.ok(served >= 10, `${served} others`);
});

test('very many partitions of a group without offsets', async () => {
  const { answer, served } = await whileOthersAreServed(
    OffsetFetchRequest,
    OffsetFetchResponse,
    1,
    { groupId: 'g', topics: [{ name: 'rows', partitionIndexes: times(300_000, () => 0) }] },
  );
  assert.equal(answer.topics[0]?.partitions.length, 300_000);
  assert.ok(served >= 10, `${served} others`);
});

test('the broker described very often is refused by the length of the answer, and a few times described', async () => {
  const asked = (count: number) => ({
    resources: times(count, () => ({ resourceType: 4, resourceName: '1001' })),
    includeSynonyms: true,
  });
  const { answer, served } = await whileOthersAreServed(
    DescribeConfigsRequest,
    DescribeConfigsResponse,
    1,
    asked(20_000),
  );
  assert.equal(errorName(answer.results[0]?.errorCode ?? 0), 'POLICY_VIOLATION');
  assert.ok(served >= 10, `${served} others`);
  const few = await client.call(DescribeConfigsRequest, DescribeConfigsResponse, 1, asked(10));
  assert.ok(few.results.every(({ configs }) => configs.length > 100));
});

test('one partition with many producers named very often', async () => {
  for (let producerId = 1; producerId <= 300; producerId++) {
    const batch = batchOf(['x'], { producerId, producerEpoch: 0, baseSequence: 0 });
    await produce(client, 'rows', batch);
  }
  const asked = { topics: [{ name: 'rows', partitionIndexes: times(30_000, () => 0) }] };
  const rowBytes = 300 * 30;
  assert.ok(30_000 * rowBytes > MOST_ANSWER_BYTES);
  const { answer, served } = await whileOthersAreServed(
    DescribeProducersRequest,
    DescribeProducersResponse,
    0,
    asked,
  );
  assert.equal(errorName(answer.topics[0]?.partitions[0]?.errorCode ?? 0), 'POLICY_VIOLATION');
  assert.ok(served >= 10, `${served} others`);
});

test('a fetch that names a partition thousands of times reads it once', async () => {
  const partition = (index: number) => ({
    partition: index,
    fetchOffset: 0,
    partitionMaxBytes: MB,
  });
  const { answer } = await whileOthersAreServed(FetchRequest, FetchResponse, 4, {
    maxWaitMs: 0,
    minBytes: 0,
    maxBytes: 10 * MB,
    topics: [{ topic: 'rows', partitions: times(50_000, (index) => partition(index % 3)) }],
  });
  const [topic] = answer.responses;
  assert.deepEqual(topic?.partitions.map(({ partitionIndex }) => partitionIndex).sort(), [0, 1, 2]);
});

test('very many topics to be made, and very many configs of one', async () => {
  const created = await whileOthersAreServed(CreateTopicsRequest, CreateTopicsResponse, 4, {
    topics: times(3000, (index) => ({ name: `n${index}`, numPartitions: 1, replicationFactor: 1 })),
    timeoutMs: 30_000,
    validateOnly: true,
  });
  assert.ok(created.answer.topics.every(({ errorCode }) => errorCode === 0));
  assert.ok(created.served >= 10, `${created.served} others`);
  const configs = times(100_000, (index) => ({
    name: `x${index}`,
    configOperation: 1,
    value: null,
  }));
  const altered = await whileOthersAreServed(
    IncrementalAlterConfigsRequest,
    IncrementalAlterConfigsResponse,
    0,
    { resources: [{ resourceType: 2, resourceName: 'rows', configs }], validateOnly: true },
  );
  assert.equal(errorName(altered.answer.responses[0]?.errorCode ?? 0), 'INVALID_REQUEST');
});
