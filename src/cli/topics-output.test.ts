// If this breaks, kafka-topics lists or describes topics otherwise than Kafka's does.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { subscriptionPattern, topicPattern } from './topic-filter.ts';
import { type DescribedPartition, type DescribedTopic, describeLines } from './topics-output.ts';

// If these break, scripts that read `topics --describe` read something else. The lines are those of
// Kafka 3.9's own tool.

const partition = (number: number, more: Partial<DescribedPartition> = {}): DescribedPartition => ({
  partition: number,
  leader: 1,
  replicas: [1, 2],
  isr: [1, 2],
  elr: [],
  lastKnownElr: [],
  reassignment: undefined,
  ...more,
});
const TOPIC: DescribedTopic = {
  name: 'a',
  topicId: 'ua8qiASfSdO5GzYoZegcmg',
  partitions: [
    partition(0),
    partition(1, { isr: [1], elr: null, lastKnownElr: null }),
    partition(2, { leader: -1, isr: [] }),
  ],
  configs: [
    { name: 'cleanup.policy', value: 'compact' },
    { name: 'retention.ms', value: '1000' },
  ],
  minInsyncReplicas: 1,
};
const ALL = {
  underReplicated: false,
  unavailable: false,
  underMinIsr: false,
  atMinIsr: false,
  withOverrides: false,
};
const lines = (filter: Partial<typeof ALL>, topic: Partial<DescribedTopic> = {}) =>
  describeLines({ ...TOPIC, ...topic }, { ...ALL, ...filter }, new Set([1, 2])).split('\n');

test('a topic and its partitions', () => {
  assert.deepEqual(lines({}), [
    'Topic: a\tTopicId: ua8qiASfSdO5GzYoZegcmg\tPartitionCount: 3\tReplicationFactor: 2\tConfigs: cleanup.policy=compact,retention.ms=1000',
    '\tTopic: a\tPartition: 0\tLeader: 1\tReplicas: 1,2\tIsr: 1,2\tElr: \tLastKnownElr: ',
    '\tTopic: a\tPartition: 1\tLeader: 1\tReplicas: 1,2\tIsr: 1\tElr: N/A\tLastKnownElr: N/A',
    '\tTopic: a\tPartition: 2\tLeader: none\tReplicas: 1,2\tIsr: \tElr: \tLastKnownElr: ',
    '',
  ]);
  assert.match(lines({}, { topicId: '' })[0]!, /^Topic: a\tPartitionCount: 3/);
});

const partitionsOf = (filter: Partial<typeof ALL>, topic: Partial<DescribedTopic> = {}) =>
  lines(filter, topic).flatMap((line) => /^\t.*Partition: (\d+)/.exec(line)?.[1] ?? []);

test('each filter shows its partitions, without the line of the topic', () => {
  assert.deepEqual(partitionsOf({ underReplicated: true }), ['1', '2']);
  assert.deepEqual(partitionsOf({ unavailable: true }), ['2']);
  assert.deepEqual(partitionsOf({ underMinIsr: true }), ['2']);
  assert.deepEqual(partitionsOf({ underMinIsr: true }, { minInsyncReplicas: 2 }), ['1', '2']);
  assert.deepEqual(partitionsOf({ atMinIsr: true }, { minInsyncReplicas: 2 }), ['0']);
  assert.equal(lines({ underReplicated: true })[0]?.startsWith('\t'), true);
});

test('only topics with configs of their own, and only their line', () => {
  assert.equal(lines({ withOverrides: true }).length, 2);
  assert.deepEqual(lines({ withOverrides: true }, { configs: [] }), ['']);
});

test('replicas on the way do not count, and are shown', () => {
  const reassignment = {
    topic: 'a',
    partition: 0,
    replicas: [1, 2, 3],
    addingReplicas: [3],
    removingReplicas: [1],
  };
  const [topic, first] = lines(
    {},
    { partitions: [partition(0, { replicas: [1, 2, 3], reassignment })] },
  );
  assert.match(topic!, /ReplicationFactor: 2\t/);
  assert.match(first!, /\tAdding Replicas: 3\tRemoving Replicas: 1\t/);
});

test('a pattern matches whole names, and a comma is an or', () => {
  assert.equal(topicPattern('a.c')('abc'), true);
  assert.equal(topicPattern('a\\.c')('abc'), false);
  assert.equal(topicPattern('b')('abc'), false);
  assert.equal(topicPattern('x, abc')('abc'), true);
  assert.throws(() => topicPattern('('), /is not a valid regular expression/);
});

test('what a consumer reads is a plain regular expression', () => {
  assert.equal(subscriptionPattern('ab{1,2}')('abb'), true);
  assert.equal(subscriptionPattern('x,abc')('abc'), false);
  assert.equal(subscriptionPattern('b')('abc'), false);
  assert.throws(() => subscriptionPattern('('), /is not a valid regular expression/);
});
