// One log of a thousand segments, 20 GB: recovery, clean start, lookups by offset and time, memory, open
// files, deleting half of it. `node bench/long-log.mjs [--segments 1000] [--segment-mb 20] [--dir /big/disk]`
// (build first). Needs the room on the disk, and removes what it made.
import {
  closeSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { crc32c } from '@node-rs/crc32';
import { Kafka, logLevel } from 'kafkajs';
import { print, startBroker } from './lib.mjs';
import { rawConnection } from './raw-requests.mjs';

const { values: options } = parseArgs({
  options: {
    segments: { type: 'string', default: '1000' },
    'segment-mb': { type: 'string', default: '20' },
    dir: { type: 'string', default: tmpdir() },
  },
});
const SEGMENTS = Number(options.segments);
const MEGABYTE = 1024 * 1024;
const SEGMENT_BYTES = Number(options['segment-mb']) * MEGABYTE;
const RECORDS_PER_BATCH = 16;
const VALUE_BYTES = 1000;
const LOOKUPS = 1000;
const TOPIC = 'long';
const FIRST_TIMESTAMP = Date.now() - 86_400_000;

const folder = mkdtempSync(join(options.dir, 'sluice-long-'));
const overrides = { 'auto.create.topics.enable': 'false' };
const start = () => startBroker({ overrides, folder, probe: true, timeoutMs: 600_000 });
const logFile = (baseOffset) =>
  join(folder, `${TOPIC}-0`, `${String(baseOffset).padStart(20, '0')}.log`);

async function withAdmin(broker, work) {
  const kafka = new Kafka({ brokers: [broker.address], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  await work(admin, kafka);
  await admin.disconnect();
}

/** The bytes of one produced batch, to be copied with other offsets and times. */
async function sampleBatch() {
  const broker = await start();
  await withAdmin(broker, async (admin, kafka) => {
    const configEntries = [
      { name: 'segment.bytes', value: String(SEGMENT_BYTES) },
      { name: 'file.delete.delay.ms', value: '1000' },
    ];
    await admin.createTopics({ topics: [{ topic: TOPIC, numPartitions: 1, configEntries }] });
    const producer = kafka.producer();
    await producer.connect();
    const value = Buffer.alloc(VALUE_BYTES, 'x');
    const messages = Array.from({ length: RECORDS_PER_BATCH }, () => ({ value }));
    await producer.send({ topic: TOPIC, messages });
    await producer.disconnect();
  });
  await broker.stop();
  const bytes = Buffer.alloc(MEGABYTE);
  const file = openSync(logFile(0), 'r');
  const size = readSync(file, bytes, 0, bytes.length, 0);
  closeSync(file);
  return bytes.subarray(0, size);
}

/** Fills the log's folder; the number of records. A batch a millisecond. */
function writeSegments(batch) {
  const perSegment = Math.floor(SEGMENT_BYTES / batch.length);
  const bytes = Buffer.alloc(perSegment * batch.length);
  for (let segment = 0; segment < SEGMENTS; segment++) {
    const base = segment * perSegment;
    for (let index = 0; index < perSegment; index++) {
      const at = index * batch.length;
      batch.copy(bytes, at);
      const timestamp = BigInt(FIRST_TIMESTAMP + base + index);
      bytes.writeBigInt64BE(BigInt((base + index) * RECORDS_PER_BATCH), at);
      bytes.writeBigInt64BE(timestamp, at + 27);
      bytes.writeBigInt64BE(timestamp, at + 35);
      bytes.writeUInt32BE(crc32c(bytes.subarray(at + 21, at + batch.length)), at + 17);
    }
    const file = openSync(logFile(base * RECORDS_PER_BATCH), 'w');
    writeSync(file, bytes);
    closeSync(file);
  }
  // As if the process had died before anything was synced and checkpointed.
  rmSync(join(folder, '.kafka_cleanshutdown'));
  for (const name of ['recovery-point', 'replication']) {
    writeFileSync(join(folder, `${name}-offset-checkpoint`), '0\n0\n');
  }
  for (const suffix of ['.index', '.timeindex']) rmSync(logFile(0).replace('.log', suffix));
  return { batches: SEGMENTS * perSegment, bytes: SEGMENTS * bytes.length };
}

/** What reading the same files costs without looking at them. */
function readSpeed({ batches }) {
  const perSegment = batches / SEGMENTS;
  const chunk = Buffer.alloc(MEGABYTE);
  const startMs = performance.now();
  let bytes = 0;
  for (let segment = 0; segment < SEGMENTS; segment++) {
    const file = openSync(logFile(segment * perSegment * RECORDS_PER_BATCH), 'r');
    for (let count = -1; count !== 0; bytes += count) count = readSync(file, chunk);
    closeSync(file);
  }
  return bytes / MEGABYTE / ((performance.now() - startMs) / 1000);
}

async function lookUp(what, broker, work) {
  await broker.ask('block');
  const took = [];
  for (let index = 0; index < LOOKUPS; index++) {
    const startMs = performance.now();
    await work(index);
    took.push(performance.now() - startMs);
  }
  took.sort((a, b) => a - b);
  const [p50, p99, max] = [0.5, 0.99, 1].map((part) => took[Math.ceil(LOOKUPS * part) - 1]);
  const blockMs = await broker.ask('block');
  const rest = `p99 ${p99.toFixed(2)}, max ${max.toFixed(1)}, longest block ${blockMs.toFixed(0)} ms`;
  print(`${what}, p50`, p50, 'ms', rest);
}

async function printState(broker) {
  const { heapUsed, external } = await broker.ask('memory');
  print('  heap and buffers', (heapUsed + external) / MEGABYTE, 'MB');
  print('  resident', broker.residentMegabytes(), 'MB');
  print('  open files', await broker.ask('openFiles'), '');
}

async function startAndPrint(what, goal) {
  const broker = await start();
  print(what, broker.acceptedMs, 'ms', goal);
  print('  of the CPU', broker.cpuSeconds() * 1000, 'ms');
  print('  longest block', await broker.ask('block'), 'ms');
  return broker;
}

try {
  const batch = await sampleBatch();
  const writeMs = performance.now();
  const log = writeSegments(batch);
  const megabytes = log.bytes / MEGABYTE;
  console.log(`${SEGMENTS} segments, ${megabytes.toFixed(0)} MB, ${log.batches} batches`);
  print('written in', performance.now() - writeMs, 'ms');
  print('reading the files and nothing else', readSpeed(log), 'MB/s');

  let broker = await startAndPrint('start after a crash, everything to be checked');
  print('  checked', megabytes / (broker.acceptedMs / 1000), 'MB/s', 'as fast as reading');
  await printState(broker);
  print('stop', await broker.stop(), 'ms');

  broker = await startAndPrint('clean start');
  await printState(broker);
  const connection = await rawConnection(broker.address);
  // A stride that is prime to the count visits the segments in no order.
  const nth = (index) => (index * 7919 + 13) % LOOKUPS;
  const batchAt = (index) => Math.floor((nth(index) / LOOKUPS) * log.batches);
  const byOffset = async (index) => {
    const size = await connection.fetch(TOPIC, batchAt(index) * RECORDS_PER_BATCH + 3);
    if (size < batch.length) throw new Error(`the answer has ${size} bytes`);
  };
  const byTime = async (index) => {
    const found = await connection.offsetOf(TOPIC, FIRST_TIMESTAMP + batchAt(index));
    const wanted = batchAt(index) * RECORDS_PER_BATCH;
    if (found !== wanted) throw new Error(`found ${found} instead of ${wanted}`);
  };
  // What of the figures below is the round trip, the client and the machine.
  await lookUp('nothing looked up (latest offset)', broker, () => connection.offsetOf(TOPIC, -1));
  await lookUp('by time, first time', broker, byTime);
  await lookUp('by time, warm', broker, byTime);
  await lookUp('by offset, first time', broker, byOffset);
  await lookUp('by offset, warm', broker, byOffset);
  await printState(broker);

  await withAdmin(broker, async (_admin, kafka) => {
    const producer = kafka.producer();
    await producer.connect();
    await producer.send({ topic: TOPIC, messages: [{ value: 'the last' }] });
    await producer.disconnect();
  });
  await broker.stop('SIGKILL');
  connection.close();
  broker = await startAndPrint('start after a crash, all but the end was synced');

  const half = Math.floor(SEGMENTS / 2) * (log.batches / SEGMENTS) * RECORDS_PER_BATCH;
  await broker.ask('block');
  const deleteMs = performance.now();
  await withAdmin(broker, async (admin) => {
    // Without it kafkajs does not know where the partition is.
    await admin.fetchTopicOffsets(TOPIC);
    const partitions = [{ partition: 0, offset: String(half) }];
    await admin.deleteTopicRecords({ topic: TOPIC, partitions });
  });
  print('deleting the first half', performance.now() - deleteMs, 'ms');
  print('  longest block', await broker.ask('block'), 'ms');
  await new Promise((resolve) => setTimeout(resolve, 3000));
  print('  longest block while its files go', await broker.ask('block'), 'ms');
  print('stop', await broker.stop(), 'ms');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
