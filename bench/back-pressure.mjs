// What many, slow, greedy and large clients do to the broker's memory and to other clients:
//   node bench/back-pressure.mjs [--seconds 10] [--idle 2000] [--active 500]
//
// A probe, a process of its own, writes and reads one small record after the other through all of it, and tells its
// latencies. Each situation is measured beside the same probe on the same broker at rest. The loads are processes of
// their own too, so that only the broker's event loop is shared.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { buildLoad, load, startBroker } from './lib.mjs';

const { crc32c } = createRequire(import.meta.url)('@node-rs/crc32');
const option = (name, otherwise) => {
  const index = process.argv.indexOf(`--${name}`);
  return index < 0 ? otherwise : Number(process.argv[index + 1]);
};
const role = process.argv[2]?.startsWith('--') ? undefined : process.argv[2];
const seconds = option('seconds', 10);
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

// ---- what runs in processes of its own

const roles = {
  /** Writes a record and reads it back, a hundred times a second; prints the latencies' percentiles. */
  async probe(address) {
    const { ask, socket } = await client(address);
    const record = produceRequest('probe', batch(100));
    const latencies = [];
    const end = Date.now() + seconds * 1000;
    while (Date.now() < end) {
      const start = performance.now();
      const answer = await ask(record);
      if (answer === null || produceError(answer) !== 0) throw new Error('the probe was refused');
      const offset = Number(answer.readBigInt64BE(answer.length - 4 - 8 - 8));
      await ask(fetchRequest('probe', offset, { maxBytes: 1000, maxWaitMs: 1000 }));
      latencies.push(performance.now() - start);
      await pause(10);
    }
    socket.destroy();
    latencies.sort((a, b) => a - b);
    const at = (share) => latencies[Math.floor((latencies.length - 1) * share)];
    console.log(
      JSON.stringify({ count: latencies.length, p50: at(0.5), p99: at(0.99), max: at(1) }),
    );
  },

  /** Idle connections, and active ones that write or read now and then. */
  async crowd(address) {
    const idle = option('idle', 2000);
    const active = option('active', 500);
    for (let index = 0; index < idle; index++) await client(address);
    const record = produceRequest('crowd', batch(200));
    const work = async (index) => {
      const { ask } = await client(address);
      await pause((index * 500) / active);
      for (;;) {
        await ask(index % 2 === 0 ? record : fetchRequest('crowd', 0, { maxBytes: 20_000 }));
        await pause(500);
      }
    };
    for (let index = 0; index < active; index++) void work(index);
    console.log('ready');
  },

  /** Consumers that ask for megabytes again and again, and never read what comes. */
  async deaf(address) {
    const [host, port] = address.split(':');
    for (let index = 0; index < 200; index++) {
      const socket = connect(Number(port), host);
      socket.on('error', () => {});
      await once(socket, 'connect');
      socket.pause();
      for (let count = 0; count < 100; count++)
        socket.write(fetchRequest('large', 0, { maxBytes: 8 * MB }));
    }
    console.log('ready');
  },

  /** Clients that announce a hundred megabytes, send sixty, and stop there. */
  async halves(address) {
    const [host, port] = address.split(':');
    for (let index = 0; index < 20; index++) {
      const socket = connect(Number(port), host);
      socket.on('error', () => {});
      await once(socket, 'connect');
      socket.write(int32(100 * MB));
      socket.write(Buffer.alloc(60 * MB, 1));
    }
    console.log('ready');
  },
};

if (role) {
  await roles[role](process.argv[3]);
} else {
  await main();
}

// ---- the bench

async function probe(address) {
  const child = spawn(
    process.execPath,
    [process.argv[1], 'probe', address, '--seconds', String(seconds)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let out = '';
  for await (const chunk of child.stdout) out += chunk;
  if (out === '') throw new Error('the probe failed');
  return JSON.parse(out);
}

/** Starts a role; resolves when it says that it is ready, to a function that ends it. */
async function background(name, address) {
  const child = spawn(
    process.execPath,
    [process.argv[1], name, address, ...process.argv.slice(2)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  process.once('exit', () => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return async () => {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
}

function topic(address, name, configs = []) {
  const flags = ['--create', '--if-not-exists', '--topic', name, '--partitions', '1'];
  const { status, stderr } = spawnSync(process.execPath, [
    'bin/sluice',
    'topics',
    '--bootstrap-server',
    address,
    ...flags,
    ...configs,
  ]);
  if (status !== 0) throw new Error(String(stderr));
}

async function main() {
  buildLoad();
  const rows = [];
  const measure = async (situation, { overrides = {}, prepare = async () => {}, begin }) => {
    const broker = await startBroker({ overrides });
    try {
      topic(broker.address, 'probe');
      await prepare(broker);
      const rest = await probe(broker.address);
      const restMB = broker.residentMegabytes();
      let peakMB = 0;
      const watch = setInterval(() => {
        peakMB = Math.max(peakMB, broker.residentMegabytes());
      }, 50);
      const end = await begin(broker);
      const loaded = await probe(broker.address);
      clearInterval(watch);
      const note = await end();
      rows.push({
        situation,
        'p50 ms at rest': rest.p50.toFixed(2),
        'p50 ms': loaded.p50.toFixed(2),
        'p99 ms at rest': rest.p99.toFixed(2),
        'p99 ms': loaded.p99.toFixed(2),
        'p99 ratio': (loaded.p99 / rest.p99).toFixed(1),
        'MB at rest': Math.round(restMB),
        'MB at most': Math.round(peakMB),
        note: note ?? '',
      });
      console.log(rows.at(-1));
    } finally {
      await broker.stop();
    }
  };

  await measure('2,000 idle and 500 active connections', {
    prepare: ({ address }) => topic(address, 'crowd'),
    begin: ({ address }) => background('crowd', address),
  });
  await measure('200 consumers that do not read what they ask for', {
    async prepare({ address }) {
      topic(address, 'large');
      await load('produce', address, 'large', 1, 200_000, 1000);
    },
    begin: ({ address }) => background('deaf', address),
  });
  await measure('20 clients that stop in the middle of 100 MB', {
    begin: ({ address }) => background('halves', address),
  });
  await measure('a producer as fast as it can, every record synced', {
    overrides: { 'log.flush.policy': 'group-commit' },
    async prepare({ address }) {
      topic(address, 'fast');
    },
    async begin({ address }) {
      const producing = load('produce', address, 'fast', 1, 2_000_000, 1000, {
        'message.timeout.ms': 600000,
      });
      return async () => {
        const done = await producing;
        return `${JSON.stringify(done)}`;
      };
    },
  });
  await measure('records of 50 MB, one after the other', {
    prepare: ({ address }) => topic(address, 'huge', ['--config', `max.message.bytes=${64 * MB}`]),
    async begin({ address }) {
      const allowed = await client(address);
      const refused = await client(address);
      const record = batch(50 * MB);
      let running = true;
      let sent = 0;
      const errors = new Set();
      const work = (async () => {
        while (running) {
          const answer = await allowed.ask(produceRequest('huge', record));
          if (answer === null || produceError(answer) !== 0)
            throw new Error('50 MB were refused where they are allowed');
          sent++;
          errors.add(produceError(await refused.ask(produceRequest('probe', record))));
        }
      })();
      return async () => {
        running = false;
        await work;
        const fetched = await allowed.ask(fetchRequest('huge', sent - 1, { maxBytes: 100 }));
        return `${sent} written, the last one fetched with ${fetched.length} bytes; error ${[...errors]} where they are not allowed`;
      };
    },
  });
  console.table(rows.map(({ note, ...figures }) => figures));
}
