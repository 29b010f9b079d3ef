// The interop suites: real clients, in their own languages, against this checkout's broker.
//
//   npm run test:interop -- [--install] [--only java,kcat] [--scenario word,...] [--broker sluice|real-3.9|real-3.9.2-zookeeper|host:port]
//                           [--jobs N] [--report FILE]
//
// --report writes what came of it: a page where FILE ends in .md (with --only, its other rows stay), JSON otherwise.
// --only names clients (a part of the name is enough) or suites: tools, probes, oracle, compaction, real-input, folders, connect, completion, crash, storage.
// Without --install what is not there already is skipped, loudly. Exits 0 only when nothing failed.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clients } from './clients.mjs';
import { crashLoad } from './crash-load/run.mjs';
import { openBroker } from './lib/broker.mjs';
import { cacheFolder } from './lib/cache.mjs';
import { compatibilityPage } from './lib/compatibility.mjs';
import { Driver } from './lib/driver.mjs';
import { Missing } from './lib/install.mjs';
import { stopAll } from './lib/processes.mjs';
import { assertSameRecords } from './lib/records.mjs';
import { Referee } from './lib/referee.mjs';
import { Report } from './lib/report.mjs';
import { adminScenarios } from './scenarios/admin.mjs';
import { compareCompaction } from './scenarios/compaction.mjs';
import { completionScenarios } from './scenarios/completion.mjs';
import { connectScenarios } from './scenarios/connect.mjs';
import { crashScenarios } from './scenarios/crash.mjs';
import { folderScenarios } from './scenarios/folders.mjs';
import { groupScenarios } from './scenarios/groups.mjs';
import { indexerClients, logPipelineScenarios } from './scenarios/log-pipeline.mjs';
import { compareWithKafka } from './scenarios/oracle.mjs';
import { probeScenarios, recordProbes } from './scenarios/probes.mjs';
import { realInputClients, realInputScenarios } from './scenarios/real-input.mjs';
import { mixedLogRecords, mixedLogTopic, recordScenarios } from './scenarios/records.mjs';
import { storageScenarios } from './scenarios/storage.mjs';
import { recordTools, runTools, toolsNotTried, toolVersions } from './scenarios/tools.mjs';
import { compareTools, countsText } from './tools/suite.mjs';

const scenarios = [...recordScenarios, ...groupScenarios, ...adminScenarios];

function parseArguments(argv) {
  const options = {
    install: false,
    only: [],
    scenario: '',
    broker: 'sluice',
    jobs: 2,
    report: undefined,
    recordProbes: false,
    recordTools: false,
  };
  for (let index = 0; index < argv.length; index++) {
    const value = () => {
      index++;
      if (argv[index] === undefined) throw new Error(`${argv[index - 1]} needs a value`);
      return argv[index];
    };
    if (argv[index] === '--install') options.install = true;
    else if (argv[index] === '--only') options.only = value().split(',');
    else if (argv[index] === '--scenario') options.scenario = value();
    else if (argv[index] === '--broker') options.broker = value();
    else if (argv[index] === '--jobs') options.jobs = Number(value());
    else if (argv[index] === '--report') options.report = value();
    else if (argv[index] === '--record-probes') options.recordProbes = true;
    else if (argv[index] === '--record-tools') options.recordTools = true;
    else throw new Error(`unknown argument ${argv[index]}`);
  }
  return options;
}

const options = parseArguments(process.argv.slice(2));
const report = new Report();
const chosen = (name) =>
  options.only.length === 0 || options.only.some((part) => name.includes(part));
const wanted = ({ name }) => options.scenario.split(',').some((part) => name.includes(part));

/** Runs `work` on every item, at most `limit` at a time. */
async function forEachLimited(items, limit, work) {
  const queue = [...items];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: Math.max(1, limit) }, worker));
}

/** Runs one scenario under a time limit and records what came of it. */
async function record(subject, scenario, { timeoutMs = 90_000, notes = [] }, work) {
  const startedAt = Date.now();
  const result = (outcome, detail) =>
    report.add({ subject, scenario, outcome, detail, notes, ms: Date.now() - startedAt });
  let timer;
  try {
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`not done within ${timeoutMs} ms`)), timeoutMs);
    });
    await Promise.race([work(), late]);
    result('passed');
  } catch (error) {
    if (error instanceof Missing) result('skipped', error.message);
    else result('failed', String(error?.stack ?? error));
  } finally {
    clearTimeout(timer);
  }
}

