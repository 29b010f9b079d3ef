// If this breaks, two brokers write into the same data, or a crash leaves data that nobody can open.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import fs, {
  appendFileSync,
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  FolderLockedError,
  FolderLostError,
  FolderNamedTwiceError,
  type LockOptions,
} from '../folder-lock.ts';
import { LOCK_FILE } from './lock-file.ts';
import { folderOwner } from './lock-owner.ts';
import { decodeRecord, encodeRecord, type LockRecord, RECORD_BYTES } from './lock-record.ts';
import type { LockSettings } from './lock-settings.ts';
import { NodeFolderLocker } from './node-folder-locker.ts';
import { ownIdentity, type ProcessIdentity } from './process-identity.ts';

/** This file runs once more, as a process that is killed at an operation of its start. */
const crashAt = process.env['SLUICE_TEST_CRASH_AT'];
const crashFolder = process.env['SLUICE_TEST_CRASH_FOLDER'];
if (crashAt !== undefined && crashFolder !== undefined) {
  await lockAndDie(crashFolder, Number(crashAt));
} else {
  defineTests();
}

/** Every call that changes the disk is one of these. */
async function lockAndDie(folder: string, operation: number): Promise<void> {
  let count = 0;
  const dieInTime = () => {
    if (++count === operation) process.kill(process.pid, 'SIGKILL');
  };
  const target = fs as unknown as Record<string, (...args: unknown[]) => unknown>;
  const names = ['openSync', 'writeSync', 'ftruncateSync', 'linkSync', 'renameSync', 'rmSync'];
  for (const name of [...names, 'chmodSync', 'appendFileSync', 'rmdirSync']) {
    const real = target[name]!;
    target[name] = (...args) => {
      dieInTime();
      return real(...args);
    };
  }
  syncBuiltinESMExports();
  await new NodeFolderLocker({ program: 'a crash' }).lock(folder);
  process.stdout.write('locked');
  process.kill(process.pid, 'SIGKILL');
}

