// If this breaks, a compacted topic loses the last value of a key, or grows without end.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LoopWork } from '../../base/loop-work.ts';
import * as RecordBatch from '../../protocol/records/record-batch.ts';
import type { LogConfig } from '../log-config.ts';
import { STORAGE_TASKS } from '../storage-tasks.ts';
import { appendKeyed, batchesOf, compact, type Keyed, recordsOf } from '../testing/compaction.ts';
import { onlyReplica, replicaAt } from '../testing/replicas.ts';
import { FOLDER, LOG_DIR, TestStorage } from '../testing/test-storage.ts';

const COMPACTED: Partial<LogConfig> = {
  cleanupPolicy: ['compact'],
  segmentBytes: 400,
  minCleanableDirtyRatio: 0,
  indexIntervalBytes: 100,
};

test('the last value of each key stays at its offset, the active segment as it is', async () => {
  const storage = new TestStorage(COMPACTED);
  const log = await storage.open();
  for (let n = 0; n < 20; n++) appendKeyed(storage, log, [[`k${n % 3}`, `v${n}`]]);
  const activeBase = log.segments.active.baseOffset;
  const sizeBefore = log.sizeInBytes;
  const countBefore = log.segments.count;
  await compact(storage);
  const expected: string[] = [];
  for (let n = 0; n < 20; n++) {
    const isLatestClosed = n >= activeBase - 3;
    if (n >= activeBase || isLatestClosed) expected.push(`${n}:k${n % 3}=v${n}`);
  }
  assert.deepEqual(await recordsOf(log), expected);
  assert.ok(log.sizeInBytes < sizeBefore);
  assert.equal(log.segments.count, countBefore);
  assert.equal(log.logEndOffset, 20);
  assert.equal(log.logStartOffset, 0);
  assert.equal(log.segments.active.baseOffset, activeBase);
  assert.match(
    storage.disk.readFile(`${LOG_DIR}/cleaner-offset-checkpoint`).toString(),
    new RegExp(`^0\n1\nt 0 ${activeBase}\n$`),
  );
  const reopened = await storage.closeAndReopen();
  assert.deepEqual(await recordsOf(reopened), expected);
  assert.equal(storage.manager.cleaner.cleanedUpTo(reopened), activeBase);
  // What has become small is joined by the next pass.
  for (let n = 20; n < 30; n++) appendKeyed(storage, reopened, [['other', `v${n}`]]);
  await compact(storage);
  assert.ok(reopened.segments.count <= 5, `${reopened.segments.count} segments`);
  const left = await recordsOf(reopened);
  for (const n of [17, 18, 19]) assert.ok(left.includes(`${n}:k${n % 3}=v${n}`));
  assert.deepEqual(
    storage.disk.list(FOLDER).filter((name) => /cleaned|swap/.test(name)),
    [],
  );
});

test('whatever is written, a reader of the compacted log ends with the same values', async () => {
  const record = fc.tuple(
    fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    fc.option(fc.string({ maxLength: 20 }), { nil: null }),
  );
  const round = fc.record({
    batches: fc.array(fc.array(record, { minLength: 1, maxLength: 4 }), { maxLength: 12 }),
    codec: fc.constantFrom('none', 'gzip', 'lz4', 'snappy', 'zstd'),
    restart: fc.constantFrom('no', 'close', 'kill'),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(round, { minLength: 1, maxLength: 3 }), async (rounds) => {
      const storage = new TestStorage({ ...COMPACTED, segmentBytes: 300 });
      let log = await storage.open();
      const written: string[] = [];
      const latest = new Map<string, string | null>();
      for (const { batches, codec, restart } of rounds) {
        for (const batch of batches) {
          for (const [key, value] of batch) {
            written.push(
              value === null ? `${written.length}:${key}` : `${written.length}:${key}=${value}`,
            );
            latest.set(key, value);
          }
          appendKeyed(storage, log, batch satisfies Keyed[], { codec });
        }
        await compact(storage);
        if (restart === 'close') log = await storage.closeAndReopen();
        if (restart === 'kill') log = await storage.killAndReopen();
        assert.equal(log.logEndOffset, written.length);
        const records = await recordsOf(log);
        const seen = new Map<string, string | null>();
        let last = -1;
        for (const one of records) {
          const [, offset, key, value] = /^(\d+):(\w)(?:=([\s\S]*))?$/.exec(one)!;
          assert.ok(Number(offset) > last, 'offsets ascend');
          last = Number(offset);
          assert.equal(written[last], one, 'what stays is what was written there');
          seen.set(key!, value ?? null);
        }
        for (const [key, value] of latest) assert.equal(seen.get(key) ?? null, value, key);
        // From every offset a reader gets the next record that is left.
        for (let offset = 0; offset < written.length; offset++) {
          const upToOffset = log.logEndOffset;
          const read = await log.read({ offset, maxBytes: 1, minOneBatch: true, upToOffset });
          assert.equal(read.kind, 'read');
        }
        assert.equal(storage.failedDirs.length, 0);
      }
    }),
    { numRuns: 15 },
  );
});

