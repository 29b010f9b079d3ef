// MirrorMaker 2: topics of one cluster, with their records, configurations and groups, appear in another.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSluice } from '../../lib/broker.mjs';
import { programs } from '../../lib/install.mjs';
import { kafkaTool, startRealKafka } from '../../real-kafka.mjs';
import { classes } from '../../tools/classes.mjs';
import { Cluster } from './cluster.mjs';
import { propertiesFile, Worker } from './worker.mjs';

const PARTITIONS = 3;
/** Unlike any default, so that a topic which has them was given them. */
const configs = {
  'cleanup.policy': 'compact,delete',
  'retention.ms': '7200000000',
  'segment.bytes': '7654321',
  'max.message.bytes': '2000000',
};
/** What is set to another value while the mirror is at work. */
const changedConfig = { 'retention.ms': '3600000000' };
/** Yesterday: not when the mirror writes it, and far from what retention takes. */
const START = Date.now() - 24 * 3_600_000;

/** A partition's batches, each with a time of its own: keys, nulls, repeated and empty headers. */
const batchesOf = (partition, word, count) =>
  Array.from({ length: count }, (_, batch) => ({
    timestamp: START + partition * 1_000 + batch,
    records: [
      {
        key: `key ${batch}`,
        value: `${word} ${partition}.${batch}.0`,
        headers: [
          ['a', '1'],
          ['a', '2'],
        ],
      },
      {
        key: 'größer',
        value: `${word} ${partition}.${batch}.1`,
        headers: [
          ['流', ''],
          ['null', null],
        ],
      },
      { key: `gone ${batch}`, value: null },
      { key: '', value: `${word} ${partition}.${batch}.3 ${'x'.repeat(batch * 50)}` },
    ],
  }));
const RECORDS_PER_BATCH = 4;

/**
 * What users of mirror-maker.properties set, and intervals short enough to wait for. `alias` is the target's name, by
 * which mirrors of one source are kept apart.
 */
const mirrorProperties = ({ source, target, alias, topic }) => ({
  clusters: `A, ${alias}`,
  'A.bootstrap.servers': source.bootstrap,
  [`${alias}.bootstrap.servers`]: target.bootstrap,
  [`A->${alias}.enabled`]: true,
  [`A->${alias}.topics`]: topic,
  // Not the way back, of which the program would otherwise send heartbeats: 3.9 logs errors there (KAFKA-18021).
  [`${alias}->A.enabled`]: false,
  [`${alias}->A.emit.heartbeats.enabled`]: false,
  'replication.factor': 1,
  'checkpoints.topic.replication.factor': 1,
  'heartbeats.topic.replication.factor': 1,
  'offset-syncs.topic.replication.factor': 1,
  'offset.storage.replication.factor': 1,
  'status.storage.replication.factor': 1,
  'config.storage.replication.factor': 1,
  'refresh.topics.interval.seconds': 1,
  'refresh.groups.interval.seconds': 1,
  'sync.topic.configs.interval.seconds': 1,
  'emit.checkpoints.interval.seconds': 1,
  'sync.group.offsets.enabled': true,
  'sync.group.offsets.interval.seconds': 1,
  // Only at a flush is the last record's place told, by which the offset of a group that has read all is known.
  [`${alias}.offset.flush.interval.ms`]: 1_000,
  'offset.lag.max': 0,
});

/** A topic whose last partition is empty, and a group that has read all of it; answers the ends of the partitions. */
async function fill(cluster, topic, group) {
  await cluster.createTopic(topic, { partitions: PARTITIONS, configs });
  const ends = [];
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const batches = partition === PARTITIONS - 1 ? [] : batchesOf(partition, 'early', 40);
    for (const batch of batches) await cluster.produce(topic, partition, batch);
    ends.push(batches.length * RECORDS_PER_BATCH);
    await cluster.commit(group, topic, partition, ends[partition]);
  }
  return ends;
}

async function assertMirrored(from, to, topic, mirrored) {
  for (let partition = 0; partition <= PARTITIONS; partition++)
    assert.deepEqual(
      await to.records(mirrored, partition),
      await from.records(topic, partition),
      `${mirrored}-${partition}`,
    );
  const { partitions } = await to.describeTopic(mirrored);
  assert.equal(partitions.length, PARTITIONS + 1);
  const copied = await to.describeConfigs(mirrored);
  for (const [name, value] of Object.entries({ ...configs, ...changedConfig }))
    assert.equal(copied[name], value, name);
}

