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

test('a killed process leaves unsynced what it had not synced', () => {
  const disk = diskWithOneSyncedFile();
  disk.open('/data/log', 'write').writeSync([Buffer.from(' and not')], 6);
  disk.rename('/data/log', '/data/renamed');
  disk.crash('all');
  assert.equal(disk.readFile('/data/renamed').toString(), 'synced and not');
  disk.crash('none');
  assert.deepEqual(disk.list('/data'), ['log']);
  assert.equal(disk.readFile('/data/log').toString(), 'synced');
});

test('a sync covers what was written when it began, of a file and of a folder', async () => {
  const finish: (() => void)[] = [];
  const disk = new SimFileSystem({ defer: (done) => finish.push(done) });
  disk.makeFolder('/data');
  disk.syncFolder('/');
  const file = disk.open('/data/log', 'create');
  file.writeSync([Buffer.from('before')], 0);
  const syncs = [file.sync(), disk.open('/data', 'read').sync()];
  file.writeSync([Buffer.from(' after')], 6);
  disk.writeFile('/data/later', '');
  for (const done of finish) done();
  await Promise.all(syncs);
  disk.crash('none');
  assert.deepEqual(disk.list('/data'), ['log']);
  assert.equal(disk.readFile('/data/log').toString(), 'before');
});

test('a scattered crash keeps any sectors, zeros between them, and never what was not written', () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 200; seed++) {
    const disk = diskWithOneSyncedFile();
    const file = disk.open('/data/log', 'write');
    file.writeSync([Buffer.alloc(506, 'a'), Buffer.alloc(512, 'b'), Buffer.alloc(512, 'c')], 6);
    disk.crash('scattered', new SimRandom(seed));
    const bytes = disk.readFile('/data/log');
    assert.equal(bytes.subarray(0, 6).toString(), 'synced');
    const sectors = [6, 512, 1024].map((at) => bytes[at] ?? -1);
    for (const [index, byte] of sectors.entries()) {
      assert.ok([-1, 0, 'abc'.charCodeAt(index)].includes(byte));
    }
    seen.add(sectors.join());
  }
  assert.ok(seen.has('0,98,99') || seen.has('0,0,99'), 'a later sector without an earlier one');
});

test('renames survive in their order on a journaled disk, else in any, and each whole', () => {
  const orders = (isJournaled: boolean) => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 100; seed++) {
      const disk = new SimFileSystem();
      disk.isJournaled = isJournaled;
      for (const name of ['a', 'b']) disk.writeFile(name, '');
      disk.syncFolder('/');
      disk.rename('a', 'a.old');
      disk.rename('b', 'b.old');
      disk.crash('scattered', new SimRandom(seed));
      seen.add(disk.list('/').join());
    }
    return seen;
  };
  assert.deepEqual([...orders(true)].sort(), ['a,b', 'a.old,b', 'a.old,b.old']);
  assert.deepEqual([...orders(false)].sort(), ['a,b', 'a,b.old', 'a.old,b', 'a.old,b.old']);
});
