// If this breaks, clients see topics that are not there, miss those that are, or learn addresses that
// they cannot reach.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ZERO_UUID } from '../../src/base/random.ts';
import { errorCode } from '../../src/protocol/errors.ts';
import { FetchRequest, FetchResponse } from '../../src/protocol/messages/01-fetch.ts';
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
  DescribeConfigsRequest,
  DescribeConfigsResponse,
} from '../../src/protocol/messages/32-describe-configs.ts';
import {
  AlterConfigsRequest,
  AlterConfigsResponse,
} from '../../src/protocol/messages/33-alter-configs.ts';
import {
  CreatePartitionsRequest,
  CreatePartitionsResponse,
} from '../../src/protocol/messages/37-create-partitions.ts';
import {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
} from '../../src/protocol/messages/44-incremental-alter-configs.ts';
import {
  DescribeClusterRequest,
  DescribeClusterResponse,
} from '../../src/protocol/messages/60-describe-cluster.ts';
import { RawClient } from '../support/raw-client.ts';
import { startTestBroker, type TestBroker } from '../support/test-broker.ts';
import { batchOf, createTopic, fetch, produce } from '../support/topics.ts';

let broker: TestBroker;
let client: RawClient;
before(async () => {
  broker = await startTestBroker({ config: { 'num.partitions': '2' } });
  client = await RawClient.connect(broker);
});
after(async () => {
  client.close();
  await broker.stop();
});

const TOPIC = 2;
const BROKER = 4;

const metadata = (version: number, names: string[] | null, more = {}) =>
  client.call(MetadataRequest, MetadataResponse, version, {
    topics: names?.map((name) => ({ name })) ?? null,
    ...more,
  });

async function topicNames(): Promise<string[]> {
  const { topics } = await metadata(1, null);
  return topics.map(({ name }) => name ?? '').sort();
}

async function create(version: number, topics: object[], validateOnly = false) {
  const response = await client.call(CreateTopicsRequest, CreateTopicsResponse, version, {
    topics: topics as never,
    timeoutMs: 5000,
    ...(version >= 1 && { validateOnly }),
  });
  return response.topics;
}

async function describeTopic(name: string, keys: string[] | null = null) {
  const { results } = await client.call(DescribeConfigsRequest, DescribeConfigsResponse, 4, {
    resources: [{ resourceType: TOPIC, resourceName: name, configurationKeys: keys }],
    includeSynonyms: true,
    includeDocumentation: true,
  });
  return results[0]!;
}

async function alter(name: string, changes: [string, number, string | null][], type = TOPIC) {
  const { responses } = await client.call(
    IncrementalAlterConfigsRequest,
    IncrementalAlterConfigsResponse,
    1,
    {
      resources: [
        {
          resourceType: type,
          resourceName: name,
          configs: changes.map(([key, configOperation, value]) => ({
            name: key,
            configOperation,
            value,
          })),
        },
      ],
    },
  );
  return responses[0]!;
}

test('v0 empty and v1+ null ask for all topics, v1+ empty for none', async () => {
  await createTopic(client, 'listed');
  const all = await topicNames();
  assert.ok(all.includes('listed'));
  const old = await metadata(0, []);
  assert.deepEqual(old.topics.map(({ name }) => name).sort(), all);
  assert.deepEqual((await metadata(1, [])).topics, []);
});

test('produce, fetch and offsets never create a topic', async () => {
  const before = await topicNames();
  const row = await produce(client, 'never', batchOf(['x']));
  assert.equal(row.errorCode, errorCode('UNKNOWN_TOPIC_OR_PARTITION'));
  assert.equal((await fetch(client, 'never', 0)).errorCode, 3);
  const asked = await metadata(4, ['never'], { allowAutoTopicCreation: false });
  assert.equal(asked.topics[0]?.errorCode, 3);
  assert.deepEqual(await topicNames(), before);
});

