// If this breaks, a follower keeps records that its leader never had, or loses ones it has.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { appendValues, batchOf, contentsOf, TestStorage } from '../testing/test-storage.ts';

test('a follower cut at any offset keeps whole batches below it, and goes on from there', async () => {
  for (let offset = 0; offset <= 20; offset++) {
    const storage = new TestStorage({ segmentBytes: 250, indexIntervalBytes: 100 });
    let log = await storage.open();
    for (let index = 0; index < 10; index++) {
      appendValues(storage, log, [`a${index}`, `b${index}`], {}, 1000 + index);
    }
    const all = await contentsOf(log);
    log.truncateTo(offset);
    const kept = offset - (offset % 2);
    assert.equal(log.logEndOffset, offset);
    assert.ok(log.lastStableOffset <= offset);
    assert.deepEqual(await contentsOf(log), all.slice(0, kept), `at ${offset}`);
    const wanted = kept === 0 ? undefined : 1000 + kept / 2 - 1;
    assert.equal((await log.offsetOfMaxTimestamp())?.timestamp, wanted, `at ${offset}`);
    appendValues(storage, log, ['next']);
    const after = [...all.slice(0, kept), `${offset}:next`];
    assert.deepEqual(await contentsOf(log), after, `at ${offset}`);
    log = await storage.killAndReopen();
    assert.deepEqual(await contentsOf(log), after, `at ${offset}, restarted`);
  }
});

test('producers and epochs are what they were before the cut', async () => {
  const storage = new TestStorage({ segmentBytes: 300 });
  const log = await storage.open();
  const producer = { producerId: 4, producerEpoch: 0 };
  for (let sequence = 0; sequence < 10; sequence++) {
    const options = { ...producer, baseSequence: sequence };
    appendValues(storage, log, ['x'], options, storage.clock.now());
  }
  log.append(batchOf(['y']), { leaderEpoch: 2, origin: 'client' }, { written() {} });
  storage.clock.runTurn();
  assert.equal(log.latestLeaderEpoch, 2);
  log.truncateTo(6);
  assert.equal(log.activeProducers()[0]?.lastSequence, 5);
  assert.equal(log.latestLeaderEpoch, 0);
  const next = appendValues(storage, log, ['x'], { ...producer, baseSequence: 6 });
  assert.deepEqual(next, { kind: 'appended', firstOffset: 6, lastOffset: 6 });
});

test('a follower too far behind starts again, empty, at its leader’s start', async () => {
  for (const startOffset of [500, 0]) {
    const storage = new TestStorage({ segmentBytes: 250, retentionMs: -1 });
    let log = await storage.open();
    for (let index = 0; index < 10; index++) appendValues(storage, log, ['x']);
    log.truncateFullyAndStartAt(startOffset);
    assert.equal(log.logStartOffset, startOffset);
    assert.equal(log.logEndOffset, startOffset);
    assert.equal(log.latestLeaderEpoch, -1);
    assert.deepEqual(await contentsOf(log), []);
    appendValues(storage, log, ['y']);
    await storage.clock.settle();
    assert.deepEqual(await contentsOf(log), [`${startOffset}:y`]);
    log = await storage.killAndReopen();
    assert.equal(log.logStartOffset, startOffset);
    assert.deepEqual(await contentsOf(log), [`${startOffset}:y`]);
    await storage.clock.advanceAndSettle(61_000);
    assert.deepEqual(await contentsOf(log), [`${startOffset}:y`]);
  }
});

test('an append that waits is answered even when the log is cut under it', async () => {
  const storage = new TestStorage({ flushMessages: 1 });
  const log = await storage.open();
  const answers: unknown[] = [];
  log.append(
    batchOf(['a']),
    { leaderEpoch: 0, origin: 'client' },
    { written: (e) => answers.push(e) },
  );
  storage.clock.runTurn();
  log.truncateTo(0);
  await storage.clock.settle();
  assert.equal(answers.length, 1);
});
