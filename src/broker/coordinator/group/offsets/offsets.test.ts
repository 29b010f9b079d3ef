// If these break, consumers read records twice, skip some, or lose where they were.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrayOf } from '../../../../protocol/schema/index.ts';
import { GroupHarness } from '../testing/group-harness.ts';

const entry = (partition: number, offset: number, metadata = '') => ({
  topic: 'topic',
  partition,
  offset,
  leaderEpoch: 3,
  metadata,
});

test('a commit is visible once it is durable, and not before', async () => {
  const group = await GroupHarness.started();
  group.log.holds = true;
  const reply = group.commit(7);
  assert.ok(reply.isParked);
  assert.equal(group.committed(), -1);
  group.log.commitHeld();
  assert.deepEqual(reply.result, ['NONE']);
  assert.equal(group.committed(), 7);
});

test('offset, leader epoch and metadata come back as they were committed', async () => {
  const group = await GroupHarness.started();
  group.commit(0, { entries: [entry(2, 9, 'niño 👋')] });
  group.turn();
  const fetched = group.coordinator.fetchOffsets({
    groupId: 'group',
    topics: [{ topic: 'topic', partitions: [2, 3] }],
    requireStable: true,
  });
  assert.equal(fetched.error, 'NONE');
  assert.equal(fetched.topics.length, 1);
  const { topic, partitions } = fetched.topics.at(0);
  assert.equal(topic, 'topic');
  assert.deepEqual(arrayOf(partitions), [
    { partition: 2, offset: 9, leaderEpoch: 3, metadata: 'niño 👋', error: 'NONE' },
    { partition: 3, offset: -1, leaderEpoch: -1, metadata: '', error: 'NONE' },
  ]);
});

test('null topics answer everything the group has, and nothing of another group', async () => {
  const group = await GroupHarness.started();
  group.commit(0, { entries: [entry(0, 1), entry(1, 2), { ...entry(0, 3), topic: 'other' }] });
  group.commit(0, { groupId: 'stranger', entries: [entry(9, 9)] });
  group.turn();
  const all = (groupId: string) => {
    const asked = { groupId, topics: null, requireStable: false };
    return arrayOf(group.coordinator.fetchOffsets(asked).topics).map(({ topic, partitions }) => [
      topic,
      arrayOf(partitions).map(({ offset }) => offset),
    ]);
  };
  assert.deepEqual(all('group'), [
    ['topic', [1, 2]],
    ['other', [3]],
  ]);
  assert.deepEqual(all('stranger'), [['topic', [9]]]);
  assert.deepEqual(all('nobody'), []);
});

test('metadata over the limit is refused for its partition, and the others are committed', async () => {
  const group = await GroupHarness.started();
  const reply = group.commit(0, {
    entries: [entry(0, 1, 'x'.repeat(4_096)), entry(1, 2, 'x'.repeat(4_097)), entry(2, 3)],
  });
  group.turn();
  assert.deepEqual(reply.result, ['NONE', 'OFFSET_METADATA_TOO_LARGE', 'NONE']);
  assert.deepEqual(
    [0, 1, 2].map((one) => group.committed('topic', one)),
    [1, -1, 3],
  );
  const alone = group.commit(0, { entries: [entry(1, 2, 'x'.repeat(5_000))] });
  assert.deepEqual(alone.result, ['OFFSET_METADATA_TOO_LARGE']);
});

test('who may commit: members of the generation, and anybody while the group is empty', async () => {
  const group = await GroupHarness.started();
  const { ids, generation } = group.stable(1);
  const memberId = ids[0]!;
  const commits = [
    { of: { memberId, generation }, error: 'NONE' },
    { of: { memberId, generation: generation + 1 }, error: 'ILLEGAL_GENERATION' },
    { of: { memberId, generation: generation - 1 }, error: 'ILLEGAL_GENERATION' },
    { of: { memberId: 'stranger', generation }, error: 'UNKNOWN_MEMBER_ID' },
    { of: { memberId: '', generation: -1 }, error: 'UNKNOWN_MEMBER_ID' },
    { of: { memberId, generation: -1 }, error: 'ILLEGAL_GENERATION' },
    { of: { memberId, generation, instanceId: 'i' }, error: 'UNKNOWN_MEMBER_ID' },
  ] as const;
  for (const { of, error } of commits) {
    const reply = group.commit(1, of);
    group.turn();
    assert.deepEqual(reply.result, [error], JSON.stringify(of));
  }
  group.leave(memberId);
  const simple = group.commit(5, { generation: -1 });
  group.turn();
  assert.deepEqual(simple.result, ['NONE']);
});

