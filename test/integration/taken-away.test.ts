// If this breaks, a broker whose data folder was deleted under it acknowledges records that are gone.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { LogCapture } from '../support/log-capture.ts';
import { RawClient } from '../support/raw-client.ts';
import { startTestBroker } from '../support/test-broker.ts';
import { batchOf, createTopic, fetch, produce } from '../support/topics.ts';

const STORAGE_ERROR = 56;
const UNKNOWN = 3;

test('a data folder that is removed under a running broker is its end, and is not made anew', async () => {
  const logger = new LogCapture();
  const broker = await startTestBroker({ logger });
  const client = await RawClient.connect(broker);
  try {
    await createTopic(client, 'orders');
    assert.equal((await produce(client, 'orders', batchOf(['a']))).errorCode, 0);
    rmSync(broker.folder, { recursive: true });
    await assert.rejects(createTopic(client, 'new'), /cannot create new/);
    assert.match((await broker.broker.failed).message, /was removed/);
    assert.equal((await produce(client, 'orders', batchOf(['b']))).errorCode, STORAGE_ERROR);
    assert.match(broker.broker.troubles()[0] ?? '', /^log directory .* is offline: .* was removed/);
    assert.equal(existsSync(broker.folder), false);
  } finally {
    client.close();
    await broker.stop();
  }
  assert.equal(existsSync(broker.folder), false);
});

test('the file with the topics that is taken away is noticed at the next change', async () => {
  for (const change of ['remove', 'move'] as const) {
    const broker = await startTestBroker();
    const client = await RawClient.connect(broker);
    try {
      await createTopic(client, 'orders');
      const path = join(broker.folder, 'sluice-store.log');
      if (change === 'remove') unlinkSync(path);
      else renameSync(path, `${path}.moved`);
      await assert.rejects(createTopic(client, 'new'), /cannot create new/);
      assert.match(
        (await broker.broker.failed).message,
        /sluice-store\.log was removed or replaced/,
      );
    } finally {
      client.close();
      await broker.stop();
    }
  }
});

test('a partition folder that is removed takes that partition offline alone', async () => {
  const broker = await startTestBroker();
  const client = await RawClient.connect(broker);
  try {
    await createTopic(client, 'orders', { partitions: 2 });
    for (const partition of [0, 1]) {
      assert.equal((await produce(client, 'orders', batchOf(['a']), { partition })).errorCode, 0);
    }
    await broker.broker.stop();
    const again = await startTestBroker({ folder: broker.folder });
    const other = await RawClient.connect(again);
    try {
      rmSync(join(broker.folder, 'orders-0'), { recursive: true });
      const { errorCode } = await produce(other, 'orders', batchOf(['b']));
      assert.equal(errorCode, STORAGE_ERROR);
      assert.equal((await produce(other, 'orders', batchOf(['b']), { partition: 1 })).errorCode, 0);
      assert.match(
        again.broker.troubles()[0] ?? '',
        /^1 partition of .* offline, orders-0 for one/,
      );
    } finally {
      other.close();
      await again.broker.stop();
    }
  } finally {
    client.close();
    rmSync(broker.folder, { recursive: true, force: true });
  }
});

test('partitions of a directory that cannot be used at a start are offline, not unknown', async () => {
  const root = mkdtempSync(join(tmpdir(), 'sluice-taken-'));
  const [one, two] = [join(root, 'one'), join(root, 'two')];
  const config = { 'log.dirs': `${one},${two}` };
  const made = await startTestBroker({ folder: root, config });
  const client = await RawClient.connect(made);
  await createTopic(client, 'orders', { partitions: 2 });
  client.close();
  await made.broker.stop();
  const away = existsSync(join(two, 'orders-0')) ? 0 : 1;
  renameSync(two, `${two}.away`);
  writeFileSync(two, '');
  const again = await startTestBroker({ folder: root, config });
  const other = await RawClient.connect(again);
  try {
    const codes = [];
    for (const partition of [away, 1 - away, 7]) {
      const { errorCode } = await produce(other, 'orders', batchOf(['a']), { partition });
      const { errorCode: read } = await fetch(other, 'orders', 0, { partition });
      codes.push([errorCode, read]);
    }
    assert.deepEqual(codes, [
      [STORAGE_ERROR, STORAGE_ERROR],
      [0, 0],
      [UNKNOWN, UNKNOWN],
    ]);
  } finally {
    other.close();
    await again.broker.stop();
    rmSync(root, { recursive: true, force: true });
  }
});
