// Real clients at work on a broker that is killed again and again:
//   node test/interop/crash-load/run.mjs [--rounds 20] [--seed N] [--install]
//
// Java's client and librdkafka, each with an idempotent and a plain producer, four codecs, four partitions; a group
// that commits; topics made and deleted by kafkajs. The broker dies by SIGKILL at a random moment, sometimes again
// while it recovers. After each start: every acknowledged record at its offset with its value, once and in order
// for idempotent producers; no acknowledged commit lost; acknowledged topics there, deleted ones gone; at the end
// Kafka's own DumpLogSegments reads every file without a complaint.
import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Kafka, logLevel } from 'kafkajs';
import { clients } from '../clients.mjs';
import { openBroker, startSluice } from '../lib/broker.mjs';
import { cached, contentHash, interopFolder } from '../lib/cache.mjs';
import { javaDriver, programs } from '../lib/install.mjs';
import { pause, run, start, stop, stopAll } from '../lib/processes.mjs';
import { Referee } from '../lib/referee.mjs';
import { kafkaTool, ORACLE_VERSION } from '../real-kafka.mjs';
import { History } from './history.mjs';

const TOPIC = 'load';
const PARTITIONS = 4;
const here = join(interopFolder, 'crash-load');

/** The same choices for the same seed: where in its work the broker is killed is not among them. */
function randomFrom(seed) {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Starts a client; its lines go to `history`. */
function startLoad(label, command, args, env, history, failures) {
  const child = start(command, args, {
    label,
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let rest = '';
  let isDone = false;
  child.stdout.on('data', (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      if (line === 'done') isDone = true;
      try {
        history.take(line);
      } catch (error) {
        failures.push(error);
      }
    }
  });
  return {
    async finish() {
      child.stdin.end('stop\n');
      const { code } = await child.exited;
      assert.ok(
        isDone && code === 0,
        `${label} ended with ${code}: ${child.errorText().slice(-2_000)}`,
      );
    },
    stop: () => stop(child, { signal: 'SIGKILL' }),
  };
}

async function javaLoad(bootstrap, { install }, history, failures) {
  const classpath = await javaDriver('3.9.2', { install });
  const source = join(here, 'CrashLoad.java');
  const classes = await cached(`crash-load-${contentHash([source], classpath)}`, async (folder) => {
    const { code, stderr } = await run('javac', [
      '-nowarn',
      '-cp',
      classpath,
      '-d',
      folder,
      source,
    ]);
    assert.equal(code, 0, stderr);
  });
  const flags = ['-Xmx128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
  const args = [...flags, '-cp', `${classes}:${classpath}`, 'CrashLoad'];
  return startLoad('Java', 'java', args, { BOOTSTRAP: bootstrap, TOPIC }, history, failures);
}

async function pythonLoad(bootstrap, options, history, failures) {
  const client = clients.find(({ name }) => name === 'confluent-kafka');
  const { command, env } = await client.prepare(options);
  const args = [join(here, 'crash_load.py')];
  return startLoad(
    'librdkafka',
    command,
    args,
    { ...env, BOOTSTRAP: bootstrap, TOPIC },
    history,
    failures,
  );
}

/** Makes and deletes topics until it is stopped; knows which of both were acknowledged. */
class TopicChurn {
  #admin;
  #running = true;
  #ended;
  /** Topics that must be there, and that must be gone. */
  made = new Set();
  deleted = new Set();

  constructor(bootstrap) {
    const retry = { retries: 1, initialRetryTime: 20, maxRetryTime: 50 };
    const kafka = new Kafka({
      brokers: [bootstrap],
      logLevel: logLevel.NOTHING,
      retry,
      connectionTimeout: 1000,
    });
    this.#admin = kafka.admin();
    this.#ended = this.#run();
  }

  async #run() {
    for (let count = 0; this.#running; count++) {
      const topic = `churn-${count}`;
      try {
        await this.#admin.connect();
        await this.#admin.createTopics({
          topics: [{ topic, numPartitions: 2 }],
          waitForLeaders: false,
        });
        this.made.add(topic);
        const old = [...this.made][0];
        if (this.made.size > 5) {
          // While it is being deleted it may be there or not.
          this.made.delete(old);
          await this.#admin.deleteTopics({ topics: [old] });
          this.deleted.add(old);
        }
      } catch {
        // The broker was killed meanwhile: what became of this topic is not known.
      }
      await pause(50);
    }
    await this.#admin.disconnect();
  }

  async stop() {
    this.#running = false;
    await this.#ended;
  }
}

/** Records of a partition, `[offset, value]`, from an offset up to another; producers go on behind it. */
async function recordsFrom(bootstrap, partition, offset, end) {
  if (offset >= end) return [];
  const flags = [
    '-C',
    '-q',
    '-e',
    '-t',
    TOPIC,
    '-p',
    String(partition),
    '-o',
    String(offset),
    '-c',
    String(end - offset),
    '-f',
    '%o %s\\n',
  ];
  const { code, stdout, stderr } = await run('kcat', ['-b', bootstrap, ...flags], {
    timeoutMs: 60_000,
  });
  assert.equal(code, 0, stderr);
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const space = line.indexOf(' ');
      return [Number(line.slice(0, space)), line.slice(space + 1)];
    });
}

