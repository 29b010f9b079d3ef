// If this breaks, consumers read what they have no right to, wait beside records that are there, or poll in vain.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ZERO_UUID } from '../../base/random.ts';
import { batchOf } from '../../storage/testing/test-storage.ts';
import { type FetchOptions, fetchRecords } from './fetch.ts';
import type { FetchedPartition } from './fetch-reader.ts';
import type { Partition } from './partition.ts';
import { type Hosting, hosting, OTHER, SELF, TestCaller } from './testing/hosting.ts';

function wanted(topic: string | undefined, topicId = ZERO_UUID) {
  const at = { topic, topicId, partition: 0, fetchOffset: 0, maxBytes: 100_000 };
  return { ...at, currentLeaderEpoch: -1, lastFetchedEpoch: -1 };
}

/** What a fetch of these has heard: an entry for each answer. */
function fetching(parts: Hosting, more: Partial<FetchOptions>) {
  const caller = new TestCaller();
  const heard: string[][] = [];
  const done = {
    fetched(partitions: readonly FetchedPartition[]) {
      heard.push(partitions.map((each) => `${each.error} ${each.sizeInBytes > 0 ? 'data' : '-'}`));
      for (const each of partitions) each.release();
    },
    failed: (error: unknown) => assert.fail(String(error)),
  };
  const options: FetchOptions = {
    caller,
    partitions: [wanted('a')],
    byTopicId: false,
    isolation: 'read_uncommitted',
    minBytes: 1,
    maxBytes: 1_000_000,
    maxWaitMs: 500,
    minOneBatch: true,
    ...more,
  };
  fetchRecords(parts, options, done);
  return { caller, heard };
}

function write(parts: Hosting, partition: Partition): void {
  const how = { version: 9, acks: 1, timeoutMs: 1000 };
  partition.produce(batchOf(['value']), how, { done() {} });
  parts.storage.clock.runTurn();
}

test('what is there is handed out at once, each partition with its own error', async () => {
  const parts = await hosting();
  for (const topic of ['a', 'secret']) write(parts, parts.host(topic));
  const partitions = [wanted('a'), wanted('secret'), wanted('none')];
  const { heard } = fetching(parts, { partitions });
  assert.deepEqual(heard, [
    ['NONE data', 'TOPIC_AUTHORIZATION_FAILED -', 'UNKNOWN_TOPIC_OR_PARTITION -'],
  ]);
});

test('a fetch by id finds the topic that has it now, and no other of its name', async () => {
  const parts = await hosting();
  write(parts, parts.host('a'));
  const { id } = parts.metadata.snapshot.topics.get('a')!;
  const partitions = [wanted('b', id), wanted('a', 'Z'.repeat(22))];
  const { heard } = fetching(parts, { partitions, byTopicId: true });
  assert.deepEqual(heard, [['NONE data', 'UNKNOWN_TOPIC_ID -']]);
});

test('a fetch that finds nothing waits for what is committed, and holds no memory meanwhile', async () => {
  const parts = await hosting();
  const partition = parts.host('a', { isr: [SELF, OTHER] });
  const { caller, heard } = fetching(parts, {});
  write(parts, partition);
  assert.deepEqual([heard, caller.reservedBytes], [[], 0]);
  partition.replicaFetched(OTHER, 1);
  assert.deepEqual(heard, [['NONE data']]);
});

test('a fetch that waited long enough hears that there is nothing, one whose client is gone hears nothing', async () => {
  const parts = await hosting();
  parts.host('a');
  const { clock } = parts.storage;
  const staying = fetching(parts, {});
  const gone = fetching(parts, {});
  gone.caller.goAway();
  clock.advance(500);
  assert.deepEqual([staying.heard, gone.heard], [[['NONE -']], []]);
});
