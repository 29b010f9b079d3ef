// Compaction beside a real Kafka: the same batches into both, the same passes over them, and what is left of every
// batch, as Kafka's own dump tool prints it, must be the same. Then the real Kafka goes on with our files.
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { batch, batchesIn, recomputeCrc } from '../lib/batch.mjs';
import { startSluice } from '../lib/broker.mjs';
import { until } from '../lib/processes.mjs';
import { RawConnection } from '../lib/raw.mjs';
import { createTopics, fetch, incrementalAlterConfigs, produce } from '../lib/requests.mjs';
import { kafkaTool, ORACLE_VERSION, startRealKafka } from '../real-kafka.mjs';

const START_MS = 1_700_000_000_000;
const SET = 0;

/** Each is compacted with its own settings. */
const TOPICS = [
  { name: 'compact.now', configs: { 'delete.retention.ms': '0' } },
  { name: 'compact.later', configs: { 'delete.retention.ms': '3600000' } },
  { name: 'compact.times', configs: { 'message.timestamp.type': 'LogAppendTime' } },
];

const SETTINGS = {
  'log.cleaner.backoff.ms': 200,
  'log.cleaner.threads': 1,
  'file.delete.delay.ms': 1000,
  'log.retention.check.interval.ms': 600_000,
};

function connect({ bootstrap }) {
  const colon = bootstrap.lastIndexOf(':');
  return new RawConnection(bootstrap.slice(0, colon), Number(bootstrap.slice(colon + 1)));
}

/** The batch with its records compressed. */
function gzipped(bytes) {
  const header = Buffer.from(bytes.subarray(0, 61));
  const whole = Buffer.concat([header, gzipSync(bytes.subarray(61))]);
  whole.writeInt16BE(whole.readInt16BE(21) | 1, 21);
  whole.writeInt32BE(whole.length - 12, 8);
  return recomputeCrc(whole);
}

/** What is produced in a round, in order: plain, compressed and idempotent batches, tombstones, keys again and again. */
function* batchesOf(round) {
  const value = (n) => `value ${round}.${n} ${'x'.repeat((n * 37) % 90)}`;
  for (let n = 0; n < 60; n++) {
    const timestamp = START_MS + round * 100_000 + n * 10;
    const key = (index) => `key ${(n * 7 + index * 3) % 23}`;
    const records = Array.from({ length: 1 + (n % 4) }, (_, index) => ({
      key: key(index),
      value: (n + index) % 9 === 0 ? null : value(n),
    }));
    if (n % 5 === 1) yield gzipped(batch(records, { timestamp }));
    else if (n % 5 === 3) {
      const producerId = 4000 + (n % 3);
      yield { records, producerId, timestamp };
    } else yield batch(records, { timestamp });
  }
  // A producer whose only batch is superseded whole, and one that wrote nothing but a tombstone.
  yield batch([{ key: 'key 1', value: 'once' }], {
    timestamp: START_MS,
    producerId: 5000 + round,
    epoch: 0,
    sequence: 0,
  });
  yield batch([{ key: 'key 2', value: null }], {
    timestamp: START_MS,
    producerId: 6000 + round,
    epoch: 3,
    sequence: 0,
  });
  for (let n = 0; n < 8; n++) {
    yield batch([{ key: `key ${n % 4}`, value: value(n) }], {
      timestamp: START_MS + round * 100_000 + 5000 + n,
    });
  }
}

/** Sends a round to a topic; the batches of idempotent producers get their sequence here. */
async function send(connection, topic, round, sequences) {
  for (const one of batchesOf(round)) {
    let bytes = one;
    if (!Buffer.isBuffer(one)) {
      const { records, producerId, timestamp } = one;
      const sequence = sequences.get(producerId) ?? 0;
      sequences.set(producerId, sequence + records.length);
      bytes = batch(records, { timestamp, producerId, epoch: 0, sequence });
    }
    const { error } = await produce(connection, topic, bytes);
    assert.equal(error, 0, `${topic}: error ${error}`);
  }
}

/** The offset up to which a partition is compacted, as the checkpoint file says. */
function cleanedUpTo(broker, topic) {
  const file = join(broker.logFolder, 'cleaner-offset-checkpoint');
  if (!existsSync(file)) return -1;
  const line = readFileSync(file, 'utf8')
    .split('\n')
    .find((one) => one.startsWith(`${topic} 0 `));
  return line === undefined ? -1 : Number(line.split(' ')[2]);
}

const segmentsOf = (broker, topic) =>
  readdirSync(join(broker.logFolder, `${topic}-0`))
    .filter((name) => /^\d{20}\.log$/.test(name))
    .sort();