test('a batch keeps its offsets, its producer and its codec when records go', async () => {
  const storage = new TestStorage(COMPACTED);
  const log = await storage.open();
  const producer = { producerId: 7, producerEpoch: 1 };
  appendKeyed(
    storage,
    log,
    [
      ['a', '1'],
      ['b', '1'],
      ['c', '1'],
    ],
    { ...producer, baseSequence: 0, codec: 'lz4' },
  );
  appendKeyed(storage, log, [['a', '2']], { ...producer, baseSequence: 3 });
  appendKeyed(
    storage,
    log,
    [
      ['a', '3'],
      ['c', '3'],
    ],
    { producerId: 8, producerEpoch: 0, baseSequence: 0 },
  );
  log.truncateTo(log.logEndOffset);
  appendKeyed(storage, log, [['z', 'x'.repeat(400 - 100)]]);
  appendKeyed(storage, log, [['y', '1']]);
  await compact(storage);
  assert.deepEqual((await recordsOf(log)).slice(0, 3), ['1:b=1', '4:a=3', '5:c=3']);
  const [first, second] = await batchesOf(log);
  assert.equal(RecordBatch.baseOffset(first!), 0);
  assert.equal(RecordBatch.lastOffset(first!), 2);
  assert.equal(RecordBatch.codecId(first!), 3);
  assert.equal(RecordBatch.baseSequence(first!), 0);
  assert.equal(RecordBatch.lastSequence(first!), 2);
  // The last batch of its producer stays, empty: it says which sequence comes next.
  assert.equal(RecordBatch.recordCount(second!), 0);
  assert.equal(RecordBatch.baseOffset(second!), 3);
  assert.equal(RecordBatch.baseSequence(second!), 3);
  assert.ok(RecordBatch.isCrcValid(second!));
  for (const name of storage.disk.list(FOLDER)) {
    if (name.endsWith('.snapshot')) storage.disk.removeFile(`${FOLDER}/${name}`);
  }
  const reopened = await storage.killAndReopen();
  appendKeyed(storage, reopened, [['a', '4']], { ...producer, baseSequence: 4 });
});

test('a tombstone stays delete.retention.ms from the pass that met it, then goes', async () => {
  const storage = new TestStorage({ ...COMPACTED, deleteRetentionMs: 1000 });
  const log = await storage.open();
  const fill = () => {
    appendKeyed(storage, log, [['filler', 'x'.repeat(300)]]);
    appendKeyed(storage, log, [['filler', 'y'.repeat(300)]]);
  };
  appendKeyed(storage, log, [
    ['a', '1'],
    ['b', '1'],
  ]);
  appendKeyed(storage, log, [['a', null]]);
  fill();
  await compact(storage);
  const firstPassMs = storage.clock.now();
  assert.deepEqual((await recordsOf(log)).slice(0, 2), ['1:b=1', '2:a']);
  const tombstone = (await batchesOf(log))[1]!;
  assert.ok(RecordBatch.hasDeleteHorizon(tombstone));
  const horizon = RecordBatch.baseTimestamp(tombstone);
  assert.ok(horizon <= firstPassMs + 1000 && horizon > firstPassMs + 900, String(horizon));
  fill();
  await compact(storage);
  assert.deepEqual((await recordsOf(log)).slice(0, 2), ['1:b=1', '2:a'], 'not yet');
  assert.equal(RecordBatch.baseTimestamp((await batchesOf(log))[1]!), horizon, 'set once');
  storage.clock.advance(1000);
  fill();
  await compact(storage);
  assert.equal((await recordsOf(log))[1]?.startsWith('2:'), false, 'gone');
  assert.equal((await recordsOf(log))[0], '1:b=1');
});

