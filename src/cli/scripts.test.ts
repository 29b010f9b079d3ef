// If this breaks, a kafka-*.sh does something else than the script of that name in Kafka.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import {
  accessSync,
  constants,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { SCRIPTS } from './scripts.ts';
import { runCommand } from './testing/tool-broker.ts';

// If these break, a runbook of some Kafka between 0.8 and 4.x stops at a script that is not there.

const BIN = join(process.cwd(), 'bin');

/** Every script of Kafka's bin/ since 0.8, but for those for Windows. */
const KAFKAS_SCRIPTS = `
connect-distributed connect-mirror-maker connect-plugin-path connect-standalone kafka-acls
kafka-add-partitions kafka-broker-api-versions kafka-client-metrics kafka-cluster kafka-configs
kafka-console-consumer kafka-console-producer kafka-console-share-consumer kafka-consumer-groups
kafka-consumer-offset-checker kafka-consumer-perf-test kafka-create-topic kafka-delegation-tokens
kafka-delete-records kafka-dump-log kafka-e2e-latency kafka-features kafka-get-offsets kafka-groups
kafka-jmx kafka-leader-election kafka-list-topic kafka-log-dirs kafka-metadata-quorum
kafka-metadata-shell kafka-mirror-maker kafka-preferred-replica-election kafka-producer-perf-test
kafka-reassign-partitions kafka-replay-log-producer kafka-replica-verification kafka-run-class
kafka-server-start kafka-server-stop kafka-share-consumer-perf-test kafka-share-groups
kafka-simple-consumer-perf-test kafka-simple-consumer-shell kafka-storage
kafka-streams-application-reset kafka-streams-groups kafka-topics kafka-transactions
kafka-verifiable-consumer kafka-verifiable-producer kafka-verifiable-share-consumer trogdor
zookeeper-security-migration zookeeper-server-start zookeeper-server-stop zookeeper-shell`
  .trim()
  .split(/\s+/);

test('each of Kafka’s scripts is there and can be run, and no other', () => {
  const there = readdirSync(BIN).filter((name) => name.endsWith('.sh'));
  assert.deepEqual(there.sort(), KAFKAS_SCRIPTS.map((name) => `${name}.sh`).sort());
  for (const name of there) accessSync(join(BIN, name), constants.X_OK);
});

test('what is not one of our commands says why in one sentence', async () => {
  for (const [name, script] of Object.entries(SCRIPTS)) {
    const call = script([], () => 'uuid');
    if ('command' in call) continue;
    const { code, out, err } = await runCommand(['script', name]);
    assert.equal(code, call.code, name);
    assert.equal(out, '', name);
    assert.match(err, new RegExp(`^${name}: [^\\n]+\\.\\n$`), name);
  }
});

test('whoever starts a worker of Connect or a MirrorMaker is told where the address goes', () => {
  const workers = ['connect-distributed', 'connect-standalone', 'connect-mirror-maker'];
  for (const name of [...workers, 'kafka-mirror-maker']) {
    const call = SCRIPTS[name]!([], () => 'uuid');
    assert.match('say' in call ? (call.say ?? '') : '', /bootstrap\.servers in its properties/);
  }
});

test('older scripts become our commands, with today’s flags', () => {
  const call = (name: string, line: string) => SCRIPTS[name]!(line.split(' '), () => 'uuid');
  assert.deepEqual(call('kafka-create-topic', '--replica 1 --partition=2 --topic a'), {
    command: 'topics',
    args: ['--create', '--replication-factor', '1', '--partitions=2', '--topic', 'a'],
  });
  assert.deepEqual(call('kafka-list-topic', '--zookeeper z:2181'), {
    command: 'topics',
    args: ['--list', '--zookeeper', 'z:2181'],
  });
  assert.deepEqual(call('kafka-add-partitions', '--topic a --partition 4'), {
    command: 'topics',
    args: ['--alter', '--topic', 'a', '--partitions', '4'],
  });
  assert.deepEqual(
    call(
      'kafka-simple-consumer-shell',
      '--broker-list b:1 --topic a --partition 1 --offset -2 --print-offsets --clientId c',
    ),
    {
      command: 'console-consumer',
      args: '--bootstrap-server b:1 --topic a --partition 1 --offset earliest'.split(' '),
    },
  );
  assert.deepEqual(call('kafka-storage', 'random-uuid'), { code: 0, out: 'uuid\n' });
  assert.deepEqual(call('kafka-storage', 'format -t x -c server.properties'), {
    command: 'storage-format',
    args: ['-t', 'x', '-c', 'server.properties'],
  });
});

test('a runbook’s ZooKeeper starts in the background, or stays until it is stopped', async () => {
  const start = join(BIN, 'zookeeper-server-start.sh');
  const daemon = spawnSync(start, ['-daemon', 'zookeeper.properties'], { encoding: 'utf8' });
  assert.equal(daemon.status, 0);
  assert.match(daemon.stderr, /^No ZooKeeper is needed for a single broker.*\n$/);
  assert.equal(spawnSync(start).status, 1, 'without its file');

  const stopped = spawnSync(
    'unshare',
    [
      '--pid',
      '--fork',
      '--mount-proc',
      'sh',
      '-c',
      `${start} x & sleep 0.2; ${start.replace('start', 'stop')}; wait`,
    ],
    { encoding: 'utf8' },
  );
  if (stopped.status === 0)
    assert.match(stopped.stderr, /\nEnded what zookeeper-server-start.sh kept running: \d+\n$/);

  const child = spawn(start, ['zookeeper.properties'], { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  await new Promise((resolve) => child.stderr.once('data', resolve));
  child.kill('SIGTERM');
  assert.equal(await ended, 0);
  assert.match(readFileSync(join(BIN, 'zookeeper-server-stop.sh'), 'utf8'), /exit 0\n$/);
});

test('without arguments every broker that this user runs here is stopped, and none is no success', (t) => {
  const inNamespace = ['--pid', '--fork', '--mount-proc'];
  // A namespace of its own: this machine's other brokers are not the test's to end.
  if (spawnSync('unshare', [...inNamespace, 'true']).status !== 0) {
    return t.skip('needs unshare, and the right to use it');
  }
  const work = mkdtempSync(join(tmpdir(), 'sluice-stop-'));
  t.after(() => rmSync(work, { recursive: true, force: true }));
  // What ps shows of a broker.
  const broker = join(work, 'sluice');
  writeFileSync(broker, 'setInterval(() => {}, 1000); console.log("up");');
  const stop = join(BIN, 'kafka-server-stop.sh');
  const shell = `"${stop}"; echo $?; mkfifo ${work}/up; "$0" ${broker} server >${work}/up & read up <${work}/up; "${stop}"; echo $?; wait $!; echo $?`;
  const run = spawnSync('unshare', [...inNamespace, 'sh', '-c', shell, process.execPath], {
    encoding: 'utf8',
  });
  assert.equal(run.stdout, '1\n0\n143\n', run.stderr);
  assert.match(run.stderr, /^No kafka server to stop\nTold the broker of process \d+ to stop\.\n/);
});
