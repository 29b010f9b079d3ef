// If this breaks, a disk that fills up loses acknowledged records, stops consumers, or needs somebody to
// restart the broker. On a real file system of 16 MB; where none can be mounted the tests are skipped.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { NodeClock } from '../../src/base/node/node-clock.ts';
import { ManualClock } from '../../src/base/testing/sim-clock.ts';
import {
  OffsetCommitRequest,
  OffsetCommitResponse,
} from '../../src/protocol/messages/08-offset-commit.ts';
import {
  FindCoordinatorRequest,
  FindCoordinatorResponse,
} from '../../src/protocol/messages/10-find-coordinator.ts';
import {
  DeleteRecordsRequest,
  DeleteRecordsResponse,
} from '../../src/protocol/messages/21-delete-records.ts';
import { RawClient } from '../support/raw-client.ts';
import { startTestBroker, type TestBroker } from '../support/test-broker.ts';
import { batchOf, createTopic, fetch, produce } from '../support/topics.ts';

const KAFKA_STORAGE_ERROR = 56;
const MEGABYTE = 1024 * 1024;

/** A file system of 16 MB in memory; undefined, and the test is skipped, where we may not mount one. */
function smallVolume(t: TestContext): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-full-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    rmSync(folder, { recursive: true });
    t.diagnostic('NOT TESTED: a full disk. No tmpfs can be mounted here; run as root to test it.');
    t.skip('no tmpfs can be mounted here');
    return undefined;
  }
  t.after(() => {
    execFileSync('umount', ['-l', folder]);
    rmSync(folder, { recursive: true });
  });
  return folder;
}

interface Scene {
  readonly clock: ManualClock;
  readonly client: RawClient;
  broker: TestBroker;
  /** Value by offset. */
  readonly acknowledged: Map<number, string>;
  /** The error of one more produce; 0 notes the record as acknowledged. */
  produce(): Promise<{ errorCode: number; errorMessage: string | null | undefined }>;
}

async function scene(
  t: TestContext,
  folder: string,
  config: Record<string, string>,
): Promise<Scene> {
  const clock = new ManualClock(new NodeClock());
  const broker = await startTestBroker({
    clock,
    folder,
    config: { 'log.segment.delete.delay.ms': '0', 'offsets.topic.num.partitions': '1', ...config },
  });
  const client = await RawClient.connect(broker);
  t.after(async () => {
    client.close();
    await broker.broker.stop();
  });
  await createTopic(client, 't', { configs: { 'segment.bytes': String(MEGABYTE) } });
  await client.call(FindCoordinatorRequest, FindCoordinatorResponse, 0, { key: 'g' });
  const acknowledged = new Map<number, string>();
  let count = 0;
  return {
    clock,
    client,
    broker,
    acknowledged,
    async produce() {
      const value = `${count++} ${'x'.repeat(200_000)}`;
      const row = await produce(client, 't', batchOf([value]));
      if (row.errorCode === 0) acknowledged.set(row.baseOffset, value);
      return row;
    },
  };
}

async function commit(client: RawClient, offset: number): Promise<number | undefined> {
  const { topics } = await client.call(OffsetCommitRequest, OffsetCommitResponse, 5, {
    groupId: 'g',
    generationIdOrMemberEpoch: -1,
    memberId: '',
    topics: [{ name: 't', partitions: [{ partitionIndex: 0, committedOffset: offset }] }],
  });
  return topics[0]?.partitions[0]?.errorCode;
}

/** Every acknowledged record is at its offset; the others are not there. */
async function checkRecords(client: RawClient, { acknowledged }: Scene, from = 0): Promise<void> {
  const found = new Map<number, string>();
  for (let offset = from; ; ) {
    const { values, highWatermark } = await fetch(client, 't', offset);
    // One record a batch, and no offset is left out.
    for (const value of values) found.set(offset++, String(value));
    if (values.length > 0) continue;
    assert.equal(offset, highWatermark);
    break;
  }
  const expected = [...acknowledged].filter(([offset]) => offset >= from);
  assert.deepEqual(
    [...found].map(([offset, value]) => [offset, value.slice(0, 10)]),
    expected.map(([offset, value]) => [offset, value.slice(0, 10)]),
  );
}