test('the first metadata answer after auto-creation names the leader', async () => {
  const { topics, brokers } = await metadata(1, ['auto']);
  const [topic] = topics;
  assert.equal(topic?.errorCode, 0);
  assert.equal(topic?.partitions.length, 2, 'num.partitions');
  for (const partition of topic?.partitions ?? []) {
    assert.equal(partition.errorCode, 0);
    assert.equal(partition.leaderId, brokers[0]?.nodeId);
  }
  assert.equal((await produce(client, 'auto', batchOf(['x']))).errorCode, 0);
});

test('a topic made anew has another id and begins at offset 0', async () => {
  const { topicId: first } = await createTopic(client, 'again');
  await produce(client, 'again', batchOf(['a', 'b']));
  const { responses } = await client.call(DeleteTopicsRequest, DeleteTopicsResponse, 6, {
    topics: [{ topicId: first }],
    timeoutMs: 5000,
  });
  assert.deepEqual(
    responses.map(({ name, errorCode: code }) => [name, code]),
    [['again', 0]],
  );
  const { topicId: second } = await createTopic(client, 'again');
  assert.notEqual(second, first);
  const fetched = await client.call(FetchRequest, FetchResponse, 13, {
    topics: [
      { topicId: first, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 99 }] },
    ],
  });
  assert.equal(fetched.responses[0]?.partitions[0]?.errorCode, errorCode('UNKNOWN_TOPIC_ID'));
  assert.equal((await produce(client, 'again', batchOf(['c']))).baseOffset, 0);
  assert.deepEqual((await fetch(client, 'again', 0, { version: 13, topicId: second })).values, [
    'c',
  ]);
});

test('bad names and names that collide are refused', async () => {
  await createTopic(client, 'with.dot');
  const names = ['', '.', '..', 'a/b', 'ä', 'x'.repeat(250), 'with_dot'];
  const rows = await create(
    5,
    names.map((name) => ({ name, numPartitions: 1, replicationFactor: 1 })),
  );
  for (const { name, errorCode: code, errorMessage } of rows) {
    assert.equal(code, errorCode('INVALID_TOPIC_EXCEPTION'), name);
    assert.notEqual(errorMessage, null);
  }
  const [longest] = await create(5, [
    { name: 'x'.repeat(249), numPartitions: 1, replicationFactor: 1 },
  ]);
  assert.equal(longest?.errorCode, 0);
  assert.equal((await metadata(4, ['a/b'])).topics[0]?.errorCode, 17);
});

test('what can be wrong with a topic to create', async () => {
  const [validated] = await create(
    7,
    [{ name: 'validated', numPartitions: 3, replicationFactor: 1 }],
    true,
  );
  assert.equal(validated?.errorCode, 0);
  assert.equal(validated?.numPartitions, 3);
  assert.ok(!(await topicNames()).includes('validated'));

  const [defaults] = await create(7, [
    { name: 'defaults', numPartitions: -1, replicationFactor: -1 },
  ]);
  assert.deepEqual([defaults?.numPartitions, defaults?.replicationFactor], [2, 1]);
  assert.ok((defaults?.configs ?? []).some(({ name }) => name === 'retention.ms'));

  const one = { numPartitions: 1, replicationFactor: 1 };
  const cases: [object[], string][] = [
    [
      [
        { name: 'twice', ...one },
        { name: 'twice', ...one },
      ],
      'INVALID_REQUEST',
    ],
    [[{ name: 'defaults', ...one }], 'TOPIC_ALREADY_EXISTS'],
    [[{ name: 'rf', numPartitions: 1, replicationFactor: 2 }], 'INVALID_REPLICATION_FACTOR'],
    [[{ name: 'zero', numPartitions: 0, replicationFactor: 1 }], 'INVALID_PARTITIONS'],
    [[{ name: 'conf', ...one, configs: [{ name: 'nope', value: '1' }] }], 'INVALID_CONFIG'],
    [
      [{ name: 'conf', ...one, configs: [{ name: 'retention.ms', value: 'soon' }] }],
      'INVALID_CONFIG',
    ],
    [
      [
        {
          name: 'placed',
          numPartitions: -1,
          replicationFactor: -1,
          assignments: [{ partitionIndex: 0, brokerIds: [99] }],
        },
      ],
      'INVALID_REPLICA_ASSIGNMENT',
    ],
  ];
  for (const [topics, error] of cases) {
    for (const row of await create(7, topics)) {
      assert.equal(row.errorCode, errorCode(error as never), `${row.name}: ${row.errorMessage}`);
    }
  }
});

