// What many, slow, greedy and large clients do to the broker's memory and to other clients:
//   node bench/back-pressure.mjs [--seconds 10] [--idle 2000] [--active 500] [--only WORDS]
//
// A probe, a process of its own, writes and reads one small record after the other through all of it, and tells its
// latencies. Each situation is measured beside the same probe on the same broker at rest, and beside one that asks
// another broker, which has no load, right after it while the load goes on: what the machine's cores and scheduler make of it. "block" is the
// longest time that the broker's event loop was held up. The loads are processes of their own too, at a lower priority
// (nice 10) where they are written here, so that what is shared is the broker.
// At the end everything that a load was told is written is read back.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { setPriority } from 'node:os';
import { createInterface } from 'node:readline';
import { buildLoad, load, startBroker } from './lib.mjs';

const { crc32c } = createRequire(import.meta.url)('@node-rs/crc32');
const option = (name, otherwise) => {
  const index = process.argv.indexOf(`--${name}`);
  return index < 0 ? otherwise : Number(process.argv[index + 1]);
};
const role = process.argv[2]?.startsWith('--') ? undefined : process.argv[2];
const seconds = option('seconds', 10);
const only = process.argv.includes('--only')
  ? process.argv[process.argv.indexOf('--only') + 1]
  : '';
const MB = 1024 * 1024;

// ---- requests by hand

const int8 = (value) => Buffer.from([value]);
const int16 = (value) => {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
};
const int32 = (value) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
const int64 = (value) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes;
};
const text = (value) => Buffer.concat([int16(value.length), Buffer.from(value)]);

function request(apiKey, apiVersion, ...body) {
  const payload = Buffer.concat([
    int16(apiKey),
    int16(apiVersion),
    int32(0),
    text('bench'),
    ...body,
  ]);
  return Buffer.concat([int32(payload.length), payload]);
}

/** One record batch with one record of `size` bytes. */
function batch(size) {
  const varint = (value) => {
    const bytes = [];
    for (let left = value * 2; ; left = Math.floor(left / 128)) {
      bytes.push(left >= 128 ? (left % 128) + 128 : left);
      if (left < 128) return Buffer.from(bytes);
    }
  };
  const inner = Buffer.concat([
    Buffer.from([0, 0, 0, 1]),
    varint(size),
    Buffer.alloc(size, 120),
    int8(0),
  ]);
  const records = Buffer.concat([varint(inner.length), inner]);
  const now = Date.now();
  const rest = Buffer.concat([
    ...[
      int16(0),
      int32(0),
      int64(now),
      int64(now),
      int64(-1),
      int16(-1),
      int32(-1),
      int32(1),
      records,
    ],
  ]);
  const crc = Buffer.alloc(4);
  crc.writeUInt32BE(crc32c(rest));
  const head = [int64(0), int32(4 + 1 + 4 + rest.length), int32(-1), int8(2), crc];
  return Buffer.concat([...head, rest]);
}

const produceRequest = (topic, records, acks = 1) =>
  request(
    0,
    3,
    int16(-1),
    int16(acks),
    int32(30_000),
    int32(1),
    text(topic),
    int32(1),
    int32(0),
    int32(records.length),
    records,
  );

const fetchRequest = (topic, offset, { maxBytes = MB, maxWaitMs = 0 } = {}) =>
  request(
    1,
    4,
    int32(-1),
    int32(maxWaitMs),
    int32(1),
    int32(maxBytes),
    int8(0),
    int32(1),
    text(topic),
    int32(1),
    int32(0),
    int64(offset),
    int32(maxBytes),
  );

/** A connection that asks one thing at a time; `null` once it is closed. */
async function client(address) {
  const [host, port] = address.split(':');
  const socket = connect(Number(port), host);
  socket.setNoDelay(true);
  socket.on('error', () => {});
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
  let chunks = [];
  let length = 0;
  let answered = () => {};
  socket.on('close', () => answered(null));
  socket.on('data', (chunk) => {
    chunks.push(chunk);
    length += chunk.length;
    if (length < 4) return;
    if (chunks[0].length < 4) chunks = [Buffer.concat(chunks)];
    if (length < 4 + chunks[0].readInt32BE(0)) return;
    const answer = Buffer.concat(chunks);
    chunks = [];
    length = 0;
    answered(answer);
  });
  return {
    socket,
    ask: (bytes) =>
      new Promise((resolve) => {
        answered = resolve;
        if (socket.destroyed) resolve(null);
        else socket.write(bytes);
      }),
  };
}

