// If this breaks, bytes of a log are lost or land in the wrong place on a real disk.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import type { FileSystem } from '../file-system.ts';
import { SimFileSystem } from '../testing/sim-file-system.ts';
import { nodeFileSystem, writeFully } from './node-file-system.ts';

const root = mkdtempSync(join(tmpdir(), 'sluice-fs-'));
after(() => rmSync(root, { recursive: true, force: true }));

// The same behaviour is asked of the real disk and of the simulated one.
const disks: [name: string, disk: FileSystem, folder: string][] = [
  ['real', nodeFileSystem, join(root, 'a')],
  ['simulated', new SimFileSystem(), '/a'],
];

for (const [name, disk, folder] of disks) {
  const at = (...parts: string[]) => join(folder, ...parts);

  test(`${name} disk: files are written at positions, read back, cut and extended`, async () => {
    disk.makeFolder(at('deep', 'er'));
    disk.makeFolder(at('deep', 'er'));
    const file = disk.open(at('deep', 'log'), 'create');
    file.writeSync([Buffer.from('hello '), Buffer.alloc(0), Buffer.from('world')], 0);
    file.writeSync([Buffer.from('HE')], 0);
    assert.equal(file.size(), 11);
    const target = Buffer.alloc(8, '.');
    assert.equal(file.readSync(target, 1, 5, 0), 5);
    assert.equal(target.toString(), '.HEllo..');
    assert.equal(await file.read(target, 0, 8, 6), 5);
    assert.equal(target.toString(), 'worldo..');
    assert.equal(file.readSync(target, 0, 8, 11), 0);
    file.truncate(3);
    file.truncate(5);
    await file.sync();
    file.syncSync();
    file.close();
    file.close();
    assert.deepEqual(disk.readFile(at('deep', 'log')), Buffer.from('HEl\0\0'));
    assert.throws(() => file.writeSync([Buffer.from('x')], 0), { code: 'EBADF' });
    await assert.rejects(async () => file.read(target, 0, 1, 0), { code: 'EBADF' });
  });

  test(`${name} disk: names are listed, renamed over each other and removed`, async () => {
    disk.makeFolder(at('names'));
    disk.writeFile(at('names', 'b'), 'bee');
    disk.writeFile(at('names', 'a'), Buffer.from('ay'));
    disk.makeFolder(at('names', 'c'));
    assert.deepEqual(disk.list(at('names')), ['a', 'b', 'c']);
    assert.equal(disk.stat(at('names', 'a'))?.size, 2);
    assert.equal(disk.stat(at('names', 'c'))?.isFolder, true);
    assert.equal(disk.stat(at('names', 'none')), undefined);
    disk.rename(at('names', 'a'), at('names', 'b'));
    assert.equal(disk.readFile(at('names', 'b')).toString(), 'ay');
    disk.writeFile(at('names', 'b'), 'x');
    assert.equal(disk.readFile(at('names', 'b')).toString(), 'x');
    disk.syncFolder(at('names'));
    // A folder can be opened, and only the read says that it is none.
    const folder = at('names', 'c');
    assert.throws(() => disk.readFile(folder), { code: 'EISDIR', path: folder });
    const opened = disk.open(folder, 'read');
    assert.throws(() => opened.readSync(Buffer.alloc(1), 0, 1, 0), {
      code: 'EISDIR',
      path: folder,
    });
    await assert.rejects(opened.read(Buffer.alloc(1), 0, 1, 0), { code: 'EISDIR', path: folder });
    opened.close();
    disk.removeFile(at('names', 'b'));
    disk.removeFile(at('names', 'b'));
    disk.removeFolder(at('names'));
    disk.removeFolder(at('names'));
    assert.throws(() => disk.list(at('names')), { code: 'ENOENT' });
    assert.throws(() => disk.readFile(at('names', 'b')), { code: 'ENOENT' });
    assert.throws(() => disk.open(at('names', 'b'), 'write'), { code: 'ENOENT' });
  });

  test(`${name} disk: a file opened for reading can't be written`, async () => {
    disk.makeFolder(folder);
    disk.writeFile(at('read-only'), 'x');
    const file = disk.open(at('read-only'), 'read');
    assert.throws(() => file.writeSync([Buffer.from('y')], 0), { code: 'EBADF' });
    file.close();
    const { freeBytes, totalBytes } = await disk.space(folder);
    assert.ok(freeBytes > 0 && freeBytes <= totalBytes);
  });
}

test('a write of more buffers than one system call takes arrives whole', () => {
  const path = join(root, 'many');
  const buffers = Array.from({ length: 3000 }, (_, index) => Buffer.from(`${index},`));
  const file = nodeFileSystem.open(path, 'create');
  file.writeSync(buffers, 4);
  file.close();
  const expected = Buffer.concat([Buffer.alloc(4), ...buffers]);
  assert.deepEqual(nodeFileSystem.readFile(path), expected);
});

test('closing a file while the thread pool reads it does not break the read', async () => {
  const path = join(root, 'closing');
  nodeFileSystem.writeFile(path, 'content');
  const file = nodeFileSystem.open(path, 'read');
  const target = Buffer.alloc(7);
  const reading = file.read(target, 0, 7, 0);
  file.close();
  assert.equal(await reading, 7);
  assert.equal(target.toString(), 'content');
});

test('short writes go on where they stopped', () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 30 });
  const takes = fc.infiniteStream(fc.integer({ min: 1, max: 50 }));
  fc.assert(
    fc.property(sizes, takes, (lengths, take) => {
      const buffers = lengths.map((length, index) => Buffer.alloc(length, index + 1));
      const disk = Buffer.alloc(2000);
      writeFully(buffers, 7, (some, position) => {
        const all = Buffer.concat(some);
        const count = Math.min(all.length, take.next().value ?? 1);
        all.copy(disk, position, 0, count);
        return count;
      });
      const expected = Buffer.concat(buffers);
      assert.deepEqual(disk.subarray(7, 7 + expected.length), expected);
      assert.ok(disk.subarray(7 + expected.length).every((byte) => byte === 0));
    }),
  );
  assert.throws(() => writeFully([Buffer.from('x')], 0, () => 0), { code: 'EIO' });
});
