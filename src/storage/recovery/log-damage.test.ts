// If this breaks, a disk that forgets or flips bits keeps the broker from starting, loses records that
// are still there, or has wrong bytes handed to consumers as if they were theirs.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimRandom } from '../../base/testing/sim-random.ts';
import * as RecordBatch from '../../protocol/records/record-batch.ts';
import type { OwnedLog } from '../log-owner.ts';
import {
  appendBatch,
  batchOf,
  contentsOf,
  FOLDER,
  LOG_DIR,
  TestStorage,
} from '../testing/test-storage.ts';

const CLOSED_SEGMENT = `${FOLDER}/00000000000000000000.log`;

/** A log of three segments with producers, closed in order; and what is in it. */
async function closedLog(): Promise<{ storage: TestStorage; all: string[] }> {
  const storage = new TestStorage({ segmentBytes: 420, indexIntervalBytes: 1 });
  let log = await storage.open();
  for (let index = 0; index < 12; index++) {
    const options = { producerId: 7, producerEpoch: 0, baseSequence: index * 2 };
    appendBatch(log, batchOf([`a${index}`, `b${index}`], options, storage.clock.now() + index));
    storage.clock.runTurn();
    // So that there are files from another time to be found again later.
    if (index === 5) log = await storage.closeAndReopen();
  }
  const all = await contentsOf(log);
  await storage.manager.close();
  assert.equal(storage.disk.list(FOLDER).filter((name) => name.endsWith('.log')).length, 3);
  return { storage, all };
}

/** Every record that can be read, going round what is refused batch by batch. */
async function readable(log: OwnedLog, step = 2): Promise<string[]> {
  const found: string[] = [];
  for (let offset = 0; offset < log.logEndOffset; ) {
    const outcome = await log.read({
      offset,
      maxBytes: 1_000_000,
      minOneBatch: true,
      upToOffset: log.logEndOffset,
    });
    if (outcome.kind === 'damaged') {
      offset += step;
      continue;
    }
    assert.equal(outcome.kind, 'read');
    if (outcome.kind !== 'read') break;
    const bytes = Buffer.concat(outcome.buffers);
    for (const at of RecordBatch.batchPositions(bytes)) {
      assert.ok(RecordBatch.isCrcValid(bytes, at), 'nothing with a wrong checksum is served');
      const base = RecordBatch.baseOffset(bytes, at);
      found.push(...[base, base + 1].map((one, index) => `${one}:${'ab'[index]}${base / 2}`));
    }
    assert.ok(outcome.nextOffset > offset, 'the read gets on');
    offset = outcome.nextOffset;
    outcome.release();
  }
  return found;
}

function restore(storage: TestStorage, files: ReadonlyMap<string, Buffer>): void {
  for (const folder of [LOG_DIR, FOLDER]) {
    for (const name of storage.disk.list(folder)) {
      const path = `${folder}/${name}`;
      if (!storage.disk.stat(path)?.isFolder && !files.has(path)) storage.disk.removeFile(path);
    }
  }
  for (const [path, bytes] of files) storage.disk.writeFile(path, bytes);
}

function allFiles(storage: TestStorage): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (const folder of [LOG_DIR, FOLDER]) {
    for (const name of storage.disk.list(folder)) {
      const path = `${folder}/${name}`;
      if (!storage.disk.stat(path)?.isFolder) files.set(path, storage.disk.readFile(path));
    }
  }
  return files;
}

test('a flipped byte in a closed segment is refused, and only its own batch is', async () => {
  const { storage, all } = await closedLog();
  const files = allFiles(storage);
  const bytes = files.get(CLOSED_SEGMENT)!;
  const starts = [...RecordBatch.batchPositions(bytes)];
  for (let at = 0; at < bytes.length; at++) {
    const damaged = Buffer.from(bytes);
    damaged[at]! ^= 0x10;
    storage.disk.writeFile(CLOSED_SEGMENT, damaged);
    const batch = starts.findLastIndex((start) => start <= at);
    const within = at - starts[batch]!;
    const log = await storage.open();
    const found = await readable(log);
    // The leader epoch lies outside the checksum, and nothing else tells what it was.
    const isEpoch = within >= 12 && within < 16;
    const expected = isEpoch ? all : all.filter((_, index) => index >> 1 !== batch);
    // A damaged header may also stop the search for the batch behind it.
    const served =
      within < RecordBatch.HEADER_SIZE
        ? found.concat(expected.slice(batch * 2, batch * 2 + 2))
        : found;
    assert.deepEqual(
      [...new Set(served)].sort(),
      [...expected].sort(),
      `byte ${within} of ${batch}`,
    );
    if (!isEpoch) {
      const told = storage.lines.some(
        ({ level, fields }) =>
          level === 'error' &&
          fields['path'] === CLOSED_SEGMENT &&
          fields['position'] === starts[batch],
      );
      assert.ok(told, `byte ${within} of ${batch}: file and position are logged`);
      storage.lines.length = 0;
    }
    assert.deepEqual(storage.failedDirs, []);
    storage.crash('all');
    restore(storage, files);
  }
});

