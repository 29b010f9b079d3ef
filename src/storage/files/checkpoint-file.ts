import type { FileSystem } from '../../base/file-system.ts';
import type { EpochEntry } from '../append/leader-epoch-cache.ts';

// Kafka's checkpoint files: the version 0, the number of entries, then a line for each.

const VERSION = '0';

/** A checkpoint that does not hold what it should. The file is left as it is. */
export class CheckpointFormatError extends Error {
  override name = 'CheckpointFormatError';
}

function encodeLines(lines: readonly string[]): string {
  return [VERSION, String(lines.length), ...lines, ''].join('\n');
}

/** Lines split at white space. Throws CheckpointFormatError. */
function decodeLines(path: string, text: string, columns: number): string[][] {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  if (lines.length === 0) return [];
  if (lines[0] !== VERSION)
    throw new CheckpointFormatError(`${path}: version '${lines[0]}' is not 0`);
  if (lines.length === 1) return [];
  const rows = lines.slice(2).map((line) => line.split(/\s+/));
  if (lines[1] !== String(rows.length)) {
    throw new CheckpointFormatError(`${path}: ${lines[1]} entries announced, ${rows.length} found`);
  }
  const bad = rows.findIndex((row) => row.length !== columns);
  if (bad >= 0) throw new CheckpointFormatError(`${path}: line ${bad + 3} is malformed`);
  return rows;
}

function toInteger(path: string, text: string): number {
  const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value))
    throw new CheckpointFormatError(`${path}: bad number '${text}'`);
  return value;
}

/** An offset per partition, keyed `<topic>-<partition>`: `topic partition offset` in the file. */
export type OffsetCheckpoint = Map<string, number>;

export function encodeOffsetCheckpoint(offsets: OffsetCheckpoint): string {
  const lines: string[] = [];
  for (const [name, offset] of offsets) {
    const dash = name.lastIndexOf('-');
    lines.push(`${name.slice(0, dash)} ${name.slice(dash + 1)} ${offset}`);
  }
  return encodeLines(lines);
}

/** Throws CheckpointFormatError. */
export function decodeOffsetCheckpoint(path: string, text: string): OffsetCheckpoint {
  const offsets: OffsetCheckpoint = new Map();
  for (const [topic, partition, offset] of decodeLines(path, text, 3)) {
    offsets.set(`${topic}-${toInteger(path, partition!)}`, toInteger(path, offset!));
  }
  return offsets;
}

/** `epoch startOffset` lines of a partition's `leader-epoch-checkpoint`. */
export function encodeEpochCheckpoint(entries: readonly EpochEntry[]): string {
  return encodeLines(entries.map((entry) => `${entry.epoch} ${entry.startOffset}`));
}

/** Throws CheckpointFormatError. */
export function decodeEpochCheckpoint(path: string, text: string): EpochEntry[] {
  return decodeLines(path, text, 2).map(([epoch, startOffset]) => ({
    epoch: toInteger(path, epoch!),
    startOffset: toInteger(path, startOffset!),
  }));
}

/** The file's text, or undefined when there is none. */
export function readTextIfPresent(fileSystem: FileSystem, path: string): string | undefined {
  return fileSystem.stat(path) ? fileSystem.readFile(path).toString('utf8') : undefined;
}
