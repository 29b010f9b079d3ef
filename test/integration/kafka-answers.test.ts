// Each answer here was a real Kafka's: what broke when ours was another is said at the test.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { errorName } from '../../src/protocol/errors.ts';
import { FetchRequest, FetchResponse } from '../../src/protocol/messages/01-fetch.ts';
import {
  ListOffsetsRequest,
  ListOffsetsResponse,
} from '../../src/protocol/messages/02-list-offsets.ts';
import { MetadataRequest, MetadataResponse } from '../../src/protocol/messages/03-metadata.ts';
import {
  CreateTopicsRequest,
  CreateTopicsResponse,
} from '../../src/protocol/messages/19-create-topics.ts';
import {
  DeleteTopicsRequest,
  DeleteTopicsResponse,
} from '../../src/protocol/messages/20-delete-topics.ts';
import {
  InitProducerIdRequest,
  InitProducerIdResponse,
} from '../../src/protocol/messages/22-init-producer-id.ts';
import {
  DescribeClusterRequest,
  DescribeClusterResponse,
} from '../../src/protocol/messages/60-describe-cluster.ts';
import { computeCrc } from '../../src/protocol/records/record-batch.ts';
import type { MessageInput } from '../../src/protocol/schema/index.ts';
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
async function newTopic(configs: Readonly<Record<string, string>> = {}, partitions = 1) {
  const name = `answers-${topicCount++}`;
  const { topicId } = await createTopic(client, name, { configs, partitions });
  return { name, topicId };
}

function ask(version: number, body: MessageInput<typeof FetchRequest>) {
  return client.call(FetchRequest, FetchResponse, version, { maxWaitMs: 0, minBytes: 1, ...body });
}

test('Fetch v3 sends nothing for partitions that no longer fit, not padding of their whole limit', async () => {
  const { name } = await newTopic({}, 3);
  for (const partition of [0, 1, 2]) {
    await produce(client, name, batchOf(['x'.repeat(1000)]), { partition });
  }
  const { responses } = await ask(3, {
    maxBytes: 100,
    topics: [
      {
        topic: name,
        partitions: [0, 1, 2].map((partition) => ({ partition, partitionMaxBytes: 1_000_000 })),
      },
    ],
  });
  const sizes = responses[0]?.partitions.map(({ records }) => records?.length ?? -1);
  assert.ok(sizes && sizes[0]! > 1000);
  assert.deepEqual(sizes.slice(1), [0, 0]);
});

test('Fetch does not wait for more bytes than it may return', async () => {
  const { name } = await newTopic();
  await produce(client, name, batchOf(['x'.repeat(500)]));
  await produce(client, name, batchOf(['x'.repeat(500)]));
  // The waits are far longer than a test may take: an answer at all is the proof.
  const byMaxBytes = await fetch(client, name, 0, {
    maxWaitMs: 600_000,
    minBytes: 1_000_000,
    maxBytes: 100,
  });
  assert.equal(byMaxBytes.values.length, 1);
  const { responses } = await ask(12, {
    maxWaitMs: 600_000,
    minBytes: 700,
    topics: [{ topic: name, partitions: [{ partition: 0, partitionMaxBytes: 800 }] }],
  });
  assert.ok((responses[0]?.partitions[0]?.records?.length ?? 0) > 500);
});

test('a consumer that names an epoch nobody has heard of must find its place anew', async () => {
  const { name } = await newTopic();
  await produce(client, name, batchOf(['a']));
  const at = async (lastFetchedEpoch: number) => {
    const { responses } = await ask(12, {
      topics: [
        {
          topic: name,
          partitions: [{ partition: 0, lastFetchedEpoch, partitionMaxBytes: 1000 }],
        },
      ],
    });
    return errorName(responses[0]?.partitions[0]?.errorCode ?? -1);
  };
  assert.equal(await at(0), 'NONE');
  assert.equal(await at(7), 'OFFSET_OUT_OF_RANGE');
});

test('message.downconversion.enable=false refuses only who would need conversion', async () => {
  const { name } = await newTopic({ 'message.downconversion.enable': 'false' });
  await produce(client, name, batchOf(['a']));
  assert.equal((await fetch(client, name, 0, { version: 3 })).errorCode, 35);
  assert.deepEqual((await fetch(client, name, 0, { version: 4 })).values, ['a']);
});

test('Metadata answers a topic once, and by id only from v12 on', async () => {
  const { name, topicId } = await newTopic();
  const metadata = async (version: number, topics: { name: string | null; topicId?: string }[]) => {
    const answer = await client.call(MetadataRequest, MetadataResponse, version, { topics });
    return answer.topics.map((topic) => [topic.name, errorName(topic.errorCode)]);
  };
  assert.deepEqual(await metadata(1, [{ name }, { name }]), [[name, 'NONE']]);
  assert.deepEqual(await metadata(12, [{ name: null, topicId }]), [[name, 'NONE']]);
  assert.deepEqual(await metadata(10, [{ name: null, topicId }]), [['', 'INVALID_REQUEST']]);
  assert.deepEqual(await metadata(11, [{ name, topicId }]), [[name, 'INVALID_REQUEST']]);
});

