// If this breaks, a disk that fails or fills up loses acknowledged records, or takes the broker with it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FaultHook, FileOperation } from '../../base/testing/sim-file-system.ts';
import type { LogConfig } from '../log-config.ts';
import type { OwnedLog } from '../log-owner.ts';
import type { AppendResult } from '../log-types.ts';
import {
  appendBatch,
  appendValues,
  batchOf,
  contentsOf,
  FOLDER,
  LOG_DIR,
  TestStorage,
} from '../testing/test-storage.ts';

const LOG_FILE = `${FOLDER}/00000000000000000000.log`;

const failing =
  (code: string, which: (operation: FileOperation, path: string) => boolean): FaultHook =>
  (operation, path) =>
    which(operation, path) ? code : undefined;

const errorOf = (result: AppendResult) => (result.kind === 'refused' ? result.error : result.kind);

async function opened(config: Partial<LogConfig> = {}): Promise<{
  storage: TestStorage;
  log: OwnedLog;
}> {
  const storage = new TestStorage(config);
  storage.settings = { reservedBytes: 0 };
  const log = await storage.open();
  return { storage, log };
}

test('a write to a full disk is taken back whole, and goes on when there is space', async () => {
  for (const flushPolicy of ['os', 'group-commit'] as const) {
    const { storage, log } = await opened({ flushPolicy, indexIntervalBytes: 1 });
    appendBatch(log, batchOf(['a'], { producerId: 7, producerEpoch: 0, baseSequence: 0 }));
    await storage.clock.settle();
    const sizeBefore = storage.disk.stat(LOG_FILE)!.size;
    // A part of the next write fits: it is torn, as on a real disk.
    storage.disk.capacityBytes = storage.disk.usedBytes() + 100;
    const lost = [1, 2].map((baseSequence) =>
      appendBatch(log, batchOf(['b'], { producerId: 7, producerEpoch: 0, baseSequence })),
    );
    await storage.clock.settle();
    assert.ok(lost.every(({ answers }) => answers[0] instanceof Error && answers.length === 1));
    assert.equal(log.failure, undefined, flushPolicy);
    assert.equal(storage.disk.stat(LOG_FILE)!.size, sizeBefore, 'the torn part is gone');
    assert.deepEqual(await contentsOf(log), ['0:a']);
    // While it is full, producers are told so without another try; the broker's own writes try.
    const refused = appendBatch(log, batchOf(['c']));
    assert.equal(errorOf(refused.result), 'KAFKA_STORAGE_ERROR');
    assert.match(refused.result.kind === 'refused' ? refused.result.detail : '', /\/data is full/);

    storage.disk.capacityBytes = Number.POSITIVE_INFINITY;
    await storage.clock.advanceAndSettle(1000);
    // The producer sends again what it got no offset for: its sequence is the next one still.
    const again = appendBatch(
      log,
      batchOf(['b'], { producerId: 7, producerEpoch: 0, baseSequence: 1 }),
    );
    assert.deepEqual(again.result, { kind: 'appended', firstOffset: 1, lastOffset: 1 });
    await storage.clock.settle();
    assert.deepEqual(await contentsOf(log), ['0:a', '1:b']);
    assert.deepEqual(await contentsOf(await storage.closeAndReopen()), ['0:a', '1:b']);
    assert.deepEqual(storage.failedDirs, []);
  }
});

test('what the broker itself writes is tried on a full disk too, and answered', async () => {
  const { storage, log } = await opened();
  storage.disk.capacityBytes = storage.disk.usedBytes();
  const first = appendBatch(log, batchOf(['a']), 'coordinator');
  storage.clock.runTurn();
  assert.ok(first.answers[0] instanceof Error);
  storage.disk.capacityBytes = Number.POSITIVE_INFINITY;
  const second = appendBatch(log, batchOf(['b']), 'coordinator');
  storage.clock.runTurn();
  assert.deepEqual(second.result, { kind: 'appended', firstOffset: 0, lastOffset: 0 });
  assert.deepEqual(second.answers, [undefined]);
});

test('below the reserve producers wait; reading, deleting and the broker’s own writes go on', async () => {
  const storage = new TestStorage({ retentionMs: 1000, segmentBytes: 20_000 });
  storage.settings = { reservedBytes: 50_000 };
  storage.disk.capacityBytes = 100_000;
  const log = await storage.open();
  await storage.clock.settle();
  const value = 'x'.repeat(9000);
  let accepted = 0;
  const produce = () => errorOf(appendValues(storage, log, [value], {}, storage.clock.now()));
  while (produce() === 'appended') accepted++;
  assert.ok(accepted >= 4 && accepted <= 6, `${accepted} batches of 9 KB in 50 KB`);
  const line = storage.lines.filter(({ message }) => message.startsWith('producers must wait'));
  assert.equal(line.length, 1);
  assert.match(line[0]!.message, /fewer than the 50000 of log\.disk\.reserved\.bytes/);
  const own = appendBatch(log, batchOf(['offset']), 'coordinator');
  storage.clock.runTurn();
  assert.deepEqual(own.answers, [undefined]);
  assert.equal((await contentsOf(log)).length, accepted + 1);

  storage.clock.advance(1001);
  assert.ok(log.deleteOldSegments(storage.clock.now()) > 0);
  await storage.clock.advanceAndSettle(70_000);
  assert.equal(produce(), 'appended');
  assert.deepEqual(storage.failedDirs, []);
});