test('a commit is allowed while members gather, and refused until they have the assignment', async () => {
  const group = await GroupHarness.started();
  const { ids, generation } = group.stable(2);
  group.join(ids[0]!);
  const gathering = group.commit(3, { memberId: ids[1]!, generation });
  group.turn();
  assert.deepEqual(gathering.result, ['NONE']);
  group.join(ids[1]!);
  const completing = group.commit(4, { memberId: ids[1]!, generation: generation + 1 });
  assert.deepEqual(completing.result, ['REBALANCE_IN_PROGRESS']);
  assert.equal(group.committed(), 3);
});

test('a commit counts as a heartbeat', async () => {
  const group = await GroupHarness.started();
  const { ids, generation } = group.stable(1);
  group.clock.advance(9_000);
  group.commit(1, { memberId: ids[0]!, generation });
  group.clock.advance(9_000);
  assert.equal(group.heartbeat(ids[0]!, generation), 'NONE');
});

test('a commit of a generation into a group that does not exist is refused', async () => {
  const group = await GroupHarness.started();
  const of = { memberId: 'm', generation: 1 };
  assert.deepEqual(group.commit(1, of).result, ['ILLEGAL_GENERATION']);
  assert.deepEqual(group.commit(1, { ...of, knowsGroupIdNotFound: true }).result, [
    'GROUP_ID_NOT_FOUND',
  ]);
});

test('old clients commit under the empty group id', async () => {
  const group = await GroupHarness.started();
  const reply = group.commit(4, { groupId: '' });
  group.turn();
  assert.deepEqual(reply.result, ['NONE']);
  assert.equal(group.committed('topic', 0, ''), 4);
});

test('of two commits in flight the later one wins', async () => {
  const group = await GroupHarness.started();
  group.log.holds = true;
  group.commit(10);
  group.commit(11);
  group.log.commitHeld();
  assert.equal(group.committed(), 11);
});

const failures = [
  ['NOT_LEADER_OR_FOLLOWER', 'NOT_COORDINATOR'],
  ['NOT_ENOUGH_REPLICAS_AFTER_APPEND', 'COORDINATOR_NOT_AVAILABLE'],
  ['MESSAGE_TOO_LARGE', 'INVALID_COMMIT_OFFSET_SIZE'],
  ['REQUEST_TIMED_OUT', 'REQUEST_TIMED_OUT'],
] as const;
for (const [failure, error] of failures) {
  test(`a commit that fails with ${failure} is answered ${error} and changes nothing`, async () => {
    const group = await GroupHarness.started();
    group.commit(1);
    group.turn();
    group.log.failure = failure;
    const reply = group.commit(2);
    group.turn();
    assert.deepEqual(reply.result, [error]);
    assert.equal(group.committed(), 1);
  });
}

test('a group without members is deleted with its offsets, durably', async () => {
  const group = await GroupHarness.started();
  const { ids, generation } = group.stable(1);
  group.commit(1, { memberId: ids[0]!, generation });
  group.turn();
  assert.equal(group.deleteGroup().result, 'NON_EMPTY_GROUP');
  group.leave(ids[0]!);
  group.turn();
  group.log.holds = true;
  const reply = group.deleteGroup();
  assert.ok(reply.isParked);
  // Nobody gets in while the tombstones are on their way.
  assert.equal(group.join('').result.error, 'COORDINATOR_NOT_AVAILABLE');
  assert.equal(group.deleteGroup().result, 'GROUP_ID_NOT_FOUND');
  group.log.commitHeld();
  assert.equal(reply.result, 'NONE');
  assert.equal(group.state(), 'Dead');
  assert.equal(group.deleteGroup().result, 'GROUP_ID_NOT_FOUND');
  group.log.holds = false;
  await group.restart();
  assert.deepEqual([...group.coordinator.list()], []);
  assert.equal(group.committed(), -1);
});

