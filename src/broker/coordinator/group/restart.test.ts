// If these break, a crash or a change of leader loses commits, or throws healthy members out.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrayOf } from '../../../protocol/schema/index.ts';
import { groupTombstone, offsetRecord } from './records.ts';
import { GroupHarness } from './testing/group-harness.ts';

test('after kill -9 members go on with their generation, assignment and offsets', async () => {
  const group = await GroupHarness.started();
  const { ids, generation } = group.stable(3, { metadata: 'subscription' });
  const before = group.coordinator.describe('group');
  const commit = group.commit(99, { memberId: ids[1]!, generation });
  group.turn();
  assert.deepEqual(commit.result, ['NONE']);
  await group.restart();
  assert.deepEqual(group.coordinator.describe('group'), before);
  assert.equal(group.committed(), 99);
  for (const id of ids) assert.equal(group.heartbeat(id, generation), 'NONE');
  assert.equal(group.sync(ids[2]!, generation).result.assignment.toString(), 'assignment of 2');
});

test('sessions begin anew after a restart', async () => {
  const group = await GroupHarness.started();
  const { ids, generation } = group.stable(1);
  group.clock.advance(9_000);
  await group.restart();
  group.clock.advance(9_000);
  assert.equal(group.heartbeat(ids[0]!, generation), 'NONE');
  group.clock.advance(10_000);
  assert.equal(group.heartbeat(ids[0]!, generation), 'UNKNOWN_MEMBER_ID');
});

test('while it loads: heartbeats are fine, sync asks to rejoin, everything else to wait', async () => {
  const group = new GroupHarness();
  group.log.holdsLoads = true;
  await group.elect();
  const loading = 'COORDINATOR_LOAD_IN_PROGRESS';
  assert.equal(group.heartbeat('m', 1), 'NONE');
  assert.equal(group.sync('m', 1).result.error, 'REBALANCE_IN_PROGRESS');
  assert.equal(group.join('').result.error, loading);
  assert.deepEqual(group.leave('m'), [loading]);
  assert.deepEqual(group.commit(1).result, [loading]);
  const fetched = group.coordinator.fetchOffsets({
    groupId: 'g',
    topics: null,
    requireStable: true,
  });
  assert.equal(fetched.error, loading);
  assert.deepEqual([group.coordinator.describe('g').error, group.state()], [loading, '']);
  assert.equal(group.coordinator.listError, loading);
  assert.equal(group.deleteGroup().result, loading);
  assert.equal(group.deleteOffsets([]).result.error, loading);
  let isLoaded = false;
  void group.coordinator.runtime.whenLoaded(0).then(() => {
    isLoaded = true;
  });
  await group.clock.settle();
  assert.ok(!isLoaded);
  group.log.finishLoads();
  await group.clock.settle();
  assert.ok(isLoaded);
  assert.equal(group.join('').result.error, 'NONE');
});

test('where the group is not coordinated, everything says so', async () => {
  const group = new GroupHarness();
  assert.equal(group.heartbeat('m', 1), 'NOT_COORDINATOR');
  assert.equal(group.sync('m', 1).result.error, 'NOT_COORDINATOR');
  assert.equal(group.join('').result.error, 'NOT_COORDINATOR');
  assert.deepEqual(group.commit(1).result, ['NOT_COORDINATOR']);
  await group.coordinator.runtime.whenLoaded(0);
  group.coordinator.runtime.stop();
  assert.equal(group.join('').result.error, 'COORDINATOR_NOT_AVAILABLE');
});

test('parked requests are answered when the leadership moves away, and no timer is left', async () => {
  const group = await GroupHarness.started();
  const { ids } = group.stable(2);
  const join = group.join(ids[0]!);
  const other = group.join('', { groupId: 'other' }).result;
  group.join('', { groupId: 'other' });
  group.coordinator.runtime.onResignation(0, 1);
  assert.equal(join.result.error, 'NOT_COORDINATOR');
  assert.equal(group.heartbeat(other.memberId, 1), 'NOT_COORDINATOR');
  assert.equal(group.clock.pendingTimers, 1, 'only the expiry of offsets is left');
});

test('a shutdown answers a parked sync, and leaves no timer at all', async () => {
  const group = await GroupHarness.started();
  group.stable(1);
  const leader = group.join('', { groupId: 'two' }).result.memberId;
  const follower = group.join('', { groupId: 'two' });
  const { generation } = group.join(leader, { groupId: 'two' }).result;
  const sync = group.sync(follower.result.memberId, generation, {}, { groupId: 'two' });
  group.coordinator.runtime.stop();
  assert.equal(sync.result.error, 'NOT_COORDINATOR');
  assert.equal(group.clock.pendingTimers, 0);
});

test('a commit that is committed after the leadership moved does not come back to life', async () => {
  const group = await GroupHarness.started();
  group.log.holds = true;
  const commit = group.commit(1);
  group.coordinator.runtime.onResignation(0, 1);
  await group.elect(2);
  group.log.commitHeld();
  assert.deepEqual(commit.result, ['NONE']);
  assert.equal(group.committed(), 1, 'it was in the log that the new leadership read');
});