test('DeleteTopics refuses a row with both a name and an id, and one with neither', async () => {
  const { name, topicId } = await newTopic();
  const { responses } = await client.call(DeleteTopicsRequest, DeleteTopicsResponse, 6, {
    topics: [{ name, topicId }, { name: null }],
    timeoutMs: 5000,
  });
  assert.deepEqual(
    responses.map(({ errorCode }) => errorName(errorCode)),
    ['INVALID_REQUEST', 'INVALID_REQUEST'],
  );
  assert.equal((await fetch(client, name, 0)).errorCode, 0, 'still there');
});

test('InitProducerId takes an id with its epoch or neither', async () => {
  const outcome = async (producerId: number, producerEpoch: number) => {
    const answer = await client.call(InitProducerIdRequest, InitProducerIdResponse, 4, {
      transactionalId: null,
      transactionTimeoutMs: 1000,
      producerId,
      producerEpoch,
    });
    return [errorName(answer.errorCode), answer.producerEpoch];
  };
  assert.deepEqual(await outcome(-1, -1), ['NONE', 0]);
  assert.deepEqual(await outcome(5, 3), ['NONE', 0]);
  assert.deepEqual(await outcome(5, -1), ['INVALID_REQUEST', -1]);
  assert.deepEqual(await outcome(-1, 3), ['INVALID_REQUEST', -1]);
});

test('ListOffsets v0 refuses the special times that came later', async () => {
  const { name } = await newTopic();
  for (const [timestamp, error] of [
    [-3, 'UNSUPPORTED_VERSION'],
    [-2, 'NONE'],
  ] as const) {
    const { topics } = await client.call(ListOffsetsRequest, ListOffsetsResponse, 0, {
      topics: [{ name, partitions: [{ partitionIndex: 0, timestamp, maxNumOffsets: 1 }] }],
    });
    assert.equal(errorName(topics[0]?.partitions[0]?.errorCode ?? -1), error);
  }
});

test('DescribeCluster tells a wrong endpoint type from one that does not exist', async () => {
  const outcome = async (endpointType: number) => {
    const answer = await client.call(DescribeClusterRequest, DescribeClusterResponse, 1, {
      endpointType,
    });
    return errorName(answer.errorCode);
  };
  assert.equal(await outcome(2), 'MISMATCHED_ENDPOINT_TYPE');
  assert.equal(await outcome(9), 'UNSUPPORTED_ENDPOINT_TYPE');
});

test('CreateTopics refuses what this broker cannot keep, with an empty list of configs', async () => {
  for (const [key, value] of [
    ['remote.storage.enable', 'true'],
    ['message.format.version', '99'],
  ] as const) {
    const { topics } = await client.call(CreateTopicsRequest, CreateTopicsResponse, 7, {
      topics: [
        {
          name: 'refused',
          numPartitions: 1,
          replicationFactor: 1,
          configs: [{ name: key, value }],
        },
      ],
      timeoutMs: 5000,
    });
    assert.equal(errorName(topics[0]?.errorCode ?? -1), 'INVALID_CONFIG', key);
    assert.deepEqual(topics[0]?.configs, []);
  }
});

test('a fetch session forgets what one request both wants and forgets, and may begin empty', async () => {
  const { name } = await newTopic();
  const opened = await ask(12, { sessionEpoch: 0, topics: [] });
  assert.notEqual(opened.sessionId, 0);
  const next = await ask(12, {
    sessionId: opened.sessionId,
    sessionEpoch: 1,
    topics: [{ topic: name, partitions: [{ partition: 0, partitionMaxBytes: 1000 }] }],
    forgottenTopicsData: [{ topic: name, partitions: [0] }],
  });
  assert.equal(errorName(next.errorCode), 'NONE');
  assert.equal(next.sessionId, 0, 'nothing is left of it');
});

test('ListOffsets refuses every mention of a partition that is asked for twice', async () => {
  const { name } = await newTopic();
  const { topics } = await client.call(ListOffsetsRequest, ListOffsetsResponse, 5, {
    topics: [
      {
        name,
        partitions: [-1, -2].map((timestamp) => ({ partitionIndex: 0, timestamp })),
      },
    ],
  });
  assert.deepEqual(
    topics[0]?.partitions.map(({ errorCode }) => errorName(errorCode)),
    ['INVALID_REQUEST', 'INVALID_REQUEST'],
  );
});

test('records are read at produce only where a rule asks for it: compressed batches stay as they are', async () => {
  // A count that is wrong in header and records alike shows whether the batch was opened.
  const batch = Buffer.from(batchOf(['aaaa', 'bbbb'], { codec: 'gzip' }));
  batch.writeInt32BE(3, 57);
  batch.writeInt32BE(2, 23);
  batch.writeUInt32BE(computeCrc(batch), 17);
  const outcome = async (configs: Readonly<Record<string, string>>) => {
    const row = await produce(client, (await newTopic(configs)).name, Buffer.from(batch));
    return errorName(row.errorCode);
  };
  assert.equal(await outcome({}), 'NONE');
  const limit = { 'message.timestamp.before.max.ms': '9000000000000' };
  assert.equal(await outcome(limit), 'INVALID_RECORD');
});
