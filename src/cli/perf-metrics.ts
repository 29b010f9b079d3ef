import type { ProducerCounts } from '../client/index.ts';
import type { Consumed } from './perf-output.ts';

// What the performance tools print with --print-metrics: our client's counts under the names of Kafka's metrics.

export interface Metric {
  readonly group: string;
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A producer's metrics after a run of so many seconds. */
export function producerMetrics(
  counts: ProducerCounts,
  { clientId, seconds }: { clientId: string; seconds: number },
): Metric[] {
  const average = (sum: number, count: number) => (count === 0 ? Number.NaN : sum / count);
  const values: Readonly<Record<string, number>> = {
    'batch-size-avg': average(counts.batchBytes, counts.batches),
    'batch-size-max': counts.batches === 0 ? Number.NaN : counts.largestBatchBytes,
    'record-error-rate': counts.failures / seconds,
    'record-error-total': counts.failures,
    'record-retry-rate': counts.retries / seconds,
    'record-retry-total': counts.retries,
    'record-send-rate': counts.records / seconds,
    'record-send-total': counts.records,
    'records-per-request-avg': average(counts.records, counts.requests),
    'request-latency-avg': average(counts.requestMs, counts.requests),
    'request-latency-max': counts.requests === 0 ? Number.NaN : counts.longestRequestMs,
    'request-rate': counts.requests / seconds,
    'request-total': counts.requests,
  };
  return metricsOf('producer-metrics', values, clientId);
}

/** A consumer's metrics; keys and values are its bytes. */
export function consumerMetrics(consumed: Consumed, clientId: string): Metric[] {
  const { startMs, endMs, bytes, messages } = consumed;
  const seconds = (endMs - startMs) / 1000;
  const values: Readonly<Record<string, number>> = {
    'bytes-consumed-rate': bytes / seconds,
    'bytes-consumed-total': bytes,
    'records-consumed-rate': messages / seconds,
    'records-consumed-total': messages,
  };
  return metricsOf('consumer-fetch-manager-metrics', values, clientId);
}

function metricsOf(
  group: string,
  values: Readonly<Record<string, number>>,
  clientId: string,
): Metric[] {
  return Object.entries(values).map(([name, value]) => ({
    group,
    name,
    tags: { 'client-id': clientId },
    value,
  }));
}

/** The table of Kafka's tools, with its line ends: sorted, the names in one column. */
export function metricsTable(metrics: readonly Metric[]): string {
  const rows = metrics
    .map(({ group, name, tags, value }) => {
      const shown = Object.entries(tags).map(([tag, text]) => `${tag}=${text}`);
      return { name: `${group}:${name}:{${shown.join(', ')}}`, value };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const width = Math.max(...rows.map(({ name }) => name.length));
  const lines = rows.map(({ name, value }) => `${name.padEnd(width)} : ${value.toFixed(3)}\n`);
  return `\n${'Metric Name'.padEnd(width)}   Value\n${lines.join('')}`;
}
