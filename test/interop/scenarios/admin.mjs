// Administration by the client under test; the referee looks at what became of it.
import assert from 'node:assert/strict';
import { assertSameRecords, mixedRecords } from '../lib/records.mjs';

export const adminScenarios = [
  {
    name: 'admin: create a topic',
    needs: ['admin.create'],
    async run({ driver, referee, topicName }) {
      const name = topicName('created');
      await driver.call('createTopic', {
        topic: name,
        partitions: 3,
        configs: { 'retention.ms': '123456789', 'cleanup.policy': 'compact' },
      });
      assert.equal(
        (await referee.describeTopic(name)).partitions.length,
        3,
        'number of partitions',
      );
      const configs = await referee.describeConfigs(name);
      assert.equal(configs['retention.ms'], '123456789');
      assert.equal(configs['cleanup.policy'], 'compact');
      await assert.rejects(
        driver.call('createTopic', { topic: name, partitions: 3, configs: {} }),
        /exist/i,
        'creating it again is refused',
      );
    },
  },
  {
    name: 'admin: describe a topic',
    needs: ['admin.describe'],
    async run({ driver, topic }) {
      const name = await topic('described', { partitions: 4 });
      assert.equal((await driver.call('describeTopic', { topic: name })).partitions, 4);
    },
  },
  {
    name: 'admin: describe configs',
    needs: ['admin.describeConfigs'],
    async run({ driver, referee, topic }) {
      const name = await topic('configs', { configs: { 'max.message.bytes': '54321' } });
      const { configs } = await driver.call('describeConfigs', { topic: name });
      assert.equal(configs['max.message.bytes'], '54321');
      assert.deepEqual(
        Object.keys(configs).sort(),
        Object.keys(await referee.describeConfigs(name)).sort(),
      );
    },
  },
  {
    name: 'admin: alter configs',
    needs: ['admin.alterConfigs'],
    async run({ driver, referee, topic }) {
      const name = await topic('altered');
      await driver.call('alterConfigs', { topic: name, configs: { 'retention.ms': '7654321' } });
      // A broker may apply a change a moment after it has answered.
      for (let attempt = 0; attempt < 50; attempt++) {
        if ((await referee.describeConfigs(name))['retention.ms'] === '7654321') return;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      assert.equal((await referee.describeConfigs(name))['retention.ms'], '7654321');
    },
  },
  {
    name: 'admin: add partitions',
    needs: ['admin.addPartitions'],
    async run({ driver, referee, topic }) {
      const name = await topic('widened', { partitions: 2 });
      await driver.call('addPartitions', { topic: name, total: 5 });
      let described;
      for (let attempt = 0; attempt < 50; attempt++) {
        described = await referee.describeTopic(name);
        if (described.partitions.length === 5) break;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      assert.equal(described.partitions.length, 5);
      const records = mixedRecords(3, { partition: 4 });
      await driver.call('produce', { topic: name, codec: 'none', records });
      const { records: read } = await driver.call('consume', {
        topic: name,
        partition: 4,
        count: 3,
      });
      assertSameRecords(read, records, { what: 'the new partition' });
    },
  },
  {
    name: 'admin: delete records',
    needs: ['admin.deleteRecords'],
    async run({ driver, referee, topic }) {
      const name = await topic('trimmed');
      const records = mixedRecords(10, { seed: 10 });
      await driver.call('produce', { topic: name, codec: 'gzip', records });
      await driver.call('deleteRecords', { topic: name, partition: 0, before: 4 });
      assert.equal(await referee.listOffset(name, 0, -2), 4, 'log start offset');
      assert.equal(await referee.listOffset(name, 0, -1), 10, 'end offset');
      const { records: read } = await driver.call('consume', {
        topic: name,
        partition: 0,
        from: 'earliest',
        count: 6,
      });
      assertSameRecords(read, records.slice(4), { firstOffset: 4 });
    },
  },
  {
    name: 'admin: delete a topic',
    needs: ['admin.delete'],
    async run({ driver, referee, topic }) {
      const name = await topic('deleted', { partitions: 2 });
      await driver.call('deleteTopic', { topic: name });
      for (let attempt = 0; attempt < 50; attempt++) {
        if ((await referee.describeTopic(name)) === null) return;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      assert.equal(await referee.describeTopic(name), null);
    },
  },
];
