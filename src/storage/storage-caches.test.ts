// If this breaks, a busy broker runs out of files or memory, or reads fail when it closes some.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimClock } from '../base/testing/sim-clock.ts';
import { SimFileSystem } from '../base/testing/sim-file-system.ts';
import { CheckpointWriter } from './files/checkpoint-writer.ts';
import { IndexCache } from './index/index-cache.ts';
import { OffsetIndex } from './index/offset-index.ts';
import { TimeIndex } from './index/time-index.ts';
import { FileHandles } from './segment/file-handles.ts';
import { Limiter } from './segment/segment-io.ts';

test('the least recently used file is closed, one in use is not', async () => {
  const disk = new SimFileSystem();
  for (const name of ['a', 'b', 'c', 'd']) disk.writeFile(`/${name}`, name);
  const handles = new FileHandles(disk, 2);
  const pinned = handles.pin('/a', 'write');
  const b = handles.get('/b', 'write');
  handles.get('/c', 'write');
  assert.equal(handles.openCount, 2);
  assert.throws(() => b.size(), /EBADF/);
  assert.equal(pinned.file.size(), 1);
  const again = handles.get('/b', 'write');
  assert.equal(again.size(), 1);
  handles.close('/a');
  assert.equal(await pinned.file.read(Buffer.alloc(1), 0, 1, 0), 1, 'closed by name, still pinned');
  pinned.unpin();
  pinned.unpin();
  assert.throws(() => pinned.file.size(), /EBADF/);
  handles.closeAll();
  assert.equal(handles.openCount, 0);
});

test('closing a folder closes its files and no others', () => {
  const disk = new SimFileSystem();
  disk.makeFolder('/x');
  disk.makeFolder('/xy');
  const handles = new FileHandles(disk, 10);
  const inside = handles.get('/x/1', 'create');
  const beside = handles.get('/xy/1', 'create');
  handles.closeUnder('/x');
  assert.throws(() => inside.size(), /EBADF/);
  assert.equal(beside.size(), 0);
});

test('loaded indexes stay within their bytes, the least recently used going first', () => {
  const cache = new IndexCache(1000);
  let loads = 0;
  const load = () => {
    loads++;
    const offsets = new OffsetIndex(0, Buffer.alloc(400));
    return { offsets, times: new TimeIndex(0) };
  };
  const [a, b, c] = [{}, {}, {}];
  cache.get(a, load);
  cache.get(b, load);
  cache.get(a, load);
  assert.equal(loads, 2);
  cache.get(c, load);
  assert.equal(cache.bytes, 800);
  cache.get(a, load);
  assert.equal(loads, 3, 'a was used more recently than b');
  cache.drop(a);
  assert.equal(cache.bytes, 400);
  cache.get(b, () => ({
    offsets: new OffsetIndex(0, Buffer.alloc(4000)),
    times: new TimeIndex(0),
  }));
  assert.equal(cache.bytes, 4000, 'one that is larger than all is used all the same');
});

test('checkpoint writes to one file do not overlap, and the newest content is what stays', async () => {
  const clock = new SimClock();
  const disk = new SimFileSystem();
  const checkpoints = new CheckpointWriter(disk);
  let replaced = 0;
  disk.fault = (operation) => {
    if (operation === 'rename') replaced++;
    return undefined;
  };
  const writes = ['one', 'two', 'three', 'four'].map((text) => checkpoints.write('/c', () => text));
  await Promise.all(writes);
  assert.equal(disk.readFile('/c').toString(), 'four');
  assert.equal(replaced, 2);
  disk.fault = (operation) => (operation === 'sync' ? 'EIO' : undefined);
  await assert.rejects(
    checkpoints.write('/c', () => 'five'),
    /EIO/,
  );
  disk.fault = () => undefined;
  await checkpoints.write('/c', () => 'six');
  await checkpoints.settle();
  await clock.settle();
  assert.equal(disk.readFile('/c').toString(), 'six');
});

test('settled means that no write follows the one under way either', async () => {
  const disk = new SimFileSystem();
  const writer = new CheckpointWriter(disk);
  void writer.write('/c', () => 'first');
  void writer.write('/c', () => 'second');
  await writer.settle();
  assert.deepEqual([...disk.files().keys()], ['/c']);
  assert.equal(disk.readFile('/c').toString(), 'second');
});

test('a limiter lets a bounded number through, in order, and survives failures', async () => {
  const limit = new Limiter(2);
  let running = 0;
  let most = 0;
  const order: number[] = [];
  const work = (index: number) =>
    limit.run(async () => {
      running++;
      most = Math.max(most, running);
      order.push(index);
      await undefined;
      running--;
      if (index === 1) throw new Error('one fails');
    });
  const results = await Promise.allSettled([0, 1, 2, 3, 4, 5].map(work));
  assert.equal(most, 2);
  assert.deepEqual(order, [0, 1, 2, 3, 4, 5]);
  assert.deepEqual(
    results.map(({ status }) => status === 'rejected'),
    [false, true, false, false, false, false],
  );
});
