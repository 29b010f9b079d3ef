// If these break, members can't join their group, join it twice, or wait for ever.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_PENDING_MEMBERS } from '../limits.ts';
import { GroupHarness } from '../testing/group-harness.ts';

test('a dynamic member without an id is sent back with one from v4 on, and joins directly before', async () => {
  const group = await GroupHarness.started();
  const first = group.join('', { memberIdRequired: true }).result;
  assert.equal(first.error, 'MEMBER_ID_REQUIRED');
  assert.match(
    first.memberId,
    /^client-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
  assert.equal(first.generation, -1);
  const second = group.join(first.memberId, { memberIdRequired: true }).result;
  assert.deepEqual([second.error, second.memberId, second.generation], ['NONE', first.memberId, 1]);

  const direct = group.join('', { groupId: 'old', memberIdRequired: false }).result;
  assert.deepEqual([direct.error, direct.generation], ['NONE', 1]);
});

test('a member id that was handed out and never used is forgotten after the session timeout', async () => {
  const group = await GroupHarness.started();
  const { memberId } = group.join('', { memberIdRequired: true, sessionTimeoutMs: 10_000 }).result;
  group.clock.advance(10_001);
  assert.equal(group.join(memberId).result.error, 'UNKNOWN_MEMBER_ID');
  assert.equal(group.clock.pendingTimers, 1, 'only the expiry of offsets is left');
});

test('a rebalance waits for a member that was handed its id and has not come back yet', async () => {
  const group = await GroupHarness.started();
  const { ids } = group.stable(1);
  const pending = group.join('', { memberIdRequired: true }).result.memberId;
  const leader = group.join(ids[0]!);
  assert.ok(leader.isParked);
  const other = group.join(pending);
  assert.equal(leader.result.generation, 2);
  assert.equal(other.result.generation, 2);
});

test('join blocks until all known members have rejoined', async () => {
  const group = await GroupHarness.started();
  const { ids, generation } = group.stable(2);
  const third = group.join('');
  assert.ok(third.isParked);
  const leader = group.join(ids[0]!);
  assert.ok(leader.isParked && third.isParked);
  const follower = group.join(ids[1]!);
  for (const reply of [third, leader, follower]) {
    assert.equal(reply.result.error, 'NONE');
    assert.equal(reply.result.generation, generation + 1);
    assert.equal(reply.result.leader, ids[0]);
  }
});

test('members that do not rejoin within the rebalance timeout are left behind', async () => {
  const group = await GroupHarness.started();
  const { ids } = group.stable(2, { sessionTimeoutMs: 30_000, rebalanceTimeoutMs: 5_000 });
  const leader = group.join(ids[0]!, { rebalanceTimeoutMs: 5_000 });
  group.clock.advance(4_999);
  assert.ok(leader.isParked);
  group.clock.advance(1);
  assert.equal(leader.result.members.length, 1);
  assert.equal(group.heartbeat(ids[1]!, leader.result.generation), 'UNKNOWN_MEMBER_ID');
});

test('the rebalance timeout is the longest of the members', async () => {
  const group = await GroupHarness.started();
  const slow = { sessionTimeoutMs: 30_000, rebalanceTimeoutMs: 20_000 };
  const { ids } = group.stable(2, slow);
  const leader = group.join(ids[0]!, { ...slow, rebalanceTimeoutMs: 5_000 });
  group.clock.advance(19_999);
  assert.ok(leader.isParked);
  group.clock.advance(1);
  assert.ok(!leader.isParked);
});

test('a member that waits for the others is not given up, however long they take', async () => {
  const group = await GroupHarness.started();
  const { ids, generation } = group.stable(2, { sessionTimeoutMs: 10_000 });
  const waiting = group.join(ids[0]!);
  for (let second = 0; second < 55; second += 5) {
    group.clock.advance(5_000);
    assert.equal(group.heartbeat(ids[1]!, generation), 'REBALANCE_IN_PROGRESS');
  }
  assert.ok(waiting.isParked);
  group.join(ids[1]!);
  assert.deepEqual([waiting.result.error, waiting.result.members.length], ['NONE', 2]);
});

test('an empty group waits group.initial.rebalance.delay.ms, longer while members keep coming', async () => {
  const group = await GroupHarness.started({ initialRebalanceDelayMs: 3_000 });
  const first = group.join('');
  group.clock.advance(2_000);
  const second = group.join('');
  group.clock.advance(1_000);
  assert.ok(first.isParked && second.isParked, 'the second member prolonged the wait');
  group.clock.advance(2_999);
  assert.ok(first.isParked);
  group.clock.advance(1);
  assert.equal(first.result.generation, 1);
  assert.equal(first.result.members.length, 2);
  assert.equal(second.result.generation, 1);
});

test('the initial wait ends at the rebalance timeout, however many members keep coming', async () => {
  const group = await GroupHarness.started({ initialRebalanceDelayMs: 3_000 });
  const options = { rebalanceTimeoutMs: 5_000 };
  const replies = [group.join('', options)];
  for (let second = 0; second < 8; second++) {
    group.clock.advance(1_000);
    replies.push(group.join('', options));
  }
  assert.ok(!replies[0]!.isParked);
  assert.equal(replies[0]!.result.generation, 1);
});

test('without an initial delay the first member has its generation at once', async () => {
  const group = await GroupHarness.started({ initialRebalanceDelayMs: 0 });
  assert.equal(group.join('').result.generation, 1);
});

test('only the leader gets the member list, with the bytes as they were sent', async () => {
  const group = await GroupHarness.started();
  const bytes = Buffer.from([0, 255, 128, 10]);
  const leader = group.join('', { metadata: bytes }).result.memberId;
  const follower = group.join('', { metadata: 'follower' });
  const again = group.join(leader, { metadata: bytes }).result;
  assert.deepEqual(
    again.members.map(({ memberId, metadata }) => [memberId, metadata.toString('hex')]),
    [
      [leader, '00ff800a'],
      [follower.result.memberId, Buffer.from('follower').toString('hex')],
    ],
  );
  assert.deepEqual(follower.result.members, []);
});

test('what a member sent stays as it was when the frame it came in is used again', async () => {
  const group = await GroupHarness.started();
  const leader = group.join('').result.memberId;
  const frame = Buffer.from('subscription');
  const protocols = [{ name: 'range', metadata: frame }];
  group.join('', { protocols });
  frame.fill(0);
  const { members, generation } = group.join(leader).result;
  const { memberId, metadata } = members[1]!;
  assert.equal(metadata.toString(), 'subscription');

  const assignment = Buffer.from('assignment');
  group.sync(leader, generation, {}, { assignments: [{ memberId, assignment }] });
  assignment.fill(0);
  group.turn();
  assert.equal(group.sync(memberId, generation).result.assignment.toString(), 'assignment');
});

test('the protocol is the one most members prefer among those that all support', async () => {
  const group = await GroupHarness.started();
  const protocols = (...names: string[]) => ({
    protocols: names.map((name) => ({ name, metadata: Buffer.from(name) })),
  });
  const leader = group.join('', protocols('sticky', 'range', 'own')).result.memberId;
  const others = [
    group.join('', protocols('range', 'sticky')),
    group.join('', protocols('range', 'other', 'sticky')),
  ];
  const result = group.join(leader, protocols('sticky', 'range', 'own')).result;
  assert.equal(result.protocolName, 'range');
  assert.equal(result.protocolType, 'consumer');
  assert.deepEqual(
    result.members.map(({ metadata }) => metadata.toString()),
    ['range', 'range', 'range'],
  );
  assert.equal(others[0]!.result.protocolName, 'range');
});

test('a member without a protocol in common is refused and the group is unharmed', async () => {
  const group = await GroupHarness.started();
  const { ids, generation } = group.stable(1);
  const strangers = [
    { protocols: [{ name: 'unknown', metadata: Buffer.alloc(0) }] },
    { protocols: [] },
    { protocolType: 'connect' },
  ];
  for (const stranger of strangers) {
    assert.equal(group.join('', stranger).result.error, 'INCONSISTENT_GROUP_PROTOCOL');
  }
  assert.equal(group.heartbeat(ids[0]!, generation), 'NONE');
  assert.equal(group.state(), 'Stable');
});

test('an empty group refuses a member without a protocol type or protocols', async () => {
  const group = await GroupHarness.started();
  assert.equal(group.join('', { protocolType: '' }).result.error, 'INCONSISTENT_GROUP_PROTOCOL');
  assert.equal(group.join('', { protocols: [] }).result.error, 'INCONSISTENT_GROUP_PROTOCOL');
});

for (const protocolType of ['connect', 'sr', 'anything']) {
  test(`a group of type ${protocolType} works with opaque bytes`, async () => {
    const group = await GroupHarness.started();
    const options = { protocolType, metadata: Buffer.from([255, 255, 255, 255]) };
    const { ids } = group.stable(2, options);
    const described = group.coordinator.describe('group');
    assert.equal(described.protocolType, protocolType);
    assert.equal(described.members.length, ids.length);
    assert.equal(described.members[0]?.metadata.toString('hex'), 'ffffffff');
  });
}

test('a follower of a stable group that rejoins unchanged keeps the generation', async () => {
  const group = await GroupHarness.started();
  const { ids, generation } = group.stable(2);
  const again = group.join(ids[1]!).result;
  assert.deepEqual([again.error, again.generation, again.members], ['NONE', generation, []]);
  assert.equal(group.state(), 'Stable');
});

test('a leader that rejoins a stable group starts a rebalance', async () => {
  const group = await GroupHarness.started();
  const { ids, generation } = group.stable(2);
  assert.ok(group.join(ids[0]!).isParked);
  assert.equal(group.heartbeat(ids[1]!, generation), 'REBALANCE_IN_PROGRESS');
});

test('a member that changes its metadata starts a rebalance', async () => {
  const group = await GroupHarness.started();
  const { ids } = group.stable(2);
  assert.ok(group.join(ids[1]!, { metadata: 'other topics' }).isParked);
  assert.equal(group.state(), 'PreparingRebalance');
});

test('a member that lost the answer to its join asks again and is told the same generation', async () => {
  const group = await GroupHarness.started();
  const leader = group.join('').result;
  const again = group.join(leader.memberId).result;
  assert.deepEqual(again, leader);
});

test('a join that a member repeats while it is parked ends the earlier one', async () => {
  const group = await GroupHarness.started();
  const { ids } = group.stable(2);
  const first = group.join(ids[0]!);
  const second = group.join(ids[0]!);
  assert.equal(first.result.error, 'REBALANCE_IN_PROGRESS');
  group.join(ids[1]!);
  assert.equal(second.result.error, 'NONE');
});

const refusals = [
  { name: 'an empty group id', options: { groupId: '' }, error: 'INVALID_GROUP_ID' },
  {
    name: 'a session timeout too short',
    options: { sessionTimeoutMs: 5_999 },
    error: 'INVALID_SESSION_TIMEOUT',
  },
  {
    name: 'a session timeout too long',
    options: { sessionTimeoutMs: 1_800_001 },
    error: 'INVALID_SESSION_TIMEOUT',
  },
  {
    name: 'an id in a group that does not exist',
    memberId: 'somebody',
    error: 'UNKNOWN_MEMBER_ID',
  },
] as const;
for (const { name, error, ...rest } of refusals) {
  test(`join is refused for ${name}: ${error}`, async () => {
    const group = await GroupHarness.started();
    const { memberId = '', options = {} } = { memberId: undefined, options: undefined, ...rest };
    assert.equal(group.join(memberId ?? '', options ?? {}).result.error, error);
  });
}

test('an id that the group does not know is refused', async () => {
  const group = await GroupHarness.started();
  group.stable(1);
  assert.equal(group.join('stranger').result.error, 'UNKNOWN_MEMBER_ID');
});

test('a group takes no more than group.max.size members', async () => {
  const group = await GroupHarness.started({ maxSize: 2 });
  const { ids } = group.stable(2);
  assert.equal(group.join('').result.error, 'GROUP_MAX_SIZE_REACHED');
  // The same while members gather: the last one to come is one too many.
  group.join(ids[0]!);
  group.join('');
  assert.equal(group.join('').result.error, 'GROUP_MAX_SIZE_REACHED');
  assert.equal(group.join(ids[1]!).result.error, 'GROUP_MAX_SIZE_REACHED');
  assert.equal(group.coordinator.describe('group').members.length, 2);
});

test('a new member is let go after five minutes of waiting, since its client may be gone', async () => {
  const group = await GroupHarness.started();
  const { ids, generation } = group.stable(1, { rebalanceTimeoutMs: 3_600_000 });
  const reply = group.join('', { rebalanceTimeoutMs: 3_600_000 });
  for (let minute = 0; minute < 59; minute++) {
    group.clock.advance(5_000);
    assert.equal(group.heartbeat(ids[0]!, generation), 'REBALANCE_IN_PROGRESS');
  }
  assert.ok(reply.isParked);
  group.clock.advance(5_000);
  assert.equal(reply.result.error, 'UNKNOWN_MEMBER_ID');
});

test('a client that disconnects before it knew its id does not hold partitions', async () => {
  const group = await GroupHarness.started();
  const { ids } = group.stable(1);
  const { reply, abandon } = group.joinAndAbandon('');
  abandon();
  assert.equal(reply.result.error, 'UNKNOWN_MEMBER_ID');
  assert.equal(group.join(ids[0]!).result.members.length, 1);
  abandon();
});

test('a client that disconnects and knows its id keeps its place until its session ends', async () => {
  const group = await GroupHarness.started();
  const { ids } = group.stable(2);
  const { reply, abandon } = group.joinAndAbandon(ids[0]!);
  abandon();
  assert.ok(reply.isParked);
  group.join(ids[1]!);
  assert.equal(reply.result.members.length, 2);
});

test('clients that ask for ids and never come back cannot fill the memory', async () => {
  const group = await GroupHarness.started();
  const ask = () => group.join('', { memberIdRequired: true }).result.error;
  for (let count = 0; count < MAX_PENDING_MEMBERS; count++) ask();
  assert.equal(ask(), 'GROUP_MAX_SIZE_REACHED');
  group.clock.advance(10_000);
  assert.equal(ask(), 'MEMBER_ID_REQUIRED');
});

test('a client with a huge name gets an id that fits the protocol', async () => {
  const group = await GroupHarness.started();
  const { memberId } = group.join('', { clientId: '\u{1F600}'.repeat(8_000) }).result;
  assert.ok(Buffer.byteLength(memberId) < 32_767);
  assert.equal(Buffer.from(memberId).toString(), memberId);
});
