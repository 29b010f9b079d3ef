// If this breaks, consumers get half batches, miss records, see what is not committed, or starve.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as RecordBatch from '../../protocol/records/record-batch.ts';
import type { OwnedLog } from '../log-owner.ts';
import type { ReadOptions, ReadOutcome } from '../log-types.ts';
import {
  appendBatch,
  appendValues,
  asRead,
  batchOf,
  contentsOf,
  FOLDER,
  TestStorage,
} from '../testing/test-storage.ts';

interface ModelBatch {
  base: number;
  last: number;
  size: number;
  segment: number;
}

/** Appends batches of many sizes over several segments; what reads must find. */
async function filled(storage: TestStorage): Promise<{ log: OwnedLog; model: ModelBatch[] }> {
  const log = await storage.open();
  const model: ModelBatch[] = [];
  for (let index = 0; index < 14; index++) {
    const values = Array.from({ length: (index % 3) + 1 }, () => 'x'.repeat((index * 37) % 90));
    const batch = batchOf(values);
    const base = log.logEndOffset;
    appendBatch(log, batch);
    storage.clock.runTurn();
    const segment = log.segments.floor(base).baseOffset;
    model.push({ base, last: base + values.length - 1, size: batch.length, segment });
  }
  return { log, model };
}

/** What a read must return: whole batches of one segment within every bound. */
function expected(model: readonly ModelBatch[], options: ReadOptions): ModelBatch[] {
  const found: ModelBatch[] = [];
  let size = 0;
  for (const batch of model) {
    if (batch.last < options.offset) continue;
    if (batch.last >= options.upToOffset) break;
    if (found.length > 0 && batch.segment !== found[0]!.segment) break;
    size += batch.size;
    if (size > options.maxBytes && !(found.length === 0 && options.minOneBatch)) break;
    found.push(batch);
  }
  return found;
}

function check(outcome: ReadOutcome, options: ReadOptions, model: readonly ModelBatch[]): void {
  const read = asRead(outcome);
  const bytes = Buffer.concat(read.buffers);
  assert.equal(bytes.length, read.sizeInBytes);
  const bases = [...RecordBatch.batchPositions(bytes)].map((at) =>
    RecordBatch.baseOffset(bytes, at),
  );
  const wanted = expected(model, options);
  assert.deepEqual(
    bases,
    wanted.map((batch) => batch.base),
    JSON.stringify(options),
  );
  assert.equal(read.nextOffset, (wanted.at(-1)?.last ?? options.offset - 1) + 1);
  assert.equal(read.firstOffset, wanted[0]?.base ?? options.offset);
  read.release();
}

for (const temperature of ['recent', 'old'] as const) {
  test(`every offset with every size limit returns whole batches (${temperature} data)`, async () => {
    const storage = new TestStorage({ segmentBytes: 900, indexIntervalBytes: 100 });
    let { log, model } = await filled(storage);
    if (temperature === 'old') log = await storage.closeAndReopen();
    assert.ok(log.segments.count > 2);
    const end = log.logEndOffset;
    for (let offset = 0; offset < end; offset++) {
      for (const maxBytes of [0, 1, 61, 100, 150, 151, 300, 450, 899, 5000]) {
        for (const minOneBatch of [true, false]) {
          const upToOffset = (offset * 7 + maxBytes) % 3 === 0 ? Math.min(end, offset + 3) : end;
          const options = { offset, maxBytes, minOneBatch, upToOffset };
          const outcome = log.read(options);
          assert.equal(outcome instanceof Promise, temperature === 'old');
          check(await outcome, options, model);
        }
      }
    }
  });
}

test('an offset inside a batch returns the whole batch', async () => {
  const storage = new TestStorage();
  const log = await storage.open();
  appendValues(storage, log, ['a', 'b', 'c']);
  const read = asRead(
    await log.read({ offset: 2, maxBytes: 1000, minOneBatch: true, upToOffset: 3 }),
  );
  assert.equal(read.firstOffset, 0);
  assert.equal(read.nextOffset, 3);
});

test('a first batch that is too large is left out and measured', async () => {
  const storage = new TestStorage();
  const log = await storage.open();
  const batch = batchOf(['x'.repeat(500)]);
  appendBatch(log, batch);
  storage.clock.runTurn();
  const read = asRead(
    await log.read({ offset: 0, maxBytes: 100, minOneBatch: false, upToOffset: 1 }),
  );
  assert.equal(read.sizeInBytes, 0);
  assert.equal(read.oversizedFirstBatchBytes, batch.length);
});

test('a batch of several megabytes comes in pieces of at most one', async () => {
  const storage = new TestStorage({ maxMessageBytes: 10_000_000 });
  const log = await storage.open();
  appendValues(storage, log, ['small']);
  const batch = batchOf(['y'.repeat(3_500_000)]);
  appendBatch(log, batch);
  appendBatch(log, batchOf(['z'.repeat(1_200_000)]));
  await storage.clock.settle();
  const read = asRead(
    await log.read({ offset: 1, maxBytes: 100, minOneBatch: true, upToOffset: 3 }),
  );
  assert.ok(read.buffers.every((buffer) => buffer.length <= 1024 * 1024));
  assert.deepEqual(
    Buffer.concat(read.buffers),
    storage.disk
      .readFile(`${FOLDER}/${'0'.repeat(20)}.log`)
      .subarray(-batch.length - batchOf(['z'.repeat(1_200_000)]).length)
      .subarray(0, batch.length),
  );
  read.release();
  assert.equal((await contentsOf(log)).length, 3);
});

