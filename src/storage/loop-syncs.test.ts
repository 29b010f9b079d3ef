// If this breaks, one slow disk and small segments, a large deletion or a checkpoint stall every client.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { appendValues, contentsOf, LOG_DIR, TestStorage } from './testing/test-storage.ts';

const SYNC_MS = 50;

/** A disk whose folder syncs take long; those on the event loop are counted. */
function slowDisk(storage: TestStorage): { count: number } {
  const syncs = { count: 0 };
  const { clock, disk } = storage;
  const monotonicMs = clock.monotonicMs.bind(clock);
  clock.monotonicMs = () => monotonicMs() + syncs.count * SYNC_MS;
  const syncFolder = disk.syncFolder.bind(disk);
  disk.syncFolder = (path) => {
    syncs.count++;
    syncFolder(path);
  };
  return syncs;
}

test('segments of many logs that fill up before their first sync cost the event loop one or two syncs a second', async () => {
  const storage = new TestStorage({ segmentBytes: 250 });
  await storage.open();
  const logs = Array.from({ length: 20 }, (_, partition) => storage.log(partition));
  const syncs = slowDisk(storage);
  for (let round = 0; round < 10; round++) {
    for (const log of logs) appendValues(storage, log, [`value ${round}`]);
  }
  // The folder of the first, and the folder's own name.
  assert.equal(syncs.count, 2);
  assert.deepEqual(new Set(logs.map(({ segments }) => segments.count)), new Set([4]), 'all roll');
  for (const log of logs) await log.flush();
  assert.equal(syncs.count, 2, 'the thread pool does it');
  const records = Array.from({ length: 10 }, (_, round) => `${round}:value ${round}`);
  storage.crash('none');
  await storage.open();
  assert.deepEqual(await contentsOf(storage.log(1)), records);
});

test('a second later a full segment may wait for the disk again', async () => {
  const storage = new TestStorage({ segmentBytes: 250 });
  const log = await storage.open();
  const syncs = slowDisk(storage);
  for (let round = 0; round < 6; round++) appendValues(storage, log, ['x']);
  assert.equal(syncs.count, 2);
  storage.clock.monotonicMs = () => 10_000_000;
  appendValues(storage, log, ['x']);
  assert.equal(syncs.count, 3);
});

test('deleting a topic of many partitions looks into one folder at a time, and syncs none on the event loop', async () => {
  const storage = new TestStorage();
  await storage.open();
  for (let partition = 0; partition < 100; partition++) {
    appendValues(storage, storage.log(partition), ['x']);
  }
  for (const log of storage.manager.logs()) await log.flush();
  const syncs = slowDisk(storage);
  const held: (() => void)[] = [];
  const erase = storage.disk.erase.bind(storage.disk);
  storage.disk.erase = async (path) => {
    await new Promise<void>((resolve) => held.push(resolve));
    await erase(path);
  };
  let lists = 0;
  const list = storage.disk.list.bind(storage.disk);
  storage.disk.list = (path) => {
    lists++;
    return list(path);
  };
  let looks = 0;
  const stat = storage.disk.stat.bind(storage.disk);
  storage.disk.stat = (path) => {
    if (path === LOG_DIR) looks++;
    return stat(path);
  };
  const names = () => list(LOG_DIR).filter((name) => name.startsWith('t-')).length;
  const deleting = Promise.all(
    Array.from({ length: 100 }, (_, partition) => storage.manager.delete('t', partition)),
  );
  let isOver = false;
  void deleting.then(() => {
    isOver = true;
  });
  let most = 0;
  while (!isOver) {
    lists = 0;
    held.shift()?.();
    for (let hop = 0; hop < 64; hop++) await undefined;
    most = Math.max(most, lists);
  }
  assert.equal(most, 1);
  assert.ok(looks <= 4, `${looks} looks at the log directory, for one or two checkpoints`);
  assert.equal(syncs.count, 0);
  assert.equal(names(), 0);
});

test('checkpoints of many logs cost the event loop no sync, and one file for all of them', async () => {
  const storage = new TestStorage();
  await storage.open();
  for (let partition = 0; partition < 100; partition++) {
    appendValues(storage, storage.log(partition), ['x']);
  }
  await storage.clock.advanceAndSettle(1000);
  const syncs = slowDisk(storage);
  let renames = 0;
  const rename = storage.disk.rename.bind(storage.disk);
  storage.disk.rename = (from, to) => {
    if (to.endsWith('/replication-offset-checkpoint')) renames++;
    rename(from, to);
  };
  const writes = Array.from({ length: 50 }, () =>
    storage.manager.writeCheckpoint('replication-offset-checkpoint', () => 1),
  );
  await Promise.all(writes);
  assert.equal(syncs.count, 0);
  assert.equal(renames, 2, 'the one under way, and one for all that came meanwhile');
});
