// If this breaks, a crash loses acknowledged records, or the broker serves bytes that are no records.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimRandom } from '../../base/testing/sim-random.ts';
import { buildEndTxnMarker } from '../../protocol/records/control-batch.ts';
import * as RecordBatch from '../../protocol/records/record-batch.ts';
import type { OwnedLog } from '../log-owner.ts';
import { encodeProducerSnapshot } from '../producers/producer-snapshot-file.ts';
import { ProducerState } from '../producers/producer-state.ts';
import {
  appendBatch,
  appendValues,
  batchOf,
  contentsOf,
  FOLDER,
  LOG_DIR,
  TestStorage,
} from '../testing/test-storage.ts';

const LOG_FILE = `${FOLDER}/00000000000000000000.log`;

async function withBatches(
  count: number,
  config = {},
): Promise<{ storage: TestStorage; log: OwnedLog }> {
  const storage = new TestStorage(config);
  const log = await storage.open();
  for (let index = 0; index < count; index++) {
    appendValues(storage, log, [`a${index}`, `b${index}`], {}, 1000 + index);
  }
  return { storage, log };
}

test('a log cut at any byte recovers to the batches that are whole', async () => {
  const { storage, log } = await withBatches(4);
  const all = await contentsOf(log);
  storage.crash('all');
  const bytes = storage.disk.readFile(LOG_FILE);
  const ends = [0, ...RecordBatch.batchPositions(bytes)].map((at) => at).concat(bytes.length);
  for (let size = bytes.length; size >= 0; size--) {
    storage.disk.writeFile(LOG_FILE, bytes.subarray(0, size));
    const recovered = await storage.open();
    const batches = ends.filter((end) => end > 0 && end <= size).length;
    assert.deepEqual(await contentsOf(recovered), all.slice(0, batches * 2), `cut at ${size}`);
    assert.equal(
      storage.disk.stat(LOG_FILE)?.size,
      ends.findLast((end) => end <= size),
    );
    // What is appended next continues where the valid prefix ends.
    const next = appendValues(storage, recovered, ['next']);
    assert.equal(next.kind === 'appended' && next.firstOffset, batches * 2);
    storage.crash('all');
  }
  assert.deepEqual(storage.failedDirs, []);
});

test('a flipped byte in the last batch never yields anything but a prefix', async () => {
  const { storage, log } = await withBatches(3);
  const all = await contentsOf(log);
  storage.crash('all');
  const bytes = storage.disk.readFile(LOG_FILE);
  const last = [...RecordBatch.batchPositions(bytes)].at(-1)!;
  for (let at = last; at < bytes.length; at++) {
    for (const bit of [0x01, 0x80]) {
      const damaged = Buffer.from(bytes);
      damaged[at]! ^= bit;
      storage.disk.writeFile(LOG_FILE, damaged);
      const recovered = await storage.open();
      const found = await contentsOf(recovered);
      // Base offset and leader epoch lie outside the checksum: that is Kafka's format.
      const isCovered = at - last >= 16 || (at - last >= 8 && at - last < 12);
      if (isCovered) assert.deepEqual(found, all.slice(0, 4), `byte ${at - last} bit ${bit}`);
      else assert.deepEqual(found.slice(0, 4), all.slice(0, 4));
      const kept = storage.disk.list(FOLDER).filter((name) => name.endsWith('.corrupt'));
      for (const name of kept) storage.disk.removeFile(`${FOLDER}/${name}`);
      storage.crash('all');
    }
  }
});

test('damage is kept aside byte for byte, an unfinished write is not', async () => {
  const { storage } = await withBatches(3);
  storage.crash('all');
  const bytes = storage.disk.readFile(LOG_FILE);
  const [, second, third] = [...RecordBatch.batchPositions(bytes)];
  const damaged = Buffer.from(bytes);
  damaged[second! + 65]! ^= 0xff;
  storage.disk.writeFile(LOG_FILE, damaged);
  let log = await storage.open();
  assert.deepEqual(await contentsOf(log), ['0:a0', '1:b0']);
  const kept = `${FOLDER}/00000000000000000000.log.${second}.corrupt`;
  assert.deepEqual(storage.disk.readFile(kept), damaged.subarray(second));
  const line = storage.lines.find(({ message }) => message.startsWith('cutting off damage'));
  assert.equal(line?.fields['path'], LOG_FILE);
  assert.equal(line?.fields['position'], second);

  storage.crash('all');
  storage.disk.removeFile(kept);
  storage.disk.writeFile(LOG_FILE, bytes.subarray(0, third! + 20));
  log = await storage.open();
  assert.equal((await contentsOf(log)).length, 4);
  assert.ok(!storage.disk.list(FOLDER).some((name) => name.endsWith('.corrupt')));
});

