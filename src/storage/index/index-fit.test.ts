// If this breaks, seeking by time or offset is wrong where an index was cut, or is another segment's.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildBatch } from '../../protocol/records/batch-builder.ts';
import type { OwnedLog } from '../log-owner.ts';
import { appendBatch, contentsOf, FOLDER, TestStorage } from '../testing/test-storage.ts';

const CONFIG = { segmentBytes: 200_000, indexIntervalBytes: 300 };
/** A gap that is noticed has to be larger than a few intervals of a usual segment. */
const VALUE = 'x'.repeat(2000);

type Order = 'ascending' | 'mixed';

function timesOf(order: Order): number[] {
  const jump = (index: number) => (order === 'mixed' ? ((index * 37) % 11) * 40 : 0);
  return Array.from({ length: 250 }, (_, index) => 10_000 + index * 10 + jump(index));
}

/** Some segments of records, with an index entry for almost every batch, as a clean stop leaves them. */
async function write(times: readonly number[]): Promise<Map<string, Buffer>> {
  const storage = new TestStorage(CONFIG);
  const log = await storage.open();
  for (const timestamp of times) appendBatch(log, buildBatch([{ timestamp, value: VALUE }]));
  storage.clock.runTurn();
  assert.ok(log.segments.count >= 3);
  await storage.manager.close();
  return storage.disk.files('/');
}

const written: Record<Order, Map<string, Buffer>> = {
  ascending: await write(timesOf('ascending')),
  mixed: await write(timesOf('mixed')),
};

function filled(order: Order): { storage: TestStorage; times: number[] } {
  const storage = new TestStorage(CONFIG);
  storage.disk.makeFolder(FOLDER);
  for (const [path, bytes] of written[order]) storage.disk.writeFile(path, bytes);
  return { storage, times: timesOf(order) };
}

async function wrongLookups(log: OwnedLog, times: readonly number[]): Promise<number> {
  let wrong = 0;
  for (let timestamp = 9990; timestamp < 13_200; timestamp += 97) {
    const offset = times.findIndex((time) => time >= timestamp);
    const found = await log.offsetForTimestamp(timestamp);
    if ((found?.offset ?? -1) !== offset) wrong++;
  }
  const largest = Math.max(...times);
  if ((await log.offsetOfMaxTimestamp())?.offset !== times.indexOf(largest)) wrong++;
  return wrong;
}

type Damage = (bytes: Buffer, entrySize: number, of: (name: string) => Buffer) => Buffer;

const damages: Readonly<Record<string, Damage>> = {
  'cut to nothing': () => Buffer.alloc(0),
  'cut to one entry': (bytes, entrySize) => bytes.subarray(0, entrySize),
  'cut in half': (bytes, entrySize) =>
    bytes.subarray(0, Math.floor(bytes.length / entrySize / 2) * entrySize),
  'without its last entry': (bytes, entrySize) => bytes.subarray(0, bytes.length - entrySize),
  'with a last entry that is not so': (bytes, entrySize) => {
    const changed = Buffer.from(bytes);
    const at = changed.length - entrySize;
    // The offset of the batch before, or a time that no record has.
    if (entrySize === 8) changed.writeInt32BE(changed.readInt32BE(at + 4) - 1, at + 4);
    else changed.writeBigInt64BE(changed.readBigInt64BE(at) - 1n, at);
    return changed;
  },
  missing: () => Buffer.alloc(0),
};

for (const [what, damage] of Object.entries(damages)) {
  for (const suffixes of [['timeindex'], ['index'], ['index', 'timeindex']]) {
    for (const order of ['ascending', 'mixed'] as const) {
      test(`${suffixes.join(' and ')} ${what}: every look-up is right, times ${order}`, async () => {
        const { storage, times } = filled(order);
        const before = storage.disk.files(FOLDER);
        for (const [path, bytes] of before) {
          const suffix = path.slice(path.lastIndexOf('.') + 1);
          if (!suffixes.includes(suffix)) continue;
          const entrySize = suffix === 'index' ? 8 : 12;
          if (what === 'missing') storage.disk.removeFile(path);
          else
            storage.disk.writeFile(
              path,
              damage(bytes, entrySize, (name) => before.get(name)!),
            );
        }
        const log = await storage.open();
        assert.equal(await wrongLookups(log, times), 0);
        assert.equal((await contentsOf(log)).length, times.length);
        const told = storage.lines.filter(({ level }) => level === 'warn' || level === 'error');
        assert.deepEqual(told, [], 'nobody needs to hear of it');
      });
    }
  }
}

test('sound indexes are not built anew, and those of another segment are', async () => {
  const { storage, times } = filled('mixed');
  await storage.open();
  const built = () => storage.lines.filter(({ message }) => message.startsWith('built indexes'));
  assert.deepEqual(built(), []);
  await storage.manager.close();
  const files = [...storage.disk.files(FOLDER)];
  for (const suffix of ['.index', '.timeindex']) {
    const [first, second] = files.filter(([path]) => path.endsWith(suffix));
    storage.disk.writeFile(first![0], second![1]);
  }
  const log = await storage.open();
  assert.equal(built()[0]?.fields['segments'], 1);
  assert.equal(await wrongLookups(log, times), 0);
});

test('indexes that are changed while the broker runs are not used, and look-ups stay right', async () => {
  for (const change of ['cut', 'removed'] as const) {
    const { storage, times } = filled('mixed');
    const log = await storage.open();
    for (const path of [...storage.disk.files(FOLDER).keys()]) {
      if (!path.endsWith('index')) continue;
      if (change === 'removed') storage.disk.removeFile(path);
      else storage.disk.writeFile(path, '');
    }
    assert.equal(await wrongLookups(log, times), 0, change);
    assert.equal((await contentsOf(log)).length, times.length);
    const told = storage.lines.filter(({ level }) => level === 'warn');
    assert.ok(told.every(({ message }) => /were changed while they were in use/.test(message)));
  }
});

test('an offset index that leads too far is not followed', async () => {
  const { storage, times } = filled('ascending');
  const log = await storage.open();
  const path = `${FOLDER}/${'0'.repeat(20)}.index`;
  const bytes = storage.disk.readFile(path);
  // Every entry is one too small: the batch there begins beyond it.
  for (let at = 0; at < bytes.length; at += 8) bytes.writeInt32BE(bytes.readInt32BE(at) - 1, at);
  storage.disk.writeFile(path, bytes);
  assert.equal((await contentsOf(log)).length, times.length);
});