test('keys beyond the memory wait for the next pass', async () => {
  const storage = new TestStorage({ ...COMPACTED, segmentBytes: 2000 });
  // About one key for each of 256 shards.
  storage.settings = { cleaner: { ...settings(), dedupeBufferSize: 256 * 24 } };
  const log = await storage.open();
  for (let n = 0; n < 600; n++) appendKeyed(storage, log, [[`k${n % 280}`, `v${n}`]]);
  await compact(storage);
  const found = new Map<string, string>();
  for (const one of await recordsOf(log)) found.set(/:(\w+)=/.exec(one)![1]!, one);
  assert.equal(found.size, 280);
  for (let n = 320; n < 600; n++) assert.equal(found.get(`k${n % 280}`), `${n}:k${n % 280}=v${n}`);
  assert.ok(storage.manager.cleaner.figures.passes > 1, 'several passes');
});

test('a damaged batch stops compaction of its partition alone, and says where', async () => {
  const storage = new TestStorage(COMPACTED);
  const log = await storage.open();
  const other = storage.log(1);
  for (let n = 0; n < 20; n++) {
    appendKeyed(storage, log, [['k', `v${n}`]]);
    appendKeyed(storage, other, [['k', `v${n}`]]);
  }
  await log.flush();
  const path = `${FOLDER}/00000000000000000000.log`;
  const bytes = storage.disk.readFile(path);
  const at = RecordBatch.sizeInBytes(bytes);
  const file = storage.disk.open(path, 'write');
  file.writeSync([Buffer.from([bytes[at + 65]! ^ 1])], at + 65);
  await compact(storage);
  await compact(storage);
  const errors = storage.lines.filter((line) => line.level === 'error');
  assert.equal(errors.length, 1);
  assert.equal(errors[0]!.fields['path'], path);
  assert.equal(errors[0]!.fields['position'], at);
  assert.match(errors[0]!.message, /t-0 is not compacted any more.*position/);
  assert.deepEqual(storage.failedDirs, []);
  assert.ok((await recordsOf(other)).length < 10);
  assert.ok(storage.manager.cleaner.whyUncleanable(log));
  assert.equal(storage.manager.cleaner.whyUncleanable(other), undefined);
});

test('a full disk is no disaster: the log stays as it is and is compacted when there is room', async () => {
  const storage = new TestStorage(COMPACTED);
  const log = await storage.open();
  for (let n = 0; n < 20; n++) appendKeyed(storage, log, [['k', `v${n}`]]);
  await log.flush();
  const before = await recordsOf(log);
  storage.disk.capacityBytes = storage.disk.usedBytes();
  await compact(storage);
  assert.match(
    storage.lines.at(-1)!.message,
    /t-0 is not compacted now, but later: no room.*bytes are free/,
  );
  // Another writer takes the room away meanwhile: every write of the pass meets it once.
  storage.disk.capacityBytes = Number.POSITIVE_INFINITY;
  for (let failing = 1; storage.manager.cleaner.figures.passes === 0; failing++) {
    let writes = 0;
    storage.disk.fault = (operation, path) =>
      ['write', 'open'].includes(operation) &&
      /cleaned$|swap-end$/.test(path) &&
      ++writes === failing
        ? 'ENOSPC'
        : undefined;
    await compact(storage);
    assert.deepEqual(storage.failedDirs, []);
    const left = await recordsOf(log);
    assert.equal(left.at(-1), '19:k=v19');
    assert.ok(left.every((one) => before.includes(one)));
    assert.ok(failing < 100);
  }
  storage.disk.fault = () => undefined;
  assert.ok(storage.manager.cleaner.figures.failedPasses > 8);
  assert.ok((await recordsOf(log)).length < before.length);
  assert.deepEqual(
    storage.disk.list(FOLDER).filter((name) => /cleaned|swap/.test(name)),
    [],
  );
});