/** Makes the chosen clients ready; one that cannot be is counted once per scenario it would have run. */
async function prepareClients() {
  const ready = [];
  // The real input goes through several clients, whichever are tested for themselves.
  const needed = clients.filter(
    ({ name }) =>
      chosen(name) ||
      clients.some((other) => other.reader === name && chosen(other.name)) ||
      (chosen('real-input') && realInputClients.some((part) => name.startsWith(part))) ||
      (chosen('log-pipeline') && indexerClients.includes(name)),
  );
  // What takes minutes to build goes first, beside the rest.
  needed.sort((a, b) => Number(b.slowToBuild ?? false) - Number(a.slowToBuild ?? false));
  await forEachLimited(needed, 3, async (client) => {
    client.offers = (feature) => client.notOffered[feature] === undefined;
    try {
      client.launch = await client.prepare({ install: options.install });
      ready.push(client);
    } catch (error) {
      if (!chosen(client.name)) return;
      const outcome = error instanceof Missing ? 'skipped' : 'failed';
      for (const { name } of scenarios.filter(wanted)) {
        report.add({ subject: client.name, scenario: name, outcome, detail: error.message });
      }
    }
  });
  return clients.filter((client) => ready.includes(client));
}

async function runClient(client, broker, ready) {
  const referee = new Referee(broker.bootstrap);
  const drivers = new Set();
  const newDriver = (label, of = client) => {
    const driver = new Driver(`${of.name}/${label}`, of.launch, broker.bootstrap);
    drivers.add(driver);
    return driver;
  };
  let shared;
  let reader;
  // What a client wrote that cannot read is read by another one.
  const withReader = () => ({
    call: (op, args, timing) => (op === 'consume' ? reader : shared).call(op, args, timing),
  });
  try {
    for (const scenario of scenarios.filter(wanted)) {
      const absent = scenario.needs.find((feature) => !client.offers(feature));
      if (absent !== undefined) {
        report.add({
          subject: client.name,
          scenario: scenario.name,
          outcome: 'not offered',
          detail: client.notOffered[absent],
        });
        continue;
      }
      shared ??= newDriver('shared');
      if (client.reader !== undefined)
        reader ??= newDriver(
          'reader',
          ready.find(({ name }) => name === client.reader),
        );
      const notes = [];
      const topicName = (suffix) => `${client.name}.${suffix}`;
      const context = {
        client,
        driver: reader === undefined ? shared : withReader(),
        newDriver,
        referee,
        sessionTimeoutMs: broker.sessionTimeoutMs,
        note: (text) => notes.push(text),
        topicName,
        async topic(suffix, shape) {
          await referee.createTopic(topicName(suffix), shape);
          return topicName(suffix);
        },
      };
      const failedBefore = report.count('failed');
      await record(client.name, scenario.name, { timeoutMs: scenario.timeoutMs, notes }, () =>
        scenario.run(context),
      );
      // Members of a group are this scenario's own; after a failure the shared driver may be stuck in a command.
      const failed = report.count('failed') > failedBefore;
      for (const driver of drivers) {
        if ((driver === shared || driver === reader) && !failed) continue;
        drivers.delete(driver);
        if (failed) await driver.kill();
        else await driver.close();
      }
      if (failed) {
        shared = undefined;
        reader = undefined;
      }
    }
  } finally {
    await Promise.all([...drivers].map((driver) => driver.close()));
    referee.close();
  }
}

