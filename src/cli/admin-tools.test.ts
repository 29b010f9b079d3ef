// If this breaks, an administrator's command changes something else than it says, or says nothing.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { runCommand, startToolBroker, type ToolBroker } from './testing/tool-broker.ts';

// If these break, a person at a terminal cannot do with our tools what they do with Kafka's. The
// commands run in this process, against a real broker.

let tools: ToolBroker;

before(async () => {
  tools = await startToolBroker();
  await tools.ok('topics', ['--create', '--topic', 'first', '--partitions', '2']);
  await tools.ok('topics', ['--create', '--topic', 'other']);
  await tools.ok('console-producer', ['--topic', 'other'], 'a\nb\nc\n');
});

after(() => tools.stop());

test('topics are listed by name, whatever the order of their creation', async () => {
  for (const name of ['zebra', 'apple', 'Mango', 'apple-2']) {
    await tools.ok('topics', ['--create', '--topic', name]);
  }
  assert.equal(
    await tools.ok('topics', ['--list', '--exclude-internal']),
    'Mango\napple\napple-2\nfirst\nother\nzebra\n',
  );
  for (const name of ['zebra', 'apple', 'Mango', 'apple-2']) {
    await tools.ok('topics', ['--delete', '--topic', name]);
  }
});

test('configs of a topic are set, shown and deleted', async () => {
  const configs = (...args: string[]) => tools.ok('configs', args);
  assert.equal(
    await configs(
      '--alter',
      '--topic',
      'first',
      '--add-config',
      'max.message.bytes=5,cleanup.policy=[compact,delete]',
    ),
    'Completed updating config for topic first.\n',
  );
  assert.equal(
    await configs('--describe', '--entity-type', 'topics', '--entity-name', 'first'),
    `Dynamic configs for topic first are:
  cleanup.policy=compact,delete sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:cleanup.policy=compact,delete, DEFAULT_CONFIG:log.cleanup.policy=delete}
  max.message.bytes=5 sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:max.message.bytes=5, DEFAULT_CONFIG:message.max.bytes=1048588}
`,
  );
  await configs(
    '--alter',
    '--topic',
    'first',
    '--delete-config',
    'max.message.bytes,cleanup.policy',
  );
  assert.equal(
    await configs('--describe', '--topic', 'first'),
    'Dynamic configs for topic first are:\n',
  );
  const all = await configs('--describe', '--topic', 'first', '--all');
  assert.match(all, /^All configs for topic first are:\n {2}cleanup\.policy=delete /);
  assert.ok(all.split('\n').length > 25);
  assert.match(
    await configs('--describe', '--entity-type', 'topics'),
    /topic first are:\n.*topic other are:/s,
  );
});

test('quotas and passwords, of which there are none', async () => {
  for (const entity of [
    ['--user', 'alice'],
    ['--user-defaults'],
    ['--user', 'alice', '--client', 'app'],
    ['--entity-type', 'users'],
    ['--entity-type', 'clients', '--entity-default'],
    ['--ip', '127.0.0.1'],
  ]) {
    assert.equal(await tools.ok('configs', ['--describe', ...entity]), '');
  }
});

test('configs of brokers, one and all', async () => {
  const configs = (...args: string[]) => tools.ok('configs', args);
  const file = join(tools.folder, 'add.properties');
  writeFileSync(file, 'message.max.bytes=2000000\n');
  assert.equal(
    await configs('--alter', '--broker', '1001', '--add-config-file', file),
    'Completed updating config for broker 1001.\n',
  );
  assert.equal(
    await configs(
      '--alter',
      '--entity-type',
      'brokers',
      '--entity-default',
      '--add-config',
      'log.retention.ms=99',
    ),
    'Completed updating default config for brokers in the cluster.\n',
  );
  assert.match(
    await configs('--describe', '--entity-type', 'brokers'),
    /^Dynamic configs for broker 1001 are:\n {2}message\.max\.bytes=2000000 .*\nDefault configs for brokers in the cluster are:\n {2}log\.retention\.ms=99 /,
  );
});

test('offsets by topic, rule and time', async () => {
  const offsets = (...args: string[]) => tools.ok('get-offsets', args);
  assert.equal(await offsets('--exclude-internal-topics'), 'first:0:0\nfirst:1:0\nother:0:3\n');
  assert.equal(await offsets('--topic', 'oth.*', '--time', 'earliest'), 'other:0:0\n');
  assert.equal(
    await offsets('--topic-partitions', 'first:1,other', '--time', '-1'),
    'first:1:0\nother:0:3\n',
  );
  assert.equal(await offsets('--topic', 'other', '--time', '1'), 'other:0:0\n');
  assert.equal(await offsets('--topic', 'other', '--time', '99999999999999'), '');
});

test('records are deleted, and what cannot be is said beside it', async () => {
  const file = join(tools.folder, 'delete.json');
  const partitions = [
    { topic: 'other', partition: 0, offset: 2 },
    { topic: 'other', partition: 9, offset: 2 },
    { topic: 'nowhere', partition: 0, offset: 2 },
  ];
  writeFileSync(file, JSON.stringify({ partitions, version: 1 }));
  const out = await tools.ok('delete-records', ['--offset-json-file', file]);
  assert.match(
    out,
    /^Executing records delete operation\nRecords delete operation completed:\npartition: other-0\tlow_watermark: 2\npartition: other-9\terror: UNKNOWN_TOPIC_OR_PARTITION: .+\npartition: nowhere-0\terror: .+\n$/,
  );
  assert.equal(await tools.ok('get-offsets', ['--topic', 'other', '--time', '-2']), 'other:0:2\n');
});

