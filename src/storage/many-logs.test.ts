// If this breaks, a broker with thousands of partitions starts and stops slowly, or holds what nobody uses.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '../base/logger.ts';
import { SimClock } from '../base/testing/sim-clock.ts';
import { SimFileSystem } from '../base/testing/sim-file-system.ts';
import { FileRemover } from './files/file-remover.ts';
import { LoadProgress } from './recovery/load-progress.ts';
import {
  appendRecords,
  appendValues,
  contentsOf,
  FOLDER,
  LOG_DIR,
  TestStorage,
} from './testing/test-storage.ts';

const folderOf = (path: string) => path.split('/')[2] ?? '';

/** What the disk is asked from now on. */
function recordOperations(storage: TestStorage): { operation: string; path: string }[] {
  const operations: { operation: string; path: string }[] = [];
  storage.disk.fault = (operation, path) => {
    operations.push({ operation, path });
    return undefined;
  };
  return operations;
}

test('logs that were never written to cost no index at start, and no sync at stop', async () => {
  const storage = new TestStorage();
  await storage.open();
  for (let partition = 1; partition < 50; partition++) storage.log(partition);
  for (const life of ['new', 'reopened']) {
    for (const log of storage.manager.logs()) log.startLeaderEpoch(life === 'new' ? 0 : 1);
    const operations = recordOperations(storage);
    await storage.manager.close();
    const inFolders = operations.filter(({ path }) => folderOf(path).startsWith('t-'));
    assert.deepEqual(inFolders, [], life);
    await storage.open();
  }
  const names = [...storage.disk.files(FOLDER).keys()].map((path) => path.split('/').at(-1));
  assert.deepEqual(names.sort(), ['00000000000000000000.log', 'partition.metadata']);
});

test('a clean start looks at the ends of indexes and does not load them', async () => {
  const storage = new TestStorage({ segmentBytes: 20_000, indexIntervalBytes: 1 });
  const log = await storage.open();
  for (let index = 0; index < 1000; index++) appendValues(storage, log, ['some value']);
  assert.ok(log.segments.count > 3);
  await storage.manager.close();
  const operations = recordOperations(storage);
  const reopened = await storage.open();
  const onIndexes = operations.filter(({ path }) => path.endsWith('index'));
  // Whole files are read without being opened.
  for (const kind of ['open', 'read']) {
    const count = onIndexes.filter(({ operation }) => operation === kind).length;
    assert.equal(count, 2 * reopened.segments.count, kind);
  }
  const before = await contentsOf(reopened);
  assert.equal(before.length, 1000);
  appendValues(storage, reopened, ['next']);
  assert.equal((await contentsOf(reopened)).at(-1), '1000:next');
  const again = await storage.closeAndReopen();
  assert.equal((await again.offsetOfMaxTimestamp())?.offset, 0);
  assert.equal(again.logEndOffset, 1001);
});

test('closed segments have their indexes back after a recovery, on the disk', async () => {
  const storage = new TestStorage({ segmentBytes: 300, indexIntervalBytes: 1 });
  const log = await storage.open();
  for (let index = 0; index < 20; index++) {
    appendRecords(storage, log, [{ value: `v${index}`, timestamp: 1000 + index }]);
  }
  for (const name of storage.disk.list(FOLDER)) {
    if (/index$/.test(name)) storage.disk.removeFile(`${FOLDER}/${name}`);
  }
  const recovered = await storage.killAndReopen();
  assert.ok(recovered.segments.count > 3);
  for (const segment of recovered.segments.all.slice(0, -1)) {
    assert.ok(storage.disk.readFile(segment.path('.index')).length > 0, segment.path());
    assert.ok(storage.disk.readFile(segment.path('.timeindex')).length > 0, segment.path());
  }
  for (let index = 0; index < 20; index++) {
    assert.equal((await recovered.offsetForTimestamp(1000 + index))?.offset, index);
  }
  await recovered.flush();
  storage.crash('none');
  await storage.open();
  const last = recovered.segments.all.at(-2)!;
  assert.ok(storage.disk.readFile(last.path('.timeindex')).length > 0);
});

test('as many logs are recovered at a time as num.recovery.threads.per.data.dir says', async () => {
  for (const recoveryConcurrency of [1, 3]) {
    const storage = new TestStorage({ segmentBytes: 200 });
    storage.settings = { recoveryConcurrency };
    await storage.open();
    for (let partition = 0; partition < 3; partition++) {
      const log = storage.log(partition);
      for (let index = 0; index < 20; index++) appendValues(storage, log, ['value']);
    }
    storage.crash('all');
    const operations = recordOperations(storage);
    await storage.open();
    const folders = operations
      .filter(({ operation, path }) => operation === 'read' && path.endsWith('.log'))
      .map(({ path }) => folderOf(path));
    const changes = folders.filter((folder, index) => folder !== folders[index - 1]).length;
    if (recoveryConcurrency === 1) assert.equal(changes, 3);
    else assert.ok(changes > 10, `${changes}`);
  }
});

