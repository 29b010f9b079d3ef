// If this breaks, topics cannot be created, deleted or found again after a restart.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FolderLockedError } from '../base/folder-lock.ts';
import { DEFAULT_LOG_CONFIG } from './log-config.ts';
import { LogManager } from './log-manager.ts';
import {
  appendBatch,
  appendValues,
  batchOf,
  contentsOf,
  FOLDER,
  LOG_DIR,
  TestStorage,
  TOPIC_ID,
} from './testing/test-storage.ts';

const OTHER_ID = 'AAAAAAAAAAAAAAAAAAAABQ';

test('a new log is a folder that says whose it is, and costs nothing more', async () => {
  const storage = new TestStorage();
  await storage.open();
  const operations: string[] = [];
  storage.disk.fault = (operation, path) => {
    operations.push(`${operation} ${path}`);
    return undefined;
  };
  storage.manager.getOrCreate('many', 3, { topicId: TOPIC_ID, config: DEFAULT_LOG_CONFIG });
  assert.ok(!operations.some((one) => one.startsWith('sync')));
  assert.deepEqual(storage.disk.list(`${LOG_DIR}/many-3`), [
    '00000000000000000000.log',
    'partition.metadata',
  ]);
  assert.equal(
    storage.disk.readFile(`${LOG_DIR}/many-3/partition.metadata`).toString(),
    `version: 0\ntopic_id: ${TOPIC_ID}`,
  );
});

test('logs come back with their ids, also those nothing was appended to', async () => {
  for (const stop of ['close', 'kill'] as const) {
    const storage = new TestStorage();
    const log = await storage.open();
    storage.log(1);
    appendValues(storage, log, ['a']);
    if (stop === 'close') await storage.closeAndReopen();
    else await storage.killAndReopen();
    assert.deepEqual(
      [...storage.manager.logs()].map((one) => [one.name, one.topicId, one.logEndOffset]),
      [
        ['t-0', TOPIC_ID, 1],
        ['t-1', TOPIC_ID, 0],
      ],
    );
    assert.equal(storage.manager.get('t', 2), undefined);
  }
});

test('a deleted topic is gone when delete answers, and its name is free at once', async () => {
  const storage = new TestStorage();
  const log = await storage.open();
  appendValues(storage, log, ['old']);
  const waiting = appendBatch(log, batchOf(['queued']));
  const gone = storage.manager.delete('t', 0);
  const again = storage.manager.getOrCreate('t', 0, { topicId: OTHER_ID, config: storage.config });
  assert.notEqual(again, log);
  await gone;
  storage.clock.runTurn();
  assert.ok(waiting.answers[0] instanceof Error);
  assert.deepEqual(storage.disk.list(LOG_DIR), ['t-0']);
  appendValues(storage, again, ['new']);
  assert.deepEqual(await contentsOf(again), ['0:new']);
  await storage.clock.advanceAndSettle(10_000);
  assert.deepEqual(storage.failedDirs, []);
});

test('a sync under way when its topic is deleted touches nothing of the next one', async () => {
  const storage = new TestStorage();
  const log = await storage.open();
  appendValues(storage, log, ['old']);
  await log.flush();
  log.append(batchOf(['x']), { leaderEpoch: 1, origin: 'client' }, { written() {} });
  storage.clock.runTurn();
  const flush = log.flush().catch(() => 'ended');
  const gone = storage.manager.delete('t', 0);
  storage.manager.getOrCreate('t', 0, { topicId: OTHER_ID, config: storage.config });
  await Promise.all([flush, gone]);
  await storage.clock.settle();
  assert.deepEqual(storage.disk.list(FOLDER), ['00000000000000000000.log', 'partition.metadata']);
  assert.deepEqual(storage.failedDirs, []);
});

test('a deletion that a crash interrupted is finished at the next start', async () => {
  const storage = new TestStorage();
  const log = await storage.open();
  appendValues(storage, log, ['old']);
  await storage.manager.close();
  storage.disk.rename(FOLDER, `${FOLDER}.${'0'.repeat(32)}-delete`);
  await storage.open();
  await storage.clock.settle();
  assert.ok(!storage.disk.list(LOG_DIR).some((name) => name.endsWith('-delete')));
});

