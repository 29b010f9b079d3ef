import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startToolBroker, type ToolBroker } from './testing/tool-broker.ts';

// If these break, the tools that send and read a lot do not do it, or do not say so.

let tools: ToolBroker;

before(async () => {
  tools = await startToolBroker();
  await tools.ok('topics', ['--create', '--topic', 'load', '--partitions', '2']);
  await tools.ok('topics', ['--create', '--topic', 'numbers']);
});

after(() => tools.stop());

test('many records are sent, then read', async () => {
  const sent = await tools.ok('producer-perf-test', [
    ...['--topic', 'load', '--num-records', '2000', '--record-size', '100', '--throughput', '-1'],
    ...['--producer-props', 'acks=1', 'linger.ms=5', 'compression.type=lz4'],
  ]);
  assert.match(
    sent,
    /^2000 records sent, [\d.]+ records\/sec \([\d.]+ MB\/sec\), [\d.]+ ms avg latency, [\d.]+ ms max latency, \d+ ms 50th, \d+ ms 95th, \d+ ms 99th, \d+ ms 99\.9th\.\n$/,
  );
  const read = await tools.ok('consumer-perf-test', ['--topic', 'load', '--messages', '2000']);
  const [header, line] = read.split('\n');
  assert.match(header!, /^start\.time, end\.time, data\.consumed\.in\.MB, /);
  const columns = line!.split(', ');
  assert.equal(columns.length, 10);
  assert.equal(columns[2], ((2000 * 100) / 1024 / 1024).toFixed(4));
  assert.equal(columns[4], '2000');
  const late = await tools.ok('consumer-perf-test', [
    ...['--topic', 'load', '--messages', '9', '--from-latest', '--timeout', '50', '--hide-header'],
  ]);
  assert.match(late, /^WARNING: Exiting before consuming the expected number of records/);
});

test('values come from a file, or are numbers', async () => {
  const file = join(tools.folder, 'payloads');
  writeFileSync(file, 'one\ntwo\n\n');
  const rate = ['--topic', 'numbers', '--throughput', '100000'];
  const out = await tools.ok('producer-perf-test', [
    ...rate,
    ...['--num-records', '5', '--payload-file', file],
  ]);
  assert.match(out, /^Reading payloads from: .*\nNumber of records read: 2\n5 records sent, /);
  await tools.ok('producer-perf-test', [...rate, '--num-records', '3', '--payload-monotonic']);
  const read = ['--topic', 'numbers', '--partition', '0', '--offset', 'earliest'];
  const values = (await tools.ok('console-consumer', [...read, '--max-messages', '8'])).split('\n');
  assert.ok(values.slice(0, 5).every((value) => value === 'one' || value === 'two'));
  assert.deepEqual(values.slice(5), ['0', '1', '2', '']);
});

const events = (out: string): Record<string, unknown>[] =>
  out
    .trimEnd()
    .split('\n')
    .map((line) => {
      const { timestamp, ...event } = JSON.parse(line);
      assert.equal(typeof timestamp, 'number');
      return event;
    });

test('verifiable records are sent and read, each told of', async () => {
  await tools.ok('topics', ['--create', '--topic', 'verified']);
  const sent = events(
    await tools.ok('verifiable-producer', [
      ...['--topic', 'verified', '--max-messages', '3'],
      ...['--value-prefix', '7', '--repeating-keys', '2'],
    ]),
  );
  const { avg_throughput, ...data } = sent.at(-1)!;
  assert.equal(typeof avg_throughput, 'number');
  const where = { topic: 'verified', partition: 0 };
  assert.deepEqual(
    [...sent.slice(0, -1), data],
    [
      { name: 'startup_complete' },
      { name: 'producer_send_success', key: '0', value: '7.0', offset: 0, ...where },
      { name: 'producer_send_success', key: '1', value: '7.1', offset: 1, ...where },
      { name: 'producer_send_success', key: '0', value: '7.2', offset: 2, ...where },
      { name: 'shutdown_complete' },
      { name: 'tool_data', sent: 3, acked: 3, target_throughput: -1 },
    ],
  );
  const read = events(
    await tools.ok('verifiable-consumer', [
      ...['--topic', 'verified', '--group-id', 'vc', '--max-messages', '2', '--verbose'],
    ]),
  );
  assert.deepEqual(read, [
    { name: 'startup_complete' },
    { name: 'partitions_assigned', partitions: [where] },
    { name: 'record_data', key: '0', value: '7.0', ...where, offset: 0 },
    { name: 'record_data', key: '1', value: '7.1', ...where, offset: 1 },
    {
      name: 'records_consumed',
      count: 3,
      partitions: [{ ...where, count: 2, minOffset: 0, maxOffset: 1 }],
    },
    { name: 'offsets_committed', offsets: [{ ...where, offset: 2 }], success: true },
    { name: 'partitions_revoked', partitions: [where] },
    { name: 'shutdown_complete' },
  ]);
  assert.match(
    await tools.ok('consumer-groups', ['--describe', '--group', 'vc']),
    /vc +verified +0 +2 +3 +1 /,
  );
});

const PERF = ['--topic', 'x', '--num-records', '1', '--throughput', '-1'];
const WRONG: readonly (readonly [string, string[], RegExp])[] = [
  ['producer-perf-test', [], /Missing required argument "\[topic\]"/],
  ['producer-perf-test', PERF, /exactly one of --record-size, --payload-file/],
  ['producer-perf-test', [...PERF, '--transactional-id', 'x'], /not supported yet/],
  ['producer-perf-test', [...PERF, '--payload-monotonic', '--producer-props', 'acks'], /key=value/],
  ['producer-perf-test', [...PERF, '--payload-file', '/nowhere'], /cannot be read/],
  ['consumer-perf-test', ['--topic', 'x'], /Exactly one of .*: \[messages\], \[num-records\]/],
  ['verifiable-producer', ['--topic', 'x', '--acks', '7'], /acks must be 0, 1, -1 or all/],
  ['verifiable-consumer', ['--topic', 'x'], /Missing required argument "\[group-id\]"/],
  [
    'verifiable-consumer',
    ['--topic', 'x', '--group-id', 'g', '--reset-policy', 'never'],
    /auto\.offset\.reset must be one of latest, earliest, none/,
  ],
];

test('what is wrong is said in one sentence, with exit code 1', async () => {
  for (const [command, args, expected] of WRONG) {
    const { code, err } = await tools.run(command, args);
    assert.equal(code, 1, `${command} ${args.join(' ')}`);
    assert.match(err, expected);
    assert.equal(err.trimEnd().split('\n').length, 1, err);
  }
});