test('old news about the leadership is ignored', async () => {
  const group = await GroupHarness.started();
  group.coordinator.runtime.onElection(0, 5);
  group.coordinator.runtime.onResignation(0, 4);
  assert.equal(group.join('').result.error, 'NONE');
  group.coordinator.runtime.onResignation(0, 6);
  group.coordinator.runtime.onElection(0, 5);
  await group.clock.settle();
  assert.equal(group.join('').result.error, 'NOT_COORDINATOR');
});

test('a leadership that ends while it loads serves nothing', async () => {
  const group = await GroupHarness.started();
  group.stable(1);
  group.log.holdsLoads = true;
  await group.restart();
  const loaded = group.coordinator.runtime.whenLoaded(0);
  group.coordinator.runtime.onResignation(0, 1);
  await loaded;
  group.log.finishLoads();
  await group.clock.settle();
  assert.equal(group.join('').result.error, 'NOT_COORDINATOR');
  assert.equal(group.clock.pendingTimers, 1, 'only the expiry of offsets is left');
});

test('a log that cannot be read is read again, later and later', async () => {
  const group = new GroupHarness();
  group.log.loadFailure = new Error('disk');
  await group.elect();
  await group.clock.advanceAndSettle(999);
  assert.equal(group.join('').result.error, 'COORDINATOR_LOAD_IN_PROGRESS');
  await group.clock.advanceAndSettle(1);
  group.log.loadFailure = undefined;
  await group.clock.advanceAndSettle(1_999);
  assert.equal(group.join('').result.error, 'COORDINATOR_LOAD_IN_PROGRESS');
  await group.clock.advanceAndSettle(1);
  assert.equal(group.join('').result.error, 'NONE');
});

test('a group larger than group.max.size is rebalanced down after a restart', async () => {
  const group = await GroupHarness.started();
  const { ids, generation } = group.stable(3);
  group.config = { ...group.config, maxSize: 2 };
  await group.restart();
  assert.equal(group.heartbeat(ids[0]!, generation), 'REBALANCE_IN_PROGRESS');
  group.join(ids[0]!);
  group.join(ids[1]!);
  assert.equal(group.join(ids[2]!).result.error, 'GROUP_MAX_SIZE_REACHED');
  assert.equal(group.coordinator.describe('group').members.length, 2);
});

const committed = (offset: number) => ({
  offset,
  leaderEpoch: -1,
  metadata: '',
  commitTimestampMs: 0,
  expireTimestampMs: null,
});
const at = (partition: number) => ({ groupId: 'group', topic: 'topic', partition });
const marker = (type: number) => ({ key: Buffer.from([0, 0, 0, type]), value: Buffer.alloc(6) });

test('offsets of a transaction count from its commit marker on, and never when it aborts', async () => {
  const group = new GroupHarness();
  const write = (producerId: number, partition: number, offset: number) =>
    group.log.write(0, {
      producerId,
      isTransactional: true,
      records: [offsetRecord(at(partition), committed(offset))],
    });
  const end = (producerId: number, type: number) =>
    group.log.write(0, {
      producerId,
      isTransactional: true,
      isControl: true,
      records: [marker(type)],
    });
  write(1, 0, 10);
  write(2, 1, 20);
  write(3, 2, 30);
  end(1, 1);
  end(2, 0);
  await group.elect();
  assert.deepEqual(
    [0, 1, 2].map((one) => group.committed('topic', one)),
    [10, -1, -1],
  );
  const open = group.coordinator.fetchOffsets({
    groupId: 'group',
    topics: [{ topic: 'topic', partitions: [1, 2] }],
    requireStable: true,
  });
  assert.deepEqual(
    arrayOf(open.topics.at(0).partitions).map(({ error }) => error),
    ['NONE', 'UNSTABLE_OFFSET_COMMIT'],
  );
});

test('a record that cannot be read does not hide the ones behind it', async () => {
  const group = new GroupHarness();
  const unreadable = [
    { key: Buffer.from([0]), value: null },
    { key: Buffer.from([0, 1, 255]), value: null },
    { key: groupTombstone('x').key, value: Buffer.from([0, 99]) },
    { key: Buffer.from([0, 3, 0, 1, 120]), value: Buffer.from([0, 0, 0, 0, 0, 1, 0]) },
  ];
  group.log.write(0, { records: [...unreadable, offsetRecord(at(0), committed(5))] });
  await group.elect();
  assert.equal(group.committed(), 5);
  assert.equal(group.state('x'), 'Dead');
});

test('a load lends its buffers only: the group keeps copies', async () => {
  const group = await GroupHarness.started();
  group.stable(1, { metadata: 'subscription' });
  await group.restart();
  for (const { key, value } of group.log.records()) {
    key.fill(0);
    value?.fill(0);
  }
  const member = group.coordinator.describe('group').members[0]!;
  assert.equal(member.metadata.toString(), 'subscription');
  assert.equal(member.assignment.toString(), 'assignment of 0');
});
