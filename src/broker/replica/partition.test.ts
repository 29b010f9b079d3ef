// If this breaks, acks=all is answered before the other in-sync replicas have the record, or never.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batchOf, TestStorage } from '../../storage/testing/test-storage.ts';
import { Partition } from './partition.ts';
import { ProduceRuleBook } from './produce-rules.ts';

const SELF = 1;
const OTHER = 2;

/** A partition that this broker leads, and what became of what was produced to it. */
async function led(isr: readonly number[] = [SELF, OTHER], checkpointed?: number) {
  const storage = new TestStorage();
  const log = await storage.open();
  const partition = new Partition(log, {
    topicId: log.topicId ?? '',
    brokerId: SELF,
    clock: storage.clock,
    rules: new ProduceRuleBook(),
    checkpointed,
  });
  const leadership = { leader: SELF, leaderEpoch: 1, replicas: [SELF, OTHER], isr };
  partition.become(leadership);
  const told: string[] = [];
  const produce = (value: string, { acks = -1, timeoutMs = 30_000 } = {}) => {
    const result = partition.produce(
      batchOf([value]),
      { version: 9, acks, timeoutMs },
      { done: (failure) => told.push(`${value}: ${failure?.error ?? 'ok'}`) },
    );
    assert.equal(result.kind, 'appended');
    storage.clock.runTurn();
  };
  return { storage, log, partition, leadership, told, produce };
}

test('with one in-sync replica what is written is committed in the same turn', async () => {
  const { partition, told, produce, storage } = await led([SELF]);
  const { clock } = storage;
  const after = clock.after.bind(clock);
  clock.after = (delayMs, callback) => {
    assert.notEqual(delayMs, 12_345, 'nobody waits for the high watermark');
    return after(delayMs, callback);
  };
  produce('a', { timeoutMs: 12_345 });
  assert.deepEqual(told, ['a: ok']);
  assert.equal(partition.highWatermark, 1);
});

test('acks=all waits for the other in-sync replica, acks=1 for the write', async () => {
  const { partition, log, told, produce } = await led();
  produce('all');
  produce('one', { acks: 1 });
  produce('last');
  assert.deepEqual(told, ['one: ok']);
  assert.deepEqual([partition.highWatermark, log.logEndOffset], [0, 3]);
  partition.replicaFetched(OTHER, 1);
  assert.deepEqual(told, ['one: ok', 'all: ok']);
  assert.equal(partition.highWatermark, 1);
  partition.replicaFetched(OTHER, 3);
  assert.deepEqual(told, ['one: ok', 'all: ok', 'last: ok']);
  assert.equal(partition.visibleEnd('read_uncommitted'), 3);
});

test('a producer whose time is up is told so; its record may be committed later', async () => {
  const { partition, told, produce, storage } = await led();
  produce('short', { timeoutMs: 1000 });
  produce('long', { timeoutMs: 5000 });
  storage.clock.advance(999);
  assert.deepEqual(told, []);
  storage.clock.advance(1);
  assert.deepEqual(told, ['short: REQUEST_TIMED_OUT']);
  storage.clock.advance(4000);
  assert.deepEqual(told, ['short: REQUEST_TIMED_OUT', 'long: REQUEST_TIMED_OUT']);
  partition.replicaFetched(OTHER, 2);
  assert.equal(told.length, 2);
  assert.equal(partition.highWatermark, 2);
});

test('a short timeout is kept, also behind longer ones', async () => {
  const { told, produce, storage } = await led();
  produce('long', { timeoutMs: 30_000 });
  produce('short', { timeoutMs: 1000 });
  produce('none', { timeoutMs: 0 });
  storage.clock.advance(0);
  assert.deepEqual(told, ['none: REQUEST_TIMED_OUT']);
  storage.clock.advance(1000);
  assert.deepEqual(told, ['none: REQUEST_TIMED_OUT', 'short: REQUEST_TIMED_OUT']);
  storage.clock.advance(29_000);
  assert.equal(told[2], 'long: REQUEST_TIMED_OUT');
});

