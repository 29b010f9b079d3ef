import type { HistogramSample, Labels, Metric } from '../base/metrics.ts';
import type { Pace, Steps } from '../base/slices.ts';

/** Metrics in Prometheus' text format (version 0.0.4); yields where the turn is over. */
export function* exposition(metrics: Iterable<Metric>, pace: Pace): Steps<string> {
  const lines: string[] = [];
  for (const metric of metrics) {
    lines.push(`# HELP ${metric.name} ${metric.help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')}`);
    lines.push(`# TYPE ${metric.name} ${metric.kind}`);
    if (metric.kind === 'histogram') {
      for (const sample of metric.read()) {
        addHistogram(lines, metric.name, metric.bounds, sample);
        if (pace.isOver()) yield;
      }
    } else {
      for (const { labels, value } of metric.read()) {
        lines.push(`${metric.name}${labelText(labels)} ${numberText(value)}`);
        if (pace.isOver()) yield;
      }
    }
  }
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

function addHistogram(
  lines: string[],
  name: string,
  bounds: readonly number[],
  { labels, counts, sum }: HistogramSample,
): void {
  let total = 0;
  for (let index = 0; index <= bounds.length; index++) {
    total += counts[index] ?? 0;
    const le = numberText(bounds[index] ?? Number.POSITIVE_INFINITY);
    lines.push(`${name}_bucket${labelText({ ...labels, le })} ${total}`);
  }
  lines.push(`${name}_sum${labelText(labels)} ${numberText(sum)}`);
  lines.push(`${name}_count${labelText(labels)} ${total}`);
}

function labelText(labels: Labels | undefined): string {
  if (!labels) return '';
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}

function escapeLabel(value: string): string {
  return value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
}

function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  return String(value);
}
