// What a million committed offsets leave behind: the size of __consumer_offsets before and after compaction, and how
// long a start takes that has to load them. `node bench/commits.mjs [commits] [groups]` (build first).
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RawConnection } from '../test/interop/lib/raw.mjs';
import {
  createTopics,
  findCoordinator,
  offsetCommit,
  offsetFetch,
} from '../test/interop/lib/requests.mjs';
import { print, startBroker } from './lib.mjs';

const COMMITS = Number(process.argv[2] ?? 1_000_000);
const GROUPS = Number(process.argv[3] ?? 20);
const PARTITIONS = 10;
/** Requests on their way at a time. */
const IN_FLIGHT = 64;
const COORDINATOR_LOAD_IN_PROGRESS = 14;
const LIMIT_MS = 10 * 60_000;

const folder = mkdtempSync(join(tmpdir(), 'sluice-commits-'));
const overrides = {
  'offsets.topic.num.partitions': 4,
  'offsets.topic.segment.bytes': 8 * 1024 * 1024,
  'log.cleaner.backoff.ms': 500,
  'log.segment.delete.delay.ms': 500,
};

/** Bytes of the records of __consumer_offsets on the disk, files waiting to be removed left out. */
function sizeOnDisk() {
  let bytes = 0;
  for (const name of readdirSync(folder)) {
    if (!name.startsWith('__consumer_offsets-')) continue;
    for (const file of readdirSync(join(folder, name))) {
      if (file.endsWith('.log')) bytes += statSync(join(folder, name, file)).size;
    }
  }
  return bytes;
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const megabytes = (bytes) => bytes / 1024 / 1024;

function connect(broker) {
  const [host, port] = broker.address.split(':');
  return new RawConnection(host, Number(port));
}

let broker = await startBroker({ folder, overrides });
try {
  const connection = connect(broker);
  await createTopics(connection, [{ name: 'orders', partitions: PARTITIONS }]);
  await findCoordinator(connection, 'group-0');
  const started = performance.now();
  const cpu = broker.cpuSeconds();
  let largest = 0;
  let next = 0;
  let isLate = false;
  const worker = async () => {
    while (next < COMMITS && !isLate) {
      const n = next++;
      const partition = Math.floor(n / GROUPS) % PARTITIONS;
      const error = await offsetCommit(connection, `group-${n % GROUPS}`, 'orders', n, {
        partition,
      });
      if (error !== 0) throw new Error(`commit ${n}: error ${error}`);
      if (n % 20_000 === 0) {
        largest = Math.max(largest, sizeOnDisk());
        isLate = performance.now() - started > LIMIT_MS;
      }
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  const seconds = (performance.now() - started) / 1000;
  print('offsets committed, one a request', next, '');
  print('commits a second', next / seconds, '/s');
  print('CPU of the broker', broker.cpuSeconds() - cpu, 's');
  print('largest size on the way', megabytes(Math.max(largest, sizeOnDisk())), 'MB');
  // Until two looks find the same size.
  for (let last = -1; sizeOnDisk() !== last; await pause(2000)) last = sizeOnDisk();
  print('size when compaction has settled', megabytes(sizeOnDisk()), 'MB');
  print('memory', broker.residentMegabytes(), 'MB');
  connection.close();
  await broker.stop();

  const startedAgain = performance.now();
  broker = await startBroker({ folder, overrides });
  const again = connect(broker);
  for (let group = 0; group < GROUPS; group++) {
    const name = `group-${group}`;
    for (;;) {
      const { rows, error } = await offsetFetch(again, name, { orders: [0] });
      if (error === COORDINATOR_LOAD_IN_PROGRESS) {
        await pause(1);
        continue;
      }
      const expected = lastOf(group, next);
      if (error !== 0 || rows[0].offset !== expected) {
        throw new Error(
          `${name}: error ${error}, ${rows[0]?.offset} where ${expected} was committed`,
        );
      }
      break;
    }
  }
  print('from spawn until every group has its offsets', performance.now() - startedAgain, 'ms');
  again.close();
} finally {
  await broker.stop();
  rmSync(folder, { recursive: true, force: true });
}

/** The last offset that a group committed for partition 0. */
function lastOf(group, commits) {
  for (let n = commits - 1; ; n--) {
    if (n % GROUPS === group && Math.floor(n / GROUPS) % PARTITIONS === 0) return n;
  }
}