/** The topics with one pass of compaction for each round, the next one after the first is finished. */
async function fill(broker) {
  const connection = connect(broker);
  try {
    const configs = {
      'cleanup.policy': 'compact',
      'segment.bytes': '1500',
      'min.cleanable.dirty.ratio': '1',
      'index.interval.bytes': '200',
    };
    const topics = TOPICS.map((topic) => ({
      name: topic.name,
      configs: { ...configs, ...topic.configs },
    }));
    const answers = await createTopics(connection, topics);
    assert.deepEqual(new Set(Object.values(answers)), new Set([0]));
    // A real Kafka leads a moment after it has answered.
    for (const { name } of TOPICS) {
      const probe = () => fetch(connection, [{ topic: name, partition: 0, offset: 0 }]);
      await until(async () => (await probe()).partitions[0].error === 0, { what: `${name} led` });
    }
    const sequences = new Map(TOPICS.map(({ name }) => [name, new Map()]));
    for (let round = 0; round < 3; round++) {
      for (const { name } of TOPICS) {
        await send(connection, name, round, sequences.get(name));
        const active = Number(segmentsOf(broker, name).at(-1).slice(0, 20));
        await incrementalAlterConfigs(connection, [
          [name, [['min.cleanable.dirty.ratio', SET, '0.01']]],
        ]);
        await until(() => cleanedUpTo(broker, name) >= active, {
          what: `${name} compacted up to ${active}`,
          timeoutMs: 30_000,
        });
        await incrementalAlterConfigs(connection, [
          [name, [['min.cleanable.dirty.ratio', SET, '1']]],
        ]);
      }
    }
  } finally {
    connection.close();
  }
}

/** What Kafka's tool prints of a partition, without what may differ: positions, checksums, the clock. */
async function dump(broker, topic) {
  const files = segmentsOf(broker, topic).map((name) => join(broker.logFolder, `${topic}-0`, name));
  const result = await kafkaTool(ORACLE_VERSION, 'kafka.tools.DumpLogSegments', [
    '--deep-iteration',
    '--print-data-log',
    '--files',
    files.join(','),
  ]);
  assert.equal(result.code, 0, result.stderr.slice(-2_000));
  assert.doesNotMatch(result.stdout, /isvalid: false/);
  return result.stdout
    .split('\n')
    .filter((line) => /^(baseOffset:|\| offset:|Dumping|Starting offset)/.test(line))
    .map((line) =>
      line
        .replace(/^Dumping .*\//, 'Dumping ')
        .replace(/OptionalLong\[\d+\]/, 'OptionalLong[set]')
        .replace(/ (position|size|crc): \d+/g, '')
        .replace(/ LogAppendTime: \d+/, ' LogAppendTime'),
    );
}

/** Every record that a consumer of the topic gets, by the batch headers: offsets and counts. */
async function headersOf(broker, topic) {
  const connection = connect(broker);
  const headers = [];
  try {
    for (let offset = 0; ; ) {
      const { partitions } = await fetch(connection, [{ topic, partition: 0, offset }]);
      const [{ error, highWatermark, records }] = partitions;
      assert.equal(error, 0);
      const batches = batchesIn(records).filter(({ baseOffset }) => baseOffset >= offset);
      headers.push(...batches.map(({ baseOffset, count }) => `${baseOffset} ${count}`));
      if (batches.length === 0) return { headers, highWatermark };
      const last = records.subarray(lastBatchAt(records));
      offset = Number(last.readBigInt64BE(0)) + last.readInt32BE(23) + 1;
      if (offset >= highWatermark) return { headers, highWatermark };
    }
  } finally {
    connection.close();
  }
}

function lastBatchAt(bytes) {
  let last = 0;
  for (let at = 0; at + 61 <= bytes.length; ) {
    const end = at + 12 + bytes.readInt32BE(at + 8);
    if (end > bytes.length) break;
    last = at;
    at = end;
  }
  return last;
}

export async function compareCompaction() {
  const folder = mkdtempSync(join(tmpdir(), 'compaction-kafka-'));
  const sluice = await startSluice(SETTINGS);
  const options = {
    dataFolder: folder,
    overrides: { ...SETTINGS, 'auto.create.topics.enable': false },
  };
  let kafka = await startRealKafka(options);
  try {
    await fill(sluice);
    await fill(kafka);
    const served = await Promise.all(TOPICS.map(({ name }) => headersOf(sluice, name)));
    assert.equal(await sluice.stop(), 0, sluice.logText().slice(-3_000));
    await kafka.stop();
    let batches = 0;
    let lines = '';
    for (const { name } of TOPICS) {
      const [ours, theirs] = [await dump(sluice, name), await dump(kafka, name)];
      batches += ours.filter((line) => line.startsWith('baseOffset')).length;
      assert.deepEqual(ours, theirs, `${name}: Sluice's log and Kafka's`);
      lines += ours.join('\n');
    }
    // What there is to be compared: emptied batches, those with gaps, compressed ones, delete horizons.
    for (const kind of [
      /count: 0 baseSequence: \d/,
      /lastOffset: \d+ count: 1 .*compresscodec: gzip/,
      /deleteHorizonMs: OptionalLong\[set\]/,
      /LogAppendTime/,
      /key 2$/m,
    ]) {
      assert.match(lines, kind);
    }
    // The real Kafka with our files in the place of its own.
    for (const { name } of TOPICS) {
      const [from, to] = [join(sluice.logFolder, `${name}-0`), join(kafka.logFolder, `${name}-0`)];
      for (const file of readdirSync(to)) {
        if (file !== 'partition.metadata') rmSync(join(to, file));
      }
      for (const file of readdirSync(from)) {
        if (file !== 'partition.metadata') copyFileSync(join(from, file), join(to, file));
      }
    }
    kafka = await startRealKafka(options);
    for (const [index, { name }] of TOPICS.entries()) {
      assert.deepEqual(await headersOf(kafka, name), served[index], `${name} served by Kafka`);
    }
    return { batches };
  } finally {
    await kafka.stop();
    await sluice.stop().catch(() => undefined);
    sluice.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const started = performance.now();
  const { batches } = await compareCompaction();
  console.log(`${batches} batches are the same, ${Math.round(performance.now() - started)} ms`);
  process.exit(0);
}
