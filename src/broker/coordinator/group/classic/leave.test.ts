// If these break, a consumer that closes leaves its partitions unread until its session ends.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GroupHarness } from '../testing/group-harness.ts';

test('a leaving member starts a rebalance at once and is forgotten', async () => {
  const group = await GroupHarness.started();
  const { ids, generation } = group.stable(2);
  assert.deepEqual(group.leave(ids[0]!), ['NONE']);
  assert.equal(group.heartbeat(ids[0]!, generation), 'UNKNOWN_MEMBER_ID');
  assert.equal(group.heartbeat(ids[1]!, generation), 'REBALANCE_IN_PROGRESS');
  assert.equal(group.join(ids[1]!).result.leader, ids[1]);
});

test('several members leave in one request, and each has a row of its own', async () => {
  const group = await GroupHarness.started();
  const { ids } = group.stable(3);
  assert.deepEqual(group.leave(ids[0]!, 'stranger', ids[1]!, ids[0]!), [
    'NONE',
    'UNKNOWN_MEMBER_ID',
    'NONE',
    'UNKNOWN_MEMBER_ID',
  ]);
});

test('the rebalance completes when the last member it waited for leaves', async () => {
  const group = await GroupHarness.started();
  const { ids } = group.stable(2);
  const leader = group.join(ids[0]!);
  assert.ok(leader.isParked);
  group.leave(ids[1]!);
  assert.equal(leader.result.members.length, 1);
});

test('a member that leaves while its join or sync is parked has it answered', async () => {
  const group = await GroupHarness.started();
  const { ids } = group.stable(2);
  const parked = group.join(ids[0]!);
  group.leave(ids[0]!);
  assert.equal(parked.result.error, 'UNKNOWN_MEMBER_ID');
  const { generation } = group.join(ids[1]!).result;
  group.join('');
  const again = group.join(ids[1]!).result;
  assert.equal(again.generation, generation + 1);
  const follower = group.coordinator
    .describe('group')
    .members.find((one) => one.memberId !== ids[1]);
  const sync = group.sync(follower!.memberId, again.generation);
  group.leave(follower!.memberId);
  assert.equal(sync.result.error, 'UNKNOWN_MEMBER_ID');
});

test('a member that was only handed its id can leave', async () => {
  const group = await GroupHarness.started();
  const { memberId } = group.join('', { memberIdRequired: true }).result;
  assert.deepEqual(group.leave(memberId), ['NONE']);
  assert.equal(group.join(memberId).result.error, 'UNKNOWN_MEMBER_ID');
});

test('the last member that leaves empties the group, which keeps its offsets', async () => {
  const group = await GroupHarness.started();
  const { ids, generation } = group.stable(1);
  group.commit(42, { memberId: ids[0]!, generation });
  group.turn();
  group.leave(ids[0]!);
  assert.equal(group.state(), 'Empty');
  assert.equal(group.committed(), 42);
  assert.equal(group.clock.pendingTimers, 1, 'only the expiry of offsets is left');
});

test('nobody leaves a group that does not exist, or has no name', async () => {
  const group = await GroupHarness.started();
  assert.deepEqual(group.leave('somebody'), ['UNKNOWN_MEMBER_ID']);
  const nameless = group.coordinator.leave({ groupId: '', members: [] });
  assert.deepEqual(nameless, { error: 'INVALID_GROUP_ID', members: [] });
});