test('the reserve keeps producers out, and lets everybody else go on', async (t) => {
  const folder = smallVolume(t);
  if (!folder) return;
  const it = await scene(t, folder, { 'log.disk.reserved.bytes': String(4 * MEGABYTE) });
  const { client, clock } = it;
  let row = await it.produce();
  for (let tries = 0; tries < 100 && row.errorCode === 0; tries++) row = await it.produce();
  assert.equal(row.errorCode, KAFKA_STORAGE_ERROR);
  assert.match(row.errorMessage ?? '', /bytes left, fewer than the 4194304 of log\.disk\.reserved/);
  const { bavail, bsize } = statfsSync(folder);
  // Never less than the reserve, but for one write; what was written while the system was being asked
  // counts twice, so it may be somewhat more.
  const free = (bavail * bsize) / MEGABYTE;
  assert.ok(free > 3.5 && free < 6, `${free} MB are free`);
  assert.ok(it.acknowledged.size > 25);
  await checkRecords(client, it);
  assert.equal(await commit(client, 7), 0);
  await createTopic(client, 'another');

  const deleted = await client.call(DeleteRecordsRequest, DeleteRecordsResponse, 1, {
    topics: [{ name: 't', partitions: [{ partitionIndex: 0, offset: 20 }] }],
    timeoutMs: 1000,
  });
  assert.equal(deleted.topics[0]?.partitions[0]?.errorCode, 0);
  // Files go, then the free space is looked at again: a second each of the broker's time.
  for (let tries = 0; tries < 100 && row.errorCode !== 0; tries++) {
    clock.advance(1000);
    row = await it.produce();
  }
  assert.equal(row.errorCode, 0, 'it goes on by itself');
  await checkRecords(client, it, 20);
});

test('a disk that somebody else filled: nothing is lost, everything is answered, and it goes on', async (t) => {
  const folder = smallVolume(t);
  if (!folder) return;
  const it = await scene(t, folder, { 'log.disk.reserved.bytes': '0' });
  const { client, clock } = it;
  for (let tries = 0; tries < 7; tries++) assert.equal((await it.produce()).errorCode, 0);
  assert.equal(await commit(client, 5), 0);
  const filler = join(folder, 'filler');
  const { bavail, bsize } = statfsSync(folder);
  writeFileSync(filler, Buffer.alloc(bavail * bsize - 300_000));
  let row = await it.produce();
  for (let tries = 0; tries < 100 && row.errorCode === 0; tries++) row = await it.produce();
  assert.equal(row.errorCode, KAFKA_STORAGE_ERROR);
  await checkRecords(client, it);
  // To the last byte, so that nothing else finds room either.
  const rest = statfsSync(folder);
  if (rest.bavail > 0) writeFileSync(join(folder, 'rest'), Buffer.alloc(rest.bavail * rest.bsize));
  const refused = await commit(client, 6);
  assert.ok(refused !== undefined);
  // The store may have room for it in its last page; its partition has not, and waits for some.
  const made = await createTopic(client, 'no-room').then(
    () => true,
    (error) => {
      assert.match(String(error), /cannot create no-room: 56 .*full/);
      return false;
    },
  );
  for (let second = 0; second < 120; second++) {
    clock.advance(1000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.deepEqual(it.broker.broker.logDirs(), { online: [folder], offline: [] });
  await checkRecords(client, it);

  truncateSync(filler, 0);
  for (let tries = 0; tries < 200 && row.errorCode !== 0; tries++) {
    clock.advance(1000);
    row = await it.produce();
  }
  assert.equal(row.errorCode, 0, 'it goes on by itself');
  assert.equal(await commit(client, 6), 0);
  if (!made) await createTopic(client, 'no-room');
  let late = -1;
  for (let tries = 0; tries < 200 && late !== 0; tries++) {
    clock.advance(1000);
    late = (await produce(client, 'no-room', batchOf(['x']))).errorCode;
  }
  assert.equal(late, 0);
  await checkRecords(client, it);
  client.close();
  it.broker = await it.broker.restart();
  t.after(() => it.broker.broker.stop());
  const again = await RawClient.connect(it.broker);
  await checkRecords(again, it);
  again.close();
});
