// If this breaks, topics, leaders or settings are gone or different after a restart.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClusterFixture, really, topicRequest } from './testing/cluster-fixture.ts';

test('after a restart everything is as it was, under new leader epochs', async () => {
  const cluster = new ClusterFixture();
  const first = await cluster.startBroker(1);
  await first.controller.createTopics(
    [topicRequest('t', { configs: [{ name: 'retention.ms', value: '5' }] })],
    really,
  );
  const change = { name: 'a', operation: 'set' as const, value: '1' };
  await first.controller.incrementalAlterConfigs(
    [
      { resource: { type: 'broker', name: '1' }, changes: [change] },
      { resource: { type: 'broker', name: '' }, changes: [{ ...change, value: '2' }] },
    ],
    really,
  );
  const before = first.metadata.snapshot;
  await cluster.crash();

  const { metadata, host } = await cluster.startBroker(1);
  const after = metadata.snapshot;
  assert.deepEqual(after.topics.get('t')?.id, before.topics.get('t')?.id);
  assert.deepEqual(after.topicConfigs, before.topicConfigs);
  assert.equal(after.brokerConfigs.get(1)?.get('a'), '1');
  assert.equal(after.defaultBrokerConfig.get('a'), '2');
  assert.equal(after.controllerId, 1);
  assert.equal(after.controllerEpoch, before.controllerEpoch + 1);
  assert.equal(after.brokers.get(1)?.endpoints.get('PLAINTEXT')?.port, 9001);
  for (const partition of after.topics.get('t')?.partitions ?? []) {
    assert.deepEqual([partition.leader, partition.leaderEpoch, partition.isr], [1, 1, [1]]);
  }
  const [command] = host.commands;
  assert.ok(command && 'full' in command && command.full);
  assert.deepEqual([...host.hosted.keys()], ['t-0', 't-1']);
  assert.equal(host.hosted.get('t-0')?.isNew, false);
  await cluster.close();
});

test('a start costs three fdatasyncs, however many partitions there are', async () => {
  const cluster = new ClusterFixture();
  const { controller } = await cluster.startBroker(1);
  await controller.createTopics([topicRequest('t', { partitionCount: 300 })], really);
  await cluster.crash();
  let syncs = 0;
  cluster.disk.fault = (operation) => {
    if (operation === 'sync') syncs++;
    return undefined;
  };
  await cluster.startBroker(1);
  assert.equal(syncs, 3, 'what a killed broker left, the election and the leader epochs');
  await cluster.close();
});

test('a crash at any moment of creating and deleting leaves topics whole or gone', async () => {
  // Counts the disk operations of the whole story first, then repeats it with a crash at each.
  const story = async (cluster: ClusterFixture) => {
    const done: string[] = [];
    const { controller } = await cluster.startBroker(1);
    const note = (what: string, error: string | undefined) => {
      if (error === 'NONE') done.push(what);
    };
    note('create', (await controller.createTopics([topicRequest('t')], really))[0]?.error);
    const more = [{ name: 't', count: 4, assignments: null }];
    note('grow', (await controller.createPartitions(more, really))[0]?.error);
    note('delete', (await controller.deleteTopics([{ name: 't' }]))[0]?.error);
    return done;
  };
  const dry = new ClusterFixture();
  let total = 0;
  dry.disk.fault = () => {
    total++;
    return undefined;
  };
  assert.deepEqual(await story(dry), ['create', 'grow', 'delete']);
  await dry.close();
  assert.ok(total > 15, `${total} disk operations`);

  let crashedWhileDeleting = 0;
  for (let crashAt = 1; crashAt <= total; crashAt++) {
    const cluster = new ClusterFixture();
    let count = 0;
    cluster.disk.fault = () => (++count >= crashAt ? 'EIO' : undefined);
    const done = await story(cluster).catch((): string[] => []);
    try {
      await cluster.crash();
    } catch {
      // The store itself did not open yet.
      cluster.disk.fault = () => undefined;
      cluster.disk.crash('none');
      cluster.brokers.clear();
    }
    const { controller, metadata, session, host } = await cluster.startBroker(1);
    const deleted: string[] = [];
    host.topicDeleted = async (topic) => void deleted.push(topic);
    if ((await session.exists('/admin/delete_topics/t')) !== undefined) crashedWhileDeleting++;
    // Whatever is pending is finished before the next request is served.
    await controller.createTopics([topicRequest('other')], really);
    const topic = metadata.snapshot.topics.get('t');
    const where = `crash at ${crashAt} after ${done.join()}`;
    assert.deepEqual(await session.children('/admin/delete_topics'), [], where);
    if (done.includes('delete')) assert.equal(topic, undefined, where);
    else if (done.includes('grow')) {
      if (topic) assert.equal(topic.partitions.length, 4, where);
    } else if (done.includes('create')) {
      assert.ok(topic && [2, 4].includes(topic.partitions.length), where);
    }
    const hosted = [...host.files].filter((file) => file.startsWith('t-')).length;
    assert.equal(hosted, topic?.partitions.length ?? 0, where);
    assert.ok(topic?.partitions.every(({ leader }) => leader === 1) ?? true, where);
    if (!topic) assert.equal((await session.children('/brokers/topics'))?.includes('t'), false);
    await cluster.close();
  }
  assert.ok(crashedWhileDeleting > 0, 'no crash fell into the deletion');
});

