import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { FolderLockedError } from '../folder-lock.ts';
import { LOCK_FILE, lockOwner, NodeFolderLocker } from './node-folder-locker.ts';

// If these break, two brokers write to the same data, or none starts again after a crash.

function withFolder(use: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-lock-'));
  try {
    use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('a locked folder refuses a second owner, and names the first', () => {
  withFolder((folder) => {
    const locker = new NodeFolderLocker();
    const lock = locker.lock(folder);
    assert.throws(
      () => locker.lock(folder),
      (error) =>
        error instanceof FolderLockedError && error.message.includes(`process ${process.pid}`),
    );
    assert.equal(lockOwner(folder)?.pid, process.pid);
    lock.release();
    lock.release();
    assert.equal(lockOwner(folder), undefined);
    locker.lock(folder).release();
  });
});

const STALE: readonly (readonly [string, string])[] = [
  ['of a process that is gone', JSON.stringify({ pid: 2 ** 22 + 1, start: '1' })],
  ['of an earlier process with our id', JSON.stringify({ pid: process.pid, start: '1' })],
  ['of a real Kafka', ''],
  ['torn by a crash', '{"pid":'],
];

for (const [what, text] of STALE) {
  test(`a lock file ${what} is taken over`, () => {
    withFolder((folder) => {
      writeFileSync(join(folder, LOCK_FILE), text);
      const lock = new NodeFolderLocker().lock(folder);
      assert.equal(lockOwner(folder)?.pid, process.pid);
      assert.deepEqual(readdirSync(folder), [LOCK_FILE]);
      lock.release();
      assert.deepEqual(readdirSync(folder), []);
    });
  });
}

test('a lock of another living process holds', () => {
  withFolder((folder) => {
    // Our parent lives as long as we do.
    writeFileSync(join(folder, LOCK_FILE), JSON.stringify({ pid: process.ppid, host: 'here' }));
    assert.throws(() => new NodeFolderLocker().lock(folder), FolderLockedError);
  });
});

test('a missing folder is made', () => {
  withFolder((folder) => {
    new NodeFolderLocker().lock(join(folder, 'a', 'b')).release();
    assert.deepEqual(readdirSync(join(folder, 'a')), ['b']);
  });
});
