// If this breaks, groups lose committed offsets when a broker starts again, without a word.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brokerConfig, topicLogConfig } from '../config/index.ts';
import { TestStorage } from '../storage/testing/test-storage.ts';
import type { LoadedBatch } from './coordinator/runtime/coordinator-log.ts';
import { Partitions } from './replica/partitions.ts';
import { OFFSETS_TOPIC, ReplicatedCoordinatorLog } from './replicated-coordinator-log.ts';

const LEADERSHIP = {
  leader: 1,
  leaderEpoch: 0,
  replicas: [1],
  isr: [1],
  partitionEpoch: 0,
  isNew: true,
};

test('a load sees every record, however the reads cut the log into buffers', async () => {
  const storage = new TestStorage();
  await storage.open();
  const partitions = new Partitions(1, storage.clock, storage.logger(), storage.manager);
  const config = topicLogConfig(brokerConfig(), {});
  const topicId = 'AAAAAAAAAAAAAAAAAAAAAg';
  partitions.apply({ ...LEADERSHIP, topic: OFFSETS_TOPIC, topicId, partition: 0, config });
  const log = new ReplicatedCoordinatorLog(OFFSETS_TOPIC, storage.clock, partitions);
  // Three megabytes and a half, in batches that no buffer's size is a multiple of.
  const value = Buffer.alloc(700);
  const count = 5000;
  for (let n = 0; n < count; n++) {
    log.append(0, [{ key: Buffer.from(`key ${n}`), value }], 1000, () => {});
  }
  storage.clock.runTurn();
  const seen: string[] = [];
  const note = ({ records }: LoadedBatch) => {
    for (const { key } of records) seen.push(String(key));
  };
  await log.load(0, note, () => false);
  assert.equal(seen.length, count);
  assert.equal(seen.at(-1), `key ${count - 1}`);
});
