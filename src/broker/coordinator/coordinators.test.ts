// If these break, a coordinator serves what another leads, or one topic's deletion leaves traces in some.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Coordinators } from './coordinators.ts';
import { TallyHarness } from './runtime/testing/tally.ts';

test('the coordinator of a topic hears who leads its partitions, and no other one does', async () => {
  const [groups, transactions] = [new TallyHarness(), new TallyHarness()];
  const coordinators = new Coordinators({
    __consumer_offsets: groups.runtime,
    __transaction_state: transactions.runtime,
  });
  coordinators.elected('__consumer_offsets', 0, 0);
  coordinators.elected('orders', 0, 0);
  await groups.clock.settle();
  await transactions.clock.settle();
  assert.ok(groups.shard);
  assert.equal(transactions.runtime.shardFor('any'), 'NOT_COORDINATOR');
  coordinators.resigned('orders', 0, 1);
  assert.ok(groups.shard);
  coordinators.resigned('__consumer_offsets', 0, 1);
  assert.equal(groups.runtime.shardFor('any'), 'NOT_COORDINATOR');
  coordinators.stop();
  assert.equal(groups.runtime.shardFor('any'), 'COORDINATOR_NOT_AVAILABLE');
});

test('every coordinator hears of a deleted topic, and is waited for', async () => {
  const [groups, shares] = [await TallyHarness.started(), await TallyHarness.started()];
  const coordinators = new Coordinators({
    __consumer_offsets: groups.runtime,
    __share_group_state: shares.runtime,
  });
  shares.shard.run((step) => step.write([{ name: 'orders', amount: 1 }], {}));
  shares.clock.runTurn();
  shares.log.holds = true;
  let isDone = false;
  const deleted = coordinators.topicDeleted('orders').then(() => {
    isDone = true;
  });
  await groups.clock.settle();
  await shares.clock.settle();
  assert.ok(!isDone);
  shares.log.commitHeld();
  await deleted;
  for (const { shard } of [groups, shares]) {
    assert.deepEqual(shard.state.events, ['loaded at 0', 'orders is deleted']);
    assert.equal(shard.state.size, 0);
  }
  coordinators.stop();
});
