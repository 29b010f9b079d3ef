// If this breaks, two controllers decide at once, or a topic half made by one that died stays half made.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { electLeader } from './election.ts';
import {
  ClusterFixture,
  type FakeBroker,
  really,
  topicRequest,
} from './testing/cluster-fixture.ts';

/** Everything that was queued before the call is done after it. */
async function settled(broker: FakeBroker): Promise<void> {
  await broker.session.sync();
  for (let round = 0; round < 3; round++) await broker.controller.createTopics([], really);
}

test('one of two brokers is the controller, the other refuses', async () => {
  const cluster = new ClusterFixture();
  const one = await cluster.startBroker(1);
  const two = await cluster.startBroker(2);
  assert.deepEqual([one.controller.isActive, two.controller.isActive], [true, false]);
  const [refused] = await two.controller.createTopics([topicRequest('t')], really);
  assert.equal(refused?.error, 'NOT_CONTROLLER');
  const [deleted] = await two.controller.deleteTopics([{ name: 't' }]);
  assert.deepEqual([deleted?.name, deleted?.error], ['t', 'NOT_CONTROLLER']);
  const { error, block } = await two.controller.allocateProducerIds(2);
  assert.deepEqual([error, block], ['NOT_CONTROLLER', null]);
  await cluster.close();
});

test('replicas are spread over racks, and each broker hears of its own', async () => {
  const cluster = new ClusterFixture();
  const one = await cluster.addBroker(1, 'a');
  const two = await cluster.addBroker(2, 'a');
  const three = await cluster.addBroker(3, 'b');
  await one.controller.start();
  const request = topicRequest('t', { partitionCount: 6, replicationFactor: 2 });
  assert.equal((await one.controller.createTopics([request], really))[0]?.error, 'NONE');
  const partitions = one.metadata.snapshot.topics.get('t')?.partitions ?? [];
  for (const { replicas } of partitions) assert.ok(replicas.includes(3), 'the only one of rack b');
  for (const broker of [one, two, three]) {
    const expected = partitions.filter(({ replicas }) => replicas.includes(broker.id));
    assert.equal(broker.host.hosted.size, expected.length);
  }
  await cluster.close();
});

test('a controller that a broker knows to be voted out decides nothing more, whatever it asked', async () => {
  const ask = {
    create: (one: FakeBroker) => one.controller.createTopics([topicRequest('new')], really),
    delete: (one: FakeBroker) => one.controller.deleteTopics([{ name: 'old' }]),
  };
  for (const what of ['create', 'delete'] as const) {
    const cluster = new ClusterFixture();
    const one = await cluster.startBroker(1);
    await one.controller.createTopics([topicRequest('old')], really);
    one.host.outcome = () => 'STALE_CONTROLLER_EPOCH';
    const [answer] = await ask[what](one);
    assert.equal(answer?.error, 'NOT_CONTROLLER', what);
    await cluster.close();
  }
});

test('when the controller dies another takes over, elects leaders, and the old one is fenced', async () => {
  const cluster = new ClusterFixture();
  const one = await cluster.startBroker(1);
  const two = await cluster.startBroker(2);
  await settled(one);
  const request = topicRequest('t', { partitionCount: 4, replicationFactor: 2 });
  assert.equal((await one.controller.createTopics([request], really))[0]?.error, 'NONE');
  await cluster.store.expireSession(one.session);
  await settled(two);

  assert.deepEqual([one.controller.isActive, two.controller.isActive], [false, true]);
  assert.equal(two.metadata.snapshot.controllerEpoch, 2);
  assert.deepEqual([...two.metadata.snapshot.brokers.keys()], [2]);
  for (const partition of two.metadata.snapshot.topics.get('t')?.partitions ?? []) {
    assert.equal(partition.leader, 2);
    assert.deepEqual(partition.offlineReplicas, [1]);
    const ledByOne = partition.replicas[0] === 1;
    assert.equal(partition.leaderEpoch, ledByOne ? 1 : 0, 'only what lost its leader moves');
  }
  const [fenced] = await one.controller.createTopics([topicRequest('late')], really);
  assert.equal(fenced?.error, 'NOT_CONTROLLER');
  await cluster.close();
});

