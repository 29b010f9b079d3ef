// The broker under test: Sluice from this checkout, a real Kafka, or one that is running already.
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ORACLE_VERSION, startRealKafka } from '../real-kafka.mjs';
import { interopFolder } from './cache.mjs';
import { accepts, freePort, run, start, stop, until } from './processes.mjs';

export const repository = dirname(dirname(interopFolder));
/** The program under test; SLUICE_PROGRAM names another one, such as an installed package's. */
export const sluiceProgram = process.env.SLUICE_PROGRAM ?? join(repository, 'bin', 'sluice');

/** Server properties that both kinds of broker are started with, so that their answers can be compared. */
const overrides = {
  'group.min.session.timeout.ms': 1000,
  'group.initial.rebalance.delay.ms': 0,
  'auto.create.topics.enable': false,
};

/** Starts `node bin/sluice server` on free ports with its data in a temporary folder; `more` are server properties. */
export async function startSluice(more = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-interop-'));
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', removeFolder);
  const port = await freePort();
  const logFile = join(folder, 'broker.log');
  const properties = {
    ...overrides,
    'log.dirs': join(folder, 'data'),
    listeners: `PLAINTEXT://127.0.0.1:${port}`,
    'http.listeners': '',
    'broker.id': 1,
    ...more,
  };
  const flags = Object.entries(properties).flatMap(([key, value]) => [
    '--override',
    `${key}=${value}`,
  ]);
  const logText = () => readFileSync(logFile, 'utf8');
  let child;
  const launch = async () => {
    const log = openSync(logFile, 'a');
    child = start(process.execPath, [sluiceProgram, 'server', ...flags], {
      label: 'sluice',
      cwd: folder,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    await until(
      () => {
        if (child.exitCode !== null)
          throw new Error(
            `sluice ended at start with ${child.exitCode}:\n${logText().slice(-4_000)}`,
          );
        return accepts(port);
      },
      { what: `sluice listening on ${port}`, timeoutMs: 15_000 },
    );
  };
  await launch();
  return {
    title: 'Sluice',
    kind: 'sluice',
    bootstrap: `127.0.0.1:${port}`,
    logFolder: join(folder, 'data'),
    sessionTimeoutMs: 3000,
    logText,
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    /** Kills the broker as a crash would and starts it again on the same data and port. */
    async crash() {
      await stop(child, { signal: 'SIGKILL' });
      await launch();
    },
    /** Starts one more of the same kind: another cluster. */
    another: () => startSluice(more),
    /** Ends the broker and answers its exit code; the data stays until `remove`. */
    stop: async () => (await stop(child, { graceMs: 15_000 })).code,
    remove() {
      process.off('exit', removeFolder);
      removeFolder();
    },
  };
}

/** `release` is a version, and '-zookeeper' behind it where it is to run with one. */
async function startOracle(release) {
  const [version, mode] = release.split('-');
  const zookeeper = mode === 'zookeeper';
  const folder = mkdtempSync(join(tmpdir(), 'real-kafka-'));
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', removeFolder);
  const broker = await startRealKafka({ version, zookeeper, dataFolder: folder, overrides });
  return {
    title: `Apache Kafka ${version}${zookeeper ? ' with ZooKeeper' : ''}`,
    kind: 'kafka',
    bootstrap: broker.bootstrap,
    logFolder: broker.logFolder,
    sessionTimeoutMs: 3000,
    logText: () => broker.child.errorText(),
    hasEnded: () => broker.child.exitCode !== null || broker.child.signalCode !== null,
    another: () => startOracle(release),
    async stop() {
      await broker.stop();
      return 0;
    },
    remove: removeFolder,
  };
}

/** Opens what `--broker` names: `sluice` (built and started), `real-3.9` or `real-<version>`, `real-<version>-zookeeper`, or `host:port`. */
export async function openBroker(name) {
  if (name === 'sluice' && process.env.SLUICE_PROGRAM !== undefined) return startSluice();
  if (name === 'sluice') {
    const built = await run('npm', ['run', '--silent', 'build'], { cwd: repository });
    if (built.code !== 0) throw new Error(`the build failed:\n${built.stdout}${built.stderr}`);
    return startSluice();
  }
  if (name.startsWith('real-')) {
    const version = name.slice('real-'.length);
    return startOracle(version === '3.9' ? ORACLE_VERSION : version);
  }
  return {
    title: name,
    kind: 'running',
    bootstrap: name,
    logFolder: undefined,
    sessionTimeoutMs: 6000,
    logText: () => '',
    hasEnded: () => false,
    another: () => startSluice(),
    stop: async () => 0,
    remove() {},
  };
}
