// Kafka's own command line tools, unchanged, against the broker. A real Kafka was asked first: recorded.json says how
// each tool ended there and what it said, and with Sluice it must end and say the same.
//   node test/interop/run.mjs --only tools-3.9 --broker real-3.9-zookeeper --record-tools
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { interopFolder } from '../lib/cache.mjs';
import { programs } from '../lib/install.mjs';
import { Referee } from '../lib/referee.mjs';
import { kafkaTool, kafkaToolUntil } from '../real-kafka.mjs';
import { classes } from '../tools/classes.mjs';
import { clusterSteps } from './tools/cluster.mjs';
import { configSteps } from './tools/configs.mjs';
import { dailySteps, lastSteps } from './tools/daily.mjs';
import { dataSteps, groupSteps, transactionSteps } from './tools/groups-and-data.mjs';
import { mirrorSteps } from './tools/mirror.mjs';
import { said } from './tools/said.mjs';
import { securitySteps } from './tools/security.mjs';

/** The releases whose tools are tried: the last that speak to ZooKeeper too, Kafka 3's last, and the newest. */
export const toolVersions = ['2.7.2', '3.9.2', '4.3.0'];

/** Programs of Kafka's that are not tried, with the reason. */
export const toolsNotTried = {
  'kafka-dump-log, kafka-storage, kafka-metadata-shell, connect-plugin-path':
    'they read files, no broker; kafka-dump-log reads ours in the suite storage',
  'kafka-jmx': 'it speaks to a JVM',
  'connect-standalone, connect-distributed, connect-mirror-maker':
    'Kafka Connect is a server of its own, not a tool; the suite connect runs it',
  trogdor: 'a framework that tests Kafka itself',
};

/** In this order: later steps look at what earlier ones did. */
const steps = [
  ...dailySteps,
  ...configSteps,
  ...groupSteps,
  ...clusterSteps,
  ...securitySteps,
  ...dataSteps,
  ...mirrorSteps,
  ...transactionSteps,
  ...lastSteps,
];

const recordedFile = join(interopFolder, 'scenarios', 'tools', 'recorded.json');
const recorded = () =>
  existsSync(recordedFile) ? JSON.parse(readFileSync(recordedFile, 'utf8')) : {};

const isOf = ({ from = 0, to = 99, only = () => true }, version) => {
  const major = Number(version.split('.')[0]);
  return major >= from && major <= to && only(version);
};

/** What a tool did is compared with what it did with each real Kafka; the first that fits answers which. */
function assertAsKafka(answers, own, step) {
  const same = (answer) =>
    answer.code === own.code && (step.varies !== undefined || sameLines(answer.said, own.said));
  const fitting = Object.entries(answers).find(([, answer]) => same(answer));
  if (fitting !== undefined) return fitting[0];
  const [[kafka, expected]] = Object.entries(answers);
  assert.deepEqual(
    step.varies === undefined ? own : { code: own.code },
    step.varies === undefined ? expected : { code: expected.code },
    `not as ${kafka}: ${own.said.join('\n')}`,
  );
}

/** Tools print from hash tables: the order of lines is not the broker's. */
const sameLines = (a, b) => [...a].sort().join('\n') === [...b].sort().join('\n');

/**
 * The steps with the tools of one release: `record(subject, name, run)` for each that the release has. With `answers`,
 * an object, nothing is compared, but what the tools did is put there by the name of the step.
 */
export async function runTools(version, { broker, install, wanted, record, notOffered, answers }) {
  const [major] = version.split('.');
  const name = `tools-${version.split('.').slice(0, 2).join('.')}`;
  const folder = mkdtempSync(join(tmpdir(), 'sluice-tools-'));
  const referee = new Referee(broker.bootstrap);
  const known = recorded()[name] ?? {};
  let files = 0;
  const text = (content) => {
    const path = join(folder, `input-${files++}`);
    writeFileSync(path, content);
    return path;
  };
  const context = {
    topic: name,
    group: `${name}-group`,
    bootstrap: broker.bootstrap,
    broker,
    version,
    referee,
    brokerId: 1,
    emptyConfig: text(''),
    text,
    file: (content) => text(JSON.stringify(content)),
  };
  try {
    for (const step of steps) {
      if (!wanted(step) || !isOf(step, version)) continue;
      const className = classes[step.name.split(' ')[0]][major];
      if (className === null) {
        notOffered(name, step.name, `Kafka ${version} has no such tool`);
        continue;
      }
      await record(name, step.name, async (note) => {
        await programs(['java', 'mvn'], { install, packages: ['default-jdk-headless', 'maven'] });
        const result = await runStep(step, className, context);
        const own = { code: result.code, said: said(result, context) };
        if (answers !== undefined) {
          answers[step.name] =
            step.varies === undefined || own.code !== 0 ? own : { code: own.code, said: [] };
          return;
        }
        const command = `${className} ${result.args.join(' ')}\n${own.said.join('\n')}`;
        if (step.gap !== undefined) {
          assert.notEqual(own.code, 0, command);
          note(`ends with ${own.code}, unlike Kafka: ${step.gap}`);
          return;
        }
        const expected = known[step.name];
        assert.ok(expected !== undefined, `recorded.json does not know ${step.name}\n${command}`);
        const kafka = assertAsKafka(expected, own, step);
        if (own.code === 0)
          await step.check?.({ ...context, output: result.stdout, all: command }, assert);
        if (own.code !== 0)
          note(`ends with ${own.code}, as with ${kafka}: ${step.because ?? own.said.at(0)}`);
      });
    }
  } finally {
    referee.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runStep(step, className, context) {
  const { version, bootstrap } = context;
  // The tools of 2.7 that look at offsets have not got the newer name of the flag.
  const usual = className === 'kafka.tools.GetOffsetShell' ? '--broker-list' : '--bootstrap-server';
  const flag = typeof step.flag === 'function' ? step.flag(version) : (step.flag ?? usual);
  const toBroker = step.withoutBootstrap ? [] : [flag, bootstrap];
  const words = step.words ?? [];
  await step.before?.(context);
  const rest = await step.args(context);
  // Some want the address before their command, others behind it.
  const args = step.after ? [...toBroker, ...words, ...rest] : [...words, ...toBroker, ...rest];
  const result =
    step.until === undefined
      ? await kafkaTool(version, className, args, { input: step.input, timeoutMs: 60_000 })
      : await kafkaToolUntil(version, className, args, {
          done: (output) => step.until({ ...context, output }),
        });
  await step.afterwards?.(context);
  return { ...result, args };
}

/** Adds what the tools do with a real Kafka to recorded.json. */
export async function recordTools(version, options) {
  assert.equal(options.broker.kind, 'kafka', 'what is right comes from a real Kafka');
  const answers = {};
  await runTools(version, { ...options, answers });
  const all = recorded();
  const name = `tools-${version.split('.').slice(0, 2).join('.')}`;
  all[name] ??= {};
  for (const [step, answer] of Object.entries(answers)) {
    all[name][step] = { ...all[name][step], [options.broker.title]: answer };
  }
  writeFileSync(recordedFile, `${JSON.stringify(all, null, 1)}\n`);
}