test('what is not stable, too young or active is not touched', async () => {
  const storage = new TestStorage({ ...COMPACTED, minCompactionLagMs: 10_000 });
  const log = await storage.open();
  for (let n = 0; n < 20; n++) appendKeyed(storage, log, [['k', `v${n}`]]);
  const all = await recordsOf(log);
  await compact(storage);
  assert.deepEqual(await recordsOf(log), all, 'younger than min.compaction.lag.ms');
  storage.clock.advance(11_000);
  log.listener = replicaAt(0);
  await compact(storage);
  assert.deepEqual(await recordsOf(log), all, 'beyond the high watermark');
  log.listener = onlyReplica(log);
  await compact(storage);
  assert.ok((await recordsOf(log)).length < all.length);
});

test('DeleteRecords, retention and deletion go on beside a pass', async () => {
  for (const meanwhile of ['delete records', 'delete the log', 'truncate'] as const) {
    for (let step = 0; step < 40; step += 2) {
      const storage = new TestStorage({ ...COMPACTED, cleanupPolicy: ['compact', 'delete'] });
      const log = await storage.open();
      for (let n = 0; n < 20; n++) appendKeyed(storage, log, [[`k${n % 4}`, `v${n}`]]);
      const work = storage.manager.cleaner.runAll();
      let isDone = false;
      void work.finally(() => {
        isDone = true;
      });
      let deletion: Promise<void> | undefined;
      for (let turn = 0; !isDone || turn <= step; turn++) {
        if (turn === step) {
          if (meanwhile === 'delete records') log.incrementLogStartOffset(9);
          if (meanwhile === 'truncate') log.truncateTo(9);
          if (meanwhile === 'delete the log') deletion = storage.manager.delete('t', 0);
        }
        // A few microtasks at a time: the disk answers by them.
        for (let count = 0; count < 3; count++) await Promise.resolve();
        if (turn > 200) await storage.clock.advanceAndSettle(1);
      }
      await Promise.all([work, deletion]);
      assert.deepEqual(storage.failedDirs, [], `${meanwhile} at ${step}`);
      const keep = meanwhile === 'delete the log' ? undefined : await recordsOf(log);
      if (meanwhile === 'delete records') {
        const offsets = keep!.map((one) => Number.parseInt(one, 10)).filter((one) => one >= 9);
        for (let n = 16; n < 20; n++) assert.ok(offsets.includes(n), `${n} is the last of its key`);
        assert.equal(log.logStartOffset, 9);
      }
      if (meanwhile === 'truncate') {
        assert.equal(log.logEndOffset, 9);
        assert.ok(keep!.every((one) => Number.parseInt(one, 10) < 9));
      }
      if (!keep) continue;
      const reopened = await storage.killAndReopen();
      const after = (await recordsOf(reopened)).filter(
        (one) => Number.parseInt(one, 10) >= reopened.logStartOffset,
      );
      const wanted = keep.filter((one) => Number.parseInt(one, 10) >= reopened.logStartOffset);
      assert.deepEqual(after, wanted, `${meanwhile} at ${step}`);
    }
  }
});

test('compact,delete: the last value of each key, and no longer than retention.ms', async () => {
  const config = { ...COMPACTED, cleanupPolicy: ['compact', 'delete'] as const };
  const storage = new TestStorage({ ...config, retentionMs: 10_000 });
  const log = await storage.open();
  appendKeyed(storage, log, [['old', '1']]);
  for (let n = 0; n < 10; n++) appendKeyed(storage, log, [['k', `v${n}`]]);
  await compact(storage);
  assert.equal((await recordsOf(log))[0], '0:old=1');
  storage.clock.advance(9_000);
  for (let n = 0; n < 10; n++) appendKeyed(storage, log, [['k', `w${n}`]]);
  storage.clock.advance(2_000);
  await compact(storage);
  storage.manager.runRetention();
  const left = await recordsOf(log);
  assert.ok(!left.some((one) => one.includes('old')), left.join(' '));
  assert.equal(left.at(-1), '20:k=w9');
  assert.ok(log.logStartOffset > 0);
});

test('max.compaction.lag.ms closes the active segment, so that its records are compacted in time', async () => {
  const storage = new TestStorage({
    ...COMPACTED,
    segmentBytes: 1_000_000,
    minCleanableDirtyRatio: 0.9,
    maxCompactionLagMs: 1000,
  });
  const log = await storage.open();
  for (let n = 0; n < 5; n++) appendKeyed(storage, log, [['k', `v${n}`]]);
  assert.equal(log.segments.count, 1);
  storage.clock.advance(1001);
  appendKeyed(storage, log, [['k', 'later']]);
  assert.equal(log.segments.count, 2);
  await compact(storage);
  assert.deepEqual(await recordsOf(log), ['4:k=v4', '5:k=later']);
});