async function mirrors(version, source, target, { install }) {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-mirror-'));
  const topic = `mirrored-${version}`;
  const mirrored = `A.${topic}`;
  const group = `${topic}-readers`;
  const [from, to] = [new Cluster(source.bootstrap), new Cluster(target.bootstrap)];
  let worker;
  const arrival = (partition, end) =>
    worker.until(
      () => to.holds(mirrored, partition, end),
      `${end} records in ${mirrored}-${partition}`,
    );
  try {
    const ends = await fill(from, topic, group);
    const alias = `B${version.split('.')[0]}`;
    const properties = mirrorProperties({ source, target, alias, topic });
    const files = [propertiesFile(folder, 'mirror', properties)];
    const options = { version, install, folder, files, log: 'mirror.log' };
    worker = await Worker.start('connect-mirror-maker', options);
    for (const [partition, end] of ends.entries()) await arrival(partition, end);
    for (const [partition, end] of ends.entries()) {
      const hasOffset = async () => (await to.committed(group, mirrored, partition)) === end;
      if (end > 0) await worker.until(hasOffset, `the group's offset ${end} in ${partition}`);
    }
    await worker.until(() => to.holds('A.checkpoints.internal', 0, 1), 'a checkpoint');

    // What changes afterwards follows.
    await from.addPartitions(topic, PARTITIONS + 1);
    const [[name, value]] = Object.entries(changedConfig);
    await from.setConfig(topic, name, value);
    const isSynced = async () => (await to.describeConfigs(mirrored))[name] === value;
    await worker.until(isSynced, 'the changed configuration');
    const late = batchesOf(PARTITIONS, 'late', 10);
    for (const batch of late) await from.produce(topic, PARTITIONS, batch);
    await arrival(PARTITIONS, late.length * RECORDS_PER_BATCH);
    await from.produce(topic, 0, late[0]);
    await arrival(0, ends[0] + RECORDS_PER_BATCH);
    await worker.stop();

    await assertMirrored(from, to, topic, mirrored);
    const unread = [...late, late[0]].flatMap(({ records }) => records.map((one) => one.value));
    await continues(version, { target, topic: mirrored, group, unread });
  } finally {
    await worker?.end();
    from.close();
    to.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A member of the group that moves to the target reads what the group had not read at the source, and only that. */
async function continues(version, { target, topic, group, unread }) {
  const className = classes['kafka-console-consumer'][version.split('.')[0]];
  const { code, stdout, stderr } = await kafkaTool(version, className, [
    ...['--bootstrap-server', target.bootstrap, '--topic', topic, '--group', group],
    // For the partition where the group has never been.
    ...['--from-beginning', '--max-messages', String(unread.length), '--timeout-ms', '30000'],
  ]);
  assert.equal(code, 0, stderr);
  assert.deepEqual(stdout.trimEnd().split('\n').sort(), unread.map(String).sort());
}

/** Mirrors to a cluster of the scenario's own. */
async function mirrorsTo(target, version, source, context) {
  try {
    await mirrors(version, source, target, context);
    assert.equal(await target.stop(), 0, target.logText().slice(-3_000));
  } finally {
    await target.stop();
    target.remove();
  }
}

export const mirrorScenario = (version) => ({
  name: `connect-mirror-maker ${version}: a topic and its group in another broker`,
  timeoutMs: 180_000,
  async run(context) {
    const target = await context.broker.another();
    await mirrorsTo(target, version, context.broker, context);
  },
});

export const migrationScenario = (version) => ({
  name: `connect-mirror-maker ${version}: from Kafka ${version} to Sluice`,
  timeoutMs: 180_000,
  async run(context) {
    await programs(['java', 'mvn'], {
      install: context.install,
      packages: ['default-jdk-headless', 'maven'],
    });
    const source = await startRealKafka({ version });
    try {
      await mirrorsTo(await startSluice(), version, source, context);
    } finally {
      await source.stop();
    }
  },
});
