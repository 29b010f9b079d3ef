// If these break, members get no assignment, a stale one, or are thrown out while they are alive.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GroupHarness } from '../testing/group-harness.ts';

/** A leader and a follower that have joined and not synced. */
async function joined() {
  const group = await GroupHarness.started();
  const leader = group.join('').result.memberId;
  const other = group.join('');
  const { generation } = group.join(leader).result;
  return { group, leader, follower: other.result.memberId, generation };
}

test('a follower parks until the leader brings the assignment and it is committed', async () => {
  const { group, leader, follower, generation } = await joined();
  const waiting = group.sync(follower, generation);
  assert.ok(waiting.isParked);
  group.log.holds = true;
  const own = group.sync(leader, generation, { [leader]: 'a', [follower]: 'b' });
  group.turn();
  assert.ok(waiting.isParked && own.isParked, 'nothing is answered before it is durable');
  group.log.commitHeld();
  assert.equal(own.result.assignment.toString(), 'a');
  assert.equal(waiting.result.assignment.toString(), 'b');
  assert.equal(group.state(), 'Stable');
});

test('a follower that syncs late gets its assignment at once, with the protocol of the group', async () => {
  const { group, leader, follower, generation } = await joined();
  group.sync(leader, generation, { [follower]: 'late' });
  group.turn();
  const { result } = group.sync(follower, generation);
  assert.deepEqual(
    [result.error, result.assignment.toString(), result.protocolType, result.protocolName],
    ['NONE', 'late', 'consumer', 'range'],
  );
});

test('a member that the leader forgot gets an empty assignment, a stranger in it is ignored', async () => {
  const { group, leader, follower, generation } = await joined();
  const waiting = group.sync(follower, generation);
  group.sync(leader, generation, { stranger: 'x' });
  group.turn();
  assert.deepEqual([waiting.result.error, waiting.result.assignment.length], ['NONE', 0]);
});

const syncErrors = [
  { name: 'another generation', generation: 7, error: 'ILLEGAL_GENERATION' },
  { name: 'an unknown member', memberId: 'stranger', error: 'UNKNOWN_MEMBER_ID' },
  {
    name: 'another protocol type',
    options: { protocolType: 'connect' },
    error: 'INCONSISTENT_GROUP_PROTOCOL',
  },
  {
    name: 'another protocol',
    options: { protocolName: 'sticky' },
    error: 'INCONSISTENT_GROUP_PROTOCOL',
  },
  { name: 'an unknown group', options: { groupId: 'none' }, error: 'UNKNOWN_MEMBER_ID' },
  { name: 'no group id', options: { groupId: '' }, error: 'INVALID_GROUP_ID' },
];
for (const { name, error, memberId, generation, options = {} } of syncErrors) {
  test(`sync with ${name} is ${error}`, async () => {
    const ready = await joined();
    const reply = ready.group.sync(
      memberId ?? ready.leader,
      generation ?? ready.generation,
      {},
      options,
    );
    assert.equal(reply.result.error, error);
    assert.deepEqual([reply.result.protocolType, reply.result.assignment.length], [null, 0]);
  });
}

test('sync during a rebalance says so, and a parked one ends when the next rebalance begins', async () => {
  const { group, leader, follower, generation } = await joined();
  const waiting = group.sync(follower, generation);
  group.join('');
  assert.equal(waiting.result.error, 'REBALANCE_IN_PROGRESS');
  assert.equal(group.sync(leader, generation).result.error, 'REBALANCE_IN_PROGRESS');
});

test('an assignment that is committed after a new member came is not handed out', async () => {
  const { group, leader, follower, generation } = await joined();
  group.log.holds = true;
  const own = group.sync(leader, generation, { [leader]: 'stale' });
  const newcomer = group.join('');
  group.log.commitHeld();
  assert.equal(own.result.error, 'REBALANCE_IN_PROGRESS');
  assert.equal(group.state(), 'PreparingRebalance');
  group.join(leader);
  group.join(follower);
  assert.equal(newcomer.result.generation, generation + 1);
});

test('an assignment that is committed in a later generation is not taken for that one', async () => {
  const { group, leader, follower, generation } = await joined();
  group.log.holds = true;
  group.sync(leader, generation, { [leader]: 'stale' });
  group.join('');
  group.join(leader);
  const { result } = group.join(follower);
  assert.equal(result.generation, generation + 1);
  group.log.commitHeld();
  assert.equal(group.state(), 'CompletingRebalance');
});

test('a sync that a member repeats while it is parked ends the earlier one', async () => {
  const { group, leader, follower, generation } = await joined();
  const first = group.sync(follower, generation);
  const second = group.sync(follower, generation);
  assert.equal(first.result.error, 'REBALANCE_IN_PROGRESS');
  group.sync(leader, generation, { [follower]: 'b' });
  group.turn();
  assert.equal(second.result.assignment.toString(), 'b');
});