test('a deletion that was cut short is finished at the next start', async () => {
  const cluster = new ClusterFixture();
  const first = await cluster.startBroker(1);
  await first.controller.createTopics([topicRequest('t'), topicRequest('keep')], really);
  let reached = () => {};
  const inTheMiddle = new Promise<void>((resolve) => {
    reached = resolve;
  });
  first.host.beforeDeletion = () => {
    reached();
    return new Promise(() => {});
  };
  void first.controller.deleteTopics([{ name: 't' }]);
  await inTheMiddle;
  await cluster.crash();

  const second = await cluster.addBroker(1);
  const deleted: string[] = [];
  second.host.topicDeleted = async (topic) => void deleted.push(topic);
  await second.controller.start();
  assert.deepEqual([...second.metadata.snapshot.topics.keys()], ['keep'], 'never shown again');
  const [created] = await second.controller.createTopics([topicRequest('t')], really);
  assert.equal(created?.error, 'NONE', 'requests wait for the pending deletion');
  assert.deepEqual(deleted, ['t']);
  assert.ok(!second.host.files.has('t-2'));
  await cluster.close();
});

test('a mark for a topic that does not exist is removed', async () => {
  const cluster = new ClusterFixture();
  const { session } = await cluster.addBroker(1);
  await session.create('/admin/delete_topics/ghost', null);
  const { controller } = cluster.brokers.get(1)!;
  await controller.start();
  await controller.createTopics([], really);
  assert.deepEqual(await session.children('/admin/delete_topics'), []);
  await cluster.close();
});

test('what a Kafka controller left half done is completed', async () => {
  const cluster = new ClusterFixture();
  const { session, controller, metadata } = await cluster.addBroker(1);
  const old = Buffer.from('{"version":1,"partitions":{"0":[1],"1":[1]}}');
  await session.create('/brokers/topics/only-assigned', old);
  await session.create('/brokers/topics/half', old);
  await session.create('/brokers/topics/half/partitions', null);
  await session.create('/brokers/topics/half/partitions/0', null);
  await controller.start();
  for (const name of ['only-assigned', 'half']) {
    const topic = metadata.snapshot.topics.get(name);
    assert.deepEqual(
      topic?.partitions.map(({ leader }) => leader),
      [1, 1],
      name,
    );
    const node = await session.get(`/brokers/topics/${name}`);
    assert.equal(JSON.parse(String(node?.data)).topic_id, topic?.id);
    assert.ok(await session.get(`/brokers/topics/${name}/partitions/1/state`));
  }
  await cluster.close();
});

test('producer ids are unique over a thousand blocks and many crashes', async () => {
  const cluster = new ClusterFixture();
  const seen = new Set<number>();
  for (let restart = 0; restart < 20; restart++) {
    const { controller } = await cluster.startBroker(1);
    const blocks = await Promise.all(
      Array.from({ length: 50 }, () => controller.allocateProducerIds(1)),
    );
    for (const { error, block } of blocks) {
      assert.equal(error, 'NONE');
      assert.equal(block?.count, 1000);
      assert.equal(block.first % 1000, 0);
      assert.ok(!seen.has(block.first));
      seen.add(block.first);
    }
    await cluster.crash();
  }
  assert.equal(seen.size, 1000);
  assert.equal(Math.max(...seen), 999_000);
  await cluster.store.close();
});

test('a store that failed answers with an error and is never written again', async () => {
  const cluster = new ClusterFixture();
  const { controller, metadata } = await cluster.startBroker(1);
  cluster.disk.fault = (operation) => (operation === 'sync' ? 'EIO' : undefined);
  const [result] = await controller.createTopics([topicRequest('t')], really);
  assert.equal(result?.error, 'REQUEST_TIMED_OUT');
  assert.equal(metadata.snapshot.topics.size, 0);
  assert.equal(controller.isActive, false);
  const [next] = await controller.createTopics([topicRequest('t')], really);
  assert.equal(next?.error, 'NOT_CONTROLLER');
  await cluster.close();
});
