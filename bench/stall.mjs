// How long one client can make all others wait, and how much memory it can make the broker take: every API that has rows,
// at every version, in five shapes and four sizes, over a broker that holds much. A probe, a process of its own, writes a
// small record every 20 ms meanwhile; its worst is printed for each (build first).
//
//   node bench/stall.mjs [--topics 10000] [--groups 100000] [--producers 1000] [--only REGEXP] [--sizes 1K,100K,10M,100M]
//     [--ends]       each API's lowest and highest version alone
//     [--short]      as much of it as a minute holds, something of every API first, as CI wants it
//     [--heap MB]    the broker's Node gets --max-old-space-size=MB
//     [--minutes N]  stops after so long
//     [--bad]        prints what misses a goal alone
//
// Goals: the probe waits at most 50 ms longer than at rest (`--short`: a second, since machines of CI are noisy); resident
// memory grows by at most 300 MB and is back within a minute; the broker lives. Exit code 1 where one is missed.
import { fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { freePort, startBroker } from './lib.mjs';
import { loads, probeFrame } from './stall/loads.mjs';
import { answerOf, protocol } from './stall/protocol.mjs';
import { arraysOf, SHAPES, versionsOf, writeRequest } from './stall/requests.mjs';
import { PROBE_TOPIC, prepare } from './stall/world.mjs';

const { values: options } = parseArgs({
  options: {
    topics: { type: 'string' },
    groups: { type: 'string' },
    producers: { type: 'string', default: '1000' },
    sizes: { type: 'string' },
    only: { type: 'string', default: '' },
    heap: { type: 'string' },
    minutes: { type: 'string' },
    ends: { type: 'boolean', default: false },
    short: { type: 'boolean', default: false },
    bad: { type: 'boolean', default: false },
  },
});
const isShort = options.short;
const KB = 1024;
const MB = KB * KB;
const UNITS = { K: KB, M: MB };
const sizes = (options.sizes ?? (isShort ? '100K' : '1K,100K,10M,100M'))
  .split(',')
  .map((text) => Number.parseInt(text, 10) * UNITS[text.at(-1)]);
const world = {
  topics: Number(options.topics ?? (isShort ? 300 : 10_000)),
  groups: Number(options.groups ?? (isShort ? 2000 : 100_000)),
  producers: Number(options.producers),
};
const LIMIT_MS = isShort ? 10_000 : 60_000;
const REST_MS = isShort ? 1500 : 5000;
/** Short: the start and what is prepared come to it. */
const RUN_MS = (options.minutes ? Number(options.minutes) : isShort ? 0.7 : 24 * 60) * 60_000;
const MOST_MS = isShort ? 1000 : 50;
const MOST_MB = 300;
/** Frames and buffers that the broker keeps for reuse. */
const MOST_MB_AFTERWARDS = 150;
const BACK_WITHIN_MS = isShort ? 1000 : 60_000;
const DECODED_AT_MOST = MB;
/** What takes away what the others ask about. */
const LAST = /^(Create|Delete|Alter|Incremental|Offset(Commit|Delete)|Produce)/;

const folder = mkdtempSync(join(tmpdir(), 'sluice-stall-'));
const httpPort = await freePort();
const overrides = {
  'offsets.topic.num.partitions': 4,
  'auto.create.topics.enable': 'false',
  'group.initial.rebalance.delay.ms': 0,
  'http.listeners': `http://127.0.0.1:${httpPort}`,
};
const nodeFlags = options.heap ? [`--max-old-space-size=${options.heap}`] : [];
const start = (flags) =>
  startBroker({ folder, overrides, nodeFlags: flags, timeoutMs: isShort ? 20_000 : 120_000 });
// Ended by a signal it takes its broker along.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

let broker = await start([]);
let probe;
const missed = [];
const startedAt = performance.now();
try {
  const known = await prepare(broker.address, world);
  await restart();
  probe = await startProbe();
  // The start has its own work and garbage.
  await pause(REST_MS);
  await probe.reset();
  await pause(REST_MS);
  const rest = await probe.ask();
  const restMs = rest.worstMs;
  let startMB = broker.residentMegabytes();
  console.log(
    `${world.topics} topics, ${world.groups} groups, ${world.producers} producers; at rest the probe waits ${restMs.toFixed(1)} ms ${await longestTurns()}, resident ${startMB.toFixed(0)} MB`,
  );
  console.log(`${'worst, ms'.padStart(10)} ${'late'.padStart(6)} ${'+MB'.padStart(6)}  request`);

  const report = async (what, run) => {
    resetPeak();
    await probe.reset();
    const before = performance.now();
    let outcome;
    try {
      outcome = await run();
    } catch (error) {
      outcome = error.message;
    }
    const tookMs = performance.now() - before;
    await pause(25);
    const { worstMs, lateMs } = await probe.ask();
    const died = broker.ended;
    const grownMB = died === undefined ? peakMB() - startMB : Number.NaN;
    const problems = [];
    if (died !== undefined) problems.push(`DIED (${died})`);
    // What the machine did to the probe itself is not the broker's.
    if (worstMs - restMs - lateMs > MOST_MS) problems.push('STALL');
    if (grownMB > MOST_MB && !isShort) problems.push('MEMORY');
    if (problems.includes('STALL') && died === undefined) problems.push(await longestTurns());
    if (problems.length > 0) missed.push(`${problems.join(' ')}: ${what}`);
    if (problems.length > 0 || !options.bad) {
      console.log(
        `${worstMs.toFixed(1).padStart(10)} ${lateMs.toFixed(0).padStart(6)} ${grownMB.toFixed(0).padStart(6)}  ${what}: ${outcome}, ${tookMs.toFixed(0)} ms ${problems.join(' ')}`,
      );
    }
    if (died !== undefined) {
      await restart();
      await probe.stop();
      probe = await startProbe();
      await pause(300);
      startMB = broker.residentMegabytes();
    }
  };

  const target = Buffer.alloc(Math.max(...sizes) + 4 * KB);
  const isTimeLeft = () => performance.now() - startedAt < RUN_MS;
  const all = protocol.apis
    .filter(({ key }) => known.apiKeys.some(({ apiKey }) => apiKey === key))
    .filter(({ name }) => new RegExp(options.only).test(name))
    .sort((one, other) => LAST.test(one.name) - LAST.test(other.name));
  const others = loads({ httpPort, isShort }).filter(({ name }) =>
    new RegExp(options.only).test(name),
  );
  const runLoads = async (isLast) => {
    for (const load of others) {
      if (Boolean(load.isLast) !== isLast || !isTimeLeft()) continue;
      await report(load.name, () => limited(load.run(broker.address, known)));
      await untilBack(load.name);
    }
  };
  await runLoads(false);
  const casesOf = function* (api) {
    const { minVersion, maxVersion } = known.apiKeys.find(({ apiKey }) => apiKey === api.key);
    const range = { min: minVersion, max: maxVersion };
    for (const version of versionsOf(api, range, options.ends || isShort).reverse()) {
      for (const each of requests(arraysOf(api, version))) yield { api, version, ...each };
    }
  };
  let fired = 0;
  let left = 0;
  const unreached = new Set(all.map(({ name }) => name));
  const fireCase = async ({ api, version, path, shape, size }) => {
    // Short: each API has its first case in any case, also on a slow machine.
    if (!isTimeLeft() && !(isShort && unreached.has(api.name))) {
      left++;
      return;
    }
    fired++;
    unreached.delete(api.name);
    const { length, rows } = writeRequest(target, {
      api,
      version,
      path,
      shape,
      size,
      world: known,
    });
    const what = path
      ? `${api.name} v${version}, ${rows} ${path.join('.')}, ${shape}, ${text(size)}`
      : `${api.name} v${version}, the shortest`;
    await report(what, () => fire(api, version, target.subarray(0, length)));
  };
  if (isShort) {
    // A case of every API, then the next of every API: whatever there is time for, no API is left out.
    for (let round = all.map(casesOf); round.length > 0; ) {
      const going = [];
      for (const cases of round) {
        const { done, value } = cases.next();
        if (done) continue;
        await fireCase(value);
        going.push(cases);
      }
      round = going;
    }
  } else {
    for (const api of all) {
      for (const each of casesOf(api)) await fireCase(each);
      if (isTimeLeft()) await untilBack(api.name);
    }
  }
  for (const name of unreached) missed.push(`${name} was not asked for want of time`);
  await runLoads(true);

  async function untilBack(what) {
    const until = performance.now() + BACK_WITHIN_MS;
    let grownMB = broker.residentMegabytes() - startMB;
    while (grownMB > MOST_MB_AFTERWARDS && performance.now() < until) {
      await pause(500);
      grownMB = broker.residentMegabytes() - startMB;
    }
    if (grownMB <= MOST_MB_AFTERWARDS) return;
    if (!isShort) missed.push(`${grownMB.toFixed(0)} MB stay after ${what}`);
    console.log(`${grownMB.toFixed(0)} MB more than at the start a minute after ${what}`);
    // What comes next is not blamed for it.
    startMB += grownMB;
  }

  console.log(
    `${missed.length} missed the goal of ${MOST_MS} ms more than at rest, ${MOST_MB} MB and life; ${fired} requests of ${all.length} APIs, ${left} left for want of time`,
  );
} finally {
  await probe?.stop();
  await broker.stop('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}
process.exit(missed.length > 0 ? 1 : 0);

function* requests(paths) {
  for (const size of sizes) {
    for (const path of [...paths].reverse())
      for (const shape of SHAPES) yield { path, shape, size };
  }
  yield { path: undefined, shape: 'many', size: KB };
}

function text(size) {
  return size >= MB ? `${size / MB} MB` : `${size / KB} KB`;
}

/** The broker anew, over the same folder, as it is measured. */
async function restart() {
  if (broker.ended === undefined) await broker.stop();
  broker = await start(nodeFlags);
}

function limited(promise) {
  return Promise.race([
    promise,
    pause(LIMIT_MS).then(() => {
      throw new Error(`no end within ${LIMIT_MS / 1000} s`);
    }),
  ]);
}

/** Sends a frame on a connection of its own; what became of it. */
function fire(api, version, frame) {
  return new Promise((resolve) => {
    const [host, port] = broker.address.split(':');
    const socket = connect(Number(port), host);
    const chunks = [];
    let size = 0;
    let kept = 0;
    let total = Number.POSITIVE_INFINITY;
    const timer = setTimeout(() => end(`no answer within ${LIMIT_MS / 1000} s`), LIMIT_MS);
    const end = (outcome) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(outcome);
    };
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('close', () => end(`closed after ${size} bytes`));
    socket.on('data', (chunk) => {
      size += chunk.length;
      if (kept < DECODED_AT_MOST) {
        chunks.push(Buffer.from(chunk));
        kept += chunk.length;
      }
      if (size < 4) return;
      total =
        Buffer.concat(chunks.splice(0, chunks.length, Buffer.concat(chunks))).readInt32BE(0) + 4;
      if (size < total) return;
      const codes = total <= DECODED_AT_MOST ? codesOf(api, version, chunks) : '';
      end(`answered ${total} bytes${codes}`);
    });
    socket.write(frame);
  });
}

/** The error codes of an answer, by name. */
function codesOf(api, version, chunks) {
  try {
    const body = answerOf(api.name, version, Buffer.concat(chunks).subarray(4));
    const found = new Set();
    const walk = (value, name) => {
      if (name === 'errorCode' || name === 'error') found.add(protocol.errorName(value));
      if (Buffer.isBuffer(value) || typeof value !== 'object' || value === null) return;
      for (const [key, each] of Object.entries(value)) walk(each, key);
    };
    walk(body, '');
    return found.size > 0 ? ` (${[...found].slice(0, 4).join(' ')})` : '';
  } catch {
    return ' (of another version)';
  }
}

/** What the broker itself says of its longest turns in the last minutes. */
async function longestTurns() {
  const signal = AbortSignal.timeout(LIMIT_MS);
  const answer = await fetch(`http://127.0.0.1:${httpPort}/metrics`, { signal });
  const found = (await answer.text()).matchAll(
    /^sluice_longest_turn_seconds\{of="([^"]*)",step="(\w+)"\} (\S+)/gm,
  );
  const turns = Array.from(found, ([, of, step, seconds]) => ({ of, step, ms: seconds * 1000 }))
    .filter(({ ms }) => ms >= MOST_MS / 2)
    .sort((one, other) => other.ms - one.ms)
    .slice(0, 3);
  return `[${turns.map(({ of, step, ms }) => `${of} ${step} ${ms.toFixed(0)} ms`).join(', ')}]`;
}

/** The most resident memory since {@link resetPeak}. */
function peakMB() {
  const status = readFileSync(`/proc/${broker.pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+)/.exec(status)[1]) / 1024;
}

function resetPeak() {
  try {
    writeFileSync(`/proc/${broker.pid}/clear_refs`, '5');
  } catch {
    // Where the system does not allow it, the peak is the one since the start.
  }
}

async function startProbe() {
  const child = fork('bench/stall/probe.mjs', [broker.address.split(':')[1]]);
  child.send(probeFrame(PROBE_TOPIC).toString('base64'));
  const ask = (question) =>
    new Promise((resolve) => {
      child.once('message', resolve);
      child.send(question);
    });
  return {
    reset: () => ask('reset'),
    ask: () => ask('ask'),
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', resolve);
        child.disconnect();
      }),
  };
}