test('zeros where data had not arrived are an unfinished write', async () => {
  const { storage } = await withBatches(2);
  storage.crash('all');
  const bytes = storage.disk.readFile(LOG_FILE);
  storage.disk.writeFile(LOG_FILE, Buffer.concat([bytes, Buffer.alloc(5000)]));
  const log = await storage.open();
  assert.equal((await contentsOf(log)).length, 4);
  assert.ok(!storage.disk.list(FOLDER).some((name) => name.endsWith('.corrupt')));
});

test('segments behind damage are kept aside, not served and not deleted', async () => {
  const { storage, log } = await withBatches(9, { segmentBytes: 250 });
  const [first, second, third] = log.segmentInfos();
  assert.ok(third);
  storage.crash('all');
  const path = (base: number) => `${FOLDER}/${String(base).padStart(20, '0')}.log`;
  const damaged = storage.disk.readFile(path(second!.baseOffset));
  const thirdBytes = storage.disk.readFile(path(third.baseOffset));
  damaged[70]! ^= 1;
  storage.disk.writeFile(path(second!.baseOffset), damaged);
  const recovered = await storage.open();
  assert.equal(recovered.logEndOffset, second!.baseOffset);
  assert.equal(recovered.segments.count, 2);
  assert.equal(first!.baseOffset, 0);
  assert.deepEqual(storage.disk.readFile(`${path(third.baseOffset)}.corrupt`), thirdBytes);
  appendValues(storage, recovered, ['again']);
  assert.equal((await contentsOf(recovered)).at(-1), `${second!.baseOffset}:again`);
});

test('a clean stop needs no recovery and keeps everything', async () => {
  const { storage, log } = await withBatches(10, { segmentBytes: 400, indexIntervalBytes: 1 });
  const all = await contentsOf(log);
  await storage.manager.close();
  assert.deepEqual(
    JSON.parse(storage.disk.readFile(`${LOG_DIR}/.kafka_cleanshutdown`).toString()),
    { version: 0, brokerEpoch: -1 },
  );
  assert.equal(
    storage.disk.readFile(`${LOG_DIR}/recovery-point-offset-checkpoint`).toString(),
    '0\n1\nt 0 20\n',
  );
  let bytesRead = 0;
  storage.disk.fault = (operation, path) => {
    if (operation === 'read' && path.endsWith('.log')) bytesRead++;
    return undefined;
  };
  const reopened = await storage.open();
  const tails = reopened.segments.count + 1;
  assert.equal(bytesRead, tails, 'only the tails behind the last index entries are read');
  assert.equal(storage.disk.stat(`${LOG_DIR}/.kafka_cleanshutdown`), undefined);
  assert.deepEqual(await contentsOf(reopened), all);
  assert.equal(reopened.recoveryPoint, 20);
});

test('only what lies behind the recovery point is read again', async () => {
  const { storage, log } = await withBatches(10, { segmentBytes: 400, indexIntervalBytes: 1 });
  await log.flush();
  await storage.clock.advanceAndSettle(61_000);
  appendValues(storage, log, ['late']);
  storage.crash('all');
  const read = new Set<string>();
  storage.disk.fault = (operation, path) => {
    if (operation === 'read' && path.endsWith('.log')) read.add(path);
    return undefined;
  };
  const recovered = await storage.open();
  assert.equal(read.size, 1);
  assert.equal(recovered.logEndOffset, 21);
});

test('lost or damaged indexes are built anew', async () => {
  for (const damage of ['removed', 'cut', 'noise'] as const) {
    const { storage, log } = await withBatches(12, { segmentBytes: 400, indexIntervalBytes: 1 });
    const all = await contentsOf(log);
    await storage.manager.close();
    const before = storage.disk.files(FOLDER);
    for (const [path, bytes] of before) {
      if (!path.endsWith('index')) continue;
      if (damage === 'removed') storage.disk.removeFile(path);
      else if (damage === 'cut') storage.disk.writeFile(path, bytes.subarray(0, bytes.length - 3));
      else storage.disk.writeFile(path, new SimRandom(5).bytes(bytes.length));
    }
    const reopened = await storage.open();
    assert.deepEqual(await contentsOf(reopened), all, damage);
    for (let offset = 0; offset < 24; offset += 5) {
      assert.equal(
        (await reopened.offsetForTimestamp(1000 + offset))?.timestamp ?? -1,
        offset < 12 ? 1000 + offset : -1,
        damage,
      );
    }
    await storage.manager.close();
    if (damage !== 'removed') continue;
    for (const [path, bytes] of storage.disk.files(FOLDER)) {
      if (path.endsWith('index')) assert.deepEqual(bytes, before.get(path), path);
    }
  }
});

