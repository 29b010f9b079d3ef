// If this breaks, scripts that read the performance tools' output stop understanding it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { summaries } from './commands/verifiable-consumer.ts';
import {
  consumerHeader,
  consumerProgressLine,
  consumerTotalLine,
  dateFormat,
  ProducerStats,
} from './perf-output.ts';
import { Throttle } from './throttle.ts';

// If these break, scripts that read numbers out of the performance tools' lines read other ones. The
// lines are those of Kafka 3.9's own tools.

test('what a producer did, in all and since the last line', () => {
  const stats = new ProducerStats(4, 1000);
  stats.record(10, 1024 * 1024);
  stats.record(20, 1024 * 1024);
  assert.equal(stats.windowMs(3000), 2000);
  assert.equal(
    stats.windowLine(3000),
    '2 records sent, 1.0 records/sec (1.00 MB/sec), 15.0 ms avg latency, 20.0 ms max latency.\n',
  );
  stats.record(3, 0);
  stats.record(40, 0);
  assert.equal(
    stats.windowLine(4000),
    '2 records sent, 2.0 records/sec (0.00 MB/sec), 21.5 ms avg latency, 40.0 ms max latency.\n',
  );
  assert.equal(
    stats.totalLine(5000),
    '4 records sent, 1.000000 records/sec (0.50 MB/sec), 18.25 ms avg latency, 40.00 ms max latency, 20 ms 50th, 40 ms 95th, 40 ms 99th, 40 ms 99.9th.\n',
  );
});

test('what a consumer did, at the end and on the way', () => {
  const format = (ms: number) => `@${ms}`;
  const consumed = { startMs: 0, endMs: 2000, joinMs: 1000, bytes: 1024 * 1024, messages: 500 };
  assert.equal(
    consumerTotalLine(consumed, format),
    '@0, @2000, 1.0000, 0.5000, 500, 250.0000, 1000, 1000, 1.0000, 500.0000\n',
  );
  const all = { bytes: 2 * 1024 * 1024, messages: 900 };
  assert.equal(
    consumerProgressLine(all, consumed, format),
    '@2000, 0, 2.0000, 0.5000, 900, 250.0000, 1000, 1000, 1.0000, 500.0000\n',
  );
  assert.match(
    consumerProgressLine(all, { ...consumed, joinMs: 2000 }, format),
    /, 2000, 0, 0\.0000, 0\.0000\n$/,
  );
  const columns = (text: string) => text.split(', ').length;
  assert.equal(columns(consumerHeader(false)), columns(consumerTotalLine(consumed, format)));
  assert.equal(columns(consumerHeader(true)), columns(consumerHeader(false)));
});

test('times by a pattern', () => {
  const at = new Date(2026, 10, 2, 3, 4, 5, 67).getTime();
  assert.equal(dateFormat('yyyy-MM-dd HH:mm:ss:SSS')(at), '2026-11-02 03:04:05:067');
  assert.equal(dateFormat("d.M.yyyy 'at' H")(at), '2.11.2026 at 3');
});

test('how long a sender has to wait', () => {
  assert.equal(new Throttle(-1).earlyMs(1_000_000, 0), 0);
  assert.equal(new Throttle(100).earlyMs(50, 200), 300);
  assert.equal(new Throttle(100).earlyMs(10, 200), -100);
  assert.equal(new Throttle(0).earlyMs(1, 200), Number.POSITIVE_INFINITY);
});

test('records are summed up by partition', () => {
  const at = (partition: number, offset: number) => ({ topic: 'a', partition, offset });
  assert.deepEqual(summaries([at(1, 5), at(0, 9), at(1, 6)]), [
    { topic: 'a', partition: 1, count: 2, minOffset: 5, maxOffset: 6 },
    { topic: 'a', partition: 0, count: 1, minOffset: 9, maxOffset: 9 },
  ]);
});
