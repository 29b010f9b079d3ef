// Data that changes hands: the folder of a Kafka broker opened by Sluice, and the other way round.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sluiceProgram, startSluice } from '../lib/broker.mjs';
import { programs } from '../lib/install.mjs';
import { run, stop, until } from '../lib/processes.mjs';
import { Referee } from '../lib/referee.mjs';
import { kafkaTool, startRealKafka } from '../real-kafka.mjs';

const RECORDS = 300;

/** What each release can write, and how it is run. */
const releases = [
  { version: '0.10.2.2', zookeeper: true, codecs: ['none', 'gzip', 'snappy', 'lz4'], v0: true },
  {
    version: '2.7.2',
    zookeeper: true,
    codecs: ['none', 'gzip', 'snappy', 'lz4', 'zstd'],
    v0: true,
  },
  { version: '3.9.2', zookeeper: true, codecs: ['none', 'lz4', 'zstd'], killed: true },
  { version: '4.3.0', codecs: ['none', 'gzip', 'snappy', 'lz4', 'zstd'] },
];

async function kcat(bootstrap, args, options = {}) {
  const result = await run('kcat', ['-b', bootstrap, ...args], { timeoutMs: 60_000, ...options });
  assert.equal(result.code, 0, `kcat ${args.join(' ')}: ${result.stderr.slice(-2_000)}`);
  return result.stdout;
}

/** Every record of a partition, as text: offset, timestamp, key, value. */
const contents = (bootstrap, topic) =>
  kcat(bootstrap, [
    '-C',
    '-q',
    '-e',
    '-t',
    topic,
    '-p',
    '0',
    '-o',
    'beginning',
    '-f',
    '%o|%T|%k|%s\n',
  ]);

/** Messages of format v0 have no time, which kcat prints as 0, and as -1 from a record batch. */
const withoutMissingTimes = (text) => text.replace(/^(\d+)\|(0|-1)\|/gm, '$1|none|');

const lines = (word, count = RECORDS) =>
  Array.from(
    { length: count },
    (_, index) => `key${index % 7}\t${word} ${index} ${'x'.repeat(index % 50)}\n`,
  ).join('');

/** In ZooKeeper mode the port is open before the controller knows of the broker. */
const isKnown = (kafka) =>
  until(async () => / 1 brokers:/.test(await kcat(kafka.bootstrap, ['-L'])), {
    what: 'a broker that the controller knows',
  });

async function fill(kafka, { version, zookeeper, codecs, v0 }) {
  const topics = codecs.map((codec) => `from.${codec}`);
  for (const codec of codecs) {
    const flags = ['-P', '-t', `from.${codec}`, '-p', '0', '-K', '\t', '-z', codec];
    await kcat(kafka.bootstrap, flags, { input: lines(codec) });
  }
  if (v0) {
    const where = version.startsWith('0.')
      ? ['--zookeeper', kafka.zookeeper]
      : ['--bootstrap-server', kafka.bootstrap];
    assert.ok(zookeeper);
    const flags = [
      '--create',
      '--topic',
      'from.v0',
      '--partitions',
      '1',
      '--replication-factor',
      '1',
    ];
    const { code, stderr } = await kafkaTool(version, 'kafka.admin.TopicCommand', [
      ...where,
      ...flags,
      ...['--config', 'message.format.version=0.9.0.1'],
    ]);
    assert.equal(code, 0, stderr);
    for (const codec of ['none', 'gzip', 'lz4'])
      await kcat(kafka.bootstrap, ['-P', '-t', 'from.v0', '-p', '0', '-K', '\t', '-z', codec], {
        input: lines(`v0 ${codec}`, 50),
      });
    topics.push('from.v0');
  }
  // Fifty records read and committed in a group.
  await kcat(kafka.bootstrap, [
    '-q',
    '-G',
    'old-readers',
    '-c',
    '50',
    '-o',
    'beginning',
    '-X',
    'auto.offset.reset=earliest',
    'from.none',
  ]);
  return topics;
}

