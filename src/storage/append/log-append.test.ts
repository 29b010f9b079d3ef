// If this breaks, producers are acknowledged for records that are not in the log, or get wrong offsets.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as RecordBatch from '../../protocol/records/record-batch.ts';
import { replicaAt } from '../testing/replicas.ts';
import {
  appendBatch,
  appendValues,
  batchOf,
  contentsOf,
  FOLDER,
  LOG_DIR,
  TestStorage,
} from '../testing/test-storage.ts';

test('offsets are decided at once and answered when the turn has written them', async () => {
  const storage = new TestStorage();
  const log = await storage.open();
  const first = appendBatch(log, batchOf(['a', 'b']));
  const second = appendBatch(log, batchOf(['c']));
  assert.deepEqual(first.result, { kind: 'appended', firstOffset: 0, lastOffset: 1 });
  assert.deepEqual(second.result, { kind: 'appended', firstOffset: 2, lastOffset: 2 });
  assert.equal(log.logEndOffset, 0);
  assert.equal(log.queuedBytes, storage.manager.queuedBytes);
  assert.ok(log.queuedBytes > 0);
  assert.deepEqual(first.answers, []);
  storage.clock.runTurn();
  assert.deepEqual([first.answers, second.answers], [[undefined], [undefined]]);
  assert.equal(log.logEndOffset, 3);
  assert.equal(storage.manager.queuedBytes, 0);
  assert.deepEqual(await contentsOf(log), ['0:a', '1:b', '2:c']);
});

test('one turn costs one write and one notice, whatever the number of requests', async () => {
  const storage = new TestStorage();
  const log = await storage.open();
  let writes = 0;
  storage.disk.fault = (operation, path) => {
    if (operation === 'write' && path.endsWith('.log')) writes++;
    return undefined;
  };
  const order: string[] = [];
  log.listener = {
    ...replicaAt(0),
    logEndOffsetMoved: () => order.push(`end ${log.logEndOffset}`),
  };
  for (let index = 0; index < 50; index++) {
    log.append(
      batchOf(['x']),
      { leaderEpoch: 3, origin: 'client' },
      { written: () => order.push('done') },
    );
  }
  storage.clock.runTurn();
  assert.equal(writes, 1);
  assert.deepEqual(order, ['end 50', ...Array<string>(50).fill('done')]);
});

test('the leader epoch is stamped without touching what the checksum covers', async () => {
  const storage = new TestStorage();
  const log = await storage.open();
  const batch = batchOf(['a']);
  const crc = RecordBatch.crc(batch);
  log.append(batch, { leaderEpoch: 7, origin: 'client' }, { written() {} });
  storage.clock.runTurn();
  const stored = storage.disk.readFile(`${FOLDER}/00000000000000000000.log`);
  assert.equal(RecordBatch.leaderEpoch(stored), 7);
  assert.equal(RecordBatch.crc(stored), crc);
  assert.ok(RecordBatch.isCrcValid(stored));
  assert.equal(log.latestLeaderEpoch, 7);
});

test('a batch larger than a segment is refused', async () => {
  const storage = new TestStorage({ segmentBytes: 100 });
  const log = await storage.open();
  const { result } = appendBatch(log, batchOf(['x'.repeat(200)]));
  assert.equal(result.kind === 'refused' && result.error, 'RECORD_LIST_TOO_LARGE');
});

test('segments roll when full, and every record stays readable', async () => {
  const storage = new TestStorage({ segmentBytes: 300, indexIntervalBytes: 1 });
  const log = await storage.open();
  for (let index = 0; index < 20; index++) appendValues(storage, log, [`v${index}`]);
  const infos = log.segmentInfos();
  assert.ok(infos.length > 4);
  assert.ok(infos.every((info) => info.sizeInBytes <= 300));
  assert.deepEqual(
    await contentsOf(log),
    Array.from({ length: 20 }, (_, index) => `${index}:v${index}`),
  );
  // Closed segments have trimmed indexes on disk and a producer snapshot where the next begins.
  const names = storage.disk.list(FOLDER);
  for (const { baseOffset } of infos.slice(1)) {
    assert.ok(names.includes(`${String(baseOffset).padStart(20, '0')}.snapshot`));
  }
  assert.equal(storage.disk.stat(`${FOLDER}/00000000000000000000.index`)!.size % 8, 0);
});

