// A real Apache Kafka on this machine: the oracle that Sluice's answers are compared with.
//
//   node test/interop/real-kafka.mjs start [--port N] [--version 3.9.2] [--zookeeper] [--data DIR] [--set key=value]...
//   node test/interop/real-kafka.mjs tool org.apache.kafka.tools.TopicCommand [--version 3.9.2] -- ARGS...
//
// As a module: startRealKafka(options), kafkaTool(version, className, args), kafkaClasspath(version).
// The jars come from Maven, once, into test/interop/.cache (not in git).
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { interopFolder } from './lib/cache.mjs';
import { mavenClasspath } from './lib/install.mjs';
import { accepts, freePort, run, start, stop, until } from './lib/processes.mjs';

/** The release whose on-disk format, ZooKeeper mode and error codes Sluice follows. */
export const ORACLE_VERSION = '3.9.2';

/** Class path holding one Kafka release (broker, tools, clients); resolved by Maven on first use. */
export async function kafkaClasspath(version = ORACLE_VERSION) {
  const project = version.startsWith('0.10.') ? 'kafka-0.10' : 'kafka-tools';
  const pom = join(interopFolder, 'clients', project, 'pom.xml');
  return join(await mavenClasspath(`kafka-${version}`, pom, [`-Dkafka.version=${version}`]), '*');
}

/** Flags that make a short-lived JVM start fast and stay small. */
const toolJvmFlags = [
  '-Xmx256m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
];

/**
 * Runs one of Kafka's own command line programs, e.g. `kafka.tools.DumpLogSegments` or
 * `org.apache.kafka.tools.TopicCommand`. Resolves to `{ code, stdout, stderr }`.
 */
export async function kafkaTool(version, className, args, options = {}) {
  const classpath = await kafkaClasspath(version);
  return run('java', [...toolJvmFlags, '-cp', classpath, className, ...args], {
    label: className,
    ...options,
  });
}

/**
 * Runs one of Kafka's programs that do not end by themselves: until `done(stdout)`, asked a few times a second, is
 * true, or for `timeoutMs`. The code is then 'stopped', or 'late' where `done` never was.
 */
export async function kafkaToolUntil(version, className, args, { done, timeoutMs = 60_000 }) {
  const classpath = await kafkaClasspath(version);
  const child = start('java', [...toolJvmFlags, '-cp', classpath, className, ...args], {
    label: className,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const chunks = [];
  child.stdout.on('data', (chunk) => chunks.push(chunk));
  const stdout = () => Buffer.concat(chunks).toString('utf8');
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  let code = 'late';
  try {
    await until(async () => hasEnded() || (await done(stdout())), {
      what: className,
      timeoutMs,
    }).catch((error) => {
      throw new Error(`${error.message}\n${stdout()}\n${child.errorText()}`);
    });
    code = hasEnded() ? (await child.exited).code : 'stopped';
  } finally {
    await stop(child);
  }
  return { code, stdout: stdout(), stderr: child.errorText() };
}

/**
 * Starts one node of a real Kafka on the loopback address, with replication factors of 1 and no
 * initial rebalance delay: a KRaft node, or with `zookeeper` a broker and the ZooKeeper that its release
 * brings. Options: `version`, `port` (a free one by default), `dataFolder` (a temporary one by default,
 * removed at stop), `overrides` (an object of server properties), `log` (a file descriptor or 'inherit'
 * for Kafka's own log; only warnings are kept by default), `logLevel`.
 * Resolves once it accepts connections, to `{ port, bootstrap, dataFolder, pid, child, stop() }`.
 */
export async function startRealKafka({
  version = ORACLE_VERSION,
  zookeeper = false,
  port,
  dataFolder,
  overrides = {},
  log,
  logLevel = 'warn',
} = {}) {
  const classpath = await kafkaClasspath(version);
  const ownFolder = dataFolder === undefined;
  const folder = dataFolder ?? mkdtempSync(join(tmpdir(), 'real-kafka-'));
  const listenPort = port ?? (await freePort());
  const controllerPort = await freePort();
  const properties = {
    ...(zookeeper
      ? zookeeperProperties(listenPort, controllerPort)
      : kraftProperties(listenPort, controllerPort)),
    'log.dirs': join(folder, 'logs'),
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'offsets.topic.num.partitions': 5,
    'transaction.state.log.num.partitions': 5,
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 1000,
    'log.cleaner.dedupe.buffer.size': 8 * 1024 * 1024,
    ...overrides,
  };
  mkdirSync(folder, { recursive: true });
  const propertiesFile = join(folder, 'server.properties');
  writeFileSync(
    propertiesFile,
    Object.entries(properties)
      .map(([key, value]) => `${key}=${value}\n`)
      .join(''),
  );

  const ensemble = zookeeper
    ? await startZooKeeper({ classpath, folder, port: controllerPort, logLevel })
    : await formatStorage(classpath, propertiesFile);

  const sink = log ?? 'ignore';
  // Also when this process is ended early, the temporary folder goes.
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });
  if (ownFolder) process.once('exit', removeFolder);
  const child = start(
    'java',
    [
      '-Xmx512m',
      '-Xms128m',
      '-XX:+UseSerialGC',
      '-Dorg.slf4j.simpleLogger.showDateTime=true',
      `-Dorg.slf4j.simpleLogger.defaultLogLevel=${logLevel}`,
      '-cp',
      classpath,
      'kafka.Kafka',
      propertiesFile,
    ],
    { label: `Kafka ${version}`, stdio: ['ignore', sink, log === undefined ? 'pipe' : sink] },
  );
  const broker = {
    version,
    port: listenPort,
    bootstrap: `127.0.0.1:${listenPort}`,
    dataFolder: folder,
    logFolder: join(folder, 'logs'),
    zookeeper: zookeeper ? `127.0.0.1:${controllerPort}` : undefined,
    pid: child.pid,
    child,
    async stop() {
      await stop(child, { graceMs: 15_000 });
      if (ensemble !== undefined) await stop(ensemble);
      if (!ownFolder) return;
      removeFolder();
      process.off('exit', removeFolder);
    },
  };
  await until(
    () => {
      if (child.exitCode !== null)
        throw new Error(`Kafka ${version} ended at start:\n${child.errorText()}`);
      return accepts(listenPort);
    },
    { what: `Kafka ${version} listening on ${listenPort}`, timeoutMs: 60_000 },
  );
  return broker;
}

