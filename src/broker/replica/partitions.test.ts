// If this breaks, a broker that starts again takes records for committed that its followers do not have, or
// forgets which were.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batchOf, LOG_DIR } from '../../storage/testing/test-storage.ts';
import { Partitions } from './partitions.ts';
import { type Hosting, hosting, OTHER, SELF } from './testing/hosting.ts';

const FILE = `${LOG_DIR}/replication-offset-checkpoint`;

/** Three records, of which the other replica has two; the checkpoint is written and the storage closed. */
async function stopped(): Promise<Hosting> {
  const parts = await hosting();
  const partition = parts.host('a', { isr: [SELF, OTHER] });
  for (const value of ['1', '2', '3']) {
    partition.produce(batchOf([value]), { version: 9, acks: 1, timeoutMs: 1000 }, { done() {} });
    parts.storage.clock.runTurn();
  }
  partition.replicaFetched(OTHER, 2);
  await parts.partitions.checkpointHighWatermarks();
  await parts.storage.manager.close();
  return parts;
}

/** The same partition in the next life, before the other replica has told anything. */
async function startedAgain({ storage, partitions }: Hosting, isr = [SELF, OTHER]) {
  const { log, topicId, leadership } = partitions.get('a', 0)!;
  await storage.open();
  const again = new Partitions(SELF, storage.clock, storage.logger(), storage.manager);
  const at = { topic: 'a', topicId, partition: 0, config: log.config, isNew: false };
  assert.equal(again.apply({ ...at, ...leadership, isr }), 'NONE');
  return again.get('a', 0)!;
}

test('what was committed in the last life is, and what was not waits for the followers again', async () => {
  const parts = await stopped();
  assert.equal(parts.storage.disk.readFile(FILE).toString(), '0\n1\na 0 2\n');
  const partition = await startedAgain(parts);
  assert.deepEqual([partition.highWatermark, partition.log.logEndOffset], [2, 3]);
  partition.replicaFetched(OTHER, 3);
  assert.equal(partition.highWatermark, 3);
});

test('the only in-sync replica has committed all it has, whatever was noted', async () => {
  const partition = await startedAgain(await stopped(), [SELF]);
  assert.equal(partition.highWatermark, 3);
});
