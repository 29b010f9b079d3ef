// If this breaks, one client's huge records hold all other clients up, or a huge record is seen in part.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { appendBatch, asRead, batchOf, contentsOf, TestStorage } from '../testing/test-storage.ts';

const MB = 1024 * 1024;
const LARGE = { maxMessageBytes: 64 * MB };
const PIECE_BYTES = 1280 * 1024;

const large = (letter: string) => batchOf([letter.repeat(5 * MB)]);
const lengths = async (log: Parameters<typeof contentsOf>[0]) =>
  (await contentsOf(log)).map((content) => `${content.slice(0, 3)} ${content.length}`);

/** How much each turn wrote; the other log gets something to write with each. */
async function writeBesideOther(storage: TestStorage) {
  const log = await storage.open();
  const other = storage.log(1);
  const before = appendBatch(log, batchOf(['a']));
  const huge = appendBatch(log, large('b'));
  const after = appendBatch(log, batchOf(['c']));
  const turns: { queuedBytes: number; answered: string; otherEnd: number }[] = [];
  for (let turn = 0; turn < 8; turn++) {
    appendBatch(other, batchOf(['other']));
    const outcomes = { before, huge, after };
    storage.clock.runTurn();
    const answered = Object.entries(outcomes).filter(([, { answers }]) => answers.length > 0);
    turns.push({
      queuedBytes: log.queuedBytes,
      answered: answered.map(([name]) => name).join(' '),
      otherEnd: other.logEndOffset,
    });
  }
  return { log, turns };
}

test('a large batch is written in pieces, one a turn, and answered when it is whole', async () => {
  const storage = new TestStorage(LARGE);
  const sizes: number[] = [];
  const { log, turns } = await writeBesideOther(storage);
  turns.reduce(
    (before, { queuedBytes }) => {
      sizes.push(before - queuedBytes);
      return queuedBytes;
    },
    5 * MB + 1000,
  );
  assert.ok(Math.max(...sizes) <= PIECE_BYTES + 1000, `${sizes}`);
  assert.deepEqual(
    turns.map(({ answered }) => answered),
    [
      'before',
      'before',
      'before',
      'before',
      'before',
      'before huge',
      'before huge after',
      'before huge after',
    ],
  );
  assert.deepEqual(
    turns.map(({ otherEnd }) => otherEnd),
    [1, 2, 3, 4, 5, 6, 7, 8],
  );
  assert.deepEqual(await lengths(log), ['0:a 3', `1:b ${5 * MB + 2}`, '2:c 3']);
  assert.equal(storage.manager.queuedBytes, 0);
});

test('a reader sees nothing of a batch that is written in part', async () => {
  const storage = new TestStorage(LARGE);
  const log = await storage.open();
  appendBatch(log, batchOf(['a']));
  appendBatch(log, large('b'));
  storage.clock.runTurn();
  storage.clock.runTurn();
  assert.equal(log.logEndOffset, 1);
  assert.ok(log.queuedBytes < 5 * MB, 'the batch is begun');
  assert.deepEqual(await contentsOf(log), ['0:a']);
  assert.equal(
    (await log.read({ offset: 2, maxBytes: 1, minOneBatch: true, upToOffset: 9 })).kind,
    'out-of-range',
  );
});

for (const [failing, title] of [
  [1, 'the first piece'],
  [3, 'a piece in the middle'],
  [5, 'the last piece'],
] as const) {
  test(`a disk that is full at ${title} takes the batch back, and the log goes on`, async () => {
    const storage = new TestStorage(LARGE);
    const log = await storage.open();
    appendBatch(log, batchOf(['a']));
    await storage.clock.advanceAndSettle(0);
    let writes = 0;
    storage.disk.fault = (operation, path) =>
      operation === 'write' && path.endsWith('.log') && ++writes === failing ? 'ENOSPC' : undefined;
    const huge = appendBatch(log, large('b'));
    const after = appendBatch(log, batchOf(['c']));
    await storage.clock.advanceAndSettle(20);
    assert.equal(huge.answers.length, 1);
    assert.match(String(huge.answers[0]), /ENOSPC/);
    assert.match(String(after.answers[0]), /ENOSPC/);
    storage.disk.fault = () => undefined;
    await storage.clock.advanceAndSettle(5000);
    const again = appendBatch(log, large('d'));
    assert.equal(again.result.kind === 'appended' && again.result.firstOffset, 1);
    await storage.clock.advanceAndSettle(20);
    assert.deepEqual(again.answers, [undefined]);
    assert.equal(storage.manager.queuedBytes, 0);
    const reopened = await storage.closeAndReopen();
    assert.deepEqual(await lengths(reopened), ['0:a 3', `1:d ${5 * MB + 2}`]);
  });
}

test('what a crash left of a large batch is cut off; a clean stop and a roll write it to its end', async () => {
  const storage = new TestStorage({ ...LARGE, segmentBytes: 6 * MB });
  let log = await storage.open();
  appendBatch(log, batchOf(['a']));
  appendBatch(log, large('b'));
  storage.clock.runTurn();
  storage.clock.runTurn();
  log = await storage.killAndReopen();
  assert.deepEqual(await lengths(log), ['0:a 3']);
  const rolled = appendBatch(log, large('c'));
  storage.clock.runTurn();
  assert.deepEqual(rolled.answers, []);
  appendBatch(log, large('d'));
  storage.clock.runTurn();
  assert.deepEqual(rolled.answers, [undefined]);
  log = await storage.closeAndReopen();
  assert.deepEqual(await lengths(log), ['0:a 3', `1:c ${5 * MB + 2}`, `2:d ${5 * MB + 2}`]);
});

test('many large reads of one turn: the first are served at once, the others from the thread pool', async () => {
  const storage = new TestStorage(LARGE);
  const log = await storage.open();
  for (let index = 0; index < 4; index++) appendBatch(log, batchOf(['x'.repeat(MB / 2)]));
  appendBatch(log, large('y'));
  await storage.clock.advanceAndSettle(10);
  const read = (offset: number, maxBytes: number) =>
    log.read({ offset, maxBytes, minOneBatch: true, upToOffset: 5 });
  const outcomes = Array.from({ length: 20 }, () => read(0, MB));
  const late = outcomes.filter((outcome) => outcome instanceof Promise);
  assert.ok(late.length >= 17 && late.length < 20, `${late.length} of 20 were not served at once`);
  for (const outcome of outcomes) assert.equal(asRead(await outcome).nextOffset, 1);
  await storage.clock.settle();
  assert.ok(!(read(0, MB) instanceof Promise), 'the next turn has a quota of its own');
  await storage.clock.settle();
  const huge = read(4, 100);
  assert.ok(huge instanceof Promise, 'a single read stays within the quota too');
  assert.equal(asRead(await huge).sizeInBytes, large('y').length);
});

test('no piece is written while its log is being synced, which would hold the write up', async () => {
  const storage = new TestStorage(LARGE);
  const log = await storage.open();
  appendBatch(log, batchOf(['a']));
  storage.clock.runTurn();
  // It ends when promises run, which they don't within this turn.
  const synced = log.flush();
  const { answers } = appendBatch(log, large('b'));
  const small = appendBatch(storage.log(1), batchOf(['other']));
  const before = log.queuedBytes;
  for (let turn = 0; turn < 8; turn++) storage.clock.runTurn();
  assert.equal(log.queuedBytes, before);
  assert.deepEqual(small.answers, [undefined]);
  await synced;
  await storage.clock.settle();
  assert.deepEqual(answers, [undefined]);
});
