// If this breaks, one producer that is faster than the disk holds up everybody, or waits for ever.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OwnedLog } from '../log-owner.ts';
import { appendBatch, batchOf, contentsOf, LOG_DIR, TestStorage } from '../testing/test-storage.ts';

/** Logs `ahead` and `other`; a batch of the former is all that may be unsynced. */
async function limited() {
  const storage = new TestStorage();
  const size = batchOf(['first']).length;
  storage.settings = { backgroundFlushBytes: size, maxUnsyncedBytes: size };
  const ahead = await storage.open();
  const other = storage.log(1);
  const syncs = holdSyncs(ahead);
  const first = appendBatch(ahead, batchOf(['first']));
  await storage.clock.settle();
  assert.deepEqual(first.answers, [undefined]);
  return { storage, ahead, other, syncs };
}

/** The log's background syncs wait until they are let go on, one or all. */
function holdSyncs(log: OwnedLog) {
  const held: (() => void)[] = [];
  const flush = log.flush.bind(log);
  log.flush = () => new Promise<void>((resolve) => held.push(resolve)).then(flush);
  const finishOne = () => {
    const next = held.shift();
    assert.ok(next, 'a sync is under way');
    next();
  };
  const release = () => {
    log.flush = flush;
    for (const resume of held.splice(0)) resume();
  };
  return { finishOne, release };
}

test('a log ahead of the disk waits for its sync; others go on', async () => {
  const { storage, ahead, other, syncs } = await limited();
  const waiting = [appendBatch(ahead, batchOf(['a'])), appendBatch(ahead, batchOf(['b']))];
  const small = appendBatch(other, batchOf(['x']));
  await storage.clock.settle();
  assert.deepEqual(small.answers, [undefined]);
  assert.deepEqual(
    waiting.map(({ answers }) => answers),
    [[], []],
  );
  assert.equal(ahead.logEndOffset, 1);
  syncs.finishOne();
  await storage.clock.settle();
  assert.deepEqual(
    waiting.map(({ answers }) => answers),
    [[undefined], [undefined]],
  );
  assert.deepEqual(await contentsOf(ahead), ['0:first', '1:a', '2:b']);
});

test('it waits again when it is ahead again, without waiting for the next background sync', async () => {
  const { storage, ahead, syncs } = await limited();
  for (let round = 0; round < 5; round++) {
    const next = appendBatch(ahead, batchOf(['again']));
    await storage.clock.settle();
    assert.deepEqual(next.answers, []);
    syncs.finishOne();
    await storage.clock.settle();
    assert.deepEqual(next.answers, [undefined]);
  }
});

test('the disk fails meanwhile: whoever waits hears of it', async () => {
  const { storage, ahead, syncs } = await limited();
  const waiting = appendBatch(ahead, batchOf(['a']));
  await storage.clock.settle();
  storage.disk.fault = (operation) => (operation === 'sync' ? 'EIO' : undefined);
  syncs.finishOne();
  await storage.clock.settle();
  assert.equal(waiting.answers.length, 1);
  assert.match(String(waiting.answers[0]), /EIO/);
  assert.deepEqual(storage.failedDirs, [LOG_DIR]);
});

test('a deleted topic leaves its room to the others', async () => {
  const { storage, ahead, other } = await limited();
  const waiting = appendBatch(ahead, batchOf(['a']));
  await storage.clock.settle();
  assert.deepEqual(waiting.answers, []);
  void storage.manager.delete('t', 0);
  await storage.clock.settle();
  assert.equal(waiting.answers.length, 1);
  holdSyncs(other);
  storage.manager.updateSettings({ maxUnsyncedBytes: 2 * batchOf(['first']).length });
  for (const _ of [1, 2]) {
    const { answers } = appendBatch(other, batchOf(['first']));
    await storage.clock.settle();
    assert.deepEqual(answers, [undefined]);
  }
});

test('a stop writes what waits', async () => {
  const { storage, ahead, syncs } = await limited();
  const waiting = appendBatch(ahead, batchOf(['a']));
  await storage.clock.settle();
  const closed = storage.manager.close();
  syncs.release();
  await storage.clock.settle();
  await closed;
  assert.deepEqual(waiting.answers, [undefined]);
  assert.deepEqual(await contentsOf(await storage.open()), ['0:first', '1:a']);
});

test('a disk that is behind is reported once a minute, with what may be unsynced', async () => {
  const { storage, ahead, syncs } = await limited();
  for (const value of ['a', 'b', 'c']) appendBatch(ahead, batchOf([value]));
  await storage.clock.settle();
  const told = storage.lines.filter(({ message }) => message.includes('is behind'));
  assert.equal(told.length, 1);
  assert.match(told[0]?.message ?? '', /the disk of \/data is behind: .*log\.unsynced\.max\.bytes/);
  syncs.release();
  await storage.clock.settle();
});
