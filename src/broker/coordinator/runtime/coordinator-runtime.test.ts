// If these break, a coordinator answers before its records are safe, or comes back from a restart with
// another state than the one its clients were told about.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Logger } from '../../../base/logger.ts';
import { silentLogger } from '../../../base/logger.ts';
import { SimClock } from '../../../base/testing/sim-clock.ts';
import type { ErrorName } from '../../../protocol/errors.ts';
import { SimCoordinatorLog } from './testing/sim-coordinator-log.ts';
import { type Tally, TallyHarness } from './testing/tally.ts';

const many = (count: number): Tally[] =>
  Array.from({ length: count }, (_, index) => ({ name: `n${index}`, amount: index }));

/** A logger that keeps its lines. */
function listening() {
  const lines: string[] = [];
  const keep = (fields: object, message: string) =>
    lines.push(`${message} ${JSON.stringify(fields)}`);
  const logger: Logger = {
    ...silentLogger,
    info: keep,
    warn: keep,
    error: keep,
    child: () => logger,
  };
  return { lines, logger };
}

test('records take effect, and the client is answered, once they are committed', async () => {
  const { runtime, shard, log, clock } = await TallyHarness.started();
  log.holds = true;
  const told: unknown[] = [];
  shard.run((step) =>
    step.write([{ name: 'a', amount: 1 }], {
      settled: (error) => told.push(error, shard.state.amounts.get('a')),
      answer: (error) => told.push(error),
    }),
  );
  clock.runTurn();
  assert.deepEqual([told, [...shard.state.amounts]], [[], []]);
  log.commitHeld();
  assert.deepEqual(told, ['NONE', 1, 'NONE']);
  runtime.stop();
});

test('records that are not committed leave no trace', async () => {
  const { shard, log, clock } = await TallyHarness.started();
  log.failure = 'NOT_ENOUGH_REPLICAS';
  const told: ErrorName[] = [];
  shard.run((step) =>
    step.write([{ name: 'a', amount: 1 }], { answer: (error) => told.push(error) }),
  );
  clock.runTurn();
  assert.deepEqual([told, [...shard.state.amounts]], [['NOT_ENOUGH_REPLICAS'], []]);
});

test('all records of a step are one batch, however often it writes', async () => {
  const { shard, log, clock } = await TallyHarness.started();
  shard.run((step) => {
    step.write(many(2), { mayDivide: true });
    step.write(many(1_500), {});
  });
  clock.runTurn();
  assert.deepEqual(
    log.batches(0).map(({ records }) => records.length),
    [1_502],
  );
});

test('records that do not depend on each other go in batches that fit, and are answered together', async () => {
  const { shard, log } = await TallyHarness.started();
  log.holds = true;
  const told: unknown[] = [];
  shard.run((step) =>
    step.write(many(2_001), { mayDivide: true, answer: (error) => told.push(error) }),
  );
  assert.deepEqual(
    log.batches(0).map(({ records }) => records.length),
    [1_000, 1_000, 1],
  );
  log.commitHeld(2);
  assert.deepEqual([told, shard.state.size], [[], 2_000]);
  log.commitHeld();
  assert.deepEqual([told, shard.state.size], [['NONE'], 2_001]);
});

test('a step that has nothing to write is answered at once', async () => {
  const { shard } = await TallyHarness.started();
  const told: string[] = [];
  shard.run((step) =>
    step.write([], { settled: () => told.push('settled'), answer: (error) => told.push(error) }),
  );
  assert.deepEqual(told, ['settled', 'NONE']);
});

test('after the leadership is lost the client is still answered, and the state left alone', async () => {
  const { runtime, shard, log, clock } = await TallyHarness.started();
  log.holds = true;
  const told: unknown[] = [];
  shard.state.parked = (error) => told.push(`parked: ${error}`);
  shard.run((step) => {
    step.wake('a', 50);
    step.write([{ name: 'a', amount: 1 }], {
      settled: () => told.push('settled'),
      answer: (error) => told.push(error),
    });
  });
  runtime.onResignation(0, 1);
  log.commitHeld();
  assert.deepEqual(told, ['parked: NOT_COORDINATOR', 'NONE']);
  assert.equal(shard.state.size, 0);
  assert.equal(clock.pendingTimers, 1, 'only the one of the periodic work is left');
});

