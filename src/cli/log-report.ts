import { basename } from 'node:path';
import { type Int64, saturated } from '../base/int64.ts';
import type { Finding, PartitionReport } from '../storage/repair/partition-report.ts';

/** What `sluice log inspect` says of a partition: a line for it, then one for each segment. */
export function partitionText(report: PartitionReport): string {
  const { name, topicId, segments, findings } = report;
  const bytes = segments.reduce((sum, { sizeInBytes }) => sum + sizeInBytes, 0);
  const first = segments[0]?.baseOffset ?? 0;
  const next = segments.at(-1)?.nextOffset ?? 0;
  const lines = [
    `${name}: ${countText(segments.length, 'segment')}, ${sizeText(bytes)}, offsets ${rangeText(first, next)}${topicId === undefined ? '' : `, topic id ${topicId}`}`,
  ];
  for (const segment of segments) {
    const { path, baseOffset, nextOffset, sizeInBytes, minTimestamp, maxTimestamp } = segment;
    const times =
      maxTimestamp < 0 ? 'no times' : `${timeText(minTimestamp)} to ${timeText(maxTimestamp)}`;
    lines.push(
      `  ${basename(path)}  ${sizeText(sizeInBytes)}, offsets ${rangeText(baseOffset, nextOffset)}, ${formatText(segment.entriesByFormat)}, ${times}`,
    );
  }
  return `${[...lines, ...findings.map((finding) => `  ${findingText(finding).trimEnd()}`)].join('\n')}\n`;
}

/** One finding in one line: the file, the place, what is wrong, what to do. */
export function findingText({ path, position, problem, advice, severity }: Finding): string {
  const place = position === undefined ? path : `${path} at position ${position}`;
  return `${severity === 'note' ? 'note: ' : ''}${place}: ${problem}. ${advice}.\n`;
}

function formatText(entries: readonly [number, number, number]): string {
  const [v0, v1, v2] = entries;
  const parts = [
    v2 > 0 ? countText(v2, 'batch', 'batches') : '',
    v1 > 0 ? `${countText(v1, 'message')} of format v1` : '',
    v0 > 0 ? `${countText(v0, 'message')} of format v0` : '',
  ].filter((part) => part !== '');
  return parts.length === 0 ? 'empty' : parts.join(' and ');
}

function rangeText(first: number, next: number): string {
  return next > first ? `${first} to ${next - 1}` : `none (next ${next})`;
}

function countText(count: number, one: string, many = `${one}s`): string {
  return count === 1 ? `1 ${one}` : `${count} ${many}`;
}

function timeText(timestamp: Int64): string {
  const date = new Date(saturated(timestamp));
  return Number.isNaN(date.getTime()) ? String(timestamp) : date.toISOString();
}

/** Bytes for a person: `512 B`, `1.2 MB`. */
export function sizeText(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let unit = 0;
  let size = bytes;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit++;
  }
  return `${unit === 0 ? size : size.toFixed(1)} ${units[unit]}`;
}
