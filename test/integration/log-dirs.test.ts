// If this breaks, kafka-log-dirs and every tool that watches disk usage through it show nothing, or something wrong.
import assert from 'node:assert/strict';
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  DescribeLogDirsRequest,
  DescribeLogDirsResponse,
} from '../../src/protocol/messages/35-describe-log-dirs.ts';
import { RawClient } from '../support/raw-client.ts';
import { startTestBroker, type TestBroker } from '../support/test-broker.ts';
import { batchOf, createTopic, produce } from '../support/topics.ts';

let broker: TestBroker;
let client: RawClient;
before(async () => {
  broker = await startTestBroker();
  client = await RawClient.connect(broker);
  await createTopic(client, 'sized', { partitions: 2 });
  await createTopic(client, 'other');
  await produce(client, 'sized', batchOf(['a', 'bc']), { partition: 1 });
});
after(async () => {
  client.close();
  await broker.stop();
  rmSync(broker.folder, { recursive: true, force: true });
});

const ask = (version: number, topics: { topic: string; partitions: number[] }[] | null) =>
  client.call(DescribeLogDirsRequest, DescribeLogDirsResponse, version, { topics });

test('the sizes of a directory are those of its files, at every version', async () => {
  for (let version = 0; version <= 4; version++) {
    const { results } = await ask(version, null);
    assert.equal(results.length, 1);
    const [dir] = results;
    assert.ok(dir && dir.errorCode === 0);
    assert.equal(dir.logDir, broker.folder);
    const sizes = dir.topics.flatMap(({ name, partitions }) =>
      partitions.map((row) => [`${name}-${row.partitionIndex}`, row.partitionSize]),
    );
    const onDisk = (log: string) =>
      statSync(join(broker.folder, log, '00000000000000000000.log')).size;
    assert.ok(onDisk('sized-1') > 0);
    assert.deepEqual(
      sizes.sort(),
      ['other-0', 'sized-0', 'sized-1'].map((log) => [log, onDisk(log)]),
    );
    assert.ok(dir.topics.every((topic) => topic.partitions.every((row) => row.offsetLag === 0)));
  }
});

test('the space of the volume comes from version 4 on', async () => {
  const before4 = await ask(3, null);
  assert.equal(before4.results[0]?.totalBytes, -1);
  const [dir] = (await ask(4, null)).results;
  assert.ok(dir && dir.totalBytes > dir.usableBytes && dir.usableBytes > 0);
});

test('only what is asked for is described; an empty list is nothing', async () => {
  const { results } = await ask(4, [{ topic: 'sized', partitions: [1, 7] }]);
  assert.deepEqual(
    results[0]?.topics.map(({ name, partitions }) => [
      name,
      partitions.map(({ partitionIndex }) => partitionIndex),
    ]),
    [['sized', [1]]],
  );
  assert.deepEqual((await ask(4, [])).results[0]?.topics, []);
});
