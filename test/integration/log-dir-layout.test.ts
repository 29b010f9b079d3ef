// If this breaks, a broker whose second disk is not mounted starts with half of its partitions empty.
import assert from 'node:assert/strict';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { NodeClock } from '../../src/base/node/node-clock.ts';
import { nodeFileSystem } from '../../src/base/node/node-file-system.ts';
import { openEmbeddedStore } from '../../src/coordination/embedded/embedded-store.ts';
import { LogCapture } from '../support/log-capture.ts';
import { RawClient } from '../support/raw-client.ts';
import { startTestBroker, type TestBroker } from '../support/test-broker.ts';
import { batchOf, createTopic, fetch, produce } from '../support/topics.ts';

const root = mkdtempSync(join(tmpdir(), 'sluice-layout-'));
const [d1, d2] = [join(root, 'd1'), join(root, 'd2')];
after(() => rmSync(root, { recursive: true, force: true }));

function start(
  dirs: readonly string[],
  config: Record<string, string> = {},
  logger = new LogCapture(),
) {
  return startTestBroker({
    folder: root,
    logger,
    config: { 'log.dirs': dirs.join(','), ...config },
  });
}

async function refusal(dirs: readonly string[], config: Record<string, string> = {}) {
  const error = await start(dirs, config).then(
    async ({ broker }) => {
      await broker.stop();
      return assert.fail('the start went well');
    },
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof Error);
  return error.message;
}

async function values(broker: TestBroker, partition: number): Promise<(string | null)[]> {
  const client = await RawClient.connect(broker);
  try {
    return (await fetch(client, 'orders', 0, { partition })).values;
  } finally {
    client.close();
  }
}

test('records survive every change of log.dirs between two starts', async () => {
  const made = await start([d1, d2]);
  const client = await RawClient.connect(made);
  await createTopic(client, 'orders', { partitions: 4 });
  for (let partition = 0; partition < 4; partition++) {
    await produce(client, 'orders', batchOf([`in ${partition}`]), { partition });
  }
  client.close();
  await made.broker.stop();
  const meta = readFileSync(join(d2, 'meta.properties'), 'utf8');
  const id = /^directory\.id=(\S{22})$/m.exec(meta)?.[1];
  assert.ok(id, meta);

  renameSync(d2, join(root, 'unmounted'));
  mkdirSync(d2);
  assert.match(
    await refusal([d1, d2]),
    /2 partitions, orders-\d for one, lie in .*d2, which was missing, or is empty:/,
  );
  assert.match(await refusal([d1]), new RegExp(`log\\.dirs\\.lost=${id};`));
  rmSync(d2, { recursive: true });
  renameSync(join(root, 'unmounted'), d2);

  symlinkSync(d1, join(root, 'link'));
  assert.match(
    await refusal([d1, d2, join(root, 'link')]),
    /names one folder twice: .*d1 and .*link/,
  );
  cpSync(d2, join(root, 'copy'), { recursive: true });
  assert.match(await refusal([d1, d2, join(root, 'copy')]), /have the same directory\.id/);

  // Of another broker: its own files stay as they are.
  const other = await startTestBroker();
  await other.broker.stop();
  const foreign = readFileSync(join(other.folder, 'meta.properties'), 'utf8');
  const inventory = readFileSync(join(other.folder, 'sluice-inventory'), 'utf8');
  assert.match(await refusal([d1, d2, other.folder]), /must hold the data of one broker/);
  assert.equal(readFileSync(join(other.folder, 'meta.properties'), 'utf8'), foreign);
  assert.equal(readFileSync(join(other.folder, 'sluice-inventory'), 'utf8'), inventory);
  await other.stop();

  const reordered = await start([join(root, 'd3'), d2, d1]);
  try {
    for (let partition = 0; partition < 4; partition++) {
      assert.deepEqual(await values(reordered, partition), [`in ${partition}`]);
    }
  } finally {
    await reordered.broker.stop();
  }
  rmSync(d2, { recursive: true });
  assert.match(
    await refusal([d1, join(root, 'd3')]),
    /2 partitions, orders-\d for one, lie in .*d2/,
  );
  const log = new LogCapture();
  const broker = await start([d1, join(root, 'd3')], { 'log.dirs.lost': id }, log);
  try {
    const found = await Promise.all([0, 1, 2, 3].map((partition) => values(broker, partition)));
    assert.equal(found.filter(([value]) => value?.startsWith('in ')).length, 2);
    assert.equal(log.lines.filter(({ msg }) => msg.includes('at offset 1;')).length, 2);
    assert.ok(log.lines.some(({ msg }) => msg.includes('is given up as log.dirs.lost says')));
  } finally {
    await broker.broker.stop();
  }
  const again = await start([d1, join(root, 'd3')]);
  await again.broker.stop();
});

/** A broker of two directories with the topic orders, stopped; made anew for each test. */
async function filled(name: string): Promise<[string, string]> {
  const dirs: [string, string] = [join(root, name, 'd1'), join(root, name, 'd2')];
  const made = await start(dirs);
  const client = await RawClient.connect(made);
  await createTopic(client, 'orders', { partitions: 4 });
  for (let partition = 0; partition < 4; partition++) {
    await produce(client, 'orders', batchOf([`in ${partition}`]), { partition });
  }
  client.close();
  await made.broker.stop();
  return dirs;
}

