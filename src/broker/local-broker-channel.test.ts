// If this breaks, a broker obeys a controller that was voted out, or keeps what belongs to a deleted topic.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogCapture } from '../../test/support/log-capture.ts';
import { Slices } from '../base/slices.ts';
import { SimClock } from '../base/testing/sim-clock.ts';
import type { UpdateMetadata } from './controller/broker-channel.ts';
import { LocalBrokerChannel } from './local-broker-channel.ts';
import { ClusterMetadata } from './metadata/cluster-metadata.ts';

const ID = 'A'.repeat(22);

function channel(topicDeleted: (topic: string) => Promise<void> = async () => {}) {
  const logger = new LogCapture();
  const metadata = new ClusterMetadata(logger, 'cluster');
  const local = new LocalBrokerChannel({
    slices: new Slices(new SimClock()),
    logger,
    brokerId: 1,
    metadata,
    listener: { elected() {}, resigned() {}, topicDeleted },
    // Nothing here asks for partitions or configs.
    partitions: {} as never,
    configs: {} as never,
    traffic: {} as never,
  });
  const update = (changes: Partial<UpdateMetadata>) =>
    local.updateMetadata({
      controllerId: 1,
      controllerEpoch: 1,
      full: false,
      topics: [],
      deletedTopics: [],
      brokers: undefined,
      topicConfigs: [],
      brokerConfigs: [],
      ...changes,
    });
  return { local, logger, metadata, update };
}

const topic = (name: string) => ({
  topic: { name, id: ID, internal: false, partitions: [] },
  configs: new Map([['retention.ms', '1']]),
});

test('a controller of before is refused whole, whatever it says', async () => {
  const { local, metadata, update } = channel();
  assert.equal(await update({ controllerEpoch: 5, topics: [topic('a')] }), 'NONE');
  assert.equal(
    await update({ controllerEpoch: 4, topics: [topic('b')] }),
    'STALE_CONTROLLER_EPOCH',
  );
  assert.deepEqual([...metadata.snapshot.topics.keys()], ['a']);
  const at = { controllerId: 2, controllerEpoch: 4 };
  const key = { topic: 'a', topicId: ID, partition: 0, leaderEpoch: -1 };
  assert.deepEqual(await local.stopPartitions({ ...at, deleteFiles: true, partitions: [key] }), [
    { topic: 'a', partition: 0, error: 'STALE_CONTROLLER_EPOCH' },
  ]);
});

test('a full update forgets what it does not name, another one adds to what there is', async () => {
  const { metadata, update } = channel();
  const configs = new Map([['num.io.threads', '3']]);
  await update({
    topics: [topic('a'), topic('b')],
    brokerConfigs: [
      { brokerId: 1, configs },
      { brokerId: undefined, configs },
    ],
  });
  await update({ topicConfigs: [{ topic: 'a', configs }] });
  assert.equal(metadata.snapshot.topicConfigs.get('a'), configs);
  assert.equal(metadata.snapshot.defaultBrokerConfig, configs);
  await update({ full: true, topics: [topic('b')], controllerEpoch: 2 });
  assert.deepEqual([...metadata.snapshot.topics.keys()], ['b']);
  assert.equal(metadata.snapshot.brokerConfigs.size, 0);
  assert.equal(metadata.snapshot.defaultBrokerConfig.size, 0);
  assert.equal(metadata.snapshot.controllerEpoch, 2);
});

test('a deleted topic is heard of by whoever keeps something about it, also after a crash', async () => {
  const heard: string[] = [];
  const { update, metadata } = channel(async (name) => void heard.push(name));
  await update({ topics: [topic('a'), topic('b')] });
  await update({ deletedTopics: [{ name: 'a', id: ID }] });
  // One that this life never knew, and one that the next controller does not name.
  await update({ deletedTopics: [{ name: 'ghost', id: ID }] });
  await update({ full: true });
  assert.deepEqual(heard, ['a', 'ghost', 'b']);
  assert.equal(metadata.snapshot.topics.size, 0);
});

test('who cannot forget a deleted topic does not keep it from going', async () => {
  const { update, logger } = channel(() => Promise.reject(new Error('broken')));
  assert.equal(await update({ deletedTopics: [{ name: 'a', id: ID }] }), 'NONE');
  assert.match(logger.lines[0]?.msg ?? '', /not everything about the deleted topic a is gone/);
});