test('what is derived from the log may be gone, cut, noise, or from another time', async () => {
  const { storage, all } = await closedLog();
  const files = allFiles(storage);
  const random = new SimRandom(3);
  const noise = () => random.bytes(40 + random.int(200));
  const derived = [...files.keys()].filter(
    (path) => !path.endsWith('.log') && !path.endsWith('meta.properties'),
  );
  assert.ok(derived.length >= 10, derived.join(' '));
  for (const path of derived) {
    const bytes = files.get(path)!;
    const other = derived.filter(
      (one) => one !== path && one.split('.').at(-1) === path.split('.').at(-1),
    );
    const variants: [string, Buffer | undefined][] = [
      ['gone', undefined],
      ['empty', Buffer.alloc(0)],
      ['noise', Buffer.from(noise())],
      ['zeros', Buffer.alloc(bytes.length)],
      ['longer', Buffer.concat([bytes, Buffer.alloc(24)])],
      ...other.map((one): [string, Buffer] => [`that of ${one}`, files.get(one)!]),
    ];
    for (let size = 1; size < bytes.length; size++)
      variants.push([`cut at ${size}`, bytes.subarray(0, size)]);
    for (const [what, content] of variants) {
      for (const isClean of [true, false]) {
        if (content) storage.disk.writeFile(path, content);
        else storage.disk.removeFile(path);
        if (!isClean) storage.disk.removeFile(`${LOG_DIR}/.kafka_cleanshutdown`);
        const log = await storage.open();
        assert.deepEqual(
          await readable(log),
          all,
          `${path} ${what}, ${isClean ? 'clean' : 'killed'}`,
        );
        assert.deepEqual(storage.failedDirs, []);
        const known = log.append(
          batchOf(['a11', 'b11'], { producerId: 7, producerEpoch: 0, baseSequence: 22 }),
          { leaderEpoch: 0, origin: 'client' },
          { written() {} },
        );
        // An older snapshot of the same producer cannot be told from the right one.
        const isOlder = path.endsWith('.snapshot') && what.startsWith('that of');
        if (!isOlder) assert.equal(known.kind, 'duplicate', `${path} ${what}: producer unknown`);
        storage.crash('all');
        restore(storage, files);
      }
    }
  }
});

test('a segment cut at any byte keeps every batch before the cut, and the rest is set aside', async () => {
  const { storage, all } = await closedLog();
  const files = allFiles(storage);
  const bytes = files.get(CLOSED_SEGMENT)!;
  const ends = [...RecordBatch.batchPositions(bytes)].slice(1).concat(bytes.length);
  for (let size = 0; size < bytes.length; size++) {
    storage.disk.writeFile(CLOSED_SEGMENT, bytes.subarray(0, size));
    storage.disk.removeFile(`${LOG_DIR}/.kafka_cleanshutdown`);
    storage.disk.removeFile(`${LOG_DIR}/recovery-point-offset-checkpoint`);
    const log = await storage.open();
    const whole = ends.filter((end) => end <= size).length;
    assert.deepEqual(await readable(log), all.slice(0, whole * 2), `cut at ${size}`);
    // The segments behind the hole are still there, byte for byte.
    for (const [path, content] of files) {
      if (!path.endsWith('.log') || path === CLOSED_SEGMENT) continue;
      assert.deepEqual(storage.disk.readFile(`${path}.corrupt`), content);
    }
    storage.crash('all');
    restore(storage, files);
  }
});