test('data of another topic of the same name is set aside, not served and not deleted', async () => {
  const storage = new TestStorage();
  const log = await storage.open();
  appendValues(storage, log, ['old']);
  const other = storage.manager.getOrCreate('t', 0, { topicId: OTHER_ID, config: storage.config });
  assert.equal(other.logEndOffset, 0);
  const stray = storage.disk.list(LOG_DIR).find((name) => name.endsWith('-stray'));
  assert.ok(stray?.startsWith('t-0.'));
  assert.ok(storage.disk.list(`${LOG_DIR}/${stray}`).includes('00000000000000000000.log'));
});

test('what is not ours is left alone', async () => {
  const storage = new TestStorage();
  const log = await storage.open();
  appendValues(storage, log, ['a']);
  await storage.manager.close();
  storage.disk.makeFolder(`${LOG_DIR}/lost+found`);
  storage.disk.writeFile(`${LOG_DIR}/notes.txt`, 'mine');
  storage.disk.writeFile(`${FOLDER}/notes.txt`, 'mine');
  storage.disk.writeFile(`${FOLDER}/00000000000000000000.log.bak`, 'mine');
  await storage.open();
  assert.ok(storage.disk.stat(`${LOG_DIR}/lost+found`));
  assert.ok(storage.disk.stat(`${LOG_DIR}/notes.txt`));
  assert.ok(storage.disk.stat(`${FOLDER}/notes.txt`));
  assert.ok(storage.disk.stat(`${FOLDER}/00000000000000000000.log.bak`));
});

test('several directories fill evenly, and one that fails leaves the others serving', async () => {
  const storage = new TestStorage();
  storage.logDirs = ['/a', '/b'];
  await storage.open();
  const logs = [0, 1, 2, 3].map((partition) => storage.log(partition));
  assert.deepEqual(
    logs.map((log) => log.logDir),
    ['/a', '/b', '/a', '/b'],
  );
  storage.disk.fault = (operation, path) =>
    operation === 'write' && path.startsWith('/a/t-0') ? 'EIO' : undefined;
  for (const log of logs) appendBatch(log, batchOf(['x']));
  storage.clock.runTurn();
  assert.deepEqual(storage.failedDirs, ['/a']);
  assert.deepEqual(storage.manager.onlineLogDirs(), ['/b']);
  assert.deepEqual(
    logs.map((log) => log.failure !== undefined),
    [true, false, true, false],
  );
  assert.equal(logs[1]!.logEndOffset, 1);
  assert.equal(storage.log(7).logDir, '/b');
  await storage.manager.close();
  assert.equal(storage.disk.stat('/a/.kafka_cleanshutdown'), undefined);
  assert.ok(storage.disk.stat('/b/.kafka_cleanshutdown'));
});

test('a directory that does not work at start is left out; none at all is an error', async () => {
  const storage = new TestStorage();
  storage.logDirs = ['/a', '/b'];
  storage.disk.fault = (operation, path) =>
    operation === 'makeFolder' && path === '/a' ? 'EACCES' : undefined;
  await storage.open();
  assert.deepEqual(storage.failedDirs, ['/a']);
  storage.logDirs = ['/a'];
  await assert.rejects(storage.open(), /No log directory works: EACCES/);
});

test('a directory in use by another process is refused, and nothing in it is touched', async () => {
  const storage = new TestStorage();
  let released = 0;
  const open = LogManager.open({
    fileSystem: storage.disk,
    clock: storage.clock,
    random: storage.random,
    logger: storage.logger(),
    logDirs: ['/a', '/b'],
    configOf: () => storage.config,
    onLogDirFailure: () => {},
    locker: {
      async lock(folder) {
        if (folder === '/b') throw new FolderLockedError(folder, 'process 7');
        return {
          assertHeld() {},
          async release() {
            released++;
          },
        };
      },
    },
  });
  await assert.rejects(open, /\/b is in use by process 7/);
  assert.equal(released, 1);
});

test('written data is synced in the background, and the recovery point follows', async () => {
  const storage = new TestStorage();
  const log = await storage.open();
  appendValues(storage, log, ['a']);
  assert.equal(log.recoveryPoint, 0);
  await storage.clock.advanceAndSettle(199);
  assert.equal(log.recoveryPoint, 0);
  await storage.clock.advanceAndSettle(1);
  assert.equal(log.recoveryPoint, 1);
  const timers = storage.clock.pendingTimers;
  await storage.clock.advanceAndSettle(1000);
  assert.equal(storage.clock.pendingTimers, timers, 'idle, nothing is armed for syncing');
  await storage.clock.advanceAndSettle(60_000);
  assert.equal(
    storage.disk.readFile(`${LOG_DIR}/recovery-point-offset-checkpoint`).toString(),
    '0\n1\nt 0 1\n',
  );
});

