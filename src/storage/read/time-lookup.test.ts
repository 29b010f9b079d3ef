// If this breaks, seeking by time lands on the wrong record.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LoopWork } from '../../base/loop-work.ts';
import { SimRandom } from '../../base/testing/sim-random.ts';
import { buildBatch } from '../../protocol/records/batch-builder.ts';
import { computeCrc } from '../../protocol/records/record-batch.ts';
import { STORAGE_TASKS } from '../storage-tasks.ts';
import { appendBatch, appendRecords, appendValues, TestStorage } from '../testing/test-storage.ts';

test('by time: the first record at or after it, in offset order, whatever the order of times', async () => {
  const random = new SimRandom(11);
  for (const codec of ['none', 'gzip'] as const) {
    const storage = new TestStorage({ segmentBytes: 700, indexIntervalBytes: 120 });
    let log = await storage.open();
    const times: number[] = [];
    for (let index = 0; index < 40; index++) {
      const records = Array.from({ length: 1 + random.int(3) }, () => {
        const timestamp = 1000 + index * 10 + random.int(60);
        times.push(timestamp);
        return { value: 'x'.repeat(random.int(60)), timestamp };
      });
      appendBatch(log, buildBatch(records, { codec }));
      storage.clock.runTurn();
    }
    assert.ok(log.segments.count > 3);
    for (const state of ['live', 'reopened'] as const) {
      if (state === 'reopened') log = await storage.closeAndReopen();
      for (let timestamp = 990; timestamp < 1500; timestamp += 7) {
        const offset = times.findIndex((time) => time >= timestamp);
        const wanted =
          offset < 0 ? undefined : { timestamp: times[offset], offset, leaderEpoch: 0 };
        assert.deepEqual(await log.offsetForTimestamp(timestamp), wanted, `${codec} ${timestamp}`);
      }
      const largest = Math.max(...times);
      assert.deepEqual(await log.offsetOfMaxTimestamp(), {
        timestamp: largest,
        offset: times.indexOf(largest),
        leaderEpoch: 0,
      });
    }
  }
});

test('deleted records are not found by time', async () => {
  const storage = new TestStorage();
  const log = await storage.open();
  const records = [1, 2, 3].map((n) => ({ value: 'v', timestamp: n * 100 }));
  appendRecords(storage, log, records);
  log.incrementLogStartOffset(1);
  assert.equal((await log.offsetForTimestamp(50))?.offset, 1);
});

test('an empty log has no record by time, and its ends are known', async () => {
  const storage = new TestStorage();
  const log = await storage.open();
  assert.equal(await log.offsetForTimestamp(0), undefined);
  assert.equal(await log.offsetOfMaxTimestamp(), undefined);
  assert.deepEqual(log.earliestOffset(), { timestamp: -1, offset: 0, leaderEpoch: -1 });
  appendValues(storage, log, ['x'], {}, -1);
  assert.equal(await log.offsetForTimestamp(0), undefined);
  assert.equal(await log.offsetOfMaxTimestamp(), undefined);
  assert.deepEqual(log.latestOffset(), { timestamp: -1, offset: 1, leaderEpoch: 0 });
});

test('a batch is read up to the record only, so its claims about the others cost nothing', async () => {
  const storage = new TestStorage();
  const log = await storage.open();
  const batch = buildBatch(
    [1, 2, 3].map((n) => ({ value: 'v', timestamp: n * 100 })),
    { codec: 'gzip' },
  );
  batch.writeInt32BE(2 ** 31 - 2, 23);
  batch.writeInt32BE(2 ** 31 - 1, 57);
  batch.writeUInt32BE(computeCrc(batch), 17);
  appendBatch(log, batch);
  storage.clock.runTurn();
  assert.equal((await log.offsetForTimestamp(150))?.offset, 1);
});

test('of very many records in a small batch none takes memory', async () => {
  const storage = new TestStorage();
  const log = await storage.open();
  const count = 300_000;
  appendBatch(
    log,
    buildBatch(
      Array.from({ length: count }, (_, index) => ({ timestamp: index === count - 1 ? 7 : 5 })),
      { codec: 'gzip' },
    ),
  );
  storage.clock.runTurn();
  const before = process.memoryUsage().heapUsed;
  const found = log.offsetForTimestamp(6);
  await storage.clock.settle();
  assert.equal((await found)?.offset, count - 1);
  const grown = process.memoryUsage().heapUsed - before;
  assert.ok(grown < 20_000_000, `${grown} bytes for a search`);
});

test('a batch that holds much is looked through elsewhere, and the search goes on behind it', async () => {
  const storage = new TestStorage();
  const inTurns = new LoopWork(storage.clock, STORAGE_TASKS);
  const jobs: string[] = [];
  storage.work = {
    figures: inTurns.figures,
    stop: () => inTurns.stop(),
    run(job) {
      jobs.push(job.task);
      return inTurns.run(job);
    },
  };
  const log = await storage.open();
  const large = (timestamps: number[]) =>
    buildBatch(
      timestamps.map((timestamp) => ({ timestamp, value: 'x'.repeat(300_000) })),
      { codec: 'gzip' },
    );
  appendBatch(log, large([100, 300, 200]));
  appendBatch(log, large([400, 500]));
  appendRecords(storage, log, [{ value: 'v', timestamp: 600 }]);
  const lookUp = async (timestamp: number) => {
    const found = log.offsetForTimestamp(timestamp);
    await storage.clock.settle();
    return (await found)?.offset;
  };
  assert.deepEqual(
    [await lookUp(50), await lookUp(150), await lookUp(450), await lookUp(550)],
    [0, 1, 4, 5],
  );
  assert.deepEqual(jobs, ['firstMatch', 'firstMatch', 'firstMatch']);
  log.incrementLogStartOffset(2);
  const beyondStart = await lookUp(250);
  assert.deepEqual([beyondStart, jobs.length], [3, 5], 'the first has none that is left');
});