/** Every client reads the logs that all the others wrote with all their codecs. */
async function readEachOther(ready, broker) {
  const scenario = 'read what the other clients wrote';
  if (!wanted({ name: scenario }) || !wanted({ name: 'every codec in one log' })) return;
  const wrote = ready.filter((client) =>
    report.results.some(
      ({ subject, scenario: name, outcome }) =>
        subject === client.name && name === 'every codec in one log' && outcome === 'passed',
    ),
  );
  await forEachLimited(
    ready.filter((client) => chosen(client.name) && client.offers('consume')),
    options.jobs,
    (reader) => {
      const notes = [];
      return record(reader.name, scenario, { timeoutMs: 180_000, notes }, async () => {
        const driver = new Driver(`${reader.name}/reader`, reader.launch, broker.bootstrap);
        try {
          for (const writer of wrote) {
            const obstacle = reader.cannotRead?.[writer.name];
            if (obstacle !== undefined) {
              notes.push(obstacle);
              continue;
            }
            const expected = mixedLogRecords(writer, reader);
            if (expected.length < mixedLogRecords(writer).length) {
              const all = reader.offers('codec.unknown');
              notes.push(
                `written by ${writer.name}: ${all ? 'up to' : 'not read for'} a codec it does not know`,
              );
              if (!all) continue;
            }
            const call = driver.call('consume', {
              topic: mixedLogTopic(writer),
              partition: 0,
              count: expected.length,
            });
            const { records } = await call.catch((error) => {
              throw new Error(`written by ${writer.name}: ${error.message}`);
            });
            assertSameRecords(records, expected, { what: `written by ${writer.name}` });
          }
        } finally {
          await driver.close();
        }
      });
    },
  );
}

/**
 * The results of this run; with `keep` also those of earlier runs for the subjects and scenarios that this one did not
 * try, so that a page can be brought up to date client by client. Rows stay in the order of the earlier run.
 */
function withEarlierResults(results, { keep }) {
  const file = join(cacheFolder, 'results.json');
  const earlier = keep && existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [];
  const isTried = ({ subject, scenario }) =>
    wanted({ name: scenario }) && results.some((one) => one.subject === subject);
  const isSame = (a) => (b) => a.subject === b.subject && a.scenario === b.scenario;
  const all = [
    ...earlier.flatMap((one) => (isTried(one) ? results.filter(isSame(one)) : [one])),
    ...results.filter((one) => !earlier.some(isSame(one))),
  ];
  mkdirSync(cacheFolder, { recursive: true });
  writeFileSync(file, JSON.stringify(all));
  return all;
}