const produceError = (answer) => answer.readInt16BE(4 + 4 + 4 + 2 + answer.readInt16BE(12) + 4 + 4);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Every record of partition 0, batch by batch; throws where an offset is left out or a checksum wrong. */
async function readBack(address, topicName) {
  const { ask, socket } = await client(address);
  let next = 0;
  for (;;) {
    const answer = await ask(fetchRequest(topicName, next, { maxBytes: 8 * MB }));
    // Size, correlation id, throttle time, topics, name, partitions, index, error, three numbers.
    const head = 4 + 4 + 4 + 4 + 2 + topicName.length + 4 + 4 + 2 + 8 + 8;
    const aborted = answer.readInt32BE(head);
    const records = head + 4 + Math.max(0, aborted) * 16;
    const end = records + 4 + answer.readInt32BE(records);
    if (end === records + 4) break;
    for (let at = records + 4; at < end; ) {
      const size = 12 + answer.readInt32BE(at + 8);
      if (Number(answer.readBigInt64BE(at)) !== next) throw new Error(`a gap at offset ${next}`);
      if (crc32c(answer.subarray(at + 21, at + size)) !== answer.readUInt32BE(at + 17))
        throw new Error(`damage at offset ${next}`);
      next += answer.readInt32BE(at + 23) + 1;
      at += size;
    }
  }
  socket.destroy();
  return next;
}

/** What a load was told is written must be there. */
async function checkKept(address, topicName, acknowledged) {
  const found = await readBack(address, topicName);
  if (found < acknowledged) throw new Error(`${acknowledged} acknowledged, ${found} read back`);
  return `${acknowledged} acknowledged, ${found} read back without a gap`;
}

// ---- what runs in processes of its own

/** Loads stand back behind the broker and the probe: their own CPU is not what is measured. */
const LOAD_NICENESS = 10;

async function connections(address, count) {
  const [host, port] = address.split(':');
  const sockets = [];
  for (let index = 0; index < count; index++) {
    const socket = connect(Number(port), host);
    socket.on('error', () => {});
    await once(socket, 'connect');
    sockets.push(socket);
  }
  return sockets;
}