test('a shard is woken when a step asked for it, for each key once', async () => {
  const { shard, clock, runtime } = await TallyHarness.started();
  shard.run((step) => {
    step.wake('early', 100);
    step.wake('late', 300);
    step.wake('never', 200);
    step.wake('never', Number.POSITIVE_INFINITY);
  });
  clock.advance(500);
  assert.deepEqual(shard.state.events, ['loaded at 0', 'early at 100', 'late at 300']);
  runtime.stop();
  assert.equal(clock.pendingTimers, 0);
});

test('what is looked at from time to time is, in every shard that serves', async () => {
  const { shard, clock, runtime } = await TallyHarness.started();
  shard.run((step) => step.write(many(3), {}));
  clock.advance(999);
  assert.equal(shard.state.size, 3);
  clock.advance(1);
  assert.equal(shard.state.size, 0);
  shard.run((step) => step.write(many(2), {}));
  clock.advance(1_000);
  assert.equal(shard.state.size, 0);
  runtime.stop();
});

test('a deleted topic is heard by a shard that was being loaded, and waited for until it is written', async () => {
  const harness = new TallyHarness();
  const { runtime, log, clock } = harness;
  log.write(0, { records: [{ key: Buffer.from('orders'), value: Buffer.from('7') }] });
  log.holdsLoads = true;
  runtime.onElection(0, 0);
  let isDone = false;
  const deleted = runtime.onPartitionsDeleted('orders', 'all').then(() => {
    isDone = true;
  });
  log.holds = true;
  log.finishLoads();
  await clock.settle();
  assert.deepEqual(harness.shard.state.events, ['loaded at 0', 'orders is deleted']);
  assert.ok(!isDone && harness.shard.state.size === 1);
  log.commitHeld();
  await deleted;
  assert.equal(harness.shard.state.size, 0);
  runtime.stop();
});

test('a shard that cannot be loaded keeps no deletion waiting, and hears of it when it is', async () => {
  const harness = new TallyHarness();
  const { runtime, log, clock } = harness;
  log.write(0, { records: [{ key: Buffer.from('orders'), value: Buffer.from('7') }] });
  log.loadFailure = new Error('damaged');
  runtime.onElection(0, 0);
  let isDone = false;
  const deleted = runtime.onPartitionsDeleted('orders', 'all').then(() => {
    isDone = true;
  });
  await clock.settle();
  assert.ok(isDone);
  await deleted;
  log.loadFailure = undefined;
  clock.advance(1000);
  await clock.settle();
  assert.deepEqual(harness.shard.state.events, ['loaded at 1000', 'orders is deleted']);
  assert.equal(harness.shard.state.size, 0);
  runtime.stop();
});

test('a load that takes long says how far it is, and what it could not read', async () => {
  const { lines, logger } = listening();
  const clock = new SimClock();
  const log = new SimCoordinatorLog(clock);
  for (const key of ['a', 'new:b', 'c', 'd']) {
    log.write(0, { records: [{ key: Buffer.from(key), value: Buffer.from('1') }] });
  }
  const slow: Pick<SimCoordinatorLog, 'append' | 'load'> = {
    append: log.append.bind(log),
    load: (partition, onBatch, isStale) =>
      log.load(
        partition,
        (batch) => {
          clock.advance(6_000);
          onBatch(batch);
        },
        isStale,
      ),
  };
  const { runtime } = new TallyHarness({ clock, log: slow, logger });
  runtime.onElection(0, 0);
  await clock.settle();
  assert.deepEqual(lines, [
    'tallies are being loaded {"offset":1,"records":2}',
    'tallies are being loaded {"offset":3,"records":4}',
    'records that only a newer version knows are ignored {"records":1}',
    'tallies are loaded {"tallies":3,"tookMs":24000}',
  ]);
  runtime.stop();
});