async function check(broker, history, churn, { fromStart }) {
  const referee = new Referee(broker.bootstrap);
  try {
    // What was acknowledged before the kill is known by now: its lines came before the clients lost the broker.
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const known = history.nextOffset(partition);
      const end = await referee.listOffset(TOPIC, partition, -1);
      assert.ok(end >= known, `partition ${partition} ends at ${end}, it had reached ${known}`);
      const from = fromStart ? 0 : known;
      history.read(partition, await recordsFrom(broker.bootstrap, partition, from, end));
    }
    await history.checkCommits((group, partition) => referee.committed(group, TOPIC, partition));
    const made = [...churn.made];
    const deleted = [...churn.deleted];
    const names = new Set((await referee.allTopics()).map(({ name }) => name));
    for (const topic of made) {
      assert.ok(names.has(topic) || !churn.made.has(topic), `topic ${topic} was made and is gone`);
    }
    for (const topic of deleted)
      assert.ok(!names.has(topic), `topic ${topic} was deleted and is back`);
  } finally {
    referee.close();
  }
}

/** Every file passes Kafka's own tool. */
async function dumpAll(logFolder) {
  const files = readdirSync(logFolder, { recursive: true })
    .map((name) => join(logFolder, String(name)))
    .filter(
      (file) =>
        /\/\d{20}\.log$/.test(file) && !file.includes('-delete/') && statSync(file).size > 0,
    );
  for (let index = 0; index < files.length; index += 50) {
    const some = files.slice(index, index + 50).join(',');
    const args = ['--deep-iteration', '--files', some];
    const { code, stdout, stderr } = await kafkaTool(
      ORACLE_VERSION,
      'kafka.tools.DumpLogSegments',
      args,
      { timeoutMs: 300_000 },
    );
    assert.equal(code, 0, stderr.slice(-2_000));
    assert.doesNotMatch(stdout, /isvalid: false|invalid bytes|Exception/);
    assert.doesNotMatch(stderr, /Non-consecutive|Mismatch|Exception/);
  }
  return files.length;
}

export async function crashLoad({ rounds, seed, install, say = console.log }) {
  await programs(['java', 'javac', 'kcat', 'python3'], {
    install,
    packages: ['default-jdk-headless', 'kcat', 'python3'],
  });
  const random = randomFrom(seed);
  const history = new History();
  const failures = [];
  const broker = await startSluice({
    'log.segment.bytes': 262_144,
    'offsets.topic.num.partitions': 4,
  });
  const loads = [];
  let churn;
  try {
    const referee = new Referee(broker.bootstrap);
    await referee.createTopic(TOPIC, { partitions: PARTITIONS });
    referee.close();
    loads.push(await javaLoad(broker.bootstrap, { install }, history, failures));
    loads.push(await pythonLoad(broker.bootstrap, { install }, history, failures));
    churn = new TopicChurn(broker.bootstrap);
    // The first kills are to meet clients at work.
    while (history.commits === 0) await pause(50);
    for (let round = 1; round <= rounds; round++) {
      await pause(100 + random(900));
      await broker.crash();
      if (random(8) === 0) await broker.crash();
      await check(broker, history, churn, { fromStart: round % 50 === 0 });
      if (failures.length > 0) throw failures[0];
      if (round % 50 === 0 || round === rounds) {
        say(
          `      round ${round}: ${history.acknowledged} acknowledged, ${history.commits} commits, ${churn.made.size + churn.deleted.size} topics`,
        );
      }
    }
    await churn.stop();
    await Promise.all(loads.splice(0).map((load) => load.finish()));
    await check(broker, history, churn, { fromStart: true });
    history.checkAcknowledged();
    if (failures.length > 0) throw failures[0];
    const log = broker.logText();
    assert.equal(await broker.stop(), 0);
    assert.doesNotMatch(log, /"level":"error"/);
    const files = await dumpAll(broker.logFolder);
    say(
      `      ${rounds} kills: ${history.acknowledged} records acknowledged, ${history.records} in the log (${history.duplicates} sent again by plain producers), ${history.commits} commits, ${churn.deleted.size} topics made and deleted, ${files} segments read by DumpLogSegments`,
    );
    broker.remove();
  } catch (error) {
    error.message = `seed ${seed}: ${error.message}`;
    throw error;
  } finally {
    await churn?.stop().catch(() => {});
    for (const load of loads) await load.stop();
    await broker.stop();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const option = (name, otherwise) => {
    const index = process.argv.indexOf(`--${name}`);
    return index < 0 ? otherwise : Number(process.argv[index + 1]);
  };
  const seed = option('seed', Date.now() % 1_000_000);
  console.log(`seed ${seed}`);
  try {
    const built = await openBroker('sluice');
    await built.stop();
    built.remove();
    await crashLoad({
      rounds: option('rounds', 20),
      seed,
      install: process.argv.includes('--install'),
    });
  } catch (error) {
    console.error(error);
    process.exitCode = 1;
  } finally {
    await stopAll();
  }
}