function opensHere(release) {
  const { version, zookeeper = false, killed = false } = release;
  return {
    name: `a folder of Kafka ${version}${killed ? ', killed,' : ''} opens and serves`,
    timeoutMs: 180_000,
    async run({ install }) {
      await programs(['java', 'mvn', 'kcat'], {
        install,
        packages: ['default-jdk-headless', 'maven', 'kcat'],
      });
      const folder = mkdtempSync(join(tmpdir(), 'old-kafka-'));
      try {
        const kafka = await startRealKafka({ version, zookeeper, dataFolder: folder });
        await isKnown(kafka);
        const topics = await fill(kafka, release);
        const before = new Map();
        for (const topic of topics)
          before.set(topic, withoutMissingTimes(await contents(kafka.bootstrap, topic)));
        const referee = new Referee(kafka.bootstrap);
        const committed = await referee.committed('old-readers', 'from.none', 0);
        referee.close();
        assert.ok(committed >= 50, `committed ${committed}`);
        if (killed) await stop(kafka.child, { signal: 'SIGKILL' });
        await kafka.stop();
        const records = await servedBySluice(kafka.logFolder, { topics, before, committed });
        console.log(
          `      ${topics.length} topics, ${records} records, committed offset ${committed}`,
        );
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };
}

/** Opens the folder twice with Sluice: everything is there, and goes on from there. */
async function servedBySluice(logFolder, { topics, before, committed }) {
  let records = 0;
  for (const start of ['first', 'second']) {
    const sluice = await startSluice({ 'log.dirs': logFolder });
    try {
      for (const topic of topics) {
        const found = await contents(sluice.bootstrap, topic);
        assert.equal(
          withoutMissingTimes(found),
          before.get(topic),
          `${topic} at the ${start} start`,
        );
        if (start === 'first') records += found.split('\n').length - 1;
      }
      const referee = new Referee(sluice.bootstrap);
      assert.equal(await referee.committed('old-readers', 'from.none', 0), committed);
      referee.close();
      await kcat(sluice.bootstrap, ['-P', '-t', 'from.none', '-p', '0', '-K', '\t'], {
        input: lines('new', 10),
      });
      const grown = await contents(sluice.bootstrap, 'from.none');
      assert.ok(grown.startsWith(before.get('from.none')), 'what was there stays');
      assert.equal(grown.split('\n').length, before.get('from.none').split('\n').length + 10);
      before.set('from.none', grown);
    } finally {
      assert.equal(await sluice.stop(), 0, sluice.logText().slice(-3_000));
      sluice.remove();
    }
  }
  const verified = await run(process.execPath, [sluiceProgram, 'log', 'verify', logFolder]);
  assert.equal(verified.code, 0, verified.stdout);
  return records;
}

const opensThere = {
  name: 'a folder of Sluice opens in Kafka 3.9.2',
  timeoutMs: 180_000,
  async run({ install }) {
    await programs(['java', 'mvn', 'kcat'], {
      install,
      packages: ['default-jdk-headless', 'maven', 'kcat'],
    });
    const version = '3.9.2';
    const folder = mkdtempSync(join(tmpdir(), 'kafka-opens-'));
    const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
    const topics = codecs.map((codec) => `ours.${codec}`);
    const sluice = await startSluice({
      'auto.create.topics.enable': true,
      'offsets.topic.num.partitions': 5,
    });
    try {
      for (const codec of codecs) {
        const flags = [
          '-P',
          '-t',
          `ours.${codec}`,
          '-p',
          '0',
          '-K',
          '\t',
          '-z',
          codec,
          '-X',
          'enable.idempotence=true',
        ];
        await kcat(sluice.bootstrap, flags, { input: lines(codec) });
      }
      await kcat(sluice.bootstrap, [
        '-q',
        '-G',
        'readers',
        '-c',
        '50',
        '-X',
        'auto.offset.reset=earliest',
        'ours.none',
      ]);
      const before = new Map();
      for (const topic of topics) before.set(topic, await contents(sluice.bootstrap, topic));
      const referee = new Referee(sluice.bootstrap);
      const committed = await referee.committed('readers', 'ours.none', 0);
      referee.close();
      assert.equal(await sluice.stop(), 0);

      // Kafka learns of the topics from its ZooKeeper, so they are made there first, and then given our folders.
      const made = await startRealKafka({ version, zookeeper: true, dataFolder: folder });
      const there = new Referee(made.bootstrap);
      await isKnown(made);
      for (const topic of topics) await there.createTopic(topic, { partitions: 1 });
      await there.committed('readers', 'ours.none', 0);
      there.close();
      await made.stop();
      for (const name of readdirSync(sluice.logFolder)) {
        if (!/^(ours\.\w+|__consumer_offsets)-\d+$/.test(name)) continue;
        const target = join(made.logFolder, name);
        rmSync(target, { recursive: true, force: true });
        // The topic's id differs; without this file Kafka takes the folder by its name.
        const filter = (path) => !path.endsWith('partition.metadata');
        cpSync(join(sluice.logFolder, name), target, { recursive: true, filter });
      }
      const kafka = await startRealKafka({ version, zookeeper: true, dataFolder: folder });
      try {
        const after = new Referee(kafka.bootstrap);
        for (const topic of topics) {
          const isLed = async () => (await after.describeTopic(topic))?.partitions[0].error === 0;
          await until(isLed, { what: `${topic} served by Kafka` });
          assert.equal(await contents(kafka.bootstrap, topic), before.get(topic), topic);
        }
        assert.equal(await after.committed('readers', 'ours.none', 0), committed);
        after.close();
        console.log(`      ${topics.length} topics, committed offset ${committed}`);
      } finally {
        await kafka.stop();
      }
    } finally {
      await sluice.stop();
      sluice.remove();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

export const folderScenarios = [...releases.map(opensHere), opensThere];
