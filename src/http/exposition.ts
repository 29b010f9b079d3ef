import type { HistogramSample, Labels, Metric } from '../base/metrics.ts';
import type { Pace, Steps } from '../base/slices.ts';

/** Nobody can use more of one metric, and many groups or topics would make an answer of any length. */
export const MOST_SAMPLES = 50_000;

/** Metrics in Prometheus' text format (version 0.0.4); yields where the turn is over. */
export function* exposition(metrics: Iterable<Metric>, pace: Pace): Steps<string> {
  const lines: string[] = [];
  const cut: string[] = [];
  for (const metric of metrics) {
    let left = MOST_SAMPLES;
    lines.push(`# HELP ${metric.name} ${metric.help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')}`);
    lines.push(`# TYPE ${metric.name} ${metric.kind}`);
    if (metric.kind === 'histogram') {
      for (const sample of metric.read()) {
        if (left-- === 0) break;
        addHistogram(lines, metric.name, metric.bounds, sample);
        if (pace.isOver()) yield;
      }
    } else {
      for (const { labels, value } of metric.read()) {
        if (left-- === 0) break;
        lines.push(`${metric.name}${labelText(labels)} ${numberText(value)}`);
        if (pace.isOver()) yield;
      }
    }
    if (left < 0) cut.push(metric.name);
  }
  if (cut.length > 0) {
    lines.push(`# HELP ${CUT} Metrics of which more than ${MOST_SAMPLES} samples are left out.`);
    lines.push(`# TYPE ${CUT} gauge`);
    for (const metric of cut) lines.push(`${CUT}${labelText({ metric })} 1`);
  }
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

const CUT = 'sluice_metrics_cut';

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
