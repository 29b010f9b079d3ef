// If this breaks, records that vanished from the disk are not missed, and their offsets are given to others.
import assert from 'node:assert/strict';
import { posix } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { META_PROPERTIES_FILE } from '../dirs/meta-properties.ts';
import {
  appendValues,
  batchOf,
  contentsOf,
  FOLDER,
  LOG_DIR,
  TestStorage,
} from '../testing/test-storage.ts';
import { missingRanges } from './known-log.ts';

const pathOf = (base: number, suffix = 'log') =>
  `${FOLDER}/${String(base).padStart(20, '0')}.${suffix}`;

async function open(storage: TestStorage) {
  storage.lines.length = 0;
  const log = await storage.open();
  await storage.manager.keepInventory();
  return log;
}

const errorsOf = ({ lines }: TestStorage) =>
  lines.filter(({ level }) => level === 'error').map(({ message }) => message);

/** Three segments, of the offsets 0 and 1, 2 and 3, and 4. */
async function filled(): Promise<TestStorage> {
  const storage = new TestStorage({ segmentBytes: 2 * batchOf(['a']).length });
  storage.disk.makeFolder(LOG_DIR);
  storage.disk.writeFile(`${LOG_DIR}/${META_PROPERTIES_FILE}`, 'version=0\n');
  const log = await open(storage);
  for (const value of ['a', 'b', 'c', 'd', 'e']) appendValues(storage, log, [value]);
  assert.deepEqual(
    log.segments.all.map(({ baseOffset }) => baseOffset),
    [0, 2, 4],
  );
  return storage;
}

/** What is taken away, which offsets are said to be gone, and what is left. */
const rows: readonly [string, number[], string, string[]][] = [
  ['the first segment', [0], '0 to 1', ['2:c', '3:d', '4:e']],
  ['a segment in the middle', [2], '2 to 3', ['0:a', '1:b', '4:e']],
  ['the active segment', [4], '4 to 4', ['0:a', '1:b', '2:c', '3:d']],
  ['all but the first segment', [2, 4], '2 to 4', ['0:a', '1:b']],
  ['all but the one in the middle', [0, 4], '0 to 1, 4 to 4', ['2:c', '3:d']],
  ['every segment', [0, 2, 4], '0 to 4', []],
];

for (const [what, bases, offsets, left] of rows) {
  for (const when of ['between two starts', 'while the broker ran'] as const) {
    test(`${what} taken away ${when} is said, and no offset is given twice`, async () => {
      const storage = await filled();
      const take = () => {
        for (const base of bases) storage.disk.removeFile(pathOf(base));
      };
      if (when === 'while the broker ran') take();
      await storage.manager.close();
      if (when === 'between two starts') take();
      const log = await open(storage);
      const [told] = errorsOf(storage);
      assert.ok(
        told?.startsWith(`${FOLDER} lacks records that were there, with the offsets ${offsets}:`),
      );
      assert.match(told ?? '', /new records get offsets from 5 on$/);
      appendValues(storage, log, ['new']);
      const expected = [...left, '5:new'];
      assert.deepEqual(await contentsOf(log), expected);
      // Said once; and what came after the gap stays, however the broker ends.
      for (const end of ['kill', 'close', 'kill'] as const) {
        if (end === 'kill') storage.crash('all');
        else await storage.manager.close();
        assert.deepEqual(await contentsOf(await open(storage)), expected);
        assert.deepEqual(errorsOf(storage), []);
      }
    });
  }

  test(`${what} emptied between two starts is said once, and no offset is given twice`, async () => {
    const storage = await filled();
    await storage.manager.close();
    for (const base of bases) storage.disk.writeFile(pathOf(base), '');
    const log = await open(storage);
    const [told] = errorsOf(storage);
    assert.ok(
      told?.startsWith(`${FOLDER} lacks records that were there, with the offsets ${offsets}:`),
      told,
    );
    appendValues(storage, log, ['new']);
    for (const end of ['close', 'kill', 'close'] as const) {
      if (end === 'kill') storage.crash('all');
      else await storage.manager.close();
      assert.deepEqual(await contentsOf(await open(storage)), [...left, '5:new']);
      assert.deepEqual(errorsOf(storage), []);
    }
  });

  test(`${what} taken away after a kill is not followed by an offset that was given`, async () => {
    const storage = await filled();
    await storage.manager.close();
    await open(storage);
    storage.crash('all');
    for (const base of bases) storage.disk.removeFile(pathOf(base));
    const log = await open(storage);
    appendValues(storage, log, ['new']);
    assert.deepEqual(await contentsOf(log), [...left, '5:new']);
  });
}

test('a folder whose files a power cut took keeps what was deleted and synced', async () => {
  const storage = await filled();
  await storage.log().incrementLogStartOffset(3);
  await storage.manager.close();
  storage.disk.removeFile(`${LOG_DIR}/sluice-inventory`);
  for (const name of storage.disk.list(FOLDER)) storage.disk.removeFile(`${FOLDER}/${name}`);
  const log = await storage.open();
  assert.deepEqual([log.logStartOffset, log.logEndOffset], [5, 5]);
});