test('one record that cannot be read does not hide the others', async () => {
  const { lines, logger } = listening();
  const harness = new TallyHarness({ logger });
  const { log, runtime } = harness;
  const value = Buffer.from('1');
  const nameless: Buffer | null = null;
  const batch = { producerId: -1, isTransactional: false, isControl: false, baseOffset: 0 };
  log.load = async (_partition, onBatch) =>
    onBatch({
      ...batch,
      records: [nameless, Buffer.from('b')].map((key, offset) => ({ offset, key, value })),
    });
  await harness.elect(0);
  assert.deepEqual([...harness.shard.state.amounts], [['b', 1]]);
  assert.equal(lines[1], 'unreadable records are ignored {"records":1}');
  runtime.stop();
});

test('records of a transaction count from its end, which a load reads from the marker', async () => {
  const harness = new TallyHarness();
  const { log, runtime } = harness;
  const write = (producerId: number, name: string) =>
    log.write(0, {
      producerId,
      isTransactional: true,
      records: [{ key: Buffer.from(name), value: Buffer.from('1') }],
    });
  const end = (producerId: number, key: string) =>
    log.write(0, {
      producerId,
      isTransactional: true,
      isControl: true,
      records: [{ key: Buffer.from(key, 'hex'), value: null }],
    });
  write(1, 'committed');
  write(2, 'aborted');
  write(3, 'open');
  end(1, '00000001');
  end(2, '00000000');
  await harness.elect(0);
  const { amounts, open } = harness.shard.state;
  assert.deepEqual([[...amounts.keys()], [...open.keys()]], [['committed'], [3]]);
  runtime.stop();
});

test('where no shard serves, it is said why', async () => {
  const { runtime, log, clock } = new TallyHarness();
  assert.equal(runtime.shardFor('a'), 'NOT_COORDINATOR');
  log.holdsLoads = true;
  runtime.onElection(0, 0);
  assert.equal(runtime.shardFor('a'), 'COORDINATOR_LOAD_IN_PROGRESS');
  assert.ok(runtime.isLoading);
  log.finishLoads();
  await clock.settle();
  assert.ok(!runtime.isLoading);
  runtime.stop();
  assert.equal(runtime.shardFor('a'), 'COORDINATOR_NOT_AVAILABLE');
});

test('whatever was written, and whatever failed, a load arrives at the state that was served', async () => {
  const tally = fc.record({
    name: fc.constantFrom('a', 'b', 'c'),
    amount: fc.option(fc.nat(9), { nil: null }),
  });
  const act = fc.record({
    records: fc.array(tally, { maxLength: 4 }),
    fails: fc.boolean(),
    turns: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 30 }), async (acts) => {
      const harness = await TallyHarness.started();
      const { log, clock, shard } = harness;
      for (const { records, fails, turns } of acts) {
        log.failure = fails ? 'NOT_ENOUGH_REPLICAS' : 'NONE';
        shard.run((step) => step.write(records, {}));
        if (turns) clock.runTurn();
      }
      clock.runTurn();
      const served = new Map(shard.state.amounts);
      await harness.reload(1);
      assert.deepEqual(harness.shard.state.amounts, served);
      harness.runtime.stop();
    }),
    { numRuns: 100 },
  );
});

test('what goes through everything a shard holds takes a part of a turn at a time', async () => {
  const { runtime, shard, log, clock } = await TallyHarness.started();
  shard.run((step) => step.write(many(20_000), { mayDivide: true }));
  await clock.settle();
  assert.equal(shard.state.size, 20_000);
  clock.advance(1000);
  let most = 0;
  let turns = 0;
  for (let before = log.batches(0).length; shard.state.size > 0; turns++) {
    assert.ok(turns < 1000);
    for (let hop = 0; hop < 64; hop++) await undefined;
    clock.runTurn();
    most = Math.max(most, log.batches(0).length - before);
    before = log.batches(0).length;
  }
  assert.ok(most <= 5000, `${most} batches in one turn`);
  assert.ok(turns >= 3, `${turns} turns`);
  runtime.stop();
});