const roles = {
  /** Writes a record and reads it back, some eighty times a second; prints the latencies' percentiles. */
  async probe(address) {
    const { ask, socket } = await client(address);
    const record = produceRequest('probe', batch(100));
    const latencies = [];
    const begin = Date.now() + 1000;
    while (Date.now() < begin + seconds * 1000) {
      const start = performance.now();
      const answer = await ask(record);
      if (answer === null || produceError(answer) !== 0) throw new Error('the probe was refused');
      const offset = Number(answer.readBigInt64BE(answer.length - 4 - 8 - 8));
      await ask(fetchRequest('probe', offset, { maxBytes: 1000, maxWaitMs: 1000 }));
      // The first second warms the broker up.
      if (Date.now() > begin) latencies.push(performance.now() - start);
      await pause(10);
    }
    socket.destroy();
    latencies.sort((a, b) => a - b);
    const at = (share) => latencies[Math.floor((latencies.length - 1) * share)];
    console.log(
      JSON.stringify({ count: latencies.length, p50: at(0.5), p99: at(0.99), max: at(1) }),
    );
  },

  /** Idle connections, and active ones that write or read twice a second; at the end what was acknowledged. */
  async crowd(address) {
    const idle = option('idle', 2000);
    const active = option('active', 500);
    await connections(address, idle);
    const record = produceRequest('crowd', batch(200));
    let acknowledged = 0;
    let isOver = false;
    const work = async (index) => {
      const { ask } = await client(address);
      await pause((index * 500) / active);
      while (!isOver) {
        if (index % 2 === 0) {
          if (produceError(await ask(record)) === 0) acknowledged++;
        } else {
          await ask(fetchRequest('crowd', 0, { maxBytes: 20_000 }));
        }
        await pause(500);
      }
    };
    const works = Array.from({ length: active }, (_, index) => work(index));
    process.once('SIGTERM', async () => {
      isOver = true;
      await Promise.all(works);
      process.stdout.write(`${JSON.stringify({ acknowledged })}\n`, () => process.exit());
    });
    console.log('ready');
  },

  /** Consumers that ask for megabytes again and again, and never read what comes. */
  async deaf(address) {
    for (const socket of await connections(address, option('deaf', 200))) {
      socket.pause();
      for (let count = 0; count < 100; count++)
        socket.write(fetchRequest('large', 0, { maxBytes: 8 * MB }));
    }
    console.log('ready');
  },

  /** Clients that announce a hundred megabytes, send sixty, and stop there. */
  async halves(address) {
    const bytes = Buffer.alloc(60 * MB, 1);
    for (const socket of await connections(address, 20)) {
      socket.write(int32(100 * MB));
      socket.write(bytes);
    }
    console.log('ready');
  },

  /** Records of 50 MB, one after the other: to a topic that takes them, and to one that does not. */
  async huge(address) {
    const allowed = await client(address);
    const refused = await client(address);
    const good = produceRequest('huge', batch(50 * MB));
    const bad = produceRequest('probe', batch(50 * MB));
    let acknowledged = 0;
    let isOver = false;
    const errors = new Set();
    process.once('SIGTERM', () => {
      isOver = true;
    });
    console.log('ready');
    while (!isOver) {
      const answer = await allowed.ask(good);
      if (answer === null || produceError(answer) !== 0) throw new Error('50 MB were refused');
      acknowledged++;
      errors.add(produceError(await refused.ask(bad)));
    }
    const result = { acknowledged, refusedWith: [...errors] };
    process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit());
  },
};

// ---- the bench