test('partitions only grow, with one result per topic', async () => {
  await createTopic(client, 'grows', { partitions: 2 });
  const grow = async (counts: [string, number][]) => {
    const { results } = await client.call(CreatePartitionsRequest, CreatePartitionsResponse, 3, {
      topics: counts.map(([name, count]) => ({ name, count, assignments: null })),
      timeoutMs: 5000,
    });
    return results.map(({ name, errorCode: code }) => [name, code]);
  };
  assert.deepEqual(await grow([['grows', 2]]), [['grows', 37]]);
  assert.deepEqual(await grow([['grows', 1]]), [['grows', 37]]);
  assert.deepEqual(
    await grow([
      ['grows', 5],
      ['absent', 5],
    ]),
    [
      ['grows', 0],
      ['absent', 3],
    ],
  );
  assert.equal((await metadata(1, ['grows'])).topics[0]?.partitions.length, 5);
  assert.equal((await produce(client, 'grows', batchOf(['x']), { partition: 4 })).errorCode, 0);
});

test('configs are described whole, with their sources', async () => {
  await createTopic(client, 'described', { configs: { 'retention.ms': '1000' } });
  const { configs } = await describeTopic('described');
  assert.ok(configs.length > 25, `${configs.length} configs`);
  const of = (name: string) => configs.find((entry) => entry.name === name);
  assert.deepEqual([of('retention.ms')?.value, of('retention.ms')?.configSource], ['1000', 1]);
  assert.deepEqual(
    [of('cleanup.policy')?.value, of('cleanup.policy')?.configSource],
    ['delete', 5],
  );
  assert.deepEqual(of('retention.ms')?.synonyms.map(({ name, source }) => [name, source])[0], [
    'retention.ms',
    1,
  ]);
  assert.equal((await alter('described', [['cleanup.policy', 0, 'compact']])).errorCode, 0);
  const after = await describeTopic('described', ['cleanup.policy']);
  assert.deepEqual(
    after.configs.map(({ name, value, configSource }) => [name, value, configSource]),
    [['cleanup.policy', 'compact', 1]],
  );
  assert.equal((await describeTopic('absent')).errorCode, 3);
});

test('AlterConfigs replaces all overrides of a topic', async () => {
  await createTopic(client, 'replaced', { configs: { 'retention.ms': '1000' } });
  const { responses } = await client.call(AlterConfigsRequest, AlterConfigsResponse, 1, {
    resources: [
      {
        resourceType: TOPIC,
        resourceName: 'replaced',
        configs: [{ name: 'max.message.bytes', value: '5000' }],
      },
    ],
    validateOnly: false,
  });
  assert.equal(responses[0]?.errorCode, 0);
  const { configs } = await describeTopic('replaced', ['retention.ms', 'max.message.bytes']);
  assert.deepEqual(
    configs.map(({ name, value }) => [name, value]),
    [
      ['max.message.bytes', '5000'],
      ['retention.ms', '604800000'],
    ],
  );
});

test('lists take items in and out, and one bad entry changes nothing', async () => {
  await createTopic(client, 'listy');
  const policy = async () => (await describeTopic('listy', ['cleanup.policy'])).configs[0]?.value;
  assert.equal((await alter('listy', [['cleanup.policy', 2, 'compact']])).errorCode, 0);
  assert.equal(await policy(), 'delete,compact');
  assert.equal((await alter('listy', [['cleanup.policy', 3, 'delete']])).errorCode, 0);
  assert.equal(await policy(), 'compact');
  const refused = await alter('listy', [
    ['cleanup.policy', 0, 'delete'],
    ['retention.ms', 0, 'soon'],
  ]);
  assert.equal(refused.errorCode, errorCode('INVALID_CONFIG'));
  assert.match(refused.errorMessage ?? '', /retention\.ms/);
  assert.equal(await policy(), 'compact');
});

