// Down-converted fetches: how fast a client of 0.9, which knows only messages of magic 0, reads what today's producers wrote.
// `node bench/old-clients.mjs [broker]`; without an address it starts a broker of its own (build first).
import { buildLoad, load, print, startBroker } from './lib.mjs';

const PARTITIONS = 4;
const RECORDS = 500_000;
const SIZE = 1000;
const produce = {
  'linger.ms': 5,
  'batch.num.messages': 10_000,
  'queue.buffering.max.messages': 500_000,
};
const consume = { 'fetch.message.max.bytes': 1_000_000 };
const ages = {
  'as today': {},
  'as 0.9 (magic 0)': { 'api.version.request': false, 'broker.version.fallback': '0.9.0.1' },
};

buildLoad();
const [given] = process.argv.slice(2);
const broker = given
  ? undefined
  : await startBroker({ overrides: { 'num.partitions': PARTITIONS } });
const address = given ?? broker.address;
try {
  for (const codec of ['none', 'lz4']) {
    const topic = `old-${codec}`;
    const compression = { 'compression.codec': codec };
    await load('produce', address, topic, PARTITIONS, RECORDS, SIZE, {
      ...produce,
      ...compression,
    });
    for (const [what, age] of Object.entries(ages)) {
      // The first run warms code and page cache.
      await load('consume', address, topic, PARTITIONS, RECORDS, SIZE, { ...consume, ...age });
      const done = await load('consume', address, topic, PARTITIONS, RECORDS, SIZE, {
        ...consume,
        ...age,
      });
      print(`consume 1 KB, ${codec}, ${what}`, done.bytes / done.seconds / 1e6, 'MB/s');
    }
  }
} finally {
  await broker?.stop();
}
