// If these break, a rolling restart of static members (KIP-345) rebalances the group, or two
// processes with one instance id both consume.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GroupHarness, type JoinOptions } from '../testing/group-harness.ts';

/** A stable group of two static members, `a` (the leader) and `b`. */
async function staticGroup(options: JoinOptions = {}) {
  const group = await GroupHarness.started();
  const a = group.join('', { instanceId: 'a', memberIdRequired: true, ...options }).result.memberId;
  const other = group.join('', { instanceId: 'b', memberIdRequired: true, ...options });
  const { generation } = group.join(a, { instanceId: 'a', ...options }).result;
  const b = other.result.memberId;
  group.sync(a, generation, { [a]: 'for a', [b]: 'for b' }, { instanceId: 'a' });
  group.sync(b, generation, {}, { instanceId: 'b' });
  group.turn();
  assert.equal(group.state(), 'Stable');
  return { group, a, b, generation };
}

test('a static member gets an id of its own at once, named for its instance', async () => {
  const { a, b } = await staticGroup();
  assert.match(a, /^a-/);
  assert.match(b, /^b-/);
});

test('a static member that comes back replaces its old id without a rebalance', async () => {
  const { group, a, b, generation } = await staticGroup();
  const back = group.join('', { instanceId: 'b' });
  assert.ok(back.isParked, 'the new id is durable before anyone hears it');
  group.turn();
  assert.deepEqual([back.result.error, back.result.generation], ['NONE', generation]);
  assert.notEqual(back.result.memberId, b);
  assert.equal(group.state(), 'Stable');
  assert.equal(group.heartbeat(a, generation, 'a'), 'NONE');
  const sync = group.sync(back.result.memberId, generation, {}, { instanceId: 'b' });
  assert.equal(sync.result.assignment.toString(), 'for b');
});

test('the old holder of an instance id is fenced everywhere', async () => {
  const { group, b, generation } = await staticGroup();
  group.join('', { instanceId: 'b' });
  group.turn();
  assert.equal(group.heartbeat(b, generation, 'b'), 'FENCED_INSTANCE_ID');
  assert.equal(
    group.sync(b, generation, {}, { instanceId: 'b' }).result.error,
    'FENCED_INSTANCE_ID',
  );
  assert.equal(group.join(b, { instanceId: 'b' }).result.error, 'FENCED_INSTANCE_ID');
  const commit = group.commit(5, { memberId: b, generation, instanceId: 'b' });
  assert.deepEqual(commit.result, ['FENCED_INSTANCE_ID']);
  const leave = group.coordinator.leave({
    groupId: 'group',
    members: [{ memberId: b, instanceId: 'b', reason: null }],
  });
  assert.deepEqual(leave.members[0]?.error, 'FENCED_INSTANCE_ID');
  assert.equal(group.heartbeat(b, generation), 'UNKNOWN_MEMBER_ID');
});

test('a parked join or sync of the old holder is fenced when the new one comes', async () => {
  const { group, b } = await staticGroup();
  const parked = group.join(b, { instanceId: 'b', metadata: 'changed' });
  assert.ok(parked.isParked);
  group.join('', { instanceId: 'b' });
  assert.equal(parked.result.error, 'FENCED_INSTANCE_ID');
});

test('the returning leader skips the assignment from v9 on', async () => {
  const { group, generation } = await staticGroup();
  const back = group.join('', { instanceId: 'a', canSkipAssignment: true });
  group.turn();
  const { memberId, leader, skipAssignment, members } = back.result;
  assert.deepEqual([leader, skipAssignment, members.length], [memberId, true, 2]);
  const sync = group.sync(memberId, generation, {}, { instanceId: 'a' });
  assert.equal(sync.result.assignment.toString(), 'for a');
});

test('an older returning leader is told that its former self leads, so that it assigns nothing', async () => {
  const { group, a } = await staticGroup();
  const back = group.join('', { instanceId: 'a', canSkipAssignment: false });
  group.turn();
  const { memberId, leader, skipAssignment, members } = back.result;
  assert.deepEqual([leader, skipAssignment, members], [a, false, []]);
  // It leads all the same.
  assert.ok(group.join(memberId, { instanceId: 'a' }).isParked);
});

test('a static member that comes back with other protocols rebalances when the choice changes', async () => {
  const both = [
    { name: 'range', metadata: Buffer.alloc(0) },
    { name: 'sticky', metadata: Buffer.alloc(0) },
  ];
  const { group } = await staticGroup({ protocols: both });
  const only = group.join('', { instanceId: 'b', protocols: [both[1]!] });
  assert.ok(only.isParked);
  assert.equal(group.state(), 'PreparingRebalance');
});

test('a static member that comes back before the assignment starts over', async () => {
  const group = await GroupHarness.started();
  const first = group.join('', { instanceId: 'a' }).result;
  const sync = group.sync(first.memberId, first.generation, {}, { instanceId: 'a' });
  const back = group.join('', { instanceId: 'a' });
  assert.equal(sync.result.error, 'FENCED_INSTANCE_ID');
  assert.deepEqual([back.result.error, back.result.generation], ['NONE', 2]);
});