test('a group whose tombstones fail is still there', async () => {
  const group = await GroupHarness.started();
  group.commit(1);
  group.turn();
  group.log.failure = 'NOT_ENOUGH_REPLICAS';
  const reply = group.deleteGroup();
  group.turn();
  assert.equal(reply.result, 'COORDINATOR_NOT_AVAILABLE');
  assert.deepEqual([group.state(), group.committed()], ['Empty', 1]);
});

test('a group with thousands of offsets is buried in batches that fit', async () => {
  const group = await GroupHarness.started();
  for (let partition = 0; partition < 2_500; partition += 500) {
    const entries = Array.from({ length: 500 }, (_, index) => entry(partition + index, 1));
    group.commit(0, { entries });
  }
  group.turn();
  const before = group.log.batches(0).length;
  const reply = group.deleteGroup();
  group.turn();
  assert.equal(reply.result, 'NONE');
  const sizes = group.log
    .batches(0)
    .slice(before)
    .map(({ records }) => records.length);
  assert.deepEqual(sizes, [1_000, 1_000, 500]);
});

/** The consumer protocol's subscription, version 0. */
function subscription(...topics: string[]): Buffer {
  const parts = topics.map((topic) => {
    const bytes = Buffer.from(topic);
    return Buffer.concat([Buffer.from([0, bytes.length]), bytes]);
  });
  return Buffer.concat([
    Buffer.from([0, 0, 0, 0, 0, topics.length]),
    ...parts,
    Buffer.alloc(4, 255),
  ]);
}

test('offsets of a topic that a member subscribes to are not deleted', async () => {
  const group = await GroupHarness.started();
  const { ids, generation } = group.stable(1, { metadata: subscription('topic') });
  const entries = [entry(0, 1), { ...entry(0, 2), topic: 'left' }];
  group.commit(0, { memberId: ids[0]!, generation, entries });
  group.turn();
  const reply = group.deleteOffsets([
    { topic: 'topic', partitions: [0] },
    { topic: 'left', partitions: [0, 1] },
  ]);
  group.turn();
  assert.deepEqual(reply.result, {
    error: 'NONE',
    topics: [
      { topic: 'topic', partitions: [{ partition: 0, error: 'GROUP_SUBSCRIBED_TO_TOPIC' }] },
      {
        topic: 'left',
        partitions: [
          { partition: 0, error: 'NONE' },
          { partition: 1, error: 'NONE' },
        ],
      },
    ],
  });
  assert.deepEqual([group.committed('topic'), group.committed('left')], [1, -1]);
  await group.restart();
  assert.deepEqual([group.committed('topic'), group.committed('left')], [1, -1]);
});

test('offsets are not deleted where the subscriptions cannot be read', async () => {
  const group = await GroupHarness.started();
  group.stable(1, { metadata: Buffer.from([0, 1, 127, 255, 255, 255]) });
  const reply = group.deleteOffsets([{ topic: 'topic', partitions: [0] }]);
  assert.equal(reply.result.topics[0]?.partitions[0]?.error, 'GROUP_SUBSCRIBED_TO_TOPIC');
});

test('offsets of a group of another protocol type are deleted only while it is empty', async () => {
  const group = await GroupHarness.started();
  const { ids, generation } = group.stable(1, { protocolType: 'connect' });
  group.commit(1, { memberId: ids[0]!, generation });
  group.turn();
  const asked = [{ topic: 'topic', partitions: [0] }];
  assert.equal(group.deleteOffsets(asked).result.error, 'NON_EMPTY_GROUP');
  group.leave(ids[0]!);
  const reply = group.deleteOffsets(asked);
  group.turn();
  assert.equal(reply.result.error, 'NONE');
  assert.equal(group.committed(), -1);
});

test('offsets of a group that does not exist are not deleted', async () => {
  const group = await GroupHarness.started();
  assert.deepEqual(group.deleteOffsets([]).result, { error: 'GROUP_ID_NOT_FOUND', topics: [] });
});

