// If this breaks, topics cannot be made, grown or deleted, or one request's mistake spoils the others.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ZERO_UUID } from '../../base/random.ts';
import type { Store } from '../../coordination/store.ts';
import { ClusterFixture, really, topicRequest } from './testing/cluster-fixture.ts';

async function oneBroker() {
  const cluster = new ClusterFixture();
  const broker = await cluster.startBroker(1);
  return { cluster, ...broker };
}

const json = async (store: Store, path: string) =>
  JSON.parse((await store.get(path))?.data?.toString() ?? 'null');

test('a created topic is in the store as Kafka writes it, hosted, and published', async () => {
  const { cluster, controller, session, host, metadata } = await oneBroker();
  const request = topicRequest('t', { configs: [{ name: 'retention.ms', value: '5' }] });
  const [result] = await controller.createTopics([request], really);
  assert.equal(result?.error, 'NONE');
  assert.deepEqual([result?.partitionCount, result?.replicationFactor], [2, 1]);
  assert.equal(result?.configs.get('retention.ms'), '5');

  const id = result?.topicId;
  assert.deepEqual(await json(session, '/brokers/topics/t'), {
    version: 3,
    topic_id: id,
    partitions: { 0: [1], 1: [1] },
    adding_replicas: {},
    removing_replicas: {},
  });
  assert.deepEqual(await json(session, '/brokers/topics/t/partitions/1/state'), {
    version: 1,
    leader: 1,
    leader_epoch: 0,
    isr: [1],
    controller_epoch: 1,
  });
  assert.deepEqual(await json(session, '/config/topics/t'), {
    version: 1,
    config: { 'retention.ms': '5' },
  });
  assert.deepEqual([...host.hosted.keys()], ['t-0', 't-1']);
  const state = host.hosted.get('t-0');
  assert.deepEqual([state?.leader, state?.leaderEpoch, state?.isNew], [1, 0, true]);
  assert.equal(state?.topicConfig.get('retention.ms'), '5');
  const topic = metadata.snapshot.topics.get('t');
  assert.equal(topic?.id, id);
  assert.equal(topic?.partitions[1]?.leader, 1);
  assert.equal(metadata.snapshot.topicConfigs.get('t')?.get('retention.ms'), '5');
  await cluster.close();
});

test('a topic of 50 partitions costs one fdatasync', async () => {
  const { cluster, controller } = await oneBroker();
  let syncs = 0;
  cluster.disk.fault = (operation) => {
    if (operation === 'sync') syncs++;
    return undefined;
  };
  const topics = [topicRequest('a', { partitionCount: 50 }), topicRequest('b')];
  const results = await controller.createTopics(topics, really);
  assert.deepEqual(
    results.map(({ error }) => error),
    ['NONE', 'NONE'],
  );
  assert.equal(syncs, 1);
  await cluster.close();
});

test('a topic too large for one request of the store is still created whole', async () => {
  const { cluster, controller, metadata } = await oneBroker();
  const name = 'n'.repeat(240);
  const request = topicRequest(name, { partitionCount: 2500 });
  assert.equal((await controller.createTopics([request], really))[0]?.error, 'NONE');
  assert.equal(metadata.snapshot.topics.get(name)?.partitions.length, 2500);
  assert.ok(metadata.snapshot.topics.get(name)?.partitions.every(({ leader }) => leader === 1));
  await cluster.crash();
  const again = await cluster.startBroker(1);
  assert.equal(again.metadata.snapshot.topics.get(name)?.partitions.length, 2500);
  assert.equal((await again.controller.deleteTopics([{ name }]))[0]?.error, 'NONE');
  assert.deepEqual(await again.session.children('/brokers/topics'), []);
  await cluster.close();
});

