import { basename, join } from 'node:path';
import type { FileSystem } from '../../base/file-system.ts';
import type { Int64 } from '../../base/int64.ts';
import { decodePartitionMetadata, PARTITION_METADATA_FILE } from '../dirs/partition-metadata.ts';
import { CheckpointFormatError, decodeEpochCheckpoint } from '../files/checkpoint-file.ts';
import { decodeProducerSnapshot } from '../producers/producer-snapshot-file.ts';
import {
  CORRUPT_SUFFIX,
  fileName,
  LOG_SUFFIX,
  parseFileName,
  SNAPSHOT_SUFFIX,
} from '../segment/segment-files.ts';
import { indexFindings } from './index-findings.ts';
import { type LogEntry, walkLogFile } from './log-file-walk.ts';
import type { EntryPlace, Finding, PartitionReport, SegmentReport } from './partition-report.ts';

const LEADER_EPOCH_FILE = 'leader-epoch-checkpoint';

const KNOWN_SUFFIXES = ['.log', '.index', '.timeindex', '.txnindex', '.snapshot'];

/**
 * Reads everything in a partition's folder and changes nothing: every checksum, the order of offsets
 * within and between segments, indexes against what they point at, snapshots and checkpoints. Holds
 * the places of one segment's batches at a time. Throws what the disk throws.
 */
export function inspectPartition(fileSystem: FileSystem, folder: string): PartitionReport {
  const findings: Finding[] = [];
  const setAside: string[] = [];
  const names = fileSystem.list(folder);
  const bases: number[] = [];
  for (const name of names) {
    const parsed = parseFileName(name);
    if (parsed?.suffix === LOG_SUFFIX) bases.push(parsed.baseOffset);
    else if (parsed?.suffix === SNAPSHOT_SUFFIX)
      findings.push(...snapshotFindings(fileSystem, join(folder, name)));
    const isKnown = parsed
      ? KNOWN_SUFFIXES.includes(parsed.suffix)
      : name === PARTITION_METADATA_FILE || name === LEADER_EPOCH_FILE;
    if (!isKnown) setAside.push(name);
  }
  const segments: SegmentReport[] = [];
  for (const [index, baseOffset] of bases.sort((a, b) => a - b).entries()) {
    const path = join(folder, fileName(baseOffset, LOG_SUFFIX));
    const isActive = index === bases.length - 1;
    const { segment, places } = inspectSegment(fileSystem, { path, baseOffset, isActive });
    segments.push(segment);
    findings.push(...damageFindings(segment));
    findings.push(...indexFindings(fileSystem, segment, places, isActive));
  }
  findings.push(
    ...orderFindings(segments),
    ...epochFindings(fileSystem, folder),
    ...asideFindings(folder, setAside),
  );
  const metadata = join(folder, PARTITION_METADATA_FILE);
  const text = fileSystem.stat(metadata)
    ? fileSystem.readFile(metadata).toString('utf8')
    : undefined;
  const topicId = text === undefined ? undefined : decodePartitionMetadata(text);
  if (text !== undefined && topicId === undefined) {
    findings.push({
      path: metadata,
      problem: 'it does not hold a topic id',
      advice: 'repair sets it aside; the broker then takes the folder for the topic of its name',
      severity: 'derived',
    });
  }
  return { name: basename(folder), folder, topicId, segments, setAside, findings };
}

function inspectSegment(
  fileSystem: FileSystem,
  { path, baseOffset, isActive }: { path: string; baseOffset: number; isActive: boolean },
): { segment: SegmentReport; places: EntryPlace[] } {
  const places: EntryPlace[] = [];
  const entriesByFormat: [number, number, number] = [0, 0, 0];
  let minTimestamp: Int64 = -1;
  let maxTimestamp: Int64 = -1;
  const file = fileSystem.open(path, 'read');
  try {
    const ranges = walkLogFile(file, {
      baseOffset,
      visit({ position, magic, lastOffset, maxTimestamp: latest }: LogEntry) {
        entriesByFormat[magic]++;
        places.push({ position, lastOffset, maxTimestamp: latest });
        if (latest > maxTimestamp) maxTimestamp = latest;
        if (latest >= 0 && (minTimestamp < 0 || latest < minTimestamp)) minTimestamp = latest;
      },
      retract() {
        places.pop();
      },
    });
    // Nothing is being written to a segment that has a successor: what is short there is missing.
    const damage = ranges.map((range) => ({
      ...range,
      isUnfinishedWrite: range.isUnfinishedWrite && isActive,
    }));
    const nextOffset = (places.at(-1)?.lastOffset ?? baseOffset - 1) + 1;
    const sizeInBytes = file.size();
    return {
      segment: {
        path,
        baseOffset,
        sizeInBytes,
        nextOffset,
        entriesByFormat,
        minTimestamp,
        maxTimestamp,
        damage,
      },
      places,
    };
  } finally {
    file.close();
  }
}

function damageFindings({ path, damage }: SegmentReport): Finding[] {
  return damage.map(({ position, endPosition, problem, isUnfinishedWrite }) => ({
    path,
    position,
    problem: `${endPosition - position} bytes cannot be read: ${problem}`,
    advice: isUnfinishedWrite
      ? 'an unfinished write, which the broker cuts off when it starts'
      : 'repair keeps these bytes in a .corrupt file and joins what surrounds them',
    severity: isUnfinishedWrite ? 'note' : 'lost',
  }));
}

function orderFindings(segments: readonly SegmentReport[]): Finding[] {
  const findings: Finding[] = [];
  for (const [index, segment] of segments.entries()) {
    const next = segments[index + 1];
    if (!next) continue;
    if (segment.nextOffset > next.baseOffset) {
      findings.push({
        path: segment.path,
        problem: `it reaches offset ${segment.nextOffset - 1}, but the next segment begins at ${next.baseOffset}`,
        advice:
          'one of the two is left over from another time: compare them with dump-log and move one away',
        severity: 'lost',
      });
    } else if (segment.nextOffset < next.baseOffset) {
      findings.push({
        path: next.path,
        problem: `offsets ${segment.nextOffset} to ${next.baseOffset - 1} are in no segment`,
        advice: 'ordinary in a compacted topic; in others the records of these offsets are gone',
        severity: 'note',
      });
    }
  }
  return findings;
}

function snapshotFindings(fileSystem: FileSystem, path: string): Finding[] {
  if (decodeProducerSnapshot(fileSystem.readFile(path))) return [];
  return [
    {
      path,
      problem: 'it is no producer snapshot, or its checksum is wrong',
      advice: 'repair sets it aside; the broker reads the producers from the log instead',
      severity: 'derived',
    },
  ];
}

function epochFindings(fileSystem: FileSystem, folder: string): Finding[] {
  const path = join(folder, LEADER_EPOCH_FILE);
  if (!fileSystem.stat(path)) return [];
  try {
    decodeEpochCheckpoint(path, fileSystem.readFile(path).toString('utf8'));
    return [];
  } catch (error) {
    if (!(error instanceof CheckpointFormatError)) throw error;
    return [
      {
        path,
        problem: error.message,
        advice: 'repair sets it aside; the broker reads the leader epochs from the log instead',
        severity: 'derived',
      },
    ];
  }
}

function asideFindings(folder: string, names: readonly string[]): Finding[] {
  return names.map((name) => ({
    path: join(folder, name),
    problem: name.includes(CORRUPT_SUFFIX)
      ? 'bytes that recovery or repair could not read, kept'
      : 'nothing reads this file',
    advice: 'look at it, and remove it when you do not need it',
    severity: 'note',
  }));
}