test('what was committed for a deleted topic is dropped, durably', async () => {
  const group = await GroupHarness.started();
  group.commit(0, { entries: [entry(0, 1), entry(1, 2), { ...entry(0, 3), topic: 'kept' }] });
  group.commit(0, { groupId: 'only', entries: [entry(0, 1)] });
  group.turn();
  const drop = async (partitions: readonly number[] | 'all') => {
    const dropped = group.coordinator.runtime.onPartitionsDeleted('topic', partitions);
    await group.clock.settle();
    await dropped;
  };
  await drop([1]);
  assert.deepEqual([group.committed('topic', 0), group.committed('topic', 1)], [1, -1]);
  await drop('all');
  await group.restart();
  assert.deepEqual([group.committed('topic', 0), group.committed('kept', 0)], [-1, 3]);
  assert.equal(group.state('only'), 'Dead', 'nothing is left of this group');
});

test('what is on its way to the log when its group or topic is deleted goes with it', async () => {
  const group = await GroupHarness.started();
  group.log.holds = true;
  group.commit(1);
  group.commit(2, { groupId: 'other' });
  const deleted = group.deleteGroup();
  const dropped = group.coordinator.runtime.onPartitionsDeleted('topic', 'all');
  await group.clock.settle();
  assert.ok(deleted.isParked);
  group.log.commitHeld();
  await dropped;
  assert.equal(deleted.result, 'NONE');
  const left = () => [group.state(), group.committed(), group.committed('topic', 0, 'other')];
  assert.deepEqual(left(), ['Dead', -1, -1]);
  group.log.holds = false;
  await group.restart();
  assert.deepEqual(left(), ['Dead', -1, -1]);
});

test('a group that is deleted while its record is on its way stays deleted', async () => {
  const group = await GroupHarness.started();
  const { memberId } = group.join('').result;
  group.log.holds = true;
  group.leave(memberId);
  const deleted = group.deleteGroup();
  group.log.commitHeld();
  assert.equal(deleted.result, 'NONE');
  group.log.holds = false;
  await group.restart();
  assert.equal(group.state(), 'Dead');
});

test('the lag metric sees every committed offset with the state of its group', async () => {
  const group = await GroupHarness.started();
  group.commit(12);
  group.turn();
  assert.deepEqual(
    [...group.coordinator.committedOffsets()],
    [{ groupId: 'group', state: 'Empty', topic: 'topic', partition: 0, committedOffset: 12 }],
  );
  assert.deepEqual([...group.coordinator.groupCounts()], [['Empty', 1]]);
});

test('the lag metric hears of groups with members before those that only committed', async () => {
  const group = await GroupHarness.started();
  group.commit(1, { groupId: 'simple' });
  group.turn();
  const { ids, generation } = group.stable(1);
  group.commit(12, { memberId: ids[0]!, generation });
  group.turn();
  assert.deepEqual(
    Array.from(group.coordinator.committedOffsets(), ({ groupId }) => groupId),
    ['group', 'simple'],
  );
});

test('describe and list: states, and Dead for what does not exist', async () => {
  const group = await GroupHarness.started();
  group.stable(1);
  group.commit(1, { groupId: 'simple' });
  group.turn();
  assert.deepEqual(
    Array.from(group.coordinator.list(), ({ groupId, state, type }) => [groupId, state, type]),
    [
      ['group', 'Stable', 'classic'],
      ['simple', 'Empty', 'classic'],
    ],
  );
  const described = group.coordinator.describe('group');
  assert.deepEqual(
    [described.state, described.protocol, described.members[0]?.assignment.toString()],
    ['Stable', 'range', 'assignment of 0'],
  );
  assert.deepEqual(group.coordinator.describe('nobody'), {
    error: 'NONE',
    groupId: 'nobody',
    state: 'Dead',
    protocolType: '',
    protocol: '',
    members: [],
    exists: false,
  });
  group.join('');
  const rebalancing = group.coordinator.describe('group');
  assert.deepEqual(
    [rebalancing.state, rebalancing.protocol, rebalancing.members[0]?.metadata.length],
    ['PreparingRebalance', '', 0],
  );
});