test('a broker that generated its id describes itself by it', async () => {
  const { results } = await client.call(DescribeConfigsRequest, DescribeConfigsResponse, 1, {
    resources: [
      { resourceType: BROKER, resourceName: '1001', configurationKeys: ['broker.id', 'node.id'] },
    ],
  });
  assert.deepEqual(
    results[0]?.configs.map(({ value }) => value),
    ['1001', '1001'],
  );
});

test('a broker config changes for all brokers at run time, and a restart keeps it', async () => {
  const other = await startTestBroker();
  const describe = async (to: RawClient) => {
    const { results } = await to.call(DescribeConfigsRequest, DescribeConfigsResponse, 1, {
      resources: [
        { resourceType: BROKER, resourceName: '1001', configurationKeys: ['log.retention.ms'] },
      ],
    });
    return results[0]?.configs.map(({ value, configSource }) => [value, configSource]);
  };
  const first = await RawClient.connect(other);
  const { responses } = await first.call(
    IncrementalAlterConfigsRequest,
    IncrementalAlterConfigsResponse,
    0,
    {
      resources: [
        {
          resourceType: BROKER,
          resourceName: '',
          configs: [{ name: 'log.retention.ms', configOperation: 0, value: '12345' }],
        },
      ],
    },
  );
  assert.equal(responses[0]?.errorCode, 0);
  assert.deepEqual(await describe(first), [['12345', 3]]);
  const again = await other.restart();
  assert.deepEqual(await describe(await RawClient.connect(again)), [['12345', 3]]);
  await again.stop();
});

test('a client learns the addresses of the listener it came through', async () => {
  const other = await startTestBroker({
    config: {
      listeners: 'IN://127.0.0.1:0,OUT://127.0.0.1:0,ANY://127.0.0.1:0',
      'listener.security.protocol.map': 'IN:PLAINTEXT,OUT:PLAINTEXT,ANY:PLAINTEXT',
      'inter.broker.listener.name': 'IN',
      'advertised.listeners': 'IN://inside.example:9001,OUT://outside.example:9002',
    },
  });
  const seen = [];
  for (const listener of other.broker.listeners) {
    const through = await RawClient.connect(listener);
    const { brokers } = await through.call(MetadataRequest, MetadataResponse, 9, { topics: [] });
    const cluster = await through.call(DescribeClusterRequest, DescribeClusterResponse, 0, {});
    assert.deepEqual(
      brokers.map(({ host, port }) => [host, port]),
      cluster.brokers.map(({ host, port }) => [host, port]),
    );
    seen.push(...brokers.map(({ host, port }) => [host, port]));
    through.close();
  }
  const { port } = other.broker.listeners[2]!;
  assert.deepEqual(seen, [
    ['inside.example', 9001],
    ['outside.example', 9002],
    ['127.0.0.1', port],
  ]);
  await other.stop();
});

test('metadata by topic id finds the topic, and names an unknown id', async () => {
  const { topicId } = await createTopic(client, 'by-id');
  const unknown = 'AAAAAAAAAAAAAAAAAAAAAQ';
  const { topics } = await client.call(MetadataRequest, MetadataResponse, 12, {
    topics: [
      { topicId, name: null },
      { topicId: unknown, name: null },
    ],
  });
  assert.deepEqual(
    topics.map((topic) => [topic.name, topic.topicId, topic.errorCode]),
    [
      ['by-id', topicId, 0],
      [null, unknown, 100],
    ],
  );
  assert.notEqual(topicId, ZERO_UUID);
});
