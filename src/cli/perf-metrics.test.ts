// If this breaks, the percentiles of a performance test are wrong.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { consumerMetrics, metricsTable, producerMetrics } from './perf-metrics.ts';

// If these break, a script that greps a metric out of a load test's output finds nothing.

const COUNTS = {
  ...{ records: 100, failures: 2, retries: 5 },
  ...{ batches: 4, batchBytes: 1000, largestBatchBytes: 400 },
  ...{ requests: 2, requestMs: 3, longestRequestMs: 2 },
};

test('metrics have the names of Kafka, and a line each as its tools print them', () => {
  const table = metricsTable(producerMetrics(COUNTS, { clientId: 'perf', seconds: 2 }));
  const lines = table.split('\n');
  assert.deepEqual(lines.slice(0, 4), [
    '',
    'Metric Name                                                 Value',
    'producer-metrics:batch-size-avg:{client-id=perf}          : 250.000',
    'producer-metrics:batch-size-max:{client-id=perf}          : 400.000',
  ]);
  assert.ok(lines.includes('producer-metrics:record-send-rate:{client-id=perf}        : 50.000'));
  assert.ok(lines.includes('producer-metrics:request-latency-avg:{client-id=perf}     : 1.500'));
});

test('what was never measured is not a number, as with Kafka', () => {
  const none = { ...COUNTS, batches: 0, requests: 0 };
  const table = metricsTable(producerMetrics(none, { clientId: 'perf', seconds: 2 }));
  assert.match(table, /batch-size-max:\S+ +: NaN\n/);
  assert.match(table, /request-latency-max:\S+ +: NaN\n/);
});

test('what a consumer read', () => {
  const consumed = { startMs: 1000, endMs: 3000, joinMs: 10, bytes: 500, messages: 50 };
  const table = metricsTable(consumerMetrics(consumed, 'perf'));
  assert.match(
    table,
    /^consumer-fetch-manager-metrics:records-consumed-rate:\{client-id=perf\} {2}: 25\.000$/m,
  );
});
