// If this breaks, a start after a kill warns of folders that it is just about to delete.
import assert from 'node:assert/strict';
import { readdirSync, rmSync } from 'node:fs';
import { test } from 'node:test';
import { silentLogger } from '../../src/base/logger.ts';
import { NodeClock } from '../../src/base/node/node-clock.ts';
import { nodeFileSystem } from '../../src/base/node/node-file-system.ts';
import { openEmbeddedStore } from '../../src/coordination/embedded/embedded-store.ts';
import { deleteTopicNode } from '../../src/coordination/znodes.ts';
import { LogCapture } from '../support/log-capture.ts';
import { RawClient } from '../support/raw-client.ts';
import { startTestBroker } from '../support/test-broker.ts';
import { batchOf, createTopic, produce } from '../support/topics.ts';

test('a deletion that a kill interrupted goes on without a warning about its folders', async () => {
  const first = await startTestBroker();
  const { folder } = first;
  try {
    let client = await RawClient.connect(first);
    await createTopic(client, 'orders', { partitions: 2 });
    await produce(client, 'orders', batchOf(['a']));
    client.close();
    await first.broker.stop();
    // As the kill leaves it: marked, and everything still there.
    const store = openEmbeddedStore({
      clock: new NodeClock(),
      fileSystem: nodeFileSystem,
      logger: silentLogger,
      folder,
    });
    await store.openSession().create(deleteTopicNode.path('orders'), null, 'persistent');
    await store.close();
    const logger = new LogCapture();
    const second = await startTestBroker({ folder, logger });
    client = await RawClient.connect(second);
    // Requests wait for the deletion that is under way.
    await createTopic(client, 'orders');
    client.close();
    await second.broker.stop();
    assert.deepEqual(logger.takeComplaints(), []);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith('orders-')),
      ['orders-0'],
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