test('a first start with inventories misses what the list of topics has and no directory', async () => {
  const [one, two] = await filled('upgrade');
  for (const dir of [one, two]) rmSync(join(dir, 'sluice-inventory'));
  const before = readdirSync(one);
  assert.match(
    await refusal([one]),
    /^the list of topics has 2 partitions, orders-\d for one, of which log\.dirs .* start with log\.dirs\.lost=unknown;/,
  );
  assert.deepEqual(readdirSync(one), before, 'a refused start changes nothing');
  rmSync(join(one, readdirSync(one).find((name) => name.startsWith('orders-')) ?? ''), {
    recursive: true,
  });
  assert.match(await refusal([one, two]), /has 1 partition, orders-\d, of which/);
  const capture = new LogCapture();
  const { broker } = await start([one, two], { 'log.dirs.lost': 'unknown' }, capture);
  await broker.stop();
  const told = capture.lines.filter(({ msg }) => msg.includes('and it begins at offset 0'));
  assert.equal(told.length, 1);
});

test('a topic whose deletion was under way is not missed', async () => {
  const [one, two] = await filled('deleting');
  // Only what the store says of it is left, as after a kill.
  const store = openEmbeddedStore({
    clock: new NodeClock(),
    fileSystem: nodeFileSystem,
    logger: new LogCapture(),
    folder: [one, two].find((dir) => readdirSync(dir).includes('sluice-store.log')) ?? '',
  });
  await store.openSession().create('/admin/delete_topics/orders', null);
  await store.close();
  for (const dir of [one, two]) {
    rmSync(join(dir, 'sluice-inventory'));
    for (const name of readdirSync(dir)) {
      if (name.startsWith('orders-')) rmSync(join(dir, name), { recursive: true });
    }
  }
  const { broker } = await start([one, two]);
  await broker.stop();
});

test('an older list of topics alone is refused, since a deleted topic would come back', async () => {
  const [one, two] = await filled('older');
  const home = [one, two].find((dir) => readdirSync(dir).includes('sluice-store.log')) ?? '';
  cpSync(join(home, 'sluice-store.log'), join(root, 'older.log'));
  const made = await start([one, two]);
  const client = await RawClient.connect(made);
  await createTopic(client, 'newer');
  client.close();
  await made.broker.stop();
  cpSync(join(root, 'older.log'), join(home, 'sluice-store.log'));
  assert.match(await refusal([one, two]), /is an older copy, or lost its end: its last change is/);
});

test('a broker whose meta.properties are gone is the one that its topics belong to', async () => {
  const [one, two] = await filled('anonymous');
  for (const dir of [one, two]) rmSync(join(dir, 'meta.properties'));
  assert.match(
    await refusal([one, two], { 'node.id': '7' }),
    /belongs to broker 1001, but node\.id is 7 in the configuration; set node\.id=1001/,
  );
  const capture = new LogCapture();
  const again = await start([one, two], {}, capture);
  try {
    assert.equal(again.broker.brokerId, 1001);
    assert.deepEqual(await values(again, 3), ['in 3']);
    assert.ok(capture.lines.some(({ msg }) => msg.includes('this is broker 1001 again')));
  } finally {
    await again.broker.stop();
  }
});

test('folders that merely look like partitions do not become topics', async () => {
  const folder = mkdtempSync(join(root, 'looks-'));
  mkdirSync(join(folder, 'backup-2024-01-01'));
  const metadata = 'version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAQ';
  for (const name of ['orders-0', 'orders-0-copy-1', 'snapshot-20240101']) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, `${'0'.repeat(20)}.log`), '');
    if (name.startsWith('orders'))
      writeFileSync(join(folder, name, 'partition.metadata'), metadata);
  }
  const capture = new LogCapture();
  const broker = await start([folder], {}, capture);
  const said = capture.lines.map(({ msg }) => msg).join('\n');
  await broker.broker.stop();
  assert.match(said, /took over 1 topics from the folders of the log directories, orders for one/);
  assert.match(
    said,
    /the folders of snapshot are not made a topic: snapshot-20240101 would be one of/,
  );
  assert.match(said, /the folders of orders-0-copy are not made a topic: .* that of orders\n/);
  assert.match(
    said,
    /1 folders have the name of a partition and nothing of one .*backup-2024-01-01/,
  );
});

test('a link that leads nowhere in the place of a partition stays, and the others of its directory serve', async () => {
  const folder = mkdtempSync(join(root, 'link-'));
  mkdirSync(join(folder, 'd'));
  symlinkSync(join(folder, 'nowhere'), join(folder, 'd', 'orders-1'));
  const capture = new LogCapture();
  const broker = await start([join(folder, 'd')], {}, capture);
  try {
    const client = await RawClient.connect(broker);
    await createTopic(client, 'orders', { partitions: 2 });
    client.close();
    assert.deepEqual(await values(broker, 0), []);
  } finally {
    await broker.broker.stop();
  }
  assert.ok(readdirSync(join(folder, 'd')).includes('orders-1'));
  assert.ok(!capture.lines.some(({ msg }) => msg.includes('goes offline')));
});
