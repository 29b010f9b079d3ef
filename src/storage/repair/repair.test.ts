// If this breaks, the tool that a person turns to after damage loses what was still readable, or says
// that all is well when it is not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as RecordBatch from '../../protocol/records/record-batch.ts';
import {
  type AppendOutcome,
  appendBatch,
  batchOf,
  contentsOf,
  FOLDER,
  LOG_DIR,
  TestStorage,
} from '../testing/test-storage.ts';
import { inspectPartition } from './inspect-partition.ts';
import { logDirFindings, repairLogDir } from './log-dir-files.ts';
import { partitionFolders } from './partition-folders.ts';
import { repairPartition } from './repair-partition.ts';

const FIRST = `${FOLDER}/00000000000000000000.log`;

async function closedLog(): Promise<{ storage: TestStorage; all: string[] }> {
  const storage = new TestStorage({ segmentBytes: 420, indexIntervalBytes: 1 });
  const log = await storage.open();
  let last: AppendOutcome | undefined;
  for (let index = 0; index < 12; index++) {
    const options = { producerId: 7, producerEpoch: 0, baseSequence: index * 2 };
    last = appendBatch(log, batchOf([`a${index}`, `b${index}`], options));
    storage.clock.runTurn();
  }
  assert.ok(last);
  const all = await contentsOf(log);
  await storage.manager.close();
  return { storage, all };
}

test('a sound folder has nothing to be said about', async () => {
  const { storage } = await closedLog();
  assert.deepEqual(partitionFolders(storage.disk, LOG_DIR), [FOLDER]);
  assert.deepEqual(partitionFolders(storage.disk, FOLDER), [FOLDER]);
  const report = inspectPartition(storage.disk, FOLDER);
  assert.deepEqual(report.findings, []);
  assert.equal(report.name, 't-0');
  assert.equal(report.segments.length, 3);
  assert.equal(report.segments.at(-1)?.nextOffset, 24);
  assert.deepEqual(
    report.segments.map(({ entriesByFormat }) => entriesByFormat[2]),
    [5, 5, 2],
  );
  assert.deepEqual(logDirFindings(storage.disk, LOG_DIR), []);
  assert.deepEqual(repairPartition(storage.disk, FOLDER), []);
});

test('every flipped byte that matters is found, and repair keeps all other records', async () => {
  const { storage, all } = await closedLog();
  const files = new Map(
    storage.disk
      .list(FOLDER)
      .map((name) => [`${FOLDER}/${name}`, storage.disk.readFile(`${FOLDER}/${name}`)]),
  );
  const bytes = files.get(FIRST)!;
  const starts = [...RecordBatch.batchPositions(bytes)];
  for (let at = 0; at < bytes.length; at++) {
    const batch = starts.findLastIndex((start) => start <= at);
    const within = at - starts[batch]!;
    if (within >= 12 && within < 16) continue; // the leader epoch, which nothing protects
    const damaged = Buffer.from(bytes);
    damaged[at]! ^= 0x04;
    storage.disk.writeFile(FIRST, damaged);
    const { findings } = inspectPartition(storage.disk, FOLDER);
    const lost = findings.filter(({ severity }) => severity === 'lost');
    // The last batch's base offset may move into the gap that no later batch of the file contradicts.
    assert.ok(lost.length > 0, `byte ${within} of batch ${batch}`);
    assert.equal(lost[0]?.path, FIRST);
    const isLastBase = batch === starts.length - 1 && within < 8;
    if (!isLastBase) {
      assert.equal(lost[0]?.position, starts[batch], `byte ${within} of batch ${batch}`);
      repairPartition(storage.disk, FOLDER);
      assert.deepEqual(
        inspectPartition(storage.disk, FOLDER).findings.filter((one) => one.severity !== 'note'),
        [],
      );
      const kept = storage.disk.list(FOLDER).filter((name) => name.endsWith('.corrupt'));
      assert.equal(kept.length, 1);
      const end = starts[batch + 1] ?? bytes.length;
      assert.deepEqual(
        storage.disk.readFile(`${FOLDER}/${kept[0]}`),
        damaged.subarray(starts[batch], end),
      );
      const log = await storage.open();
      assert.deepEqual(
        await contentsOf(log),
        all.filter((_, index) => index >> 1 !== batch),
      );
      storage.crash('all');
    }
    for (const name of storage.disk.list(FOLDER)) storage.disk.removeFile(`${FOLDER}/${name}`);
    for (const [path, content] of files) storage.disk.writeFile(path, content);
  }
});

