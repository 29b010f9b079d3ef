// If this breaks, members of consumer groups fill the memory, or a group is refused for what others gave back long ago.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GroupHarness } from '../testing/group-harness.ts';

async function started(maxMemberBytes: number): Promise<GroupHarness> {
  const group = new GroupHarness();
  group.maxMemberBytes = maxMemberBytes;
  await group.restart();
  return group;
}

const KB = 1024;

test('what the members of all groups say of themselves is bounded, and free again when they go', async () => {
  const group = await started(100 * KB);
  const { memory } = group.coordinator;
  const large = { metadata: 'x'.repeat(40 * KB) };
  const first = group.join('', { ...large, groupId: 'a' });
  group.join('', { ...large, groupId: 'b' });
  await group.clock.settle();
  assert.ok(memory.usedBytes > 80 * KB && memory.usedBytes < 100 * KB, `${memory.usedBytes}`);
  const third = group.join('', { ...large, groupId: 'c' });
  assert.equal(third.result.error, 'GROUP_MAX_SIZE_REACHED');
  const { memberId } = first.result;
  const members = [{ memberId, instanceId: null, reason: null }];
  group.coordinator.leave({ groupId: 'a', members });
  await group.clock.settle();
  group.join('', { ...large, groupId: 'c' });
  assert.ok(memory.usedBytes > 80 * KB && memory.usedBytes < 100 * KB, `${memory.usedBytes}`);
  group.coordinator.runtime.onResignation(0, 1);
  assert.equal(memory.usedBytes, 0, 'an unloaded shard holds nothing');
});

test('a member that joins again with no more to say always may, one with more not', async () => {
  const group = await started(50 * KB);
  const joined = group.join('', { metadata: 'x'.repeat(40 * KB) });
  await group.clock.settle();
  const { memberId } = joined.result;
  const again = group.join(memberId, { metadata: 'y'.repeat(40 * KB) });
  await group.clock.settle();
  assert.equal(again.result.error, 'NONE');
  const more = group.join(memberId, { metadata: 'z'.repeat(60 * KB) });
  assert.equal(more.result.error, 'GROUP_MAX_SIZE_REACHED');
});

test('a member with more protocols than any client has is refused before they are looked at', async () => {
  const group = await started(50 * KB);
  const protocols = Array.from({ length: 1001 }, (_, index) => ({
    name: `p${index}`,
    metadata: Buffer.alloc(0),
  }));
  assert.equal(group.join('', { protocols }).result.error, 'INCONSISTENT_GROUP_PROTOCOL');
  assert.equal(group.coordinator.memory.usedBytes, 0);
});