test('two restarts in a row: each join is answered for itself, when its own id is durable', async () => {
  const { group, generation } = await staticGroup();
  group.log.holds = true;
  const first = group.join('', { instanceId: 'b' });
  const second = group.join('', { instanceId: 'b' });
  assert.equal(first.result.error, 'FENCED_INSTANCE_ID');
  group.log.commitHeld(1);
  assert.ok(second.isParked);
  group.log.commitHeld();
  assert.deepEqual([second.result.error, second.result.generation], ['NONE', generation]);
});

test('a static member that restarts before it synced is waited for under its new id', async () => {
  const group = await GroupHarness.started();
  const a = group.join('', { instanceId: 'a' }).result.memberId;
  group.join('', { instanceId: 'b' });
  const { generation } = group.join(a, { instanceId: 'a' }).result;
  group.sync(a, generation, {}, { instanceId: 'a' });
  group.turn();
  const back = group.join('', { instanceId: 'b' });
  group.turn();
  const { memberId } = back.result;
  group.sync(memberId, generation, {}, { instanceId: 'b' });
  for (let seconds = 0; seconds < 120; seconds += 5) {
    group.clock.advance(5_000);
    assert.equal(group.heartbeat(a, generation, 'a'), 'NONE');
    assert.equal(group.heartbeat(memberId, generation, 'b'), 'NONE');
  }
});

test('a leader stays the leader over its own restart and one of the coordinator', async () => {
  const { group, b } = await staticGroup();
  const back = group.join('', { instanceId: 'a' });
  group.turn();
  await group.restart();
  assert.ok(!group.join(b, { instanceId: 'b' }).isParked);
  assert.ok(group.join(back.result.memberId, { instanceId: 'a' }).isParked);
});

test('when the new id cannot be stored, the old one stays in its place', async () => {
  const { group, b, generation } = await staticGroup();
  group.log.failure = 'NOT_ENOUGH_REPLICAS';
  const back = group.join('', { instanceId: 'b' });
  group.turn();
  assert.deepEqual([back.result.error, back.result.memberId], ['COORDINATOR_NOT_AVAILABLE', '']);
  assert.equal(group.heartbeat(b, generation, 'b'), 'NONE');
  assert.equal(group.state(), 'Stable');
});

test('a rebalance that begins while the new id is being stored answers the join itself', async () => {
  const { group, a, generation } = await staticGroup();
  group.log.holds = true;
  const back = group.join('', { instanceId: 'b' });
  const newcomer = group.join('', { instanceId: 'c' });
  group.log.commitHeld();
  assert.ok(back.isParked && newcomer.isParked);
  group.join(a, { instanceId: 'a' });
  assert.equal(back.result.generation, generation + 1);
  assert.equal(newcomer.result.generation, generation + 1);
});

test('a static member is not removed before its session ends, even by a rebalance without it', async () => {
  const { group, a } = await staticGroup({ sessionTimeoutMs: 120_000, rebalanceTimeoutMs: 5_000 });
  const options = { instanceId: 'a', sessionTimeoutMs: 120_000, rebalanceTimeoutMs: 5_000 };
  const leader = group.join(a, options);
  group.clock.advance(5_000);
  assert.deepEqual([leader.result.error, leader.result.members.length], ['NONE', 2]);
});

test('a rebalance that only absent static members could join waits for their sessions', async () => {
  const group = await GroupHarness.started();
  const options = { sessionTimeoutMs: 20_000, rebalanceTimeoutMs: 5_000 };
  const a = group.join('', { instanceId: 'a', ...options }).result;
  group.sync(a.memberId, a.generation, { [a.memberId]: 'x' }, { instanceId: 'a' });
  group.turn();
  const { reply, abandon } = group.joinAndAbandon('', options);
  abandon();
  assert.equal(reply.result.error, 'UNKNOWN_MEMBER_ID');
  group.clock.advance(5_000);
  assert.equal(group.state(), 'PreparingRebalance');
  group.clock.advance(15_000);
  assert.equal(group.state(), 'Empty');
});

test('an operator removes a static member by its instance id alone', async () => {
  const { group, a, generation } = await staticGroup();
  const result = group.coordinator.leave({
    groupId: 'group',
    members: [
      { memberId: '', instanceId: 'b', reason: 'decommissioned' },
      { memberId: '', instanceId: 'nobody', reason: null },
    ],
  });
  assert.deepEqual(
    result.members.map(({ instanceId, error }) => [instanceId, error]),
    [
      ['b', 'NONE'],
      ['nobody', 'UNKNOWN_MEMBER_ID'],
    ],
  );
  assert.equal(group.heartbeat(a, generation, 'a'), 'REBALANCE_IN_PROGRESS');
});

test('a static member keeps its place over a restart of the coordinator', async () => {
  const { group, a, generation } = await staticGroup();
  await group.restart();
  assert.equal(group.heartbeat(a, generation, 'a'), 'NONE');
  const back = group.join('', { instanceId: 'b' });
  group.turn();
  assert.equal(back.result.generation, generation);
});