test('the cluster and the versions of its brokers', async () => {
  assert.match(await tools.ok('cluster', ['cluster-id']), /^Cluster ID: [\w-]{22}\n$/);
  const { out } = await runCommand(['cluster', 'cluster-id', '-b', tools.bootstrap]);
  assert.match(out, /^Cluster ID: /);
  assert.match(
    await tools.ok('cluster', ['list-endpoints']),
    /^ID {9}HOST {6}PORT {7}RACK {7}STATE {6}ENDPOINT_TYPE {2}\n1001 {7}127\.0\.0\.1 \d{4,5} +null {7}unfenced {3}broker {9}\n$/,
  );
  assert.equal(
    await tools.ok('cluster', ['unregister', '--id', '7']),
    'The target cluster does not support the broker unregistration API.\n',
  );
  const versions = await tools.ok('broker-api-versions', []);
  assert.match(
    versions,
    /^127\.0\.0\.1:\d+ \(id: 1001 rack: null isFenced: false\) -> \(\n\tProduce\(0\): 0 to \d+ /,
  );
});

test('what lies in the data directories', async () => {
  const out = await tools.ok('log-dirs', ['--describe', '--topic-list', 'other']);
  const [asking, from, json] = out.split('\n');
  assert.equal(asking, 'Querying brokers for log directories information');
  assert.equal(from, 'Received log directory information from brokers 1001');
  const { brokers } = JSON.parse(json!);
  const [{ partition, size, offsetLag }] = brokers[0].logDirs[0].partitions;
  assert.deepEqual([partition, offsetLag], ['other-0', 0]);
  assert.ok(size > 60);
});

const WRONG: readonly (readonly [string, string[], RegExp])[] = [
  ['configs', ['--topic', 'a'], /exactly one action: --describe, --alter/],
  ['configs', ['--describe'], /At least one entity type must be specified/],
  ['configs', ['--describe', '--broker', 'x'], /must be a valid integer broker id, but it is: x/],
  ['configs', ['--describe', '--entity-type', 'x'], /Invalid entity type x/],
  ['configs', ['--describe', '--topic', 'a', '--entity-type', 'topics'], /in conjunction/],
  ['configs', ['--alter', '--topic', 'first'], /At least one of --add-config, /],
  ['get-offsets', ['--time', 'x'], /Malformed time argument x\. Please use -1 or latest/],
  ['get-offsets', ['--topic', 'nowhere'], /Could not match any topic-partitions/],
  ['get-offsets', ['--topic', 'a', '--topic-partitions', 'b'], /cannot be used with --topic/],
  ['delete-records', [], /Missing required argument "\[offset-json-file\]"/],
  [
    'delete-records',
    ['--offset-json-file', '/nowhere'],
    /there is no file or folder \/nowhere; check the name/,
  ],
  ['log-dirs', [], /Missing required argument "\[describe\]"/],
  ['log-dirs', ['--describe', '--broker-list', '7'], /do not exist from --broker-list: 7\. /],
  ['cluster', [], /exactly one action: cluster-id, list-endpoints, unregister/],
  ['cluster', ['restart'], /restart is not an action of cluster; there are cluster-id/],
  ['cluster', ['unregister'], /unregister needs --id/],
];

/** What fails once the broker is asked: the command line as Kafka's tool repeats it, then the reason. */
const FAILED: readonly (readonly [string[], RegExp])[] = [
  [['--describe', '--client-metrics', 'x'], /there are no configs of client-metrics yet/],
  [['--alter', '--user', 'x', '--add-config', 'a=1'], /there are no configs of users yet/],
  [['--alter', '--topic', 'first', '--add-config', 'nope=1'], /Unknown topic config name: nope/],
  [['--alter', '--topic', 'first', '--add-config', 'a'], /format "key=val"/],
];

test('configs repeats the command line that failed, and says why', async () => {
  for (const [args, expected] of FAILED) {
    const { code, err } = await tools.run('configs', args);
    assert.equal(code, 1, err);
    const [first = '', second = '', ...others] = err.trimEnd().split('\n');
    const line = `--bootstrap-server ${tools.bootstrap} ${args.join(' ')}`;
    assert.equal(first, `sluice configs: Error while executing config command with args '${line}'`);
    assert.match(second, expected);
    assert.deepEqual(others, []);
  }
});

test('a config that is not set may be deleted, and a missing topic is no failure', async () => {
  const { code, out } = await tools.run('configs', [
    ...['--alter', '--topic', 'first', '--delete-config', 'flush.ms'],
  ]);
  assert.equal(code, 0);
  assert.equal(out, 'Completed updating config for topic first.\n');
  assert.equal(
    await tools.ok('configs', ['--describe', '--topic', 'nowhere']),
    "The topic 'nowhere' doesn't exist and doesn't have dynamic config.\n",
  );
});

test('what is wrong is said in one sentence, with exit code 1', async () => {
  for (const [command, args, expected] of WRONG) {
    const { code, err } = await tools.run(command, args);
    assert.equal(code, 1, `${command} ${args.join(' ')}`);
    assert.match(err, expected);
    assert.equal(err.trimEnd().split('\n').length, 1, err);
  }
});