const kraftProperties = (port, controllerPort) => ({
  'process.roles': 'broker,controller',
  'node.id': 1,
  'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
  'controller.listener.names': 'CONTROLLER',
  listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
  'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
  'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
  'inter.broker.listener.name': 'PLAINTEXT',
});

const zookeeperProperties = (port, zookeeperPort) => ({
  'broker.id': 1,
  'zookeeper.connect': `127.0.0.1:${zookeeperPort}`,
  listeners: `PLAINTEXT://127.0.0.1:${port}`,
  'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
});

/** KRaft's storage must be formatted before the first start. */
async function formatStorage(classpath, propertiesFile) {
  const args = [
    'format',
    '--ignore-formatted',
    '-t',
    'c2x1aWNlLW9yYWNsZS0wMA',
    '-c',
    propertiesFile,
  ];
  const formatted = await run(
    'java',
    [...toolJvmFlags, '-cp', classpath, 'kafka.tools.StorageTool', ...args],
    { label: 'StorageTool' },
  );
  if (formatted.code !== 0)
    throw new Error(`formatting failed:\n${formatted.stdout}${formatted.stderr}`);
}

/** A standalone ZooKeeper with its data in `folder`; the child process, once it accepts connections. */
async function startZooKeeper({ classpath, folder, port, logLevel }) {
  const file = join(folder, 'zookeeper.properties');
  writeFileSync(
    file,
    `dataDir=${join(folder, 'zookeeper')}\nclientPort=${port}\nclientPortAddress=127.0.0.1\nadmin.enableServer=false\n`,
  );
  const child = start(
    'java',
    [
      ...toolJvmFlags,
      '-Xmx64m',
      `-Dorg.slf4j.simpleLogger.defaultLogLevel=${logLevel}`,
      ...['-cp', classpath, 'org.apache.zookeeper.server.quorum.QuorumPeerMain', file],
    ],
    { label: 'ZooKeeper', stdio: ['ignore', 'ignore', 'pipe'] },
  );
  await until(
    () => {
      if (child.exitCode !== null) throw new Error(`ZooKeeper ended:\n${child.errorText()}`);
      return accepts(port);
    },
    { what: `ZooKeeper listening on ${port}`, timeoutMs: 60_000 },
  );
  return child;
}

async function main(argv) {
  const [command, ...rest] = argv;
  const separator = rest.indexOf('--');
  const own = separator < 0 ? rest : rest.slice(0, separator);
  const option = (name) => {
    const index = own.indexOf(`--${name}`);
    return index < 0 ? undefined : own[index + 1];
  };
  const version = option('version') ?? ORACLE_VERSION;
  if (command === 'start') {
    const overrides = {};
    own.forEach((word, index) => {
      if (word !== '--set') return;
      const [key, ...value] = own[index + 1].split('=');
      overrides[key] = value.join('=');
    });
    const port = option('port') === undefined ? undefined : Number(option('port'));
    const dataFolder = option('data');
    const broker = await startRealKafka({
      version,
      zookeeper: own.includes('--zookeeper'),
      port,
      dataFolder,
      overrides,
      log: option('log') === 'inherit' ? 'inherit' : undefined,
      logLevel: option('log-level'),
    });
    console.log(
      `ready: Kafka ${version} on ${broker.bootstrap}, pid ${broker.pid}, data ${broker.dataFolder}`,
    );
    await broker.child.exited;
    return 0;
  }
  if (command === 'tool' && own[0] !== undefined) {
    const result = await kafkaTool(version, own[0], separator < 0 ? [] : rest.slice(separator + 1));
    process.stdout.write(result.stdout);
    process.stderr.write(result.stderr);
    return result.code;
  }
  console.error(
    'usage: real-kafka.mjs start [--port N] [--version V] [--zookeeper] [--data DIR] [--log inherit] [--log-level info] [--set key=value]... | tool CLASS [--version V] -- ARGS...',
  );
  return 2;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.exitCode = await main(process.argv.slice(2));