async function main() {
  console.log(`Preparing ${clients.length} clients ...`);
  const ready = await prepareClients();
  let broker;
  try {
    broker = await openBroker(options.broker);
  } catch (error) {
    const detail = String(error?.stack ?? error);
    report.add({ subject: 'broker', scenario: 'starts', outcome: 'failed', detail });
    report.print([]);
    return 1;
  }
  console.log(`Testing ${broker.title} at ${broker.bootstrap}\n`);
  try {
    await forEachLimited(
      ready.filter(({ name }) => chosen(name)),
      options.jobs,
      (client) => runClient(client, broker, ready),
    );
    await readEachOther(ready, broker);
    if (options.recordProbes) {
      await recordProbes(broker);
      return 0;
    }
    const context = { broker, clients: ready, install: options.install };
    if (chosen('probes')) {
      await forEachLimited(probeScenarios.filter(wanted), 4, (scenario) =>
        record('probes', scenario.name, { timeoutMs: 30_000 }, () => scenario.run(context)),
      );
    }
    await forEachLimited(
      toolVersions.filter((version) => chosen(`tools-${version}`)),
      options.recordTools ? 1 : options.jobs,
      (version) =>
        (options.recordTools ? recordTools : runTools)(version, {
          ...context,
          wanted,
          record(subject, scenario, work) {
            const notes = [];
            return record(subject, scenario, { notes }, () => work((text) => notes.push(text)));
          },
          notOffered: (subject, scenario, detail) =>
            report.add({ subject, scenario, outcome: 'not offered', detail }),
        }),
    );
    const lines = { name: 'our tools print what those of Kafka print', timeoutMs: 900_000 };
    if (chosen('tools') && broker.kind === 'sluice' && wanted(lines)) {
      const notes = [];
      await record('tools', lines.name, { ...lines, notes }, async () => {
        const said = [];
        const { install } = options;
        const { rows, counts, stale } = await compareTools({
          install,
          say: (line) => said.push(line),
        });
        notes.push(`${rows} command lines`);
        for (const [release, one] of counts) notes.push(`Kafka ${release}: ${countsText(one)}`);
        const different = [...counts.values()].some((one) => one.different > 0);
        if (different || stale > 0) throw new Error(said.join('\n'));
      });
    }
    const oracle = { name: 'every answer beside a real Kafka', timeoutMs: 600_000 };
    if (chosen('oracle') && broker.kind === 'sluice' && wanted(oracle)) {
      await record('oracle', oracle.name, oracle, compareWithKafka);
    }
    const compaction = { name: 'what compaction leaves beside a real Kafka', timeoutMs: 180_000 };
    if (chosen('compaction') && broker.kind === 'sluice' && wanted(compaction)) {
      await record('compaction', compaction.name, compaction, compareCompaction);
    }
    if (chosen('real-input')) {
      for (const scenario of realInputScenarios.filter(wanted)) {
        await record('real-input', scenario.name, { timeoutMs: 180_000 }, () =>
          scenario.run(context),
        );
      }
    }
    if (chosen('log-pipeline')) {
      await forEachLimited(logPipelineScenarios.filter(wanted), options.jobs, (scenario) =>
        record('log-pipeline', scenario.name, {}, () => scenario.run(context)),
      );
    }
    const underLoad = {
      name: 'killed twenty times under the load of real clients',
      timeoutMs: 400_000,
    };
    if (chosen('crash') && broker.kind === 'sluice' && wanted(underLoad)) {
      await record('crash', underLoad.name, underLoad, () =>
        crashLoad({ rounds: 20, seed: Date.now() % 1_000_000, install: options.install }),
      );
    }
    if (chosen('folders') && broker.kind === 'sluice') {
      for (const scenario of folderScenarios.filter(wanted)) {
        await record('folders', scenario.name, scenario, () => scenario.run(context));
      }
    }
    if (chosen('connect')) {
      await forEachLimited(connectScenarios.filter(wanted), options.jobs, (scenario) =>
        record('connect', scenario.name, scenario, () => scenario.run(context)),
      );
    }
    if (chosen('completion') && broker.kind === 'sluice') {
      for (const scenario of completionScenarios.filter(wanted)) {
        await record('completion', scenario.name, {}, () => scenario.run(context));
      }
    }
    if (chosen('crash') && broker.crash !== undefined) {
      for (const scenario of crashScenarios.filter(wanted)) {
        await record('crash', scenario.name, { timeoutMs: 60_000 }, () => scenario.run(context));
      }
    }
    if (broker.hasEnded()) {
      report.add({
        subject: 'broker',
        scenario: 'the broker lives to the end',
        outcome: 'failed',
        detail: broker.logText().slice(-4_000),
      });
    }
    await record('broker', 'stops cleanly', { timeoutMs: 30_000 }, async () => {
      const code = await broker.stop();
      if (code !== 0) throw new Error(`exit code ${code}:\n${broker.logText().slice(-4_000)}`);
    });
    if (chosen('storage') && broker.logFolder !== undefined) {
      for (const scenario of storageScenarios.filter(wanted)) {
        await record('storage', scenario.name, { timeoutMs: 300_000 }, () => scenario.run(context));
      }
    }
    if (report.count('failed') > 0) {
      const log = broker.logText();
      console.log(`\nThe end of the broker's log:\n${log.slice(-6_000)}`);
    }
  } finally {
    await stopAll();
    broker.remove();
  }
  if (options.report?.endsWith('.md')) {
    const results = withEarlierResults(report.results, {
      keep: options.only.length > 0 || options.scenario !== '',
    });
    writeFileSync(
      options.report,
      compatibilityPage({ broker: broker.title, results, clients, toolsNotTried }),
    );
  } else if (options.report !== undefined) {
    writeFileSync(options.report, `${JSON.stringify(report.results, null, 2)}\n`);
  }
  report.print(clients.map(({ name }) => name));
  if (report.count('passed') + report.count('failed') === 0) {
    console.error('no test ran');
    return 1;
  }
  return report.count('failed') === 0 ? 0 : 1;
}

process.exit(await main());