test('the reserve is what remains, whoever takes the space, and a change counts at once', async () => {
  const storage = new TestStorage();
  storage.settings = { reservedBytes: 10_000 };
  storage.disk.capacityBytes = 100_000;
  const log = await storage.open();
  await storage.clock.settle();
  assert.equal(errorOf(appendValues(storage, log, ['a'])), 'appended');
  storage.disk.writeFile('/somebody-else', Buffer.alloc(95_000));
  await storage.clock.advanceAndSettle(5000);
  assert.equal(errorOf(appendValues(storage, log, ['b'])), 'KAFKA_STORAGE_ERROR');
  storage.manager.updateSettings({ reservedBytes: 1000 });
  await storage.clock.advanceAndSettle(1000);
  assert.equal(errorOf(appendValues(storage, log, ['c'])), 'appended');
  await storage.clock.advanceAndSettle(60_000);
  await storage.manager.close();
  assert.equal(storage.clock.pendingTimers, 0);
});

test('a disk that says it has space and takes nothing (a quota) is tried less and less often', async () => {
  const { storage, log } = await opened();
  let writes = 0;
  storage.disk.fault = (operation, path) => {
    if (operation !== 'write' || path !== LOG_FILE) return undefined;
    writes++;
    return 'EDQUOT';
  };
  for (let second = 0; second < 120; second++) {
    appendValues(storage, log, ['x']);
    await storage.clock.advanceAndSettle(1000);
  }
  assert.ok(writes >= 5 && writes <= 12, `${writes} writes in two minutes`);
  storage.disk.fault = () => undefined;
  await storage.clock.advanceAndSettle(60_000);
  assert.equal(errorOf(appendValues(storage, log, ['y'])), 'appended');
});

test('a roll that finds no space leaves the segment as it is', async () => {
  for (const [operation, suffix] of [
    ['open', '.log'],
    ['open', '.index'],
    ['write', '.index'],
    ['write', '.timeindex'],
    ['write', '.snapshot'],
  ] as const) {
    const { storage, log } = await opened({ segmentBytes: 300, indexIntervalBytes: 1 });
    const names = () => storage.disk.list(FOLDER).filter((name) => name.endsWith('.log')).length;
    const expected: string[] = [];
    let failed = 0;
    storage.disk.fault = failing(
      'ENOSPC',
      (what, path) =>
        what === operation &&
        path.endsWith(suffix) &&
        !path.endsWith(`/${'0'.repeat(20)}.log`) &&
        ++failed === 1,
    );
    for (let step = 0; step < 10; step++) {
      const outcome = appendBatch(log, batchOf([`v${step}`]));
      storage.clock.runTurn();
      if (outcome.result.kind === 'appended' && outcome.answers[0] === undefined) {
        expected.push(`${outcome.result.firstOffset}:v${step}`);
      }
      await storage.clock.advanceAndSettle(2000);
    }
    assert.ok(failed > 0, `${operation} ${suffix}`);
    assert.ok(names() > 1);
    assert.ok(expected.length >= 9);
    assert.deepEqual(await contentsOf(log), expected, `${operation} ${suffix}`);
    assert.deepEqual(storage.failedDirs, []);
    assert.deepEqual(await contentsOf(await storage.closeAndReopen()), expected);
    assert.deepEqual(await contentsOf(await storage.killAndReopen()), expected);
  }
});

test('a checkpoint that finds no space leaves the old one, and its part is removed', async () => {
  const { storage, log } = await opened();
  appendValues(storage, log, ['a']);
  await storage.clock.advanceAndSettle(60_000);
  const path = `${LOG_DIR}/recovery-point-offset-checkpoint`;
  const old = storage.disk.readFile(path);
  appendValues(storage, log, ['b']);
  await storage.clock.advanceAndSettle(1000);
  storage.disk.fault = failing('ENOSPC', (what, at) => what === 'write' && at === `${path}.tmp`);
  await storage.clock.advanceAndSettle(60_000);
  assert.deepEqual(storage.disk.readFile(path), old);
  assert.equal(storage.disk.stat(`${path}.tmp`), undefined);
  assert.deepEqual(storage.failedDirs, []);
  storage.disk.fault = () => undefined;
  await storage.clock.advanceAndSettle(60_000);
  assert.notDeepEqual(storage.disk.readFile(path), old);
});