test('what cannot be created is refused with the error Kafka gives', async () => {
  const { cluster, controller, metadata } = await oneBroker();
  await controller.createTopics([topicRequest('a.b'), topicRequest('there')], really);
  const manual = (...replicas: number[][]) =>
    topicRequest('manual', {
      assignments: replicas.map((each, partition) => ({ partition, replicas: each })),
    });
  const gap = { assignments: [{ partition: 1, replicas: [1] }] };
  const both = { assignments: [{ partition: 0, replicas: [1] }], partitionCount: 1 };
  const nothing = { configs: [{ name: 'retention.ms', value: null }] };
  const cases: [ReturnType<typeof topicRequest>, string][] = [
    [topicRequest('there'), 'TOPIC_ALREADY_EXISTS'],
    [topicRequest('a_b'), 'INVALID_TOPIC_EXCEPTION'],
    [topicRequest(''), 'INVALID_TOPIC_EXCEPTION'],
    [topicRequest('.'), 'INVALID_TOPIC_EXCEPTION'],
    [topicRequest('..'), 'INVALID_TOPIC_EXCEPTION'],
    [topicRequest('with space'), 'INVALID_TOPIC_EXCEPTION'],
    [topicRequest('ä'), 'INVALID_TOPIC_EXCEPTION'],
    [topicRequest('x'.repeat(250)), 'INVALID_TOPIC_EXCEPTION'],
    [topicRequest('__cluster_metadata'), 'INVALID_REQUEST'],
    [topicRequest('n', { partitionCount: 0 }), 'INVALID_PARTITIONS'],
    [topicRequest('n', { partitionCount: -2 }), 'INVALID_PARTITIONS'],
    [topicRequest('n', { partitionCount: 10_001 }), 'POLICY_VIOLATION'],
    [topicRequest('n', { replicationFactor: 2 }), 'INVALID_REPLICATION_FACTOR'],
    [topicRequest('n', { replicationFactor: 0 }), 'INVALID_REPLICATION_FACTOR'],
    [topicRequest('n', { configs: [{ name: 'bad', value: '1' }] }), 'INVALID_CONFIG'],
    [topicRequest('n', nothing), 'INVALID_CONFIG'],
    [topicRequest('n', both), 'INVALID_REQUEST'],
    [topicRequest('n', gap), 'INVALID_REPLICA_ASSIGNMENT'],
    [manual([]), 'INVALID_REPLICA_ASSIGNMENT'],
    [manual([1, 1]), 'INVALID_REPLICA_ASSIGNMENT'],
    [manual([2]), 'INVALID_REPLICA_ASSIGNMENT'],
    [manual([1], []), 'INVALID_REPLICA_ASSIGNMENT'],
  ];
  for (const [request, error] of cases) {
    for (const validateOnly of [true, false]) {
      const [result] = await controller.createTopics([request], { validateOnly });
      const what = `${request.name.slice(0, 30)} ${JSON.stringify(request)}`;
      assert.equal(result?.error, error, what);
      assert.equal(typeof result?.detail, 'string', what);
      assert.deepEqual([result?.topicId, result?.partitionCount], [ZERO_UUID, -1], what);
    }
  }
  assert.deepEqual([...metadata.snapshot.topics.keys()], ['a.b', 'there']);
  const longest = await controller.createTopics([topicRequest('x'.repeat(249))], really);
  assert.equal(longest[0]?.error, 'NONE');
  await cluster.close();
});

test('one bad topic does not keep the others of a request from being created', async () => {
  const { cluster, controller, metadata } = await oneBroker();
  const results = await controller.createTopics(
    [
      topicRequest('twice'),
      topicRequest('good'),
      topicRequest('twice'),
      topicRequest('a.x'),
      topicRequest('a_x'),
    ],
    really,
  );
  assert.deepEqual(
    results.map(({ name, error }) => `${name} ${error}`),
    [
      'twice INVALID_REQUEST',
      'good NONE',
      'twice INVALID_REQUEST',
      'a.x NONE',
      'a_x INVALID_TOPIC_EXCEPTION',
    ],
  );
  assert.deepEqual([...metadata.snapshot.topics.keys()].sort(), ['a.x', 'good']);
  await cluster.close();
});