test('duplicates are still known after a crash and after a clean stop', async () => {
  const storage = new TestStorage({ segmentBytes: 300 });
  let log = await storage.open();
  const producer = { producerId: 9, producerEpoch: 1 };
  const send = (sequence: number) =>
    appendValues(
      storage,
      log,
      [`s${sequence}`],
      { ...producer, baseSequence: sequence },
      storage.clock.now(),
    );
  for (let sequence = 0; sequence < 12; sequence++) assert.equal(send(sequence).kind, 'appended');
  for (const stop of ['kill', 'close', 'kill'] as const) {
    log = stop === 'kill' ? await storage.killAndReopen() : await storage.closeAndReopen();
    const again = send(11);
    assert.equal(again.kind, 'duplicate', stop);
    assert.equal(again.kind === 'duplicate' && again.firstOffset, 11);
    assert.equal(log.logEndOffset, 12);
    const gap = send(15);
    assert.equal(gap.kind === 'refused' && gap.error, 'OUT_OF_ORDER_SEQUENCE_NUMBER');
  }
});

test('a damaged producer snapshot is replaced by reading the log', async () => {
  const storage = new TestStorage({ segmentBytes: 300 });
  let log = await storage.open();
  const producer = { producerId: 9, producerEpoch: 0 };
  for (let sequence = 0; sequence < 8; sequence++) {
    appendValues(storage, log, ['x'], { ...producer, baseSequence: sequence }, storage.clock.now());
  }
  await storage.manager.close();
  for (const [path, bytes] of storage.disk.files(FOLDER)) {
    if (!path.endsWith('.snapshot')) continue;
    bytes[bytes.length - 1]! ^= 1;
    storage.disk.writeFile(path, bytes);
  }
  log = await storage.open();
  const again = appendValues(storage, log, ['x'], { ...producer, baseSequence: 7 });
  assert.equal(again.kind, 'duplicate');
});

test('aborted transactions are known again after a crash', async () => {
  const storage = new TestStorage();
  let log = await storage.open();
  const transactional = (id: number, sequence: number) => ({
    producerId: id,
    producerEpoch: 0,
    baseSequence: sequence,
    transactional: true,
  });
  const marker = (id: number, type: 'ABORT' | 'COMMIT') => {
    const options = { producerId: id, producerEpoch: 0, type, coordinatorEpoch: 0, timestamp: 5 };
    appendBatch(log, buildEndTxnMarker(options), 'coordinator');
    storage.clock.runTurn();
  };
  const now = storage.clock.now();
  appendValues(storage, log, ['a'], transactional(1, 0), now);
  appendValues(storage, log, ['b'], transactional(2, 0), now);
  assert.equal(log.lastStableOffset, 0);
  marker(1, 'ABORT');
  assert.equal(log.lastStableOffset, 1);
  marker(2, 'COMMIT');
  assert.equal(log.lastStableOffset, 4);
  appendValues(storage, log, ['c'], transactional(1, 1), now);
  assert.equal(log.lastStableOffset, 4);
  const aborted = [{ producerId: 1, firstOffset: 0 }];
  assert.deepEqual(log.abortedTransactions({ fromOffset: 0, upToOffset: 4 }), aborted);
  for (const stop of ['kill', 'close', 'kill'] as const) {
    log = stop === 'kill' ? await storage.killAndReopen() : await storage.closeAndReopen();
    assert.deepEqual(log.abortedTransactions({ fromOffset: 0, upToOffset: 4 }), aborted, stop);
    assert.deepEqual(log.abortedTransactions({ fromOffset: 3, upToOffset: 4 }), [], stop);
    assert.equal(log.lastStableOffset, 4, stop);
  }
});

test('leader epochs survive a crash, from the batches if need be', async () => {
  const storage = new TestStorage({ segmentBytes: 250 });
  let log = await storage.open();
  for (const leaderEpoch of [0, 0, 3, 3, 5]) {
    log.append(batchOf(['x']), { leaderEpoch, origin: 'client' }, { written() {} });
    storage.clock.runTurn();
  }
  const check = (when: string) => {
    assert.equal(log.latestLeaderEpoch, 5, when);
    assert.deepEqual(log.endOffsetForEpoch(0), { leaderEpoch: 0, endOffset: 2 }, when);
    assert.deepEqual(log.endOffsetForEpoch(4), { leaderEpoch: 3, endOffset: 4 }, when);
    assert.deepEqual(log.endOffsetForEpoch(5), { leaderEpoch: 5, endOffset: 5 }, when);
    assert.deepEqual(log.endOffsetForEpoch(6), { leaderEpoch: -1, endOffset: -1 }, when);
  };
  check('live');
  log = await storage.killAndReopen();
  check('after a crash');
  log = await storage.closeAndReopen();
  check('after a clean stop');
  assert.equal(
    storage.disk.readFile(`${FOLDER}/leader-epoch-checkpoint`).toString(),
    '0\n3\n0 0\n3 2\n5 4\n',
  );
  await storage.manager.close();
  storage.disk.writeFile(`${FOLDER}/leader-epoch-checkpoint`, 'noise');
  log = await storage.open();
  check('with a damaged checkpoint');
});