test('the timer compacts by itself, unless compaction is switched off', async () => {
  for (const enable of [true, false]) {
    const storage = new TestStorage(COMPACTED);
    storage.settings = { cleaner: { ...settings(), enable, backoffMs: 5000 } };
    const log = await storage.open();
    for (let n = 0; n < 20; n++) appendKeyed(storage, log, [['k', `v${n}`]]);
    await storage.clock.advanceAndSettle(4900);
    assert.equal((await recordsOf(log)).length, 20);
    await storage.clock.advanceAndSettle(5500);
    assert.equal((await recordsOf(log)).length < 20, enable);
  }
});

function settings() {
  return {
    enable: true,
    threads: 1,
    backoffMs: 15_000,
    ioMaxBytesPerSecond: Number.MAX_VALUE,
    ioBufferSize: 4096,
    dedupeBufferSize: 1_000_000,
    ioBufferLoadFactor: 0.9,
  };
}

test('the throttle holds: a pass takes the time that its bytes are allowed', async () => {
  const storage = new TestStorage({ ...COMPACTED, segmentBytes: 4000 });
  storage.settings = { cleaner: { ...settings(), ioMaxBytesPerSecond: 20_000 } };
  const log = await storage.open();
  for (let n = 0; n < 200; n++) appendKeyed(storage, log, [[`k${n % 9}`, `v${n}`]]);
  const start = storage.clock.now();
  await compact(storage, 20);
  const { bytesRead, bytesWritten } = storage.manager.cleaner.figures;
  const seconds = (storage.clock.now() - start) / 1000;
  const rate = (bytesRead + bytesWritten) / seconds;
  assert.ok(rate < 21_000 && rate > 16_000, `${rate} bytes per second`);
});

function manyKeys(prefix: string): Keyed[] {
  return Array.from({ length: 10_000 }, (_, n) => [`${prefix}${n}`, 'x'.repeat(40)]);
}

/** What stands for a thread, and the names of what it was given. */
function countedWork(storage: TestStorage) {
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
  return jobs;
}

test('a batch that holds much is read and made anew elsewhere, and its records looked at over turns', async () => {
  const many = manyKeys('k');
  for (const [codec, segmentBytes, wantedJobs] of [
    ['gzip', 40_000, ['decompress', 'decompress', 'decompress', 'rebuild', 'decompress']],
    ['none', 600_000, ['rebuild']],
  ] as const) {
    const storage = new TestStorage({ ...COMPACTED, segmentBytes });
    const jobs = countedWork(storage);
    const log = await storage.open();
    appendKeyed(storage, log, many, { codec });
    appendKeyed(storage, log, [...many.slice(0, 6000), ['last', 'one']], { codec });
    appendKeyed(storage, log, manyKeys('z'), { codec });
    assert.equal(log.segments.count, 3);
    let turns = 0;
    const { runTurn } = storage.clock;
    storage.clock.runTurn = () => {
      turns++;
      return runTurn.call(storage.clock);
    };
    await compact(storage);
    const left = await recordsOf(log);
    assert.equal(left.length, 4000 + 6001 + 10_000);
    assert.ok(left[0]?.startsWith('6000:k6000='));
    assert.deepEqual(jobs, wantedJobs);
    assert.ok(turns > 8, `${turns} turns`);
  }
});

test('compaction whose work nobody does tries again later, and harms nothing', async () => {
  const many = manyKeys('k');
  const storage = new TestStorage({ ...COMPACTED, segmentBytes: 40_000 });
  countedWork(storage);
  const log = await storage.open();
  appendKeyed(storage, log, many, { codec: 'gzip' });
  appendKeyed(storage, log, many, { codec: 'gzip' });
  appendKeyed(storage, log, manyKeys('z'), { codec: 'gzip' });
  await storage.work?.stop();
  await compact(storage);
  const { cleaner } = storage.manager;
  assert.deepEqual(
    [cleaner.figures.failedPasses, log.failure, cleaner.whyUncleanable(log)],
    [1, undefined, undefined],
  );
  assert.equal((await recordsOf(log)).length, 30_000);
});
