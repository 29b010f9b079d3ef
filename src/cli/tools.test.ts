// If this breaks, the everyday tools fail against a running broker.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { silentLogger } from '../base/logger.ts';
import { NodeClock } from '../base/node/node-clock.ts';
import { nodeFileSystem } from '../base/node/node-file-system.ts';
import { NodeFolderLocker } from '../base/node/node-folder-locker.ts';
import { usableHeapBytes, usableMemoryBytes } from '../base/node/node-memory.ts';
import { NodeNetwork } from '../base/node/node-network.ts';
import { nodeRandom } from '../base/node/node-random.ts';
import { type Broker, startBroker } from '../broker/broker.ts';
import { brokerConfig } from '../config/index.ts';
import { main } from './program.ts';
import type { Terminal } from './terminal.ts';

// If these break, a person at a terminal cannot do with our tools what they do with Kafka's. The
// commands run in this process, against a real broker.

let broker: Broker;
let folder: string;
let bootstrap: string;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-cli-'));
  const config = brokerConfig({
    listeners: 'PLAINTEXT://127.0.0.1:0',
    'log.dirs': join(folder, 'data'),
    'offsets.topic.num.partitions': '2',
    'auto.create.topics.enable': 'false',
  });
  broker = await startBroker(config, {
    clock: new NodeClock(),
    random: nodeRandom,
    fileSystem: nodeFileSystem,
    network: new NodeNetwork(),
    logger: silentLogger,
    locker: new NodeFolderLocker({ program: 'a test' }),
    memoryBytes: usableMemoryBytes(),
    heapBytes: usableHeapBytes(),
  });
  bootstrap = `127.0.0.1:${broker.listeners[0]!.port}`;
});

after(async () => {
  await broker.stop();
  rmSync(folder, { recursive: true });
});