test('a power cut leaves a prefix that holds everything synced, whatever survives', async () => {
  for (let seed = 1; seed <= 40; seed++) {
    const random = new SimRandom(seed);
    const storage = new TestStorage({
      segmentBytes: 400,
      indexIntervalBytes: 150,
      flushMessages: random.chance(0.3) ? 1 : 2 ** 60,
      flushPolicy: random.chance(0.5) ? 'group-commit' : 'os',
    });
    storage.settings = { backgroundFlushMs: 50, recoveryPointCheckpointIntervalMs: 200 };
    let log = await storage.open();
    const expected: string[] = [];
    let acknowledged = 0;
    for (let round = 0; round < 3; round++) {
      for (let step = 0; step < 12; step++) {
        const value = `r${seed}.${round}.${step}`;
        const result = log.append(
          batchOf([value]),
          { leaderEpoch: round, origin: 'client' },
          {
            written: (error) => {
              if (!error) acknowledged++;
            },
          },
        );
        assert.equal(result.kind, 'appended');
        expected.push(`${expected.length}:${value}`);
        const moment = random.int(4);
        if (moment === 0) storage.clock.runTurn();
        else if (moment === 1) await storage.clock.settle();
        else if (moment === 2) await storage.clock.advanceAndSettle(random.int(120));
      }
      const { flushMessages, flushPolicy } = log.config;
      const isPromised = flushMessages === 1 || flushPolicy === 'group-commit';
      const synced = Math.max(log.recoveryPoint, isPromised ? acknowledged : 0);
      storage.random = random;
      storage.crash(random.pick(['none', 'torn', 'all']));
      log = await storage.open();
      const found = await contentsOf(log);
      assert.deepEqual(found, expected.slice(0, found.length), `seed ${seed}`);
      assert.ok(found.length >= synced, `seed ${seed}: ${found.length} of ${synced} synced`);
      assert.deepEqual(storage.failedDirs, [], `seed ${seed}`);
      expected.length = found.length;
      acknowledged = found.length;
    }
  }
});

test('a log of an old message format is left as it is, and its partition stays offline', async () => {
  const { storage } = await withBatches(1);
  await storage.manager.close();
  storage.disk.removeFile(`${LOG_DIR}/.kafka_cleanshutdown`);
  const old = Buffer.alloc(90);
  old.writeInt32BE(78, 8);
  old[16] = 1;
  storage.disk.writeFile(LOG_FILE, old);
  storage.disk.removeFile(`${LOG_DIR}/recovery-point-offset-checkpoint`);
  await assert.rejects(storage.open(), /message format v1/);
  assert.deepEqual(storage.disk.readFile(LOG_FILE), old);
});

test('crash after crash, no record comes back that was cut, and none from the middle is lost', async () => {
  for (let seed = 1; seed <= 120; seed++) {
    const storage = new TestStorage({ segmentBytes: 250 });
    storage.random = new SimRandom(seed);
    let log = await storage.open();
    const expected: string[] = [];
    for (let round = 0; round < 4; round++) {
      for (let step = 0; step < 5; step++) {
        const value = `${seed}.${round}.${step}`;
        appendValues(storage, log, [value]);
        expected.push(`${expected.length}:${value}`);
      }
      storage.crash('torn');
      log = await storage.open();
      const found = await contentsOf(log);
      assert.deepEqual(found, expected.slice(0, found.length), `seed ${seed} round ${round}`);
      assert.equal(log.logStartOffset, 0);
      expected.length = found.length;
    }
  }
});

test('a batch whose offset went before is damage', async () => {
  const { storage } = await withBatches(2);
  storage.crash('all');
  const bytes = storage.disk.readFile(LOG_FILE);
  storage.disk.writeFile(LOG_FILE, Buffer.concat([bytes, bytes]));
  const log = await storage.open();
  assert.equal((await contentsOf(log)).length, 4);
  assert.equal(storage.disk.stat(LOG_FILE)?.size, bytes.length);
});