test('a client that goes away leaves nothing behind that waits', async () => {
  const { partition, storage } = await led();
  const told: (string | undefined)[] = [];
  let giveUp = () => {};
  const done = {
    done: (failure: { error: string } | undefined) => void told.push(failure?.error),
    waits: (leave: () => void) => {
      giveUp = leave;
    },
  };
  partition.produce(batchOf(['a']), { version: 9, acks: -1, timeoutMs: 2 ** 31 - 1 }, done);
  storage.clock.runTurn();
  giveUp();
  giveUp();
  assert.deepEqual(told, ['REQUEST_TIMED_OUT']);
  partition.replicaFetched(OTHER, 1);
  assert.equal(told.length, 1);
  assert.equal(partition.highWatermark, 1);
});

test('a replica that has more than its leader commits nothing that the leader has not', async () => {
  const { partition, told, produce } = await led();
  partition.replicaFetched(OTHER, 7);
  assert.equal(partition.highWatermark, 0);
  produce('a');
  assert.equal(partition.highWatermark, 1);
  assert.deepEqual(told, ['a: ok']);
});

test("nothing beyond the leader's own end is committed, whoever is in sync", async () => {
  const { partition, log } = await led([OTHER]);
  partition.replicaFetched(OTHER, 7);
  assert.equal(log.logEndOffset, 0);
  assert.equal(partition.highWatermark, 0);
});

test('who waits when the leadership goes asks the new leader', async () => {
  for (const go of ['resign', 'stop'] as const) {
    const { partition, leadership, told, produce, storage } = await led();
    produce('a');
    if (go === 'resign') partition.become({ ...leadership, leader: OTHER, leaderEpoch: 2 });
    else partition.stop();
    assert.deepEqual(told, ['a: NOT_LEADER_OR_FOLLOWER']);
    storage.clock.advance(60_000);
    assert.equal(told.length, 1);
  }
});

test('a replica that leaves the in-sync set is not waited for any more', async () => {
  const { partition, leadership, told, produce } = await led();
  produce('a');
  partition.become({ ...leadership, isr: [SELF] });
  assert.deepEqual(told, ['a: ok']);
  assert.equal(partition.highWatermark, 1);
});

test('what a coordinator appends has no deadline: it takes effect when it is committed', async () => {
  const { partition, storage } = await led();
  const told: (string | undefined)[] = [];
  const done = (failure: { error: string } | undefined) => void told.push(failure?.error);
  assert.equal(partition.appendAsCoordinator(batchOf(['a']), { done }).kind, 'appended');
  storage.clock.runTurn();
  storage.clock.advance(600_000);
  assert.deepEqual(told, []);
  partition.replicaFetched(OTHER, 1);
  assert.deepEqual(told, [undefined]);
});

test('the high watermark begins where the last life noted it, within the log', async () => {
  const { partition, log, produce } = await led();
  for (const value of ['a', 'b', 'c']) produce(value, { acks: 1 });
  partition.stop();
  const again = (checkpointed: number | undefined) =>
    new Partition(log, {
      topicId: '',
      brokerId: SELF,
      clock: { now: () => 0, monotonicMs: () => 0 } as never,
      rules: new ProduceRuleBook(),
      checkpointed,
    }).highWatermark;
  assert.deepEqual([again(undefined), again(2), again(9)], [0, 2, 3]);
  await log.incrementLogStartOffset(1);
  assert.equal(again(0), 1, 'never below the log start offset');
});

test('a log that is cut takes its high watermark with it', async () => {
  const { partition, log, leadership, produce } = await led();
  for (const value of ['a', 'b', 'c']) produce(value, { acks: 1 });
  partition.replicaFetched(OTHER, 3);
  partition.become({ ...leadership, leader: OTHER, leaderEpoch: 2 });
  log.truncateTo(1);
  assert.equal(partition.highWatermark, 1);
});
