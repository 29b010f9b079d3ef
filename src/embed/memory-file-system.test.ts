// If this breaks, a broker that keeps its data in memory reads other bytes than it wrote.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SimFileSystem } from '../base/testing/sim-file-system.ts';
import { MemoryFileSystem } from './memory-file-system.ts';

const PLACES = fc.oneof(
  fc.nat(2_000),
  fc
    .nat(3)
    .map((n) => n * 256 * 1024 - 3)
    .filter((n) => n > 0),
);

test('a file in memory holds the same bytes as one on the simulated disk, whatever is done to it', () => {
  const step = fc.oneof(
    fc.record({
      do: fc.constant('write' as const),
      at: PLACES,
      size: fc.nat(600),
      byte: fc.nat(255),
    }),
    fc.record({ do: fc.constant('truncate' as const), size: PLACES }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const files = [new MemoryFileSystem(() => 0), new SimFileSystem()].map((disk) => {
        disk.makeFolder('/data');
        const file = disk.open('/data/log', 'create');
        for (const each of steps) {
          if (each.do === 'truncate') file.truncate(each.size);
          else file.writeSync([Buffer.alloc(each.size, each.byte), Buffer.from('end')], each.at);
        }
        const bytes = Buffer.alloc(file.size(), 1);
        assert.equal(file.readSync(bytes, 0, bytes.length, 0), bytes.length);
        assert.ok(disk.readFile('/data/log').equals(bytes));
        return bytes;
      });
      assert.ok(files[0]?.equals(files[1] ?? Buffer.alloc(0)));
    }),
    { numRuns: 60 },
  );
});

test('a preallocated file takes no memory, and reads as zeros up to its end', () => {
  const disk = new MemoryFileSystem(() => 7);
  const before = process.memoryUsage().arrayBuffers;
  const files = Array.from({ length: 50 }, (_, index) => disk.open(`/index-${index}`, 'create'));
  for (const file of files) {
    file.truncate(10 * 1024 * 1024);
    file.writeSync([Buffer.from('x')], 5);
  }
  assert.ok(process.memoryUsage().arrayBuffers - before < 1024 * 1024);
  const target = Buffer.alloc(8, 0xff);
  assert.equal(files[0]?.readSync(target, 0, 8, 10 * 1024 * 1024 - 3), 3);
  assert.equal(target.toString('hex'), '000000ffffffffff');
  const { id: _, ...stat } = disk.stat('/index-0')!;
  assert.deepEqual(stat, { size: 10_485_760, modifiedMs: 7, isFolder: false });
});

test('names behave as on a disk: folders, renames that replace, errors with their code', () => {
  const disk = new MemoryFileSystem(() => 0);
  disk.makeFolder('/a/b');
  disk.writeFile('/a/b/one', 'first');
  disk.writeFile('/a/b/two', 'second');
  const open = disk.open('/a/b/one', 'read');
  disk.rename('/a/b/two', '/a/b/one');
  assert.equal(disk.readFile('/a/b/one').toString(), 'second');
  assert.equal(open.size(), 5, 'who has a file open keeps its bytes');
  assert.deepEqual(disk.list('/a/b'), ['one']);
  disk.rename('/a/b', '/a/c');
  assert.deepEqual(disk.list('a\\c'), ['one']);
  assert.throws(() => disk.open('/a/b/one', 'read'), { code: 'ENOENT' });
  assert.throws(() => disk.readFile('/a/c'), { code: 'EISDIR' });
  assert.throws(() => disk.list('/a/c/one'), { code: 'ENOTDIR' });
  assert.throws(() => disk.makeFolder('/a/c/one'), { code: 'EEXIST' });
  assert.throws(() => open.writeSync([Buffer.from('x')], 0), { code: 'EBADF' });
  open.close();
  assert.throws(() => open.size(), { code: 'EBADF' });
  disk.removeFile('/a/c/nothing');
  disk.removeFolder('/a');
  assert.equal(disk.stat('/a'), undefined);
});
