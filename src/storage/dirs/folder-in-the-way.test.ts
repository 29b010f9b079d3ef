// If this breaks, a folder in the place of one small file takes every partition of its disk out of use.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { appendValues, contentsOf, FOLDER, LOG_DIR, TestStorage } from '../testing/test-storage.ts';

const SEGMENT = '00000000000000000000';

async function filled(): Promise<TestStorage> {
  const storage = new TestStorage();
  appendValues(storage, await storage.open(), ['a', 'b']);
  appendValues(storage, storage.log(1), ['c']);
  await storage.manager.close();
  return storage;
}

function putFolder(storage: TestStorage, path: string): void {
  if (storage.disk.stat(path)) storage.disk.removeFile(path);
  storage.disk.makeFolder(path);
  storage.disk.writeFile(`${path}/notes.txt`, 'mine');
}

test('a folder in the place of what can be made anew is set aside, and nothing else is lost', async () => {
  const ofDirectory = [
    'recovery-point-offset-checkpoint',
    'log-start-offset-checkpoint',
    'replication-offset-checkpoint',
    'cleaner-offset-checkpoint',
    '.kafka_cleanshutdown',
  ].map((name) => `${LOG_DIR}/${name}`);
  const ofPartition = [
    `${SEGMENT}.index`,
    `${SEGMENT}.timeindex`,
    `${SEGMENT}.snapshot`,
    'leader-epoch-checkpoint',
    'partition.metadata',
  ].map((name) => `${FOLDER}/${name}`);
  for (const path of [...ofDirectory, ...ofPartition]) {
    const storage = await filled();
    putFolder(storage, path);
    const log = await storage.open();
    assert.deepEqual(storage.failedDirs, [], path);
    assert.deepEqual(await contentsOf(log), ['0:a', '1:b'], path);
    assert.deepEqual(await contentsOf(storage.log(1)), ['0:c'], path);
    await storage.manager.close();
    const kept = [...storage.disk.files(LOG_DIR).keys()].filter((file) =>
      file.endsWith('/notes.txt'),
    );
    assert.equal(kept.length, 1, path);
  }
});

test('after a kill, too, a folder in the place of an index is out of the way before the index is written', async () => {
  for (const suffix of ['index', 'timeindex']) {
    const storage = new TestStorage();
    appendValues(storage, await storage.open(), ['a', 'b']);
    storage.crash('all');
    putFolder(storage, `${FOLDER}/${SEGMENT}.${suffix}`);
    await storage.open();
    await storage.manager.close();
    assert.deepEqual(storage.failedDirs, [], suffix);
    assert.deepEqual(await contentsOf(await storage.open()), ['0:a', '1:b'], suffix);
  }
});

test('a folder in the place of a segment costs its partition alone', async () => {
  const storage = await filled();
  putFolder(storage, `${FOLDER}/${SEGMENT}.log`);
  await assert.rejects(
    storage.open(),
    /0\.log is a folder, where a file of records should be; move it away/,
  );
  assert.deepEqual(storage.failedDirs, []);
  assert.deepEqual(await contentsOf(storage.log(1)), ['0:c']);
});
