// Ten thousand partitions on one node: what they cost in time and memory, and how long any of it blocks
// the event loop. `node bench/many-partitions.mjs [--partitions 10000] [--per-topic 100]` (build first).
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Kafka, logLevel } from 'kafkajs';
import { freePort, print, startBroker } from './lib.mjs';

const { values: options } = parseArgs({
  options: {
    partitions: { type: 'string', default: '10000' },
    'per-topic': { type: 'string', default: '100' },
    dir: { type: 'string', default: tmpdir() },
  },
});
const PARTITIONS = Number(options.partitions);
const PER_TOPIC = Math.min(PARTITIONS, Number(options['per-topic']));
const FIRST = PARTITIONS / 10;
const RETENTION_CHECK_MS = 3000;
const SETTLE_MS = 3000;

const folder = mkdtempSync(join(options.dir, 'sluice-many-'));
const httpPort = await freePort();
const overrides = {
  'auto.create.topics.enable': 'false',
  'offsets.topic.num.partitions': '1',
  'log.initial.task.delay.ms': String(RETENTION_CHECK_MS),
  'log.retention.check.interval.ms': String(RETENTION_CHECK_MS),
  'http.listeners': `http://127.0.0.1:${httpPort}`,
};
const start = () => startBroker({ overrides, folder, probe: true, timeoutMs: 300_000 });
const settle = (ms = SETTLE_MS) => new Promise((resolve) => setTimeout(resolve, ms));
const megabytes = (bytes) => bytes / 1024 / 1024;

/** Runs `work` and says how long it took and how long it blocked the broker. */
async function measure(what, broker, work, goal) {
  await broker.ask('block');
  const startMs = performance.now();
  const result = await work();
  const tookMs = performance.now() - startMs;
  const blockMs = await broker.ask('block');
  print(what, tookMs, 'ms', `longest block ${blockMs.toFixed(0)} ms${goal ? `; ${goal}` : ''}`);
  return result;
}

function clientOf(broker) {
  return new Kafka({
    brokers: [broker.address],
    logLevel: logLevel.NOTHING,
    requestTimeout: 300_000,
    retry: { retries: 0 },
  });
}

async function create(broker, partitions, prefix) {
  const admin = clientOf(broker).admin();
  await admin.connect();
  for (let left = partitions, index = 0; left > 0; ) {
    const topics = [];
    // As many topics a request as may be made by one.
    for (let room = 10_000; left > 0 && room > 0; index++) {
      const numPartitions = Math.min(PER_TOPIC, left);
      topics.push({ topic: `${prefix}${index}`, numPartitions });
      left -= numPartitions;
      room -= numPartitions;
    }
    await admin.createTopics({ topics, timeout: 300_000, waitForLeaders: false });
  }
  await admin.disconnect();
}

async function produceToAll(broker) {
  const kafka = clientOf(broker);
  const admin = kafka.admin();
  await admin.connect();
  const { topics } = await admin.fetchTopicMetadata();
  await admin.disconnect();
  const producer = kafka.producer();
  await producer.connect();
  const started = performance.now();
  await producer.sendBatch({
    topicMessages: topics.map(({ name, partitions }) => ({
      topic: name,
      messages: partitions.map(({ partitionId }) => ({ value: 'x', partition: partitionId })),
    })),
  });
  const tookMs = performance.now() - started;
  await producer.disconnect();
  return tookMs;
}

const tool = (broker, ...args) =>
  new Promise((resolve) => {
    const all = ['bin/sluice', 'topics', '--bootstrap-server', broker.address, ...args];
    const child = spawn(process.execPath, all, { stdio: ['ignore', 'ignore', 'inherit'] });
    child.once('exit', resolve);
  });

async function memory(broker) {
  await settle();
  const { heapUsed, external, arrayBuffers } = await broker.ask('memory');
  return { heap: heapUsed + external, arrayBuffers, resident: broker.residentMegabytes() };
}

function printMemory(what, few, all) {
  const perPartition = (all.heap - few.heap) / (PARTITIONS - FIRST);
  const residentEach = ((all.resident - few.resident) * 1024) / (PARTITIONS - FIRST);
  print(`${what}, heap and buffers`, megabytes(all.heap), 'MB');
  print(`${what}, resident`, all.resident, 'MB');
  print(
    `${what}, each beyond the first ${FIRST}`,
    perPartition / 1024,
    'KB',
    `resident ${residentEach.toFixed(2)} KB; at most 4`,
  );
}

const openFiles = async (broker) => await broker.ask('openFiles');

console.log(`${PARTITIONS} partitions, ${PER_TOPIC} a topic`);
try {
  let broker = await start();
  await measure(`create ${FIRST} partitions`, broker, () => create(broker, FIRST, 'first-'));
  await broker.stop();
  broker = await start();
  const few = await memory(broker);
  const more = PARTITIONS - FIRST;
  await measure(`create ${more} more`, broker, () => create(broker, more, 'more-'));
  printMemory('new partitions', few, await memory(broker));
  await measure('stop after creating', broker, () => Promise.resolve()).catch(() => {});
  print('  stop', await broker.stop(), 'ms');

  broker = await start();
  print('clean start, nothing produced', broker.acceptedMs, 'ms', 'at most 3000');
  print('  of the CPU', broker.cpuSeconds() * 1000, 'ms');
  print('  longest block', await broker.ask('block'), 'ms');
  printMemory('after a clean start', few, await memory(broker));
  await measure('list topics (the tool)', broker, () => tool(broker, '--list'));
  await measure('describe topics (the tool)', broker, () => tool(broker, '--describe'));
  await measure('metadata of all', broker, async () => {
    const admin = clientOf(broker).admin();
    await admin.connect();
    await admin.fetchTopicMetadata();
    await admin.disconnect();
  });
  await measure('/metrics', broker, async () => {
    const answer = await fetch(`http://127.0.0.1:${httpPort}/metrics`);
    await answer.text();
  });
  await measure('a retention check and nothing else', broker, () =>
    settle(RETENTION_CHECK_MS + 500),
  );

  const requestMs = await measure('produce to all', broker, () => produceToAll(broker));
  print('  the request itself', requestMs, 'ms');
  await measure('background sync of all', broker, () => settle());
  printMemory('written to, idle again', few, await memory(broker));
  await measure('produce to all again', broker, () => produceToAll(broker));
  print('open files', await openFiles(broker), '');
  print('stop right after producing to all', await broker.stop(), 'ms');

  broker = await start();
  print('clean start, all written to', broker.acceptedMs, 'ms', 'at most 3000');
  print('  of the CPU', broker.cpuSeconds() * 1000, 'ms');
  print('  longest block', await broker.ask('block'), 'ms');
  printMemory('after a clean start', few, await memory(broker));
  await produceToAll(broker);
  await broker.stop('SIGKILL');
  broker = await start();
  print('start after a crash', broker.acceptedMs, 'ms');
  print('  of the CPU', broker.cpuSeconds() * 1000, 'ms');
  print('  longest block', await broker.ask('block'), 'ms');
  print('stop', await broker.stop(), 'ms');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