test('validate only answers as if it had created, and creates nothing', async () => {
  const { cluster, controller, session, host, metadata } = await oneBroker();
  const request = topicRequest('t', { assignments: [{ partition: 0, replicas: [1] }] });
  const [result] = await controller.createTopics([request], { validateOnly: true });
  assert.equal(result?.error, 'NONE');
  assert.deepEqual([result?.partitionCount, result?.replicationFactor], [1, 1]);
  assert.deepEqual(await session.children('/brokers/topics'), []);
  assert.equal(metadata.snapshot.topics.size, 0);
  assert.equal(host.hosted.size, 0);
  await cluster.close();
});

test('missing topics are created with the defaults, internal ones with their own', async () => {
  const { cluster, controller, metadata } = await oneBroker();
  const results = await controller.autoCreateTopics(['t', '__consumer_offsets']);
  assert.deepEqual(
    results.map(({ error }) => error),
    ['NONE', 'NONE'],
  );
  const offsets = metadata.snapshot.topics.get('__consumer_offsets');
  assert.deepEqual([offsets?.partitions.length, offsets?.internal], [5, true]);
  const config = metadata.snapshot.topicConfigs.get('__consumer_offsets');
  assert.equal(config?.get('cleanup.policy'), 'compact');
  assert.equal(metadata.snapshot.topics.get('t')?.internal, false);
  const [again] = await controller.autoCreateTopics(['t']);
  assert.equal(again?.error, 'TOPIC_ALREADY_EXISTS');
  await cluster.close();
});

test('partitions are added behind the others, and only added', async () => {
  const { cluster, controller, session, host, metadata } = await oneBroker();
  await controller.createTopics([topicRequest('t'), topicRequest('u')], really);
  const grow = async (name: string, count: number, assignments: number[][] | null = null) =>
    (await controller.createPartitions([{ name, count, assignments }], really))[0]?.error;
  assert.equal(await grow('t', 1), 'INVALID_PARTITIONS');
  assert.equal(await grow('t', 2), 'INVALID_PARTITIONS');
  assert.equal(await grow('t', 10_003), 'POLICY_VIOLATION');
  assert.equal(await grow('missing', 3), 'UNKNOWN_TOPIC_OR_PARTITION');
  assert.equal(await grow('t', 4, [[1]]), 'INVALID_REPLICA_ASSIGNMENT');
  assert.equal(await grow('t', 3, [[2]]), 'INVALID_REPLICA_ASSIGNMENT');
  assert.equal(await grow('t', 3, [[]]), 'INVALID_REPLICA_ASSIGNMENT');
  const twice = [
    { name: 't', count: 3, assignments: null },
    { name: 't', count: 4, assignments: null },
  ];
  const refused = await controller.createPartitions(twice, really);
  assert.deepEqual(
    refused.map(({ error }) => error),
    ['INVALID_REQUEST', 'INVALID_REQUEST'],
  );
  const dry = [{ name: 't', count: 3, assignments: null }];
  const [validated] = await controller.createPartitions(dry, { validateOnly: true });
  assert.equal(validated?.error, 'NONE');
  assert.equal(metadata.snapshot.topics.get('t')?.partitions.length, 2);

  const before = metadata.snapshot.topics.get('t')?.partitions[0];
  assert.equal(await grow('t', 4), 'NONE');
  assert.equal(await grow('t', 5, [[1]]), 'NONE');
  assert.deepEqual(metadata.snapshot.topics.get('t')?.partitions[0], before);
  assert.equal(metadata.snapshot.topics.get('t')?.partitions.length, 5);
  assert.deepEqual([...host.hosted.keys()].sort(), [
    't-0',
    't-1',
    't-2',
    't-3',
    't-4',
    'u-0',
    'u-1',
  ]);
  const node = await json(session, '/brokers/topics/t');
  assert.deepEqual(Object.keys(node.partitions), ['0', '1', '2', '3', '4']);
  assert.equal(node.topic_id, metadata.snapshot.topics.get('t')?.id);
  await cluster.close();
});

test('a partition whose log cannot be opened is published as offline', async () => {
  const { cluster, controller, host, metadata } = await oneBroker();
  host.outcome = (partition) => (partition === 't-1' ? 'KAFKA_STORAGE_ERROR' : 'NONE');
  await controller.createTopics([topicRequest('t')], really);
  const [good, bad] = metadata.snapshot.topics.get('t')?.partitions ?? [];
  assert.deepEqual([good?.leader, good?.offlineReplicas], [1, []]);
  assert.deepEqual([bad?.leader, bad?.offlineReplicas], [-1, [1]]);
  await cluster.close();
});