const writeFailures = [
  ['NOT_LEADER_OR_FOLLOWER', 'NOT_COORDINATOR'],
  ['KAFKA_STORAGE_ERROR', 'NOT_COORDINATOR'],
  ['NOT_ENOUGH_REPLICAS', 'COORDINATOR_NOT_AVAILABLE'],
  ['UNKNOWN_TOPIC_OR_PARTITION', 'COORDINATOR_NOT_AVAILABLE'],
  ['MESSAGE_TOO_LARGE', 'UNKNOWN_SERVER_ERROR'],
  ['REQUEST_TIMED_OUT', 'REBALANCE_IN_PROGRESS'],
] as const;
for (const [failure, error] of writeFailures) {
  test(`an assignment that fails with ${failure} is answered ${error} and the group rebalances`, async () => {
    const { group, leader, follower, generation } = await joined();
    const waiting = group.sync(follower, generation);
    group.log.failure = failure;
    const own = group.sync(leader, generation, { [leader]: 'a', [follower]: 'b' });
    group.turn();
    assert.equal(own.result.error, error);
    assert.equal(waiting.result.error, error);
    assert.equal(group.state(), 'PreparingRebalance');
  });
}

test('members that never ask for their assignment are removed after the rebalance timeout', async () => {
  const { group, leader, follower, generation } = await joined();
  group.sync(leader, generation, { [leader]: 'a' });
  group.turn();
  for (let seconds = 0; seconds < 55; seconds += 5) {
    group.clock.advance(5_000);
    assert.equal(group.heartbeat(leader, generation), 'NONE');
    assert.equal(group.heartbeat(follower, generation), 'NONE');
  }
  group.clock.advance(5_000);
  assert.equal(group.heartbeat(leader, generation), 'REBALANCE_IN_PROGRESS');
  assert.equal(group.heartbeat(follower, generation), 'UNKNOWN_MEMBER_ID');
  assert.equal(group.join(leader).result.members.length, 1);
});

test('a rebalance starts over when the leader dies before it has assigned', async () => {
  const { group, leader, follower, generation } = await joined();
  const waiting = group.sync(follower, generation);
  group.clock.advance(10_000);
  assert.equal(waiting.result.error, 'REBALANCE_IN_PROGRESS');
  const { result } = group.join(follower);
  assert.equal(result.leader, follower);
  assert.equal(group.heartbeat(leader, generation), 'UNKNOWN_MEMBER_ID');
});

test('heartbeat: OK while completing and stable, 27 while preparing, 22 and 25 for strangers', async () => {
  const { group, leader, follower, generation } = await joined();
  assert.equal(group.heartbeat(leader, generation), 'NONE');
  group.sync(leader, generation, { [leader]: 'a' });
  group.turn();
  assert.equal(group.heartbeat(leader, generation), 'NONE');
  group.join(leader);
  assert.equal(group.heartbeat(follower, generation), 'REBALANCE_IN_PROGRESS');
  assert.equal(group.heartbeat(leader, generation + 1), 'ILLEGAL_GENERATION');
  assert.equal(group.heartbeat('stranger', generation), 'UNKNOWN_MEMBER_ID');
  const none = { groupId: 'none', generation: 1, memberId: leader, instanceId: null };
  assert.equal(group.coordinator.heartbeat(none), 'UNKNOWN_MEMBER_ID');
});

test('a thousand heartbeats write nothing and leave one timer', async () => {
  const group = await GroupHarness.started();
  const { ids, generation } = group.stable(3);
  const before = group.log.records().length;
  for (let count = 0; count < 1_000; count++) {
    group.clock.advance(100);
    for (const id of ids) assert.equal(group.heartbeat(id, generation), 'NONE');
  }
  assert.equal(group.log.records().length, before);
  assert.equal(group.clock.pendingTimers, 2, 'the group and the expiry of offsets');
});

test('a member without a heartbeat within its session timeout is removed', async () => {
  const group = await GroupHarness.started();
  const { ids, generation } = group.stable(2);
  group.clock.advance(9_000);
  assert.equal(group.heartbeat(ids[0]!, generation), 'NONE');
  group.clock.advance(1_000);
  assert.equal(group.heartbeat(ids[1]!, generation), 'UNKNOWN_MEMBER_ID');
  assert.equal(group.heartbeat(ids[0]!, generation), 'REBALANCE_IN_PROGRESS');
});

test('a group whose members are all gone is empty, and its record says so', async () => {
  const group = await GroupHarness.started();
  group.stable(2);
  group.clock.advance(10_000);
  assert.equal(group.state(), 'Empty');
  const { protocolType, members } = group.coordinator.describe('group');
  assert.deepEqual([protocolType, members], ['consumer', []]);
  group.turn();
  await group.restart();
  assert.equal(group.state(), 'Empty');
});