test('outside the log is out of range; its end is empty', async () => {
  const storage = new TestStorage();
  const log = await storage.open();
  appendValues(storage, log, ['a', 'b']);
  const read = (offset: number) =>
    log.read({ offset, maxBytes: 1000, minOneBatch: true, upToOffset: 2 });
  assert.deepEqual(read(3), { kind: 'out-of-range', logStartOffset: 0, logEndOffset: 2 });
  assert.deepEqual(read(-1), { kind: 'out-of-range', logStartOffset: 0, logEndOffset: 2 });
  assert.equal(asRead(await read(2)).sizeInBytes, 0);
  log.incrementLogStartOffset(1);
  assert.deepEqual(read(0), { kind: 'out-of-range', logStartOffset: 1, logEndOffset: 2 });
  assert.equal(asRead(await read(1)).firstOffset, 0);
});

test('a reader that follows the end never searches the file', async () => {
  const storage = new TestStorage();
  const log = await storage.open();
  let offset = 0;
  let reads = 0;
  storage.disk.fault = (operation) => {
    if (operation === 'read') reads++;
    return undefined;
  };
  for (let index = 0; index < 20; index++) {
    appendValues(storage, log, ['x'.repeat(300)]);
    const read = asRead(
      await log.read({ offset, maxBytes: 10_000, minOneBatch: true, upToOffset: log.logEndOffset }),
    );
    offset = read.nextOffset;
    read.release();
  }
  assert.equal(offset, 20);
  // The first read looks for its place; each later one is a single read.
  assert.equal(reads, 21);
});

test('an index of noise does not mislead a reader', async () => {
  const storage = new TestStorage({ segmentBytes: 2000, indexIntervalBytes: 100 });
  let log = await storage.open();
  for (let index = 0; index < 30; index++) appendValues(storage, log, [`v${index}`.repeat(20)]);
  const all = await contentsOf(log);
  await storage.manager.close();
  const path = `${FOLDER}/00000000000000000000.index`;
  const noise = storage.disk.readFile(path);
  for (let at = 4; at < noise.length; at += 8) noise.writeInt32BE(noise.readInt32BE(at) + 7, at);
  storage.disk.writeFile(path, noise);
  log = await storage.open();
  for (let offset = 0; offset < 10; offset++) {
    const read = asRead(await log.read({ offset, maxBytes: 1, minOneBatch: true, upToOffset: 30 }));
    assert.equal(read.firstOffset, offset);
  }
  assert.deepEqual(await contentsOf(log), all);
});

test('damage in a closed segment is refused, never served, and what surrounds it is', async () => {
  const storage = new TestStorage({ segmentBytes: 250, indexIntervalBytes: 1 });
  let log = await storage.open();
  for (let index = 0; index < 10; index++) appendValues(storage, log, [`v${index}`]);
  const second = log.segmentInfos()[1]!.baseOffset;
  await storage.manager.close();
  const path = `${FOLDER}/${String(second).padStart(20, '0')}.log`;
  const bytes = storage.disk.readFile(path);
  bytes.writeInt32BE(-5, 8);
  storage.disk.writeFile(path, bytes);
  log = await storage.open();
  const kinds: string[] = [];
  for (let offset = 0; offset < 10; offset++) {
    const options = { offset, maxBytes: 1, minOneBatch: true, upToOffset: 10 };
    kinds.push((await log.read(options)).kind);
  }
  assert.equal(kinds[second], 'damaged');
  assert.equal(kinds[0], 'read');
  assert.equal(kinds[9], 'read');
});

test('a tail that is not as a clean stop left it is recovered all the same', async () => {
  const storage = new TestStorage();
  let log = await storage.open();
  appendValues(storage, log, ['a']);
  const cut = storage.disk.stat(`${FOLDER}/${'0'.repeat(20)}.log`)!.size;
  appendValues(storage, log, ['b']);
  appendValues(storage, log, ['c']);
  await storage.manager.close();
  const path = `${FOLDER}/00000000000000000000.log`;
  const bytes = storage.disk.readFile(path);
  bytes.fill(0xff, cut, cut + 40);
  storage.disk.writeFile(path, bytes);
  log = await storage.open();
  assert.deepEqual(await contentsOf(log), ['0:a']);
  assert.ok(storage.disk.list(FOLDER).some((name) => name.endsWith('.corrupt')));
});

test('reads of old data end when the topic is deleted under them', async () => {
  const storage = new TestStorage();
  let log = await storage.open();
  appendValues(storage, log, ['a']);
  log = await storage.closeAndReopen();
  const reads = Array.from({ length: 10 }, () =>
    log.read({ offset: 0, maxBytes: 1000, minOneBatch: true, upToOffset: 1 }),
  );
  await storage.manager.delete('t', 0);
  for (const read of reads) assert.deepEqual((await read).kind, 'offline');
  assert.deepEqual(storage.failedDirs, []);
});

test('retention that takes a segment away under a reader makes it out of range', async () => {
  const storage = new TestStorage({ segmentBytes: 100, retentionMs: 10 });
  let log = await storage.open();
  for (let index = 0; index < 5; index++) appendValues(storage, log, ['v']);
  log = await storage.closeAndReopen();
  const options = { offset: 0, maxBytes: 1000, minOneBatch: true, upToOffset: 5 };
  const reads = Array.from({ length: 10 }, () => log.read(options));
  storage.clock.advance(1000);
  storage.manager.runRetention();
  const outcomes = await Promise.all(reads);
  await storage.clock.settle();
  assert.equal(log.logStartOffset, 5);
  assert.ok(outcomes.every(({ kind }) => kind === 'out-of-range' || kind === 'read'));
  assert.deepEqual(storage.failedDirs, []);
});