test('several log directories are recovered side by side', async () => {
  const storage = new TestStorage();
  storage.logDirs = [LOG_DIR, '/data2'];
  await storage.open();
  for (let partition = 0; partition < 2; partition++) {
    appendValues(storage, storage.log(partition), ['value']);
  }
  storage.crash('all');
  const operations = recordOperations(storage);
  await storage.open();
  const opened = operations.filter(({ path }) => path.endsWith('.log')).map(({ path }) => path);
  assert.notEqual(opened.lastIndexOf('/data/t-0/00000000000000000000.log'), -1);
  assert.ok(
    opened.indexOf('/data2/t-1/00000000000000000000.log') <
      opened.lastIndexOf('/data/t-0/00000000000000000000.log'),
  );
});

test('a recovery says how far it is every five seconds, and lets the event loop turn', async () => {
  const clock = new SimClock();
  const storage = new TestStorage();
  const progress = new LoadProgress(clock, storage.logger(), { logDir: '/data', logCount: 10_000 });
  const said = () => storage.lines.map(({ message }) => message);
  for (let log = 0; log < 3200; log++) progress.loaded();
  clock.advance(4999);
  progress.loaded();
  assert.deepEqual(said(), []);
  clock.advance(1);
  progress.loaded();
  assert.deepEqual(said(), ['loading: 3,202 of 10,000 logs']);
  progress.loaded();
  clock.advance(5000);
  // One long log is as good a reason as many.
  for (let batch = 0; batch < 3000; batch++) progress.scanned(1024 * 1024);
  assert.deepEqual(said().slice(1), ['recovering: 3,203 of 10,000 logs, 1 MB checked, 0 MB/s']);
  clock.advance(5000);
  progress.scanned(1024 * 1024);
  assert.deepEqual(said().slice(2), [
    'recovering: 3,203 of 10,000 logs, 3,001 MB checked, 200 MB/s',
  ]);

  let turned = false;
  const turning = progress.turn().then(() => {
    turned = true;
  });
  await Promise.resolve();
  assert.equal(turned, false, 'it has been a while');
  clock.runTurn();
  await turning;
  await progress.turn();
});

test('a long log loses its segments a few at a time, its records at once', async () => {
  const storage = new TestStorage({ segmentBytes: 100, fileDeleteDelayMs: 1000 });
  const log = await storage.open();
  for (let index = 0; index < 200; index++) appendValues(storage, log, ['value']);
  const { count } = log.segments;
  assert.ok(count >= 100);
  log.incrementLogStartOffset(199);
  assert.equal(log.logStartOffset, 199);
  assert.equal(log.segments.count, count - 32);
  assert.deepEqual(await contentsOf(log), ['199:value']);
  storage.clock.runTurn();
  assert.equal(log.segments.count, 1);
  assert.deepEqual(await contentsOf(log), ['199:value']);

  for (let index = 0; index < 200; index++) appendValues(storage, log, ['value']);
  log.updateConfig({ ...storage.config, retentionMs: 1 });
  storage.clock.advance(10);
  storage.manager.runRetention();
  assert.ok(log.segments.count > 100);
  const reopened = await storage.closeAndReopen();
  reopened.updateConfig({ ...storage.config, retentionMs: 1 });
  storage.manager.runRetention();
  while (storage.clock.runTurn());
  assert.equal(reopened.segments.count, 1);
});

test('files are removed on the thread pool, one at a time', async () => {
  const clock = new SimClock();
  const held: (() => void)[] = [];
  const disk = new SimFileSystem({ defer: (finish) => held.push(finish) });
  const paths = Array.from({ length: 9 }, (_, index) => `/file${index}`);
  for (const path of paths) disk.writeFile(path, 'x');
  const remover = new FileRemover(disk, clock, silentLogger);
  const removed = Promise.all(paths.map((path) => remover.remove(path)));
  for (let left = 9; left > 0; left--) {
    await clock.settle();
    assert.deepEqual([disk.list('/').length, held.length], [left, 1]);
    held.shift()?.();
  }
  await removed;
  assert.deepEqual(disk.list('/'), []);
  remover.stop();
  remover.removeAfter(1000, ['/file1']);
  assert.equal(clock.pendingTimers, 0);
});

test('a small log that was synced before costs no sync at stop, and a power cut after it nothing', async () => {
  const storage = new TestStorage();
  const log = await storage.open();
  const now = storage.clock.now();
  for (const [baseSequence, timestamp] of [now, now + 2, now + 1].entries()) {
    const producer = { producerId: 5, producerEpoch: 0, baseSequence };
    appendValues(storage, log, ['value'], producer, timestamp);
  }
  await log.flush();
  const operations = recordOperations(storage);
  await storage.manager.close();
  const syncs = operations.filter(
    ({ operation, path }) => operation.startsWith('sync') && folderOf(path).startsWith('t-'),
  );
  assert.deepEqual(syncs, []);
  for (const damage of ['nothing', 'power cut', 'empty indexes'] as const) {
    if (damage === 'power cut') storage.crash('none');
    if (damage === 'empty indexes') {
      storage.disk.writeFile(`${FOLDER}/00000000000000000000.index`, '');
      storage.disk.writeFile(`${FOLDER}/00000000000000000000.timeindex`, '');
    }
    const reopened = await storage.open();
    assert.equal(reopened.logEndOffset, 3, damage);
    assert.equal((await reopened.offsetOfMaxTimestamp())?.offset, 1, damage);
    assert.equal(reopened.activeProducers()[0]?.lastSequence, 2, damage);
    await storage.manager.close();
  }
});
