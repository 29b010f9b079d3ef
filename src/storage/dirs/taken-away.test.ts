// If this breaks, producers are acknowledged for records whose files are gone, and nobody is told.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FolderLocker, FolderLostError } from '../../base/folder-lock.ts';
import type { OwnedLog } from '../log-owner.ts';
import {
  appendBatch,
  batchOf,
  FOLDER,
  LOG_DIR,
  TestStorage,
  TOPIC_ID,
} from '../testing/test-storage.ts';
import { CLEAN_SHUTDOWN_FILE } from './clean-shutdown-file.ts';
import { META_PROPERTIES_FILE } from './meta-properties.ts';

const SEGMENT = `${FOLDER}/00000000000000000000.log`;

/** Two directories, the second with t-1, three records in each partition, everything noted. */
async function filled(locker?: FolderLocker): Promise<TestStorage> {
  const storage = new TestStorage();
  storage.locker = locker;
  storage.logDirs = [LOG_DIR, '/other'];
  for (const dir of storage.logDirs) {
    storage.disk.makeFolder(dir);
    storage.disk.writeFile(`${dir}/${META_PROPERTIES_FILE}`, 'version=0\n');
  }
  await storage.open();
  await storage.manager.keepInventory();
  for (const partition of [0, 1, 2]) append(storage, storage.log(partition), 'a', 'b', 'c');
  assert.deepEqual(
    [...storage.manager.logs()].map(({ folder }) => folder),
    [...[FOLDER, `${LOG_DIR}/t-2`, '/other/t-1']],
  );
  await storage.clock.advanceAndSettle(1000);
  return storage;
}

/** What the producer was answered: the error's text, or that there was none. */
function append(storage: TestStorage, log: OwnedLog, ...values: string[]): string {
  const { result, answers } = appendBatch(log, batchOf(values));
  storage.clock.runTurn();
  if (result.kind === 'refused') return result.detail;
  return answers[0] === undefined ? 'written' : answers[0].message;
}

const failedDirs = (storage: TestStorage) => [storage.failedDirs, storage.manager.offlineLogDirs()];

const changes: readonly [string, RegExp, (storage: TestStorage) => void][] = [
  [
    'removed',
    /^\/data was removed, or cannot be reached/,
    ({ disk }) => disk.removeFolder('/data'),
  ],
  [
    'moved away',
    /^\/data was removed, or cannot be reached/,
    ({ disk }) => disk.rename('/data', '/moved'),
  ],
  [
    'replaced by an empty folder, as when its disk is unmounted',
    /^\/data is another folder than it was: it was replaced, or its disk was unmounted/,
    ({ disk }) => {
      disk.rename('/data', '/moved');
      disk.makeFolder('/data');
    },
  ],
  [
    'replaced by a file',
    /^\/data is not a folder any more: a file is in its place/,
    ({ disk }) => {
      disk.rename('/data', '/moved');
      disk.writeFile('/data', '');
    },
  ],
  [
    'emptied',
    /^\/data\/meta\.properties was removed while it was in use/,
    ({ disk }) => {
      for (const name of disk.list('/data')) {
        if (disk.stat(`/data/${name}`)?.isFolder) disk.removeFolder(`/data/${name}`);
        else disk.removeFile(`/data/${name}`);
      }
    },
  ],
];

for (const [what, sentence, change] of changes) {
  test(`a directory that is ${what} goes offline within Kafka's three seconds, also when idle`, async () => {
    const storage = await filled();
    change(storage);
    await storage.clock.advanceAndSettle(3000);
    assert.deepEqual(failedDirs(storage), [['/data'], ['/data']]);
    const [trouble] = storage.manager.troubles();
    assert.match(trouble?.replace('log directory /data is offline: ', '') ?? '', sentence);
    assert.match(append(storage, storage.log(0), 'd'), sentence);
    assert.equal(append(storage, storage.log(1), 'd'), 'written', 'the other one goes on');
  });

  test(`nothing is made in a directory that was ${what} just now, and nothing at a stop`, async () => {
    const storage = await filled();
    change(storage);
    const before = storage.disk.files('/data');
    // The directory with the fewest logs is the other one; the next is for this one.
    const wanted = { topicId: TOPIC_ID, config: storage.config, isNew: true };
    assert.equal(storage.manager.getOrCreate('new', 0, wanted).logDir, '/other');
    assert.equal(storage.disk.stat('/data/new-1'), undefined);
    assert.throws(
      () => {
        for (let index = 1; index < 4; index++) storage.manager.getOrCreate('new', index, wanted);
      },
      { message: sentence },
    );
    await storage.manager.close();
    assert.deepEqual(storage.disk.files('/data'), before);
  });

  test(`a broker stops right after its directory was ${what}, and leaves nothing there`, async () => {
    const storage = await filled();
    change(storage);
    const before = storage.disk.files('/data');
    await storage.manager.close();
    assert.deepEqual(storage.disk.files('/data'), before);
    assert.ok(storage.disk.stat(`/other/${CLEAN_SHUTDOWN_FILE}`));
  });
}

