// If these break, offsets of running consumers vanish (KIP-211), or old ones pile up for ever.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GroupHarness } from '../testing/group-harness.ts';

const HOUR = 3_600_000;
const config = { offsetsRetentionMs: 10 * HOUR, offsetsRetentionCheckIntervalMs: HOUR };

/** The consumer protocol's subscription to one topic, version 3 with empty owned partitions. */
function subscription(topic: string): Buffer {
  const name = Buffer.from(topic);
  const tail = Buffer.from('ffffffff00000000ffffffffffff', 'hex');
  return Buffer.concat([Buffer.from([0, 3, 0, 0, 0, 1, 0, name.length]), name, tail]);
}

function live(group: GroupHarness, ids: readonly string[], generation: number, hours: number) {
  for (let elapsed = 0; elapsed < hours * HOUR; elapsed += 1_000_000) {
    group.clock.advance(1_000_000);
    for (const id of ids) assert.equal(group.heartbeat(id, generation), 'NONE');
  }
}

test('offsets of a group with members stay, however long ago they were committed', async () => {
  const group = await GroupHarness.started(config);
  const options = { sessionTimeoutMs: 1_800_000, metadata: subscription('topic') };
  const { ids, generation } = group.stable(1, options);
  group.commit(1, { memberId: ids[0]!, generation });
  live(group, ids, generation, 24);
  assert.equal(group.committed(), 1);
});

test('offsets expire when the group has been empty for the retention time, and the group with them', async () => {
  const group = await GroupHarness.started(config);
  const options = { sessionTimeoutMs: 1_800_000, metadata: subscription('topic') };
  const { ids, generation } = group.stable(1, options);
  group.commit(1, { memberId: ids[0]!, generation });
  live(group, ids, generation, 24);
  group.leave(ids[0]!);
  group.clock.advance(9 * HOUR);
  assert.equal(group.committed(), 1);
  group.clock.advance(2 * HOUR);
  assert.equal(group.committed(), -1);
  assert.equal(group.state(), 'Dead');
  await group.restart();
  assert.equal(group.state(), 'Dead');
});

test('the wait goes on where it was after a restart of the coordinator', async () => {
  const group = await GroupHarness.started(config);
  const { ids, generation } = group.stable(1);
  group.commit(1, { memberId: ids[0]!, generation });
  group.turn();
  group.leave(ids[0]!);
  group.clock.advance(6 * HOUR);
  await group.restart();
  group.clock.advance(3 * HOUR);
  assert.equal(group.committed(), 1);
  group.clock.advance(2 * HOUR);
  assert.equal(group.committed(), -1);
});

test('offsets of topics that nobody subscribes to any more expire while the group lives', async () => {
  const group = await GroupHarness.started(config);
  const options = { sessionTimeoutMs: 1_800_000, metadata: subscription('topic') };
  const { ids, generation } = group.stable(1, options);
  const at = { partition: 0, offset: 1, leaderEpoch: -1, metadata: '' };
  const entries = [
    { topic: 'topic', ...at },
    { topic: 'left', ...at },
  ];
  group.commit(1, { memberId: ids[0]!, generation, entries });
  live(group, ids, generation, 9);
  assert.equal(group.committed('left'), 1);
  live(group, ids, generation, 3);
  assert.equal(group.committed('left'), -1);
  assert.equal(group.committed('topic'), 1);
});

test('a group of another protocol type keeps all its offsets while it has members', async () => {
  const group = await GroupHarness.started(config);
  const { ids, generation } = group.stable(1, {
    sessionTimeoutMs: 1_800_000,
    protocolType: 'connect',
  });
  group.commit(1, { memberId: ids[0]!, generation });
  live(group, ids, generation, 24);
  assert.equal(group.committed(), 1);
});

test('offsets of a group that never had members expire by the time of the commit', async () => {
  const group = await GroupHarness.started(config);
  group.commit(1);
  group.clock.advance(8 * HOUR);
  group.commit(2);
  group.clock.advance(8 * HOUR);
  assert.equal(group.committed(), 2);
  group.clock.advance(3 * HOUR);
  assert.equal(group.committed(), -1);
});

test('the retention time that a client of v2 to v4 names counts instead', async () => {
  const group = await GroupHarness.started(config);
  group.commit(1, { retentionTimeMs: 2 * HOUR });
  group.commit(2, { groupId: 'long', retentionTimeMs: 100 * HOUR });
  group.turn();
  await group.restart();
  group.clock.advance(4 * HOUR);
  assert.equal(group.committed(), -1);
  group.clock.advance(40 * HOUR);
  assert.equal(group.committed('topic', 0, 'long'), 2);
});

test('an offset that is being committed does not expire under the commit', async () => {
  const group = await GroupHarness.started(config);
  group.commit(1);
  group.turn();
  group.clock.advance(10 * HOUR - 1);
  group.log.holds = true;
  const reply = group.commit(2);
  group.clock.advance(HOUR);
  group.log.commitHeld();
  assert.deepEqual(reply.result, ['NONE']);
  assert.equal(group.committed(), 2);
});

test('an offset with a second commit under way does not expire after the first', async () => {
  const group = await GroupHarness.started(config);
  group.log.holds = true;
  group.commit(1);
  group.commit(2);
  group.log.commitHeld(1);
  group.clock.advance(11 * HOUR);
  assert.equal(group.committed(), 1);
  const tombstones = group.log.records().filter(({ value }) => value === null);
  assert.deepEqual(tombstones, []);
  group.log.commitHeld();
  group.log.holds = false;
  group.clock.advance(HOUR);
  assert.equal(group.committed(), -1, 'the second was committed as long ago as the first');
});

test('a group that somebody is about to join does not vanish under the join', async () => {
  const group = await GroupHarness.started(config);
  group.clock.advance(HOUR - 1_000);
  const { memberId } = group.join('', { memberIdRequired: true }).result;
  group.clock.advance(2_000);
  assert.equal(group.join(memberId).result.error, 'NONE');
});