/** Runs a role; what it prints, line by line. It is ended when it takes longer than it should. */
function run(name, address) {
  const args = [process.argv[1], name, address, ...process.argv.slice(2)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const overdue = setTimeout(kill, 3 * seconds * 1000 + 60_000);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  child.once('exit', () => {
    process.off('exit', kill);
    clearTimeout(overdue);
  });
  return { child, next: async () => (await lines.next()).value };
}

async function probe(address) {
  const line = await run('probe', address).next();
  if (line === undefined) throw new Error('the probe failed');
  return JSON.parse(line);
}

/** Starts a load; resolves when it is ready, to a function that ends it and gives what it then says. */
async function background(name, address) {
  const { child, next } = run(name, address);
  if ((await next()) !== 'ready') throw new Error(`the load ${name} failed`);
  return async () => {
    if (child.exitCode !== null) throw new Error(`the load ${name} ended early`);
    const reports = child.kill('SIGTERM') && (name === 'crowd' || name === 'huge');
    const line = reports ? await next() : undefined;
    child.kill('SIGKILL');
    return line && JSON.parse(line);
  };
}

function topic(address, name, configs = []) {
  const flags = ['--create', '--if-not-exists', '--topic', name, '--partitions', '1'];
  const where = ['--bootstrap-server', address];
  const args = ['bin/sluice', 'topics', ...where, ...flags, ...configs];
  const { status, stderr } = spawnSync(process.execPath, args);
  if (status !== 0) throw new Error(String(stderr));
}

/** The mode, then its measurement at rest and under `begin`'s load, on a broker of its own. */
async function measure(situation, { overrides = {}, diskMB, prepare = async () => {}, begin }) {
  const broker = await startBroker({ overrides, diskMB, probe: true });
  const elsewhere = await startBroker();
  try {
    topic(broker.address, 'probe');
    topic(elsewhere.address, 'probe');
    await prepare(broker);
    const rest = await probe(broker.address);
    const restMB = broker.residentMegabytes();
    let peakMB = 0;
    const watch = setInterval(() => {
      peakMB = Math.max(peakMB, broker.residentMegabytes());
    }, 50);
    const cpuBefore = broker.cpuSeconds();
    const end = await begin(broker);
    await broker.ask('block');
    const loaded = await probe(broker.address);
    const blockMs = await broker.ask('block');
    const cpu = broker.cpuSeconds() - cpuBefore;
    const beside = await probe(elsewhere.address);
    const note = await end();
    clearInterval(watch);
    return {
      situation,
      'p50 ms at rest': rest.p50.toFixed(2),
      'p50 ms': loaded.p50.toFixed(2),
      'p99 ms at rest': rest.p99.toFixed(2),
      'p99 ms': loaded.p99.toFixed(2),
      'p99 ratio': (loaded.p99 / rest.p99).toFixed(1),
      'p99 ms elsewhere': beside.p99.toFixed(2),
      'block ms': blockMs.toFixed(0),
      'CPU s': cpu.toFixed(1),
      'MB at rest': Math.round(restMB),
      'MB at most': Math.round(peakMB),
      note: note ?? '',
    };
  } finally {
    await elsewhere.stop('SIGKILL');
    await broker.stop('SIGKILL');
  }
}

/** What is offered is measured on a broker with the machine's own disk. */
function fasterThanTheDisk({ unsyncedMB = 0, configs = [] }) {
  return {
    diskMB: 20,
    overrides: unsyncedMB > 0 ? { 'log.unsynced.max.bytes': unsyncedMB * MB } : {},
    prepare: async ({ address }) => topic(address, 'fast', configs),
    async begin({ address }) {
      const free = await startBroker();
      topic(free.address, 'fast');
      const offered = await load('produce', free.address, 'fast', 1, 500_000, 1000);
      await free.stop('SIGKILL');
      const count = 20_000 * (2 * seconds + 6) + unsyncedMB * 1000;
      const timeout = { 'message.timeout.ms': 600_000 };
      const producing = load('produce', address, 'fast', 1, count, 1000, timeout);
      return async () => {
        const done = await producing;
        const rate = ({ bytes, seconds }) => `${Math.round(bytes / seconds / 1e6)} MB/s`;
        const kept = await checkKept(address, 'fast', done.records);
        return `offered ${rate(offered)}, taken ${rate(done)}, ${done.errors} errors; ${kept}`;
      };
    },
  };
}

const situations = {
  '2,000 idle and 500 active connections': {
    prepare: ({ address }) => topic(address, 'crowd'),
    async begin({ address }) {
      const end = await background('crowd', address);
      return async () => checkKept(address, 'crowd', (await end()).acknowledged);
    },
  },
  '200 consumers that do not read what they ask for': {
    async prepare({ address }) {
      topic(address, 'large');
      await load('produce', address, 'large', 1, 200_000, 1000);
    },
    begin: ({ address }) => background('deaf', address),
  },
  '20 clients that stop in the middle of 100 MB': {
    begin: ({ address }) => background('halves', address),
  },
  'a producer far faster than the disk (20 MB/s), os': fasterThanTheDisk({ unsyncedMB: 64 }),
  'a producer far faster than the disk (20 MB/s), group-commit': fasterThanTheDisk({
    configs: ['--config', 'flush.policy=group-commit'],
  }),
  'records of 50 MB, one after the other': {
    prepare: ({ address }) => topic(address, 'huge', ['--config', `max.message.bytes=${64 * MB}`]),
    async begin({ address }) {
      const end = await background('huge', address);
      return async () => {
        const { acknowledged, refusedWith } = await end();
        const kept = await checkKept(address, 'huge', acknowledged);
        return `${kept}; error ${refusedWith} where they are not allowed`;
      };
    },
  },
};

async function main() {
  buildLoad();
  const rows = [];
  for (const [situation, how] of Object.entries(situations)) {
    if (!situation.includes(only)) continue;
    const row = await measure(situation, how);
    console.log(`${situation}: ${row.note}`);
    rows.push(row);
  }
  console.table(rows.map(({ note, ...figures }) => figures));
}

if (role) {
  if (role !== 'probe') {
    setPriority(LOAD_NICENESS);
    // Connections that read nothing keep no process alive.
    setInterval(() => {}, 1000);
  }
  await roles[role](process.argv[3]);
} else {
  await main();
}