/** A locker that cannot see a folder any more once it is lost, as where the lock's file went with it. */
function losing(): { locker: FolderLocker; lose: (folder: string) => void } {
  const lost = new Set<string>();
  const owners = new Map<string, (error: FolderLostError) => void>();
  const errorOf = (folder: string) => new FolderLostError(`${folder} cannot be seen to be ours`);
  return {
    locker: {
      async lock(folder, options) {
        if (options?.onLost) owners.set(folder, options.onLost);
        const assertHeld = () => {
          if (lost.has(folder)) throw errorOf(folder);
        };
        return { assertHeld, async release() {} };
      },
    },
    lose(folder) {
      lost.add(folder);
      owners.get(folder)?.(errorOf(folder));
    },
  };
}

test('a directory that is gone with its lock takes no other with it, whoever notices first', async () => {
  for (const first of ['the watch', 'the lock']) {
    const { locker, lose } = losing();
    const storage = await filled(locker);
    storage.disk.rename('/data', '/moved');
    if (first === 'the watch') await storage.clock.advanceAndSettle(3000);
    lose('/data');
    assert.deepEqual(failedDirs(storage), [['/data'], ['/data']], first);
    assert.equal(append(storage, storage.log(1), 'd'), 'written', first);
    await storage.clock.advanceAndSettle(10_000);
    assert.deepEqual(failedDirs(storage), [['/data'], ['/data']], first);
  }
});

test('a directory that another process took over ends them all', async () => {
  const { locker, lose } = losing();
  const storage = await filled(locker);
  lose('/data');
  assert.deepEqual(failedDirs(storage)[0]?.toSorted(), ['/data', '/other']);
  assert.match(append(storage, storage.log(1), 'd'), /cannot be seen to be ours/);
});

const damages: readonly [string, RegExp, (storage: TestStorage) => void][] = [
  ['removed', /log was removed while it was in use/, ({ disk }) => disk.removeFile(SEGMENT)],
  [
    'moved away',
    /log was removed while it was in use/,
    ({ disk }) => disk.rename(SEGMENT, '/data/kept'),
  ],
  [
    'replaced by a copy',
    /log was replaced while it was in use/,
    ({ disk }) => {
      const bytes = disk.readFile(SEGMENT);
      disk.removeFile(SEGMENT);
      disk.writeFile(SEGMENT, bytes);
    },
  ],
  [
    'cut',
    /log was cut from \d+ to 10 bytes while it was in use/,
    ({ disk }) => disk.open(SEGMENT, 'write').truncate(10),
  ],
  [
    'removed with its folder',
    /(log was removed while|was removed from t-0 while) it was in use/,
    ({ disk }) => disk.removeFolder(FOLDER),
  ],
];

for (const [what, sentence, damage] of damages) {
  test(`an active segment that is ${what} takes its partition offline, and no other`, async () => {
    const storage = await filled();
    damage(storage);
    assert.match(append(storage, storage.log(0), 'd'), sentence);
    assert.match(append(storage, storage.log(0), 'e'), sentence);
    assert.equal(append(storage, storage.log(2), 'd'), 'written');
    assert.deepEqual(failedDirs(storage), [[], []]);
    assert.match(
      storage.manager.troubles().join('\n'),
      /^1 partition of \/data offline, t-0 for one:/,
    );
    const errors = storage.lines.filter(({ level }) => level === 'error');
    assert.equal(errors.length, 1);
    assert.match(errors[0]?.message ?? '', /^t-0 goes offline, with the offsets 0 to 2: .* was/);
    await storage.manager.close();
    assert.equal(storage.disk.stat(`/data/${CLEAN_SHUTDOWN_FILE}`), undefined);
    assert.ok(storage.disk.stat(`/other/${CLEAN_SHUTDOWN_FILE}`));
  });

  test(`an active segment that is ${what} and not written to is noticed at the stop`, async () => {
    const storage = await filled();
    damage(storage);
    await storage.manager.close();
    const errors = storage.lines.filter(({ level }) => level === 'error');
    assert.match(errors[0]?.message ?? '', sentence);
    assert.equal(storage.disk.stat(`/data/${CLEAN_SHUTDOWN_FILE}`), undefined);
  });
}

test('a file that was removed while it was not open takes its partition offline alone', async () => {
  const storage = new TestStorage();
  storage.settings = { maxOpenFiles: 1 };
  for (const partition of [0, 1]) {
    if (partition === 0) await storage.open();
    append(storage, storage.log(partition), 'a');
  }
  await storage.clock.advanceAndSettle(1000);
  storage.disk.removeFile(SEGMENT);
  const read = await storage.log(0).read({
    offset: 0,
    maxBytes: 1000,
    minOneBatch: true,
    upToOffset: 1,
  });
  assert.equal(read.kind, 'offline');
  assert.equal(append(storage, storage.log(1), 'b'), 'written');
  assert.deepEqual(storage.failedDirs, []);
});

test('a directory that became read-only goes offline at the first file that cannot be made', async () => {
  for (const code of ['EACCES', 'EROFS', 'EPERM']) {
    const storage = await filled();
    storage.disk.fault = (operation, path) =>
      path.startsWith('/data') && (operation === 'makeFolder' || path.endsWith('.tmp'))
        ? code
        : undefined;
    assert.equal(append(storage, storage.log(0), 'd'), 'written', 'what is open has its file');
    await storage.clock.advanceAndSettle(60_000);
    assert.deepEqual(storage.failedDirs, ['/data']);
    assert.match(storage.manager.troubles()[0] ?? '', new RegExp(`/data is offline: ${code}`));
  }
});
