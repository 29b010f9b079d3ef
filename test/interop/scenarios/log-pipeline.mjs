// Log shippers as Debian packages them, the broker, and the Java clients that Logstash 7.10 to 7.14 carries.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accessLog } from '../lib/access-log.mjs';
import { Driver, waitForDrivers } from '../lib/driver.mjs';
import { Missing, unpackedDebianPackages } from '../lib/install.mjs';
import { start, stop } from '../lib/processes.mjs';
import { Referee } from '../lib/referee.mjs';

/** The clients that index: Logstash 7.10-7.12 carries 2.4, 7.13 and 7.14 carry 2.5. */
export const indexerClients = ['java-2.4', 'java-2.5'];

const PARTITIONS = 3;
const LINES = 3_000;

/** Each answers how to run it: it ships `input` to `topic`. `root` is where its packages are unpacked. */
const shippers = [
  {
    name: 'rsyslog 8.2302',
    packages: ['rsyslog', 'rsyslog-kafka', 'libestr0', 'libfastjson4', 'liblognorm5'],
    launch({ root, libraries, folder, input, topic, bootstrap }) {
      const config = join(folder, 'rsyslog.conf');
      writeFileSync(
        config,
        `global(workDirectory="${folder}" parser.escapeControlCharactersOnReceive="off" shutdown.queue.doublesize="on")
module(load="imfile" mode="polling" pollingInterval="1")
module(load="omkafka")
template(name="line" type="string" string="%msg%")
input(type="imfile" file="${input}" tag="access:" freshStartTail="off")
action(type="omkafka" broker=["${bootstrap}"] topic="${topic}" template="line" partitions.auto="on"
       resubmitOnFailure="on" confParam=["compression.codec=snappy", "client.id=rsyslog"])
`,
      );
      const modules = join(libraries, 'rsyslog');
      return {
        command: join(root, 'usr/sbin/rsyslogd'),
        args: ['-n', '-f', config, '-i', join(folder, 'rsyslog.pid'), '-M', modules],
      };
    },
  },
  {
    name: 'syslog-ng 3.38',
    packages: [
      ...['syslog-ng-core', 'syslog-ng-mod-rdkafka', 'libivykis0', 'libnet1', 'libwrap0'],
      ...['libjson-c5', 'libcap2', 'libglib2.0-0', 'libpcre3', 'libsystemd0'],
    ],
    launch({ root, folder, input, topic, bootstrap }) {
      const config = join(folder, 'syslog-ng.conf');
      const modules = join(root, 'usr/lib/syslog-ng');
      const version = readdirSync(modules).find((name) => /^\d/.test(name));
      writeFileSync(
        config,
        `@version: 3.38
options { stats-freq(0); };
source access { file("${input}" flags(no-parse) follow-freq(0.2)); };
destination broker {
  kafka-c(bootstrap-servers("${bootstrap}") topic("${topic}") message("$MSG")
          config(compression.codec("gzip") client.id("syslog-ng")));
};
log { source(access); destination(broker); flags(flow-control); };
`,
      );
      return {
        command: join(root, 'usr/sbin/syslog-ng'),
        args: [
          ...['--foreground', '--no-caps', '--cfgfile', config],
          ...['--module-path', join(modules, version)],
          ...['--persist-file', join(folder, 'persist'), '--pidfile', join(folder, 'pid')],
          ...['--control', join(folder, 'control')],
        ],
      };
    },
  },
];

async function pipeline(shipper, indexer, { broker, clients, install }) {
  const client = clients.find(({ name }) => name === indexer);
  if (client === undefined) throw new Missing(`needs the client ${indexer}`);
  const root = await unpackedDebianPackages(shipper.packages, { install });
  const libraries = join(root, 'usr/lib/x86_64-linux-gnu');
  const folder = mkdtempSync(join(tmpdir(), 'sluice-pipeline-'));
  const referee = new Referee(broker.bootstrap);
  const reader = new Driver(`${indexer}/pipeline`, client.launch, broker.bootstrap);
  let child;
  try {
    const topic = `pipeline.${shipper.name.replace(/ .*/, '')}`;
    const group = `${topic}.logstash`;
    await referee.createTopic(topic, { partitions: PARTITIONS });
    await reader.call('groupStart', { group, topic, sessionTimeoutMs: 6000 });
    const lines = accessLog(LINES);
    const input = join(folder, 'access.log');
    writeFileSync(input, lines.map((line) => `${line}\n`).join(''));
    const { command, args } = shipper.launch({
      ...{ root, libraries, folder, input, topic },
      bootstrap: broker.bootstrap,
    });
    const libraryFolders = [
      libraries,
      join(root, 'lib/x86_64-linux-gnu'),
      join(root, 'usr/lib/syslog-ng'),
    ];
    child = start(command, args, {
      label: shipper.name,
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        ...process.env,
        LD_LIBRARY_PATH: libraryFolders.join(':'),
      },
    });
    const delivered = () => reader.events.flatMap(({ records }) => records ?? []);
    const ended = child.exited.then(({ code }) => {
      throw new Error(`${shipper.name} ended with ${code}: ${child.errorText().slice(-2_000)}`);
    });
    ended.catch(() => {});
    const arrival = waitForDrivers([reader], () => delivered().length >= lines.length, {
      what: `${lines.length} lines through ${shipper.name}`,
      timeoutMs: 60_000,
    });
    await Promise.race([arrival, ended]).catch((error) => {
      throw new Error(
        `${error.message}\n${delivered().length} came; ${child.errorText().slice(-2_000)}`,
      );
    });
    await reader.call('groupStop', {});
    const text = (record) => Buffer.from(record.value, 'base64').toString('latin1');
    assert.deepEqual(delivered().map(text).sort(), [...lines].sort(), 'each line once, unchanged');
    const position = new Map(lines.map((line, index) => [line, index]));
    // A shipper sends to any partition; within each the lines keep the order of the file.
    if (position.size === lines.length) {
      for (let partition = 0; partition < PARTITIONS; partition++) {
        const places = delivered()
          .filter((record) => record.partition === partition)
          .map((record) => position.get(text(record)));
        assert.deepEqual(
          places,
          [...places].sort((a, b) => a - b),
          `order in partition ${partition}`,
        );
      }
    }
    let committed = 0;
    for (let partition = 0; partition < PARTITIONS; partition++)
      committed += Math.max(0, await referee.committed(group, topic, partition));
    assert.equal(committed, lines.length, 'committed offsets');
  } finally {
    if (child !== undefined) await stop(child, { graceMs: 3_000 });
    referee.close();
    await reader.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

export const logPipelineScenarios = shippers.map((shipper, index) => ({
  name: `${shipper.name} ships a web server's log, ${indexerClients[index]} indexes it`,
  run: (context) => pipeline(shipper, indexerClients[index], context),
}));
