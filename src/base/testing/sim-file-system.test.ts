// If this breaks, crash tests pass although a real crash would lose data.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimFileSystem } from './sim-file-system.ts';
import { SimRandom } from './sim-random.ts';

function diskWithOneSyncedFile(): SimFileSystem {
  const disk = new SimFileSystem();
  disk.makeFolder('/data');
  disk.syncFolder('/');
  const file = disk.open('/data/log', 'create');
  file.writeSync([Buffer.from('synced')], 0);
  file.syncSync();
  disk.syncFolder('/data');
  return disk;
}

test('a crash brings back exactly what was synced, or all, as asked', () => {
  for (const survival of ['none', 'all'] as const) {
    const disk = diskWithOneSyncedFile();
    const file = disk.open('/data/log', 'write');
    file.writeSync([Buffer.from(' and not')], 6);
    disk.writeFile('/data/new', 'x');
    disk.crash(survival);
    assert.equal(
      disk.readFile('/data/log').toString(),
      survival === 'all' ? 'synced and not' : 'synced',
    );
    assert.deepEqual(disk.list('/data'), survival === 'all' ? ['log', 'new'] : ['log']);
    assert.throws(() => file.size(), { code: 'EBADF' });
  }
});

test('a name is durable only once its folder was synced', () => {
  const disk = diskWithOneSyncedFile();
  disk.rename('/data/log', '/data/renamed');
  disk.crash('none');
  assert.deepEqual(disk.list('/data'), ['log']);
  disk.rename('/data/log', '/data/renamed');
  disk.syncFolder('/data');
  disk.removeFile('/data/renamed');
  disk.crash('none');
  assert.deepEqual(disk.list('/data'), ['renamed']);
});

test('a torn crash keeps a prefix of the changes and may cut the last at a sector', () => {
  const lengths = new Set<number>();
  for (let seed = 0; seed < 200; seed++) {
    const disk = diskWithOneSyncedFile();
    const file = disk.open('/data/log', 'write');
    file.writeSync([Buffer.alloc(2000, 'a')], 6);
    file.writeSync([Buffer.alloc(2000, 'b')], 2006);
    disk.crash('torn', new SimRandom(seed));
    const left = disk.readFile('/data/log');
    assert.equal(left.subarray(0, 6).toString(), 'synced');
    const text = left.subarray(6).toString();
    assert.match(text, /^a*b*$/);
    if (text.includes('b')) assert.equal(text.indexOf('b'), 2000);
    lengths.add(text.length);
  }
  assert.ok(lengths.has(0) && lengths.has(512) && lengths.has(2000) && lengths.has(4000));
});

test('faults and a full disk reach whoever asked for the operation', async () => {
  const disk = diskWithOneSyncedFile();
  const file = disk.open('/data/log', 'write');
  disk.fault = (operation) => (operation === 'sync' ? 'EIO' : undefined);
  await assert.rejects(file.sync(), { code: 'EIO' });
  assert.throws(() => file.syncSync(), { code: 'EIO' });
  disk.fault = () => undefined;
  disk.capacityBytes = 10;
  assert.throws(() => file.writeSync([Buffer.from('12345678')], 6), { code: 'ENOSPC' });
  assert.equal(file.size(), 10);
  file.writeSync([Buffer.from('SYNCED')], 0);
  assert.equal(disk.readFile('/data/log').toString(), 'SYNCED1234');
  assert.deepEqual(await disk.space(), { freeBytes: 0, totalBytes: 10 });
});

test('a handle goes on reading a file whose name was removed', () => {
  const disk = diskWithOneSyncedFile();
  const file = disk.open('/data/log', 'read');
  disk.removeFolder('/data');
  const target = Buffer.alloc(6);
  assert.equal(file.readSync(target, 0, 6, 0), 6);
  assert.equal(target.toString(), 'synced');
});
