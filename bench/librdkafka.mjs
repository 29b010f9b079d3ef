// Throughput, CPU and latency under real librdkafka clients: `node bench/librdkafka.mjs [broker]`.
// Without an address it starts a broker of its own (build first). Client and broker share the
// machine, so the figures compare runs on one machine only.
import { buildLoad, load, print, startBroker } from './lib.mjs';

const MEGABYTES = Number(process.env.BENCH_MEGABYTES ?? 2000);
const PARTITIONS = 4;
const fast = {
  'queue.buffering.max.messages': 500_000,
  'queue.buffering.max.kbytes': 1_000_000,
  'linger.ms': 5,
  'batch.num.messages': 10_000,
  'batch.size': 1_000_000,
  acks: 1,
};
const bulk = {
  'fetch.message.max.bytes': 4_000_000,
  'queued.max.messages.kbytes': 1_000_000,
  'check.crcs': false,
};

buildLoad();
const [given] = process.argv.slice(2);
const broker = given
  ? undefined
  : await startBroker({ overrides: { 'num.partitions': PARTITIONS } });
const address = given ?? broker.address;
const cpu = () => broker?.cpuSeconds() ?? 0;

async function measured(what, run) {
  const before = cpu();
  const result = await run();
  const spent = cpu() - before;
  const rate = result.bytes / result.seconds / 1e6;
  print(`${what}: bytes`, rate, 'MB/s');
  print(`${what}: records`, result.records / result.seconds / 1e3, 'k/s');
  if (broker) print(`${what}: broker CPU`, (spent / result.bytes) * 1e9, 's/GB');
  return result;
}

try {
  // Warm: code compiled, pools filled, page cache mapped.
  await load('produce', address, 'warm', PARTITIONS, 200_000, 1000, fast);
  await load('consume', address, 'warm', PARTITIONS, 200_000, 1000, bulk);

  const count = Math.floor((MEGABYTES * 1e6) / 1000);
  await measured('produce 1 KB', () =>
    load('produce', address, 'kb', PARTITIONS, count, 1000, fast),
  );
  await measured('consume 1 KB', () =>
    load('consume', address, 'kb', PARTITIONS, count, 1000, bulk),
  );
  const small = Math.floor((MEGABYTES * 1e6) / 4 / 100);
  await measured('produce 100 B', () =>
    load('produce', address, 'small', PARTITIONS, small, 100, fast),
  );
  await measured('consume 100 B', () =>
    load('consume', address, 'small', PARTITIONS, small, 100, bulk),
  );

  // One record to a request: what a request costs the broker.
  const one = { 'linger.ms': 0, 'batch.num.messages': 1, 'max.in.flight': 100, acks: 1 };
  await load('produce', address, 'one', 1, 50_000, 100, one);
  const before = cpu();
  const requests = 300_000;
  const single = await load('produce', address, 'one', 1, requests, 100, one);
  print('small produce: requests', single.records / single.seconds / 1e3, 'k/s');
  if (broker)
    print('small produce: broker CPU', ((cpu() - before) / requests) * 1e6, 'µs', 'at most 12');

  const latency = await load('latency', address, 'latency', 1000, 5, 100, {
    'linger.ms': 0,
    'fetch.wait.max.ms': 500,
  });
  print('end to end at 1,000 records/s: p50', latency.p50Ms, 'ms');
  print('end to end at 1,000 records/s: p99', latency.p99Ms, 'ms');
} finally {
  await broker?.stop();
}