test('without file handles idle ones are closed and it is tried once more; nothing goes offline', async () => {
  const { storage, log } = await opened();
  const logs = [log, ...[1, 2, 3].map((partition) => storage.log(partition))];
  for (const one of logs) appendBatch(one, batchOf(['a']));
  storage.clock.runTurn();
  await storage.clock.advanceAndSettle(1000);
  let opens = 0;
  storage.disk.fault = failing('EMFILE', (what) => what === 'open' && ++opens === 1);
  const late = storage.log(4);
  const outcome = appendBatch(late, batchOf(['b']));
  storage.clock.runTurn();
  assert.deepEqual(outcome.answers, [undefined]);
  assert.ok(opens > 1);
  await storage.clock.advanceAndSettle(1000);
  for (const one of logs) assert.deepEqual(await contentsOf(one), ['0:a']);
  assert.deepEqual(storage.failedDirs, []);
});

test('without any file handle requests get an error that they can retry, and later it works', async () => {
  for (const code of ['EMFILE', 'ENFILE']) {
    const { storage, log } = await opened({ flushPolicy: 'group-commit' });
    appendBatch(log, batchOf(['a']));
    await storage.clock.settle();
    storage.disk.fault = failing(code, (what) => what === 'open' || what === 'list');
    // The file has been closed meanwhile.
    storage.manager.updateSettings({ maxOpenFiles: 1 });
    assert.throws(() => storage.log(1), new RegExp(code));
    const read = await log.read({ offset: 0, maxBytes: 1000, minOneBatch: true, upToOffset: 1 });
    const appended = appendBatch(log, batchOf(['b']));
    await storage.clock.advanceAndSettle(1000);
    assert.equal(appended.answers.length, appended.result.kind === 'refused' ? 0 : 1);
    assert.ok(read.kind === 'offline' || read.kind === 'read');
    if (read.kind === 'read') read.release();
    assert.deepEqual(storage.failedDirs, []);
    const complaints = storage.lines.filter(({ message }) => message.includes('ulimit -n'));
    assert.equal(complaints.length, 1, 'one line, however often');
    storage.disk.fault = () => undefined;
    await storage.clock.advanceAndSettle(10_000);
    const next = appendBatch(log, batchOf(['c']));
    await storage.clock.settle();
    assert.deepEqual(next.answers, [undefined]);
    const found = await contentsOf(log);
    assert.ok(found.at(-1)?.endsWith(':c'));
    assert.deepEqual(await contentsOf(await storage.closeAndReopen()), found);
  }
});

test('a file system that is read-only now takes the directory offline', async () => {
  const { storage, log } = await opened();
  appendValues(storage, log, ['a']);
  storage.disk.fault = failing('EROFS', (what) => what === 'write');
  const { answers } = appendBatch(log, batchOf(['b']));
  storage.clock.runTurn();
  assert.ok(answers[0] instanceof Error);
  assert.deepEqual(storage.failedDirs, [LOG_DIR]);
});

test('a failed sync is final also where it says that there is no space', async () => {
  const { storage, log } = await opened();
  appendValues(storage, log, ['a']);
  let syncs = 0;
  storage.disk.fault = failing('ENOSPC', (what) => what === 'sync' && ++syncs > 0);
  await storage.clock.advanceAndSettle(10_000);
  assert.equal(syncs, 1);
  assert.deepEqual(storage.failedDirs, [LOG_DIR]);
});

test('a batch that finds the segment full, behind one that found the disk full, leaves no gap', async () => {
  const { storage, log } = await opened({ segmentBytes: 200 });
  appendValues(storage, log, ['a']);
  let writes = 0;
  storage.disk.fault = failing(
    'ENOSPC',
    (what, at) => what === 'write' && at === LOG_FILE && ++writes === 1,
  );
  // The second fits the segment and its write fails; the third wants the next segment.
  const second = appendBatch(log, batchOf(['b']), 'coordinator');
  const third = appendBatch(log, batchOf(['c'.repeat(60)]), 'coordinator');
  assert.equal(errorOf(third.result), 'KAFKA_STORAGE_ERROR');
  storage.clock.runTurn();
  assert.ok(second.answers[0] instanceof Error);
  const next = appendBatch(log, batchOf(['d']), 'coordinator');
  storage.clock.runTurn();
  assert.deepEqual(next.result, { kind: 'appended', firstOffset: 1, lastOffset: 1 });
  assert.deepEqual(await contentsOf(log), ['0:a', '1:d']);
});

test('a partition is not made anew, empty, while a directory that may hold it is offline', async () => {
  const storage = new TestStorage();
  storage.logDirs = ['/a', '/b'];
  await storage.open();
  storage.disk.fault = failing(
    'EIO',
    (what, path) => what === 'write' && path.startsWith('/a/t-0'),
  );
  appendBatch(storage.log(0), batchOf(['x']));
  storage.clock.runTurn();
  assert.deepEqual(storage.failedDirs, ['/a']);
  const at = { topicId: 'AAAAAAAAAAAAAAAAAAAAAQ', config: storage.config };
  assert.throws(
    () => storage.manager.getOrCreate('t', 9, at),
    /t-9 may lie in \/a, which is offline/,
  );
  assert.equal(storage.manager.getOrCreate('t', 9, { ...at, isNew: true }).logDir, '/b');
});