interface Result {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(args: readonly string[], input: string | Buffer = ''): Promise<Result> {
  const out: Buffer[] = [];
  let err = '';
  const terminal: Terminal = {
    out: (text) => out.push(Buffer.from(text)),
    err: (text) => {
      err += text;
    },
    drained: async () => true,
    outClosed: false,
    input: (async function* () {
      yield Buffer.from(input);
    })(),
    inputIsTerminal: false,
    onInterrupt() {},
  };
  const code = await main(args, terminal);
  return { code, out: Buffer.concat(out).toString(), err };
}

const sluice = (command: string, args: readonly string[], input?: string) =>
  run([command, '--bootstrap-server', bootstrap, ...args], input);

async function ok(command: string, args: readonly string[], input?: string): Promise<string> {
  const { code, out, err } = await sluice(command, args, input);
  assert.equal(code, 0, err);
  return out;
}

test('a topic is created, listed, described, given partitions and deleted', async () => {
  const config = ['--config', 'retention.ms=1000', '--config', 'cleanup.policy=compact,delete'];
  assert.equal(
    await ok('topics', ['--create', '--topic', 'first', '--partitions', '2', ...config]),
    'Created topic first.\n',
  );
  assert.equal(await ok('topics', ['--create', '--topic', 'first', '--if-not-exists']), '');
  await ok('topics', ['--create', '--topic', 'another']);
  assert.equal(await ok('topics', ['--list', '--exclude-internal']), 'another\nfirst\n');
  await ok('topics', ['--delete', '--topic', 'another']);
  const described = await ok('topics', ['--describe', '--topic', 'fir.t']);
  assert.match(
    described,
    /^Topic: first\tTopicId: [\w-]{22}\tPartitionCount: 2\tReplicationFactor: 1\tConfigs: cleanup\.policy=compact,delete,retention\.ms=1000\n/,
  );
  assert.match(
    described,
    /\n\tTopic: first\tPartition: 1\tLeader: 1001\tReplicas: 1001\tIsr: 1001\t/,
  );
  await ok('topics', ['--alter', '--topic', 'first', '--partitions', '3']);
  assert.match(await ok('topics', ['--describe', '--topic', 'first']), /PartitionCount: 3/);
  await ok('topics', ['--delete', '--topic', 'first']);
  assert.equal(await ok('topics', ['--list', '--exclude-internal']), '\n');
});

test('10,000 lines come back byte for byte, in order per key, and the group has read them all', async () => {
  await ok('topics', ['--create', '--topic', 'lines', '--partitions', '3']);
  const lines = Array.from({ length: 10_000 }, (_, index) => `key-${index % 97}|line ${index} é`);
  const keyed = ['--property', 'parse.key=true', '--property', 'key.separator=|'];
  const codec = ['--compression-codec', 'zstd'];
  await ok('console-producer', ['--topic', 'lines', ...keyed, ...codec], lines.join('\n'));
  const printed = await sluice('console-consumer', [
    ...['--topic', 'lines', '--from-beginning', '--group', 'readers', '--max-messages', '10000'],
    ...['--property', 'print.key=true', '--property', 'key.separator=|'],
  ]);
  assert.match(printed.err, /Processed a total of 10000 messages/);
  const found = printed.out.trimEnd().split('\n');
  assert.deepEqual([...found].sort(), [...lines].sort());
  const ofKey = (all: readonly string[]) => all.filter((line) => line.startsWith('key-5|'));
  assert.deepEqual(ofKey(found), ofKey(lines));

  const group = await ok('consumer-groups', ['--describe', '--group', 'readers']);
  const rows = group.split('\n').filter((line) => line.startsWith('readers'));
  assert.equal(rows.length, 3);
  const columns = rows.map((row) => row.split(/\s+/));
  assert.equal(
    columns.reduce((sum, row) => sum + Number(row[3]), 0),
    10_000,
  );
  for (const row of columns) assert.equal(row[5], '0', 'no lag');
  assert.match(await ok('consumer-groups', ['--list', '--state', 'empty']), /readers +Empty/);
});

test('one partition from an offset, with headers and nulls', async () => {
  await ok('topics', ['--create', '--topic', 'parts']);
  await ok(
    'console-producer',
    [
      ...['--topic', 'parts', '--sync', '--request-required-acks', '1'],
      ...['--property', 'parse.headers=true', '--property', 'parse.key=true'],
      ...['--property', 'null.marker=NULL'],
    ],
    'NULL\tk0\tv0\nh:1\tk1\tv1\nh:1,i:\tNULL\tNULL\n',
  );
  const out = await ok('console-consumer', [
    ...['--topic', 'parts', '--partition', '0', '--offset', '1', '--max-messages', '2'],
    ...['--property', 'print.headers=true', '--property', 'print.key=true'],
    ...['--property', 'print.offset=true'],
  ]);
  assert.equal(out, 'Offset:1\th:1\tk1\tv1\nOffset:2\th:1,i:\tnull\tnull\n');
  const early = ['--topic', 'parts', '--partition', '0', '--offset', 'earliest'];
  assert.equal(await ok('console-consumer', [...early, '--max-messages', '1']), 'v0\n');
});

test('a group is reset by offset, shift, time, plan, and forgets its offsets', async () => {
  await ok('topics', ['--create', '--topic', 'reset']);
  await ok('console-producer', ['--topic', 'reset'], 'a\nb\nc\nd\n');
  const reset = (...args: string[]) =>
    sluice('consumer-groups', ['--reset-offsets', '--group', 'mover', '--topic', 'reset', ...args]);
  const movedTo = async (...args: string[]) => {
    const { out, code, err } = await reset(...args);
    assert.equal(code, 0, err);
    return /mover +reset +0 +(\d+) *\n/.exec(out)?.[1];
  };
  assert.equal(await movedTo('--to-latest', '--execute'), '4');
  assert.equal(await movedTo('--shift-by', '-1', '--dry-run'), '3');
  assert.equal(await movedTo('--shift-by=-100', '--execute'), '0');
  assert.equal(await movedTo('--to-offset', '99', '--execute'), '4');
  assert.equal(await movedTo('--by-duration', 'P1D', '--execute'), '0');
  assert.equal(await movedTo('--to-datetime', '2100-01-01T00:00:00.000', '--execute'), '4');
  assert.equal(await movedTo('--to-current'), '4');
  assert.match((await reset('--to-earliest')).err, /No action will be performed/);

  const plan = join(folder, 'plan.csv');
  writeFileSync(plan, (await reset('--to-offset', '2', '--export', '--dry-run')).out);
  assert.equal(readFileSync(plan, 'utf8').trim(), 'reset,0,2');
  assert.equal(await movedTo('--from-file', plan, '--execute'), '2');
  const rest = ['--topic', 'reset', '--group', 'mover', '--max-messages', '2'];
  assert.equal(await ok('console-consumer', rest), 'c\nd\n');

  assert.match(
    await ok('consumer-groups', ['--delete-offsets', '--group', 'mover', '--topic', 'reset:0']),
    /^Request succeeded for deleting offsets from group mover\.\n\nTOPIC/,
  );
  const gone = await sluice('consumer-groups', [
    '--delete',
    '--group',
    'mover',
    '--group',
    'nobody',
  ]);
  assert.equal(gone.code, 0, 'what the broker answers is no failure of the tool');
  assert.match(gone.out, /\* Group 'nobody' could not be deleted due to: GROUP_ID_NOT_FOUND/);
});

const WRONG: readonly (readonly [string, string[], RegExp])[] = [
  [
    'topics',
    ['--lst'],
    /^sluice topics: --lst is not a flag of sluice topics; did you mean --list\?\n$/,
  ],
  ['topics', ['--list', '--create'], /exactly one action/],
  ['topics', ['--create'], /Missing required argument "\[topic\]"/],
  ['topics', ['--create', '--topic', 'x', '--config', 'y=1'], /Unknown topic config name: y\n$/],
  [
    'topics',
    ['--create', '--topic', 'x', '--partitions', '0'],
    /The partitions must be greater than 0/,
  ],
  ['topics', ['--create', '--topic', 'a/b'], /topic/i],
  ['topics', ['--list', '--partitions', '1'], /can't be used with option "\[list\]"/],
  [
    'console-producer',
    ['--topic', 'nope'],
    /topic nope does not exist, and the broker does not create it/,
  ],
  ['console-producer', [], /Missing required argument "\[topic\]"/],
  ['console-producer', ['--topic', 'x', '--compression-codec', 'br'], /must be one of none, gzip/],
  ['console-consumer', ['--topic', 'nope'], /topic nope does not exist/],
  [
    'console-consumer',
    ['--topic', 'x', '--include', 'y'],
    /Exactly one of the following arguments is required: \[topic\], \[include\]/,
  ],
  ['console-consumer', ['--topic', 'x', '--offset', '1'], /The partition is required/],
  ['consumer-groups', ['--describe'], /takes one of these options/],
  ['consumer-groups', ['--reset-offsets', '--group', 'g', '--topic', 't'], /following scenarios/],
  ['consumer-groups', ['--reset-offsets', '--group', 'g', '--to-latest'], /reset scopes/],
  ['topcs', [], /^sluice: topcs is not a command; did you mean topics\?/],
];

test('what is wrong is said in one sentence, with exit code 1', async () => {
  for (const [command, args, expected] of WRONG) {
    const { code, out, err } = await sluice(command, args);
    assert.equal(code, 1, `${command} ${args.join(' ')}`);
    // What the broker refuses is on standard output, as Kafka's topics tool has it.
    const text = command === 'topics' && err === '' ? out : err;
    assert.match(text, expected);
    assert.equal(text.trimEnd().split('\n').length, 1, text);
    assert.doesNotMatch(text, /\n\s+at /);
  }
});

test('what a topic command cannot do goes to standard output', async () => {
  const { code, out, err } = await sluice('topics', ['--describe', '--topic', 'nope']);
  assert.equal(code, 1);
  assert.equal(
    out,
    "Error while executing topic command : Topic 'nope' does not exist as expected\n",
  );
  assert.equal(err, '');
});

test('an unreachable broker is named, with the reason', async () => {
  const { code, err } = await run(['topics', '--list', '--bootstrap-server', '127.0.0.1:1']);
  assert.equal(code, 1);
  assert.equal(err, 'sluice topics: cannot connect to 127.0.0.1:1: nothing listens there\n');
  const bad = await run(['topics', '--list', '--bootstrap-server', 'localhost']);
  assert.equal(bad.err, 'sluice topics: localhost is not a broker address: it must be host:port\n');
});

test('older flags for the broker work, with one line of warning', async () => {
  const { code, err } = await run(['topics', '--list', '--broker-list', bootstrap]);
  assert.equal(code, 0);
  assert.match(err, /^WARNING: --broker-list is deprecated; use --bootstrap-server\.\n$/);
});

test('each command explains itself', async () => {
  const overview = await run(['--help']);
  assert.equal(overview.code, 0);
  const commands = [...overview.out.matchAll(/^ {2}([a-z-]+) {2,}[A-Z]/gm)].map(
    ([, name]) => name!,
  );
  assert.ok(commands.length >= 6, overview.out);
  for (const command of commands) {
    const { code, out } = await run([command, '--help']);
    assert.equal(code, 0);
    assert.equal((await run(['help', command])).out, out);
    assert.match(out, new RegExp(`Usage: sluice ${command}`));
    assert.match(out, new RegExp(`\\n  sluice ${command}`), `${command} has an example`);
    assert.ok(out.split('\n').every((line) => line.length <= 120 || line.startsWith('Configs of')));
  }
});