test('a controller that was deposed without noticing cannot write', async () => {
  const cluster = new ClusterFixture();
  const one = await cluster.startBroker(1);
  const intruder = cluster.store.openSession();
  // Raised, as an election does it; the old controller has not seen its watch yet.
  const raised = intruder.set('/controller_epoch', Buffer.from('9'), 'any');
  const [result] = await one.controller.createTopics([topicRequest('t')], really);
  await raised;
  assert.equal(result?.error, 'NOT_CONTROLLER');
  assert.deepEqual(await intruder.children('/brokers/topics'), []);
  assert.equal(one.metadata.snapshot.topics.size, 0);
  await cluster.close();
});

test('a broker that comes back leads again under a higher epoch, and gets all its partitions', async () => {
  const cluster = new ClusterFixture();
  const one = await cluster.startBroker(1);
  const two = await cluster.startBroker(2);
  await settled(one);
  const assignments = [{ partition: 0, replicas: [2] }];
  await one.controller.createTopics([topicRequest('t', { assignments })], really);
  await cluster.store.expireSession(two.session);
  await settled(one);
  const offline = one.metadata.snapshot.topics.get('t')?.partitions[0];
  assert.deepEqual([offline?.leader, offline?.offlineReplicas], [-1, [2]]);
  const [deletion] = await one.controller.deleteTopics([{ name: 't' }]);
  assert.equal(deletion?.error, 'REQUEST_TIMED_OUT', 'its only replica is on a dead broker');

  const assignTwo = topicRequest('u', { assignments: [{ partition: 0, replicas: [1] }] });
  await one.controller.createTopics([assignTwo], really);
  const back = await cluster.addBroker(2);
  await settled(one);
  assert.ok(!back.host.files.has('t-0'), 'the deletion is finished when the broker is back');
  assert.deepEqual(await one.session.children('/admin/delete_topics'), []);
  assert.deepEqual([...one.metadata.snapshot.brokers.keys()], [1, 2]);
  await cluster.close();
});

test('a lone replica that comes back gets a new leader epoch', async () => {
  const cluster = new ClusterFixture();
  const one = await cluster.startBroker(1);
  const two = await cluster.startBroker(2);
  await settled(one);
  const assignments = [{ partition: 0, replicas: [2] }];
  await one.controller.createTopics([topicRequest('t', { assignments })], really);
  await cluster.store.expireSession(two.session);
  await settled(one);
  const back = await cluster.addBroker(2);
  await settled(one);
  const partition = one.metadata.snapshot.topics.get('t')?.partitions[0];
  assert.deepEqual([partition?.leader, partition?.leaderEpoch], [2, 1]);
  assert.equal(back.host.hosted.get('t-0')?.leaderEpoch, 1);
  await cluster.close();
});

test('a controller that stops hands over at once', async () => {
  const cluster = new ClusterFixture();
  const one = await cluster.startBroker(1);
  const two = await cluster.startBroker(2);
  await one.controller.stop();
  await settled(two);
  assert.equal(two.controller.isActive, true);
  await cluster.close();
});

test('an election keeps the leader where it can, and never picks who is out of sync', () => {
  const ids = fc.uniqueArray(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(
      ids,
      ids,
      ids,
      fc.integer({ min: -1, max: 5 }),
      fc.boolean(),
      (replicas, isr, live, leader, allowUnclean) => {
        const isLive = (id: number) => live.includes(id);
        const elected = electLeader({ replicas, isr, leader, isLive, allowUnclean });
        const candidates = replicas.filter((id) => isr.includes(id) && isLive(id));
        if (candidates.length > 0) {
          assert.equal(elected?.leader, candidates.includes(leader) ? leader : candidates[0]);
          assert.deepEqual(elected?.isr, isr.filter(isLive));
        } else if (allowUnclean && replicas.some(isLive)) {
          assert.equal(elected?.leader, replicas.find(isLive));
          assert.deepEqual(elected?.isr, [elected?.leader]);
        } else assert.equal(elected, undefined);
      },
    ),
  );
});

test('a broker that lost its session is the controller again with the next one', async () => {
  const cluster = new ClusterFixture();
  const one = await cluster.startBroker(1);
  await one.controller.createTopics([topicRequest('t')], really);
  await cluster.store.expireSession(one.session);
  assert.equal(one.controller.isActive, false);
  await cluster.renewSession(1);
  const [created] = await one.controller.createTopics([topicRequest('more')], really);
  assert.equal(created?.error, 'NONE');
  assert.equal(one.metadata.snapshot.controllerEpoch, 2);
  assert.deepEqual([...one.metadata.snapshot.topics.keys()].sort(), ['more', 't']);
  const [partition] = one.metadata.snapshot.topics.get('t')?.partitions ?? [];
  assert.equal(partition?.leader, 1);
  await cluster.close();
});