test('requests of one turn that span a roll all land, in order', async () => {
  const storage = new TestStorage({ segmentBytes: 300 });
  const log = await storage.open();
  const outcomes = Array.from({ length: 10 }, (_, index) =>
    appendBatch(log, batchOf([`v${index}`])),
  );
  storage.clock.runTurn();
  assert.ok(log.segments.count > 1);
  assert.ok(outcomes.every(({ answers }) => answers.length === 1 && answers[0] === undefined));
  assert.equal((await contentsOf(log)).length, 10);
});

test('a segment rolls by the time of its records', async () => {
  const storage = new TestStorage({ segmentMs: 1000 });
  const log = await storage.open();
  appendValues(storage, log, ['a'], {}, 5000);
  appendValues(storage, log, ['b'], {}, 6000);
  assert.equal(log.segments.count, 1);
  appendValues(storage, log, ['c'], {}, 6001);
  assert.equal(log.segments.count, 2);
});

test('a segment of records without a timestamp rolls by the clock', async () => {
  const storage = new TestStorage({ segmentMs: 1000 });
  const log = await storage.open();
  appendValues(storage, log, ['a'], {}, -1);
  storage.clock.advance(1001);
  appendValues(storage, log, ['b'], {}, -1);
  assert.equal(log.segments.count, 2);
});

test('a segment rolls when its index is full', async () => {
  const storage = new TestStorage({ segmentIndexBytes: 36, indexIntervalBytes: 1 });
  const log = await storage.open();
  for (let index = 0; index < 12; index++) appendValues(storage, log, ['x'], {}, 1000 + index);
  assert.ok(log.segments.count > 2);
  for (const { baseOffset } of log.segmentInfos().slice(0, -1)) {
    const name = `${FOLDER}/${String(baseOffset).padStart(20, '0')}`;
    assert.ok(storage.disk.stat(`${name}.index`)!.size <= 36);
    assert.ok(storage.disk.stat(`${name}.timeindex`)!.size <= 36);
  }
});

test('a follower far ahead gets a segment of its own rather than an offset that does not fit', async () => {
  const storage = new TestStorage();
  const log = await storage.open();
  const far = 2 ** 32;
  const append = (baseOffset: number) =>
    log.appendAsFollower(batchOf(['x'], { baseOffset, leaderEpoch: 2 }), { written() {} });
  assert.deepEqual(append(5), { kind: 'appended', firstOffset: 5, lastOffset: 5 });
  assert.deepEqual(append(far), { kind: 'appended', firstOffset: far, lastOffset: far });
  storage.clock.runTurn();
  assert.deepEqual(
    log.segmentInfos().map((info) => info.baseOffset),
    [0, far],
  );
  assert.deepEqual(await contentsOf(log), ['5:x', `${far}:x`]);
  assert.equal(log.latestLeaderEpoch, 2);
});

test('a follower takes all of a leader’s batches or none', async () => {
  const storage = new TestStorage();
  const log = await storage.open();
  const good = batchOf(['a'], { baseOffset: 0 });
  const bad = batchOf(['b'], { baseOffset: 1 });
  bad[bad.length - 1]! ^= 1;
  const refused = log.appendAsFollower(Buffer.concat([good, bad]), { written() {} });
  assert.equal(refused.kind === 'refused' && refused.error, 'CORRUPT_MESSAGE');
  const cut = log.appendAsFollower(Buffer.concat([good, good.subarray(0, 30)]), { written() {} });
  assert.equal(cut.kind === 'refused' && cut.error, 'CORRUPT_MESSAGE');
  storage.clock.runTurn();
  assert.equal(log.logEndOffset, 0);
  log.appendAsFollower(good, { written() {} });
  const again = log.appendAsFollower(good, { written() {} });
  assert.equal(again.kind === 'refused' && again.error, 'OFFSET_OUT_OF_RANGE');
});

