// If this breaks, clients are told of leaders and topics that are not, or are no more.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Logger, silentLogger } from '../../base/logger.ts';
import { ClusterMetadata, type SnapshotChange } from './cluster-metadata.ts';
import {
  type ClusterSnapshot,
  partitionOf,
  type TopicMetadata,
  topicConfigOf,
} from './cluster-snapshot.ts';
import { updateMetadata } from './snapshot-builder.ts';

function topic(name: string, id: string, leaders: number[] = [1]): TopicMetadata {
  const partitions = leaders.map((leader, index) => {
    const replicas = [leader];
    return { index, leader, leaderEpoch: 0, replicas, isr: replicas, offlineReplicas: [] };
  });
  return { name, id, internal: false, partitions };
}

function recording() {
  const metadata = new ClusterMetadata(silentLogger, 'cluster');
  const published: { next: ClusterSnapshot; change: SnapshotChange; previous: ClusterSnapshot }[] =
    [];
  metadata.subscribe((next, change, previous) => published.push({ next, change, previous }));
  return { metadata, published };
}

test('a topic is found by name, by id and by partition, and subscribers hear what changed', () => {
  const { metadata, published } = recording();
  updateMetadata(metadata, (next) => {
    next.setTopic(topic('a', 'id-a', [1, 2])).setTopicConfig('a', new Map([['k', 'v']]));
  });
  const { snapshot } = metadata;
  assert.equal(snapshot.topics.get('a'), snapshot.topicsById.get('id-a'));
  assert.equal(partitionOf(snapshot, 'a', 1)?.leader, 2);
  assert.equal(partitionOf(snapshot, 'a', 2), undefined);
  assert.equal(partitionOf(snapshot, 'missing', 0), undefined);
  assert.equal(topicConfigOf(snapshot, 'a').get('k'), 'v');
  const [first] = published;
  assert.deepEqual([...(first?.change.topics ?? [])], ['a']);
  assert.deepEqual([...(first?.change.topicConfigs ?? [])], ['a']);
  assert.equal(first?.change.brokers, false);
  assert.equal(first?.next, snapshot);
  assert.equal(first?.previous.topics.size, 0);
});

test('an older snapshot stays as it was, and what did not change is shared', () => {
  const { metadata } = recording();
  updateMetadata(metadata, (next) => {
    next.setTopic(topic('a', 'id-a')).setTopic(topic('b', 'id-b'));
  });
  const before = metadata.snapshot;
  updateMetadata(metadata, (next) => next.setTopic(topic('a', 'id-a', [2])));
  const after = metadata.snapshot;
  assert.equal(partitionOf(before, 'a', 0)?.leader, 1);
  assert.equal(partitionOf(after, 'a', 0)?.leader, 2);
  assert.equal(after.topics.get('b'), before.topics.get('b'));
  assert.equal(after.brokers, before.brokers);
  assert.equal(after.topicConfigs, before.topicConfigs);
});

test('a deleted topic is gone by name and by id, with its configs', () => {
  const { metadata, published } = recording();
  updateMetadata(metadata, (next) => {
    next.setTopic(topic('a', 'id-a')).setTopicConfig('a', new Map([['k', 'v']]));
  });
  updateMetadata(metadata, (next) => next.deleteTopic('a').deleteTopic('never there'));
  const { snapshot } = metadata;
  assert.deepEqual([snapshot.topics.size, snapshot.topicsById.size], [0, 0]);
  assert.equal(snapshot.topicConfigs.size, 0);
  assert.deepEqual([...(published[1]?.change.deletedTopics ?? [])], [['a', 'id-a']]);
});

test('a topic recreated under another id is deleted and new in one change', () => {
  const { metadata, published } = recording();
  updateMetadata(metadata, (next) => next.setTopic(topic('a', 'old')));
  updateMetadata(metadata, (next) => next.setTopic(topic('a', 'new')));
  const { snapshot } = metadata;
  assert.equal(snapshot.topicsById.get('old'), undefined);
  assert.equal(snapshot.topicsById.get('new')?.name, 'a');
  assert.deepEqual([...(published[1]?.change.deletedTopics ?? [])], [['a', 'old']]);
  assert.deepEqual([...(published[1]?.change.topics ?? [])], ['a']);
});

test('brokers, the controller and dynamic broker configs', () => {
  const { metadata, published } = recording();
  const broker = { id: 1, epoch: 5, endpoints: new Map(), rack: null };
  updateMetadata(metadata, (next) => {
    next.setBrokers([broker]).setController({ id: 1, epoch: 3 });
  });
  assert.equal(metadata.snapshot.brokers.get(1), broker);
  assert.deepEqual([metadata.snapshot.controllerId, metadata.snapshot.controllerEpoch], [1, 3]);
  assert.equal(published[0]?.change.brokers, true);
  assert.equal(published[0]?.change.brokerConfigs, false);
  updateMetadata(metadata, (next) => {
    next.setBrokerConfig(1, new Map([['a', '1']])).setDefaultBrokerConfig(new Map([['b', '2']]));
  });
  assert.equal(metadata.snapshot.brokerConfigs.get(1)?.get('a'), '1');
  assert.equal(metadata.snapshot.defaultBrokerConfig.get('b'), '2');
  assert.equal(published[1]?.change.brokerConfigs, true);
  updateMetadata(metadata, (next) => next.setBrokerConfig(1, new Map()));
  assert.equal(metadata.snapshot.brokerConfigs.size, 0);
});

test('a listener that fails is logged and does not keep the others from hearing', () => {
  const logged: string[] = [];
  const logger: Logger = { ...silentLogger, error: (_fields, message) => logged.push(message) };
  const metadata = new ClusterMetadata(logger, 'cluster');
  metadata.subscribe(() => {
    throw new Error('broken');
  });
  let heard = 0;
  const unsubscribe = metadata.subscribe(() => heard++);
  updateMetadata(metadata, (next) => next.setTopic(topic('a', 'id-a')));
  unsubscribe();
  updateMetadata(metadata, (next) => next.setTopic(topic('b', 'id-b')));
  assert.equal(heard, 1);
  assert.equal(logged.length, 2);
});