function defineTests(): void {
  const locker = new NodeFolderLocker({ program: 'a test' });
  const folders: string[] = [];
  const newFolder = (name = ''): string => {
    const base = mkdtempSync(join(tmpdir(), 'sluice-lock-'));
    folders.push(base);
    const folder = join(base, name);
    mkdirSync(folder, { recursive: true });
    return folder;
  };
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });

  /** Owners that look, and those who ask, without much patience. */
  const quick = (settings: Partial<LockSettings> = {}, stop?: () => void) =>
    new NodeFolderLocker(
      { program: 'a test', ...(stop && { stop }) },
      { lookMs: 10, leaseMs: 100, watchMs: 300, isLocalDisk: () => false, ...settings },
    );
  const elsewhere: ProcessIdentity = { ...ownIdentity(), boot: 'another', host: 'another' };
  /** A number that no process has: that of one that ended. */
  const deadPid = Number(
    execFileSync(process.execPath, ['-e', 'process.stdout.write(String(process.pid))']),
  );

  /** What a process that was killed leaves in a folder. */
  const leaveDead = async (folder: string, change: Partial<LockRecord> = {}) => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(folder, 'other'), resolve));
    renameSync(join(folder, 'other'), join(folder, '.lock.socket'));
    await new Promise((resolve) => server.close(resolve));
    writeRecord(folder, { pid: deadPid, ...change });
  };
  const writeRecord = (folder: string, change: Partial<LockRecord>) => {
    const path = join(folder, LOCK_FILE);
    appendFileSync(path, '');
    const { dev: device, ino: inode } = statSync(path);
    const record: LockRecord = {
      ...ownIdentity(),
      nonce: 'of another',
      since: '2026-01-01T00:00:00.000Z',
      program: 'another',
      isStoppable: true,
      file: { device, inode },
      isLocalDisk: false,
      ...change,
    };
    writeFileSync(path, encodeRecord(record), { flag: 'r+' });
  };
  const told = async (folder: string, options: LockOptions = {}, by = locker) => {
    const texts: string[] = [];
    const lock = await by.lock(folder, { ...options, tell: (text) => texts.push(text) });
    lock.assertHeld();
    await lock.release();
    return texts;
  };

  test('a second owner is refused and told who the first is', async () => {
    const folder = newFolder();
    const lock = await locker.lock(folder);
    const other = new NodeFolderLocker({ program: 'another' });
    await assert.rejects(other.lock(folder), (error) => {
      assert.ok(error instanceof FolderLockedError);
      assert.match(error.message, new RegExp(`^${folder} is in use by process ${process.pid} on `));
      assert.match(error.message, /\(a test\), since /);
      return true;
    });
    const owner = await folderOwner(folder);
    assert.ok(owner.kind === 'answers' && owner.record?.pid === process.pid);
    await lock.release();
    await lock.release();
    assert.equal((await folderOwner(folder)).kind, 'none');
    assert.deepEqual(await told(folder), []);
    assert.deepEqual(readdirSync(folder), [LOCK_FILE]);
  });

  test('a process killed at any step of taking a lock over bars nobody, and nobody waits', async () => {
    const crash = async (leftover: boolean, operation: number) => {
      const folder = newFolder();
      if (leftover) await leaveDead(folder);
      const child = spawn(process.execPath, [fileURLToPath(import.meta.url)], {
        env: {
          ...process.env,
          SLUICE_TEST_CRASH_AT: String(operation),
          SLUICE_TEST_CRASH_FOLDER: folder,
        },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let said = '';
      child.stdout.on('data', (chunk) => {
        said += chunk;
      });
      const signal = await new Promise((resolve) => child.once('close', (_, by) => resolve(by)));
      assert.equal(signal, 'SIGKILL');
      assert.deepEqual(await told(folder), [], `killed at operation ${operation}`);
      assert.deepEqual(readdirSync(folder), [LOCK_FILE], `killed at operation ${operation}`);
      return said;
    };
    for (const leftover of [true, false]) {
      let isComplete = false;
      for (let first = 1; !isComplete; first += 4) {
        const some = [0, 1, 2, 3].map((more) => crash(leftover, first + more));
        isComplete = (await Promise.all(some)).includes('locked');
      }
    }
  });

  test('of many that find a dead owner one takes over', async () => {
    const folder = newFolder();
    await leaveDead(folder);
    const results = await Promise.allSettled(
      Array.from({ length: 10 }, () => new NodeFolderLocker({ program: 'one' }).lock(folder)),
    );
    const held = results.filter((result) => result.status === 'fulfilled');
    assert.equal(held.length, 1);
    for (const { value } of held) await value.release();
    assert.deepEqual(readdirSync(folder), [LOCK_FILE]);
  });

  test('what an earlier version left while it took over is no obstacle', async () => {
    const folder = newFolder();
    mkdirSync(join(folder, '.lock.takeover'));
    assert.deepEqual(await told(folder), []);
    assert.deepEqual(readdirSync(folder), [LOCK_FILE]);
  });

  test('a folder with a path longer than a socket address allows is locked, and left clean', async () => {
    const folder = newFolder('x'.repeat(120));
    const lock = await locker.lock(folder);
    await assert.rejects(quick().lock(folder), FolderLockedError);
    await lock.release();
    assert.deepEqual(readdirSync(folder), [LOCK_FILE]);
  });

  test('one folder under two names is said to be that, not blamed on another process', async () => {
    const folder = newFolder();
    symlinkSync(folder, `${folder}-link`);
    folders.push(`${folder}-link`);
    const lock = await locker.lock(folder);
    for (const name of [
      `${folder}/`,
      `${folder}/../${folder.split('/').at(-1)}`,
      `${folder}-link`,
    ]) {
      await assert.rejects(locker.lock(name), (error) => {
        assert.ok(error instanceof FolderNamedTwiceError);
        assert.ok(error.message.includes(`as ${folder} and as ${name};`));
        return true;
      });
    }
    await lock.release();
    await (await locker.lock(`${folder}-link`)).release();
  });

  test('a lock file that names nobody is nobody', async () => {
    for (const text of ['', '{"pid":', '{"pid":"x"}', 'null', '{"pid":1,"host":"h"}']) {
      const folder = newFolder();
      writeFileSync(join(folder, LOCK_FILE), text);
      assert.equal((await folderOwner(folder)).kind, 'none');
      assert.deepEqual(await told(folder), []);
    }
  });

  test('an owner is dead for certain where its number, boot, start or file says so', async () => {
    const cases: readonly (readonly [string, Partial<LockRecord>])[] = [
      ['its number is free', { pid: deadPid }],
      ['its number is another process now', { startTime: '1' }],
      ['the record is a copy', { file: { device: statSync(tmpdir()).dev, inode: 1 } }],
    ];
    for (const [why, change] of cases) {
      const folder = newFolder();
      await leaveDead(folder, change);
      assert.equal((await folderOwner(folder)).kind, 'none', why);
      assert.deepEqual(await told(folder), [], why);
    }
    // A kernel that has restarted since, and a disk that no other one can have.
    const folder = newFolder();
    await leaveDead(folder, { boot: 'an earlier one', isLocalDisk: true });
    assert.deepEqual(await told(folder, {}, quick({ isLocalDisk: () => true })), []);
    // In another container of this kernel, by the very socket that it listened on.
    const other = newFolder();
    await leaveDead(other, { pidNamespace: 'another' });
    const { dev: device, ino: inode } = statSync(join(other, '.lock.socket'));
    writeRecord(other, { pidNamespace: 'another', socket: { device, inode } });
    assert.deepEqual(await told(other), []);
  });

  test('an owner that may live elsewhere is given time to answer, and then taken for dead', async () => {
    for (const change of [elsewhere, { pidNamespace: 'another' }, { pid: process.pid }]) {
      const folder = newFolder();
      await leaveDead(folder, change);
      const [text = '', ...more] = await told(folder, {}, quick());
      assert.match(text, /was not given up by process \d+ on .* \(another\), since 2026-01-01/);
      assert.deepEqual(more, []);
    }
  });

  test('a living owner whose socket was removed answers through the lock file', async () => {
    const folder = newFolder();
    const lock = await quick().lock(folder);
    rmSync(join(folder, '.lock.socket'));
    await assert.rejects(
      quick({ watchMs: 60_000 }).lock(folder),
      /is in use by process \d+ on .* \(a test\), since/,
    );
    assert.equal(statSync(join(folder, LOCK_FILE)).size, RECORD_BYTES);
    const owner = await folderOwner(folder);
    assert.ok(owner.kind === 'runs' && owner.record.pid === process.pid);
    // From another machine that has the folder too, where the socket is not even one of its kernel.
    await assert.rejects(
      quick({ identity: elsewhere, watchMs: 60_000 }).lock(folder),
      FolderLockedError,
    );
    await lock.release();
  });

  test('a living owner whose lock file was removed too, emptied or damaged, names itself again', async () => {
    const folder = newFolder();
    const path = join(folder, LOCK_FILE);
    const lock = await quick().lock(folder);
    rmSync(join(folder, '.lock.socket'));
    for (const damage of [
      () => rmSync(path),
      () => writeFileSync(path, ''),
      () => writeFileSync(path, 'x'.repeat(3000)),
    ]) {
      damage();
      await assert.rejects(
        quick({ watchMs: 60_000 }).lock(folder, { mayBeInUse: true }),
        FolderLockedError,
      );
      lock.assertHeld();
    }
    await lock.release();
  });

  test('hard links of a folder have one owner', async () => {
    const folder = newFolder();
    const lock = await quick().lock(folder);
    const links = newFolder();
    linkSync(join(folder, LOCK_FILE), join(links, LOCK_FILE));
    await assert.rejects(quick({ watchMs: 60_000 }).lock(links), FolderLockedError);
    await lock.release();
  });

  test('a copy of a folder in use can be used', async () => {
    const folder = newFolder();
    const lock = await locker.lock(folder);
    const copy = join(newFolder(), 'copy');
    cpSync(folder, copy, { recursive: true, filter: (path) => !path.endsWith('.socket') });
    assert.deepEqual(await told(copy, { mayBeInUse: true }), []);
    lock.assertHeld();
    await lock.release();
  });

  test('of several that ask for a silent owner one takes over', async () => {
    const folder = newFolder();
    await leaveDead(folder, elsewhere);
    const all = Array.from({ length: 4 }, (_, n) =>
      quick({ identity: { ...elsewhere, boot: `host ${n}` } }).lock(folder),
    );
    const held = (await Promise.allSettled(all)).filter(({ status }) => status === 'fulfilled');
    assert.equal(held.length, 1);
    for (const result of held) if (result.status === 'fulfilled') await result.value.release();
  });

  test('who finds another name in its place writes nothing more, and leaves the other alone', async () => {
    const folder = newFolder();
    // An owner's own timer keeps no process alive.
    const alive = setInterval(() => {}, 1_000);
    const lost = new Promise<FolderLostError>((onLost) => {
      void quick()
        .lock(folder, { onLost })
        .then(async (lock) => {
          lock.assertHeld();
          writeRecord(folder, { host: 'another' });
          await lost;
          assert.throws(() => lock.assertHeld(), FolderLostError);
          await lock.release();
        });
    });
    const { message } = await lost;
    clearInterval(alive);
    assert.match(message, /was taken over by process \d+ on another \(another\), since/);
    const text = decodeRecord(readFileSync(join(folder, LOCK_FILE), 'utf8'));
    assert.ok(text.kind === 'owner' && text.record.nonce === 'of another');
  });

  test('a process that stood still looks again before it writes', async () => {
    const folder = newFolder();
    const lock = await quick({ lookMs: 1e6, leaseMs: 0 }).lock(folder);
    assert.throws(() => lock.assertHeld(), /cannot be seen to be this broker's any more/);
    await lock.release();
    const again = await quick({ lookMs: 1e6, leaseMs: 60_000 }).lock(folder);
    const now = Date.now;
    try {
      again.assertHeld();
      writeRecord(folder, { host: 'another' });
      again.assertHeld();
      // The machine slept: only the wall clock knows.
      Date.now = () => now() + 3_600_000;
      assert.throws(() => again.assertHeld(), /was taken over by/);
    } finally {
      Date.now = now;
    }
    await again.release();
  });

  test('an owner is asked to stop through its socket, and one that cannot be stopped says who it is', async () => {
    const folder = newFolder();
    let stop: () => void = () => {};
    const stopped = new Promise<void>((resolve) => {
      stop = resolve;
    });
    const lock = await quick({}, () => stop()).lock(folder);
    const owner = await folderOwner(folder, 'stop');
    assert.ok(owner.kind === 'answers' && owner.reply === 'stopping');
    await stopped;
    await lock.release();
    const embedded = await quick().lock(folder);
    const asked = await folderOwner(folder, 'stop');
    assert.ok(
      asked.kind === 'answers' && asked.reply === '' && asked.record?.isStoppable === false,
    );
    await embedded.release();
  });

  test('a folder that vanished beneath its owner is given up without anything left open', async () => {
    const folder = newFolder();
    const lock = await quick().lock(folder);
    rmSync(folder, { recursive: true });
    writeFileSync(folder, '');
    await assert.rejects(lock.release(), { code: 'ENOTDIR' });
    rmSync(folder);
    mkdirSync(folder);
    assert.deepEqual(await told(folder), []);
  });

  test('in another folder that came in its place an owner writes nothing', async () => {
    const folder = newFolder();
    const lock = await quick({ lookMs: 1e6, leaseMs: 0 }).lock(folder);
    renameSync(folder, `${folder}-away`);
    mkdirSync(folder);
    assert.throws(() => lock.assertHeld(), /is another folder than it was/);
    await assert.rejects(lock.release(), /is another folder than it was/);
    assert.deepEqual(readdirSync(folder), []);
    rmSync(`${folder}-away`, { recursive: true });
  });

  test('a folder in the place of the socket is named', async () => {
    const folder = newFolder();
    mkdirSync(join(folder, '.lock.socket'));
    await assert.rejects(locker.lock(folder), {
      message: `${folder}/.lock.socket is a folder, where the lock's socket should be; move it away`,
    });
    assert.ok(existsSync(join(folder, '.lock.socket')));
  });

  test('a client that connects and says nothing does not hold the release up', async () => {
    const folder = newFolder();
    const lock = await locker.lock(folder);
    const socket = connect(join(folder, '.lock.socket'));
    await new Promise((resolve) => socket.once('connect', resolve));
    await lock.release();
    await new Promise((resolve) => socket.once('close', resolve));
    assert.ok(!existsSync(join(folder, '.lock.socket')));
  });

  test('a process that got the id of a crashed owner is not mistaken for it, nor stopped', async () => {
    const folder = newFolder();
    writeRecord(folder, { pid: process.pid, startTime: '1' });
    assert.equal((await folderOwner(folder, 'stop')).kind, 'none');
    assert.equal((await folderOwner(join(folder, 'nowhere'), 'stop')).kind, 'none');
    for (const place of [elsewhere, { pidNamespace: 'another' }]) {
      writeRecord(folder, place);
      assert.equal((await folderOwner(folder, 'stop')).kind, 'unknown');
    }
  });
}