test('a failed write acknowledges nothing and takes the log directory offline', async () => {
  const storage = new TestStorage();
  const log = await storage.open();
  const other = storage.log(1);
  appendValues(storage, log, ['before']);
  storage.disk.fault = (operation, path) =>
    operation === 'write' && path.endsWith('t-0/00000000000000000000.log') ? 'EIO' : undefined;
  const failing = appendBatch(log, batchOf(['x']));
  const sameDir = appendBatch(other, batchOf(['y']));
  storage.clock.runTurn();
  assert.equal(failing.answers.length, 1);
  assert.ok(failing.answers[0] instanceof Error);
  assert.deepEqual(sameDir.answers.length, 1);
  assert.deepEqual(storage.failedDirs, [LOG_DIR]);
  assert.equal(log.logEndOffset, 1);
  const later = appendBatch(other, batchOf(['z']));
  assert.equal(later.result.kind === 'refused' && later.result.error, 'KAFKA_STORAGE_ERROR');
  assert.deepEqual(log.read({ offset: 0, maxBytes: 1, minOneBatch: true, upToOffset: 1 }), {
    kind: 'offline',
  });
  await storage.manager.close();
  assert.equal(storage.disk.stat(`${LOG_DIR}/.kafka_cleanshutdown`), undefined);
});

test('with flush.messages=1 the answer waits for the sync, and requests share it', async () => {
  const storage = new TestStorage({ flushMessages: 1 });
  const log = await storage.open();
  let syncs = 0;
  storage.disk.fault = (operation, path) => {
    if (operation === 'sync' && path.endsWith('.log')) syncs++;
    return undefined;
  };
  const first = appendBatch(log, batchOf(['a']));
  const second = appendBatch(log, batchOf(['b']));
  storage.clock.runTurn();
  assert.deepEqual(first.answers, []);
  assert.equal(log.logEndOffset, 0);
  // A turn while the sync runs shares the next one.
  const third = appendBatch(log, batchOf(['c']));
  await storage.clock.settle();
  assert.deepEqual(
    [first.answers, second.answers, third.answers],
    [[undefined], [undefined], [undefined]],
  );
  assert.equal(syncs, 2);
  storage.crash('none');
  const recovered = await storage.open();
  assert.deepEqual(await contentsOf(recovered), ['0:a', '1:b', '2:c']);
});

test('a failed sync is final: the answer is an error and the sync is not tried again', async () => {
  const storage = new TestStorage({ flushMessages: 1 });
  const log = await storage.open();
  let syncs = 0;
  storage.disk.fault = (operation, path) => {
    if (operation !== 'sync' || !path.endsWith('.log')) return undefined;
    syncs++;
    return 'EIO';
  };
  const { answers } = appendBatch(log, batchOf(['a']));
  await storage.clock.settle();
  assert.ok(answers[0] instanceof Error);
  await storage.clock.advanceAndSettle(10_000);
  assert.equal(syncs, 1);
  assert.deepEqual(storage.failedDirs, [LOG_DIR]);
});

test('a duplicate is answered no sooner than its original is written', async () => {
  const storage = new TestStorage();
  const log = await storage.open();
  const producer = { producerId: 5, producerEpoch: 0, baseSequence: 0 };
  const order: string[] = [];
  const send = (name: string) =>
    log.append(
      batchOf(['a'], producer),
      { leaderEpoch: 0, origin: 'client' },
      { written: () => order.push(name) },
    );
  assert.equal(send('original').kind, 'appended');
  const again = send('duplicate');
  assert.deepEqual(again, { kind: 'duplicate', firstOffset: 0, lastOffset: 0, timestamp: 1000 });
  assert.deepEqual(order, []);
  storage.clock.runTurn();
  send('late duplicate');
  storage.clock.runTurn();
  assert.deepEqual(order, ['original', 'duplicate', 'late duplicate']);
  assert.equal(log.logEndOffset, 1);
});

test('answers that need no sync do not overtake those that wait for one', async () => {
  const storage = new TestStorage({ flushMessages: 2 });
  const log = await storage.open();
  const order: string[] = [];
  const send = (name: string) =>
    log.append(
      batchOf(['a']),
      { leaderEpoch: 0, origin: 'client' },
      { written: () => order.push(name) },
    );
  send('one');
  send('two');
  storage.clock.runTurn();
  send('three');
  storage.clock.runTurn();
  assert.deepEqual(order, []);
  // What is written and not synced is not visible to readers either.
  const read = log.read({ offset: 0, maxBytes: 1000, minOneBatch: true, upToOffset: 10 });
  assert.ok(!(read instanceof Promise) && read.kind === 'read' && read.sizeInBytes === 0);
  await storage.clock.settle();
  assert.deepEqual(order, ['one', 'two', 'three']);
  assert.equal(log.logEndOffset, 3);
});