test('snapshots and epochs left over from another time do not count', async () => {
  const storage = new TestStorage({ segmentBytes: 300 });
  let log = await storage.open();
  for (const leaderEpoch of [0, 0, 0, 4, 4]) {
    log.append(batchOf(['x']), { leaderEpoch, origin: 'client' }, { written() {} });
    storage.clock.runTurn();
  }
  storage.crash('all');
  const snapshot = new ProducerState();
  const now = storage.clock.now();
  snapshot.load(
    [
      {
        producerId: 66,
        epoch: 9,
        coordinatorEpoch: -1,
        lastTimestamp: now,
        transactionFirstOffset: -1,
        batches: [],
      },
    ],
    now,
    1e9,
  );
  const stale = encodeProducerSnapshot(snapshot.entries());
  for (const offset of [5, 77]) {
    storage.disk.writeFile(`${FOLDER}/${String(offset).padStart(20, '0')}.snapshot`, stale);
  }
  storage.disk.writeFile(`${FOLDER}/leader-epoch-checkpoint`, '0\n3\n0 0\n4 1\n9 4\n');
  log = await storage.open();
  assert.deepEqual(log.activeProducers(), []);
  assert.ok(!storage.disk.list(FOLDER).some((name) => /0(05|77)\.snapshot/.test(name)));
  assert.equal(log.latestLeaderEpoch, 4);
  assert.deepEqual(log.endOffsetForEpoch(0), { leaderEpoch: 0, endOffset: 3 });
});

test('an interrupted compaction leaves the old segments or the new ones, never both', async () => {
  const { storage, log } = await withBatches(6, { segmentBytes: 250, indexIntervalBytes: 1 });
  const all = await contentsOf(log);
  const [, second] = log.segmentInfos();
  await storage.manager.close();
  const name = (suffix: string) => `${FOLDER}/00000000000000000000${suffix}`;
  // Compaction of the first segment kept its second batch alone.
  const bytes = storage.disk.readFile(LOG_FILE);
  const kept = bytes.subarray([...RecordBatch.batchPositions(bytes)][1]);
  const before = storage.disk.files('/');
  const restore = () => {
    for (const path of storage.disk.files('/').keys()) storage.disk.removeFile(path);
    for (const [path, content] of before) storage.disk.writeFile(path, content);
  };
  storage.disk.writeFile(name('.log.cleaned'), kept);
  let reopened = await storage.open();
  assert.deepEqual(await contentsOf(reopened), all, 'not finished: the old ones');
  assert.equal(storage.disk.stat(name('.log.cleaned')), undefined);

  storage.crash('all');
  restore();
  storage.disk.writeFile(name('.log.swap'), kept);
  reopened = await storage.open();
  assert.deepEqual(await contentsOf(reopened), all.slice(2), 'finished: the new ones');
  assert.deepEqual(storage.disk.readFile(LOG_FILE), kept);
  assert.equal(reopened.segmentInfos()[1]?.baseOffset, second?.baseOffset);

  storage.crash('all');
  restore();
  storage.disk.writeFile(name('.log.swap'), kept);
  storage.disk.writeFile(name('.log.cleaned'), kept);
  reopened = await storage.open();
  assert.deepEqual(await contentsOf(reopened), all, 'not all renamed yet: the old ones');
});

test('what a killed process made survives a power cut once it is served again', async () => {
  const storage = new TestStorage({ flushPolicy: 'group-commit' });
  await storage.open();
  // Killed before anything was synced: the log directory and the log's folder have no durable names.
  storage.crash('all');
  const log = await storage.open();
  const { answers } = appendBatch(log, batchOf(['kept']));
  storage.clock.runTurn();
  await storage.clock.settle();
  assert.deepEqual(answers, [undefined]);
  storage.crash('none');
  assert.deepEqual(await contentsOf(await storage.open()), ['0:kept']);
});

test('the indexes of closed segments that recovery built anew are written', async () => {
  const storage = new TestStorage({ segmentBytes: 300, indexIntervalBytes: 1 });
  const log = await storage.open();
  for (let n = 0; n < 10; n++) appendValues(storage, log, [`v${n}`]);
  const closed = log.segments.all.slice(0, -1).map((segment) => segment.path('.index'));
  const before = closed.map((path) => storage.disk.readFile(path));
  assert.ok(before[0]!.length > 0);
  storage.crash('all');
  for (const path of closed) storage.disk.removeFile(path);
  await storage.open();
  for (const [index, path] of closed.entries()) {
    assert.deepEqual(storage.disk.readFile(path), before[index], path);
  }
});
