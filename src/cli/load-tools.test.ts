// If this breaks, the load tools measure something else than they print, or never end.
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

test('records that warm up are mentioned, and what the clients counted is shown', async () => {
  await tools.ok('topics', ['--create', '--topic', 'warm']);
  const rate = ['--topic', 'warm', '--throughput', '-1', '--record-size', '10'];
  const sent = await tools.ok('producer-perf-test', [
    ...rate,
    ...['--num-records', '500', '--warmup-records', '300', '--print-metrics'],
  ]);
  const lines = sent.split('\n');
  assert.equal(
    lines[0],
    'Warmup first 300 records. Steady state results will print after the complete test summary.',
  );
  assert.match(lines[1]!, /^500 records sent, .* ms 99\.9th\.$/);
  assert.match(lines[2]!, /^200 steady state records sent, .* ms 99\.9th\.$/);
  assert.equal(lines[3], '');
  assert.match(lines[4]!, /^Metric Name +Value$/);
  assert.match(sent, /^producer-metrics:record-send-total:\{client-id=\S+\} +: 500\.000$/m);
  assert.match(sent, /^producer-metrics:record-error-total:\S+ +: 0\.000$/m);
  const read = await tools.ok('consumer-perf-test', [
    ...['--topic', 'warm', '--messages', '500', '--print-metrics'],
  ]);
  assert.match(
    read,
    /^consumer-fetch-manager-metrics:bytes-consumed-total:\{client-id=\S+\} +: 5000\.000$/m,
  );
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

test('no records at all have a throughput, too', async () => {
  const none = ['--topic', 'numbers', '--max-messages', '0'];
  for (let run = 0; run < 5; run++) {
    assert.equal(events(await tools.ok('verifiable-producer', none)).at(-1)?.['avg_throughput'], 0);
  }
});

const PERF = ['--topic', 'x', '--num-records', '1', '--throughput', '-1'];
const WRONG: readonly (readonly [string, string[], RegExp])[] = [
  ['producer-perf-test', [], /Missing required argument "\[topic\]"/],
  ['producer-perf-test', PERF, /exactly one of --record-size, --payload-file/],
  ['producer-perf-test', [...PERF, '--transactional-id', 'x'], /not supported yet/],
  ['producer-perf-test', [...PERF, '--payload-monotonic', '--producer-props', 'acks'], /key=value/],
  ['producer-perf-test', [...PERF, '--payload-file', '/nowhere'], /cannot be read/],
  ['producer-perf-test', [...PERF, '--warmup-records', '1'], /must be fewer than --num-records 1/],
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
