// If this breaks, two brokers write into the same data, or a crash leaves data that nobody can open.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import { FolderLockedError } from '../folder-lock.ts';
import { LOCK_FILE, lockOwner, NodeFolderLocker } from './node-folder-locker.ts';

const locker = new NodeFolderLocker();
const folders: string[] = [];
function newFolder(name = ''): string {
  const base = mkdtempSync(join(tmpdir(), 'sluice-lock-'));
  folders.push(base);
  const folder = join(base, name);
  mkdirSync(folder, { recursive: true });
  return folder;
}
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

test('a second owner is refused and told who the first is', async () => {
  const folder = newFolder();
  const lock = await locker.lock(folder);
  await assert.rejects(locker.lock(folder), (error) => {
    assert.ok(error instanceof FolderLockedError);
    assert.match(error.message, new RegExp(`^${folder} is in use by process ${process.pid} on `));
    return true;
  });
  assert.equal((await lockOwner(folder))?.pid, process.pid);
  await lock.release();
  await lock.release();
  assert.equal(await lockOwner(folder), undefined);
  await (await locker.lock(folder)).release();
});

test('the lock of a process that was killed is taken over', async () => {
  const folder = newFolder();
  const socket = join(folder, '.lock.socket');
  const script = `require('node:net').createServer().listen(${JSON.stringify(socket)}, () => console.log('held'))`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  await assert.rejects(locker.lock(folder), FolderLockedError);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
  assert.ok(existsSync(socket), 'the crash leaves the socket file');
  await (await locker.lock(folder)).release();
});

test('of many that find a dead owner one takes over', async () => {
  const folder = newFolder();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(join(folder, 'other'), resolve));
  renameSync(join(folder, 'other'), join(folder, '.lock.socket'));
  await new Promise((resolve) => server.close(resolve));
  const results = await Promise.allSettled(Array.from({ length: 10 }, () => locker.lock(folder)));
  const held = results.filter((result) => result.status === 'fulfilled');
  assert.equal(held.length, 1);
  for (const { value } of held) await value.release();
  assert.deepEqual(readdirSync(folder), [LOCK_FILE]);
});

test('a folder with a path longer than a socket address allows is locked too', async () => {
  const folder = newFolder('x'.repeat(120));
  const lock = await locker.lock(folder);
  await assert.rejects(locker.lock(folder), FolderLockedError);
  await lock.release();
});

test('an empty lock file, as Kafka leaves it, and a damaged one name nobody', async () => {
  const folder = newFolder();
  for (const text of ['', '{"pid":', '{"pid":"x"}', 'null']) {
    writeFileSync(join(folder, LOCK_FILE), text);
    assert.equal(await lockOwner(folder), undefined);
    await (await locker.lock(folder)).release();
  }
});

test('a process that got the id of a crashed owner is not mistaken for it, nor stopped', async () => {
  const folder = newFolder();
  const owner = { pid: process.pid, host: 'here', since: '2026-01-01T00:00:00.000Z' };
  writeFileSync(join(folder, LOCK_FILE), `${JSON.stringify(owner)}\n`);
  assert.equal(await lockOwner(folder), undefined);
  assert.equal(await lockOwner(join(folder, 'nowhere')), undefined);
});