test('much data is synced without waiting for the time', async () => {
  const storage = new TestStorage();
  storage.settings = { backgroundFlushBytes: 1000 };
  const log = await storage.open();
  appendValues(storage, log, ['x'.repeat(2000)]);
  await storage.clock.settle();
  assert.equal(log.recoveryPoint, 1);
});

test('a failed background sync takes the directory offline', async () => {
  const storage = new TestStorage();
  const log = await storage.open();
  appendValues(storage, log, ['a']);
  storage.disk.fault = (operation) => (operation === 'sync' ? 'EIO' : undefined);
  await storage.clock.advanceAndSettle(1000);
  assert.deepEqual(storage.failedDirs, [LOG_DIR]);
  assert.ok(log.failure);
});

test('closing leaves no timer behind', async () => {
  const storage = new TestStorage();
  const log = await storage.open();
  appendValues(storage, log, ['a']);
  for (const log of storage.manager.logs()) log.updateConfig({ ...storage.config, retentionMs: 1 });
  storage.manager.runRetention();
  await storage.clock.settle();
  assert.ok(storage.disk.list(FOLDER).some((name) => name.endsWith('.deleted')));
  await storage.manager.close();
  assert.equal(storage.clock.pendingTimers, 0);
  const reopened = await storage.open();
  assert.ok(!storage.disk.list(FOLDER).some((name) => name.endsWith('.deleted')));
  assert.equal(reopened.logStartOffset, 1);
  await storage.manager.close();
});

test('a checkpoint for another layer holds every partition and comes back', async () => {
  const storage = new TestStorage();
  const log = await storage.open();
  storage.log(1);
  appendValues(storage, log, ['a', 'b']);
  await storage.manager.writeCheckpoint('replication-offset-checkpoint', (one) => one.logEndOffset);
  assert.deepEqual(
    storage.manager.readCheckpoint('replication-offset-checkpoint'),
    new Map([
      ['t-0', 2],
      ['t-1', 0],
    ]),
  );
  storage.disk.writeFile(`${LOG_DIR}/replication-offset-checkpoint`, '0\nnonsense');
  assert.equal(storage.manager.readCheckpoint('replication-offset-checkpoint').size, 0);
});

test('files are closed when there are too many, and nobody notices', async () => {
  const storage = new TestStorage();
  storage.settings = { maxOpenFiles: 2 };
  await storage.open();
  const logs = Array.from({ length: 6 }, (_, partition) => storage.log(partition));
  for (let round = 0; round < 3; round++) {
    for (const log of logs) appendBatch(log, batchOf([`r${round}`]));
    storage.clock.runTurn();
  }
  for (const log of logs) assert.deepEqual(await contentsOf(log), ['0:r0', '1:r1', '2:r2']);
});

test('a topic takes over no offsets of a deleted one of its name, also after a crash', async () => {
  for (const isInterrupted of [false, true]) {
    const storage = new TestStorage();
    storage.settings = { recoveryPointCheckpointIntervalMs: 10 };
    const old = await storage.open();
    appendValues(storage, old, ['a', 'b', 'c']);
    old.incrementLogStartOffset(2);
    await old.flush();
    await storage.clock.advanceAndSettle(20);
    storage.settings = {};
    if (isInterrupted) {
      // Killed after the folder lost its name, which the next start finishes.
      void storage.manager.delete('t', 0);
      storage.crash('all');
      await storage.open();
    } else {
      await storage.manager.delete('t', 0);
    }
    appendValues(storage, storage.log(), ['new']);
    storage.lines.length = 0;
    assert.deepEqual(await contentsOf(await storage.killAndReopen()), ['0:new']);
    assert.deepEqual(
      storage.lines.filter(({ level }) => level === 'error'),
      [],
    );
  }
});

test('a log that a full disk lets nobody make leaves no folder behind', async () => {
  const storage = new TestStorage();
  await storage.open();
  storage.disk.fault = (operation, path) =>
    operation === 'truncate' && path.includes('/t-7/') ? 'ENOSPC' : undefined;
  assert.throws(() => storage.log(7), { code: 'ENOSPC' });
  storage.disk.fault = () => undefined;
  assert.equal(storage.disk.stat(`${LOG_DIR}/t-7`), undefined);
  assert.equal(storage.log(7).logEndOffset, 0);
});