test('a deletion is answered when the files are gone and the offsets forgotten', async () => {
  const { cluster, controller, session, host, metadata } = await oneBroker();
  await controller.createTopics([topicRequest('t'), topicRequest('keep')], really);
  const id = metadata.snapshot.topics.get('t')?.id ?? '';
  const order: string[] = [];
  host.beforeDeletion = async () => {
    order.push(metadata.snapshot.topics.has('t') ? 'visible' : 'hidden');
  };
  host.topicDeleted = async (topic) => {
    order.push(`forget ${topic}`);
    assert.ok(!metadata.snapshot.topics.has('t'), 'nobody can commit offsets for it again');
    assert.ok(await session.exists('/admin/delete_topics/t'), 'a crash here is not forgotten');
  };
  const [result] = await controller.deleteTopics([{ name: 't' }]);
  assert.deepEqual(result, { name: 't', id, error: 'NONE', detail: null });
  assert.deepEqual(order, ['forget t', 'hidden']);
  assert.deepEqual([...host.files].sort(), ['keep-0', 'keep-1']);
  assert.deepEqual(await session.children('/brokers/topics'), ['keep']);
  assert.deepEqual(await session.children('/config/topics'), ['keep']);
  assert.deepEqual(await session.children('/admin/delete_topics'), []);
  await cluster.close();
});

test('a topic is deleted by id, and recreated under another id', async () => {
  const { cluster, controller, metadata } = await oneBroker();
  await controller.createTopics([topicRequest('t')], really);
  const id = metadata.snapshot.topics.get('t')?.id ?? '';
  const results = await controller.deleteTopics([
    { id },
    { id: 'unknownunknownunknown0' },
    { name: 'no' },
  ]);
  assert.deepEqual(
    results.map(({ name, error }) => [name, error]),
    [
      ['t', 'NONE'],
      [null, 'UNKNOWN_TOPIC_ID'],
      ['no', 'UNKNOWN_TOPIC_OR_PARTITION'],
    ],
  );
  const [again] = await controller.createTopics([topicRequest('t')], really);
  assert.equal(again?.error, 'NONE');
  assert.notEqual(again?.topicId, id);
  assert.equal(metadata.snapshot.topicsById.get(id), undefined);
  await cluster.close();
});

test('deletion can be switched off', async () => {
  const { cluster, controller, metadata } = await oneBroker();
  await controller.createTopics([topicRequest('t')], really);
  cluster.settings = { ...cluster.settings, deleteTopicEnable: false };
  const [result] = await controller.deleteTopics([{ name: 't' }]);
  assert.equal(result?.error, 'TOPIC_DELETION_DISABLED');
  assert.ok(metadata.snapshot.topics.has('t'));
  await cluster.close();
});

test('a topic whose files cannot be removed stays marked, and can be tried again', async () => {
  const { cluster, controller, host, metadata } = await oneBroker();
  await controller.createTopics([topicRequest('t')], really);
  host.outcome = () => 'KAFKA_STORAGE_ERROR';
  assert.equal((await controller.deleteTopics([{ name: 't' }]))[0]?.error, 'KAFKA_STORAGE_ERROR');
  assert.ok(!metadata.snapshot.topics.has('t'));
  const [create] = await controller.createTopics([topicRequest('t')], really);
  assert.equal(create?.error, 'TOPIC_ALREADY_EXISTS');
  assert.match(create?.detail ?? '', /marked for deletion/);
  const grow = [{ name: 't', count: 9, assignments: null }];
  const [grown] = await controller.createPartitions(grow, really);
  assert.equal(grown?.error, 'INVALID_TOPIC_EXCEPTION');
  host.outcome = () => 'NONE';
  assert.equal((await controller.deleteTopics([{ name: 't' }]))[0]?.error, 'NONE');
  assert.equal((await controller.createTopics([topicRequest('t')], really))[0]?.error, 'NONE');
  await cluster.close();
});