test('an older copy of a partition goes on where the newer one ended', async () => {
  const storage = await filled();
  await storage.manager.close();
  const copy = storage.disk.files(FOLDER);
  const log = await open(storage);
  for (const value of ['f', 'g', 'h']) appendValues(storage, log, [value]);
  await log.incrementLogStartOffset(1);
  await storage.manager.close();
  storage.disk.removeFolder(FOLDER);
  storage.disk.makeFolder(FOLDER);
  for (const [path, bytes] of copy)
    storage.disk.writeFile(posix.join(FOLDER, posix.basename(path)), bytes);
  const older = await open(storage);
  assert.match(errorsOf(storage)[0] ?? '', /with the offsets 5 to 7:/);
  appendValues(storage, older, ['new']);
  assert.deepEqual(await contentsOf(older), ['1:b', '2:c', '3:d', '4:e', '8:new']);
});

test('what was not synced when the power went is not missed', async () => {
  const storage = new TestStorage();
  const log = await open(storage);
  appendValues(storage, log, ['a', 'b']);
  await log.flush();
  appendValues(storage, log, ['c']);
  await storage.manager.keepInventory();
  storage.crash('none');
  assert.deepEqual(await contentsOf(await open(storage)), ['0:a', '1:b']);
  assert.deepEqual(errorsOf(storage), []);
});

test('a checkpoint that knows of more than there is counts without an inventory', async () => {
  const storage = await filled();
  await storage.manager.close();
  storage.disk.removeFile(`${LOG_DIR}/sluice-inventory`);
  storage.disk.removeFile(pathOf(4));
  const log = await open(storage);
  assert.match(errorsOf(storage)[0] ?? '', /with the offsets 4 to 4:/);
  appendValues(storage, log, ['new']);
  assert.deepEqual((await contentsOf(log)).slice(-2), ['3:d', '5:new']);
});

test('a recovery point beyond the end that a clean stop noted costs no offsets; after a kill it counts', async () => {
  const storage = await filled();
  const write = (offset: number) =>
    storage.disk.writeFile(
      `${LOG_DIR}/recovery-point-offset-checkpoint`,
      `0\n1\n${posix.basename(FOLDER).replace(/-(\d+)$/, ' $1')} ${offset}\n`,
    );
  await storage.manager.close();
  write(99_999_999);
  const log = await open(storage);
  assert.deepEqual(errorsOf(storage), []);
  assert.equal(log.logEndOffset, 5);
  // The checkpoint is written before the inventory, and a kill may come between the two.
  storage.crash('all');
  write(7);
  assert.equal((await open(storage)).logEndOffset, 7);
  assert.match(errorsOf(storage)[0] ?? '', /with the offsets 5 to 6:/);
});

test('segments that another program took away in order are not missed', async () => {
  const storage = await filled();
  await storage.manager.close();
  storage.disk.removeFile(pathOf(0));
  await storage.clock.advanceAndSettle(1000);
  storage.disk.writeFile(`${LOG_DIR}/.kafka_cleanshutdown`, '{"version":0,"brokerEpoch":1}');
  assert.deepEqual((await contentsOf(await open(storage))).length, 3);
  assert.deepEqual(errorsOf(storage), []);
});

test('what is missing are the offsets that no segment and no end has any more', () => {
  const log = { topicId: undefined, startOffset: 0, endOffset: 5, segments: [0, 2, 4] };
  assert.deepEqual(missingRanges(log, { present: [0, 2, 4], endOffset: 5 }), []);
  assert.deepEqual(missingRanges(log, { present: [0, 2, 4], endOffset: 9 }), []);
  const deleted = { ...log, startOffset: 3 };
  assert.deepEqual(missingRanges(deleted, { present: [4], endOffset: 5 }), [{ from: 3, to: 4 }]);
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.nat(50), { minLength: 1 }),
      fc.array(fc.boolean(), { minLength: 51, maxLength: 51 }),
      fc.nat(50),
      fc.boolean(),
      (bases, isHere, startOffset, isCut) => {
        const segments = [...bases].sort((a, b) => a - b);
        const known = { topicId: undefined, startOffset, endOffset: 51, segments };
        const present = segments.filter((base) => isHere[base]);
        const endOf = (base: number) => segments[segments.indexOf(base) + 1] ?? 51;
        const last = present.at(-1);
        const endOffset = last === undefined ? 0 : isCut ? last + 1 : endOf(last);
        const isGone = (offset: number) =>
          offset >= startOffset &&
          offset >= segments[0]! &&
          !present.some(
            (base) => base <= offset && offset < (base === last ? endOffset : endOf(base)),
          );
        const ranges = missingRanges(known, { present, endOffset });
        for (let offset = segments[0]!; offset < 51; offset++) {
          const isTold = ranges.some(({ from, to }) => from <= offset && offset < to);
          assert.equal(isTold, isGone(offset), `${offset}`);
        }
        for (let index = 1; index < ranges.length; index++) {
          assert.ok(ranges[index - 1]!.to < ranges[index]!.from);
        }
      },
    ),
  );
});