test('an index that is gone, cut or from another segment is found and built anew', async () => {
  const { storage, all } = await closedLog();
  for (const suffix of ['index', 'timeindex']) {
    const path = `${FOLDER}/00000000000000000000.${suffix}`;
    const other = storage.disk.readFile(`${FOLDER}/00000000000000000010.${suffix}`);
    const right = storage.disk.readFile(path);
    const wrongs = [undefined, right.subarray(0, right.length - 3), Buffer.alloc(right.length, 7)];
    if (suffix === 'index') wrongs.push(Buffer.concat([other.subarray(8), other.subarray(0, 8)]));
    for (const wrong of wrongs) {
      if (wrong) storage.disk.writeFile(path, wrong);
      else storage.disk.removeFile(path);
      const { findings } = inspectPartition(storage.disk, FOLDER);
      assert.deepEqual(
        findings.map((one) => [one.path, one.severity]),
        [[path, 'derived']],
      );
      const changes = repairPartition(storage.disk, FOLDER);
      assert.deepEqual(changes, [{ path: FIRST, what: 'built its indexes anew' }]);
      assert.deepEqual(inspectPartition(storage.disk, FOLDER).findings, []);
    }
  }
  assert.deepEqual(await contentsOf(await storage.open()), all);
});

test('snapshots and checkpoints that cannot be read are set aside, never removed', async () => {
  const { storage, all } = await closedLog();
  const noise = Buffer.from('this is not what it should be');
  const paths = [
    `${FOLDER}/00000000000000000024.snapshot`,
    `${FOLDER}/leader-epoch-checkpoint`,
    `${LOG_DIR}/recovery-point-offset-checkpoint`,
  ];
  for (const path of paths) storage.disk.writeFile(path, noise);
  assert.deepEqual(
    [
      ...inspectPartition(storage.disk, FOLDER).findings,
      ...logDirFindings(storage.disk, LOG_DIR),
    ].map(({ path, severity }) => [path, severity]),
    paths.map((path) => [path, 'derived']),
  );
  repairPartition(storage.disk, FOLDER);
  repairLogDir(storage.disk, LOG_DIR);
  for (const path of paths) {
    assert.equal(storage.disk.stat(path), undefined);
    assert.deepEqual(storage.disk.readFile(`${path}.corrupt`), noise);
  }
  assert.deepEqual(await contentsOf(await storage.open()), all);
});

test('a crash at any step of a repair leaves a folder that a second repair completes', async () => {
  const { storage, all } = await closedLog();
  const bytes = storage.disk.readFile(FIRST);
  const damaged = Buffer.from(bytes);
  damaged[200]! ^= 1;
  storage.disk.writeFile(FIRST, damaged);
  const files = new Map(
    storage.disk
      .list(FOLDER)
      .map((name) => [`${FOLDER}/${name}`, storage.disk.readFile(`${FOLDER}/${name}`)]),
  );
  for (let step = 0; ; step++) {
    let operations = 0;
    storage.disk.fault = () => (operations++ === step ? 'EIO' : undefined);
    let done = false;
    try {
      repairPartition(storage.disk, FOLDER);
      done = operations <= step;
    } catch {
      done = false;
    }
    storage.disk.fault = () => undefined;
    repairPartition(storage.disk, FOLDER);
    const log = await storage.open();
    assert.deepEqual(
      await contentsOf(log),
      all.filter((_, index) => index >> 1 !== 2),
      `step ${step}`,
    );
    storage.crash('all');
    for (const name of storage.disk.list(FOLDER)) storage.disk.removeFile(`${FOLDER}/${name}`);
    for (const [path, content] of files) storage.disk.writeFile(path, content);
    if (done) break;
    assert.ok(step < 500, 'it ends');
  }
});
