import { dirname } from 'node:path';
import type { FileSystem } from '../../base/file-system.ts';
import { unusedName } from '../recovery/unused-name.ts';
import { CORRUPT_SUFFIX, LOG_SUFFIX } from '../segment/segment-files.ts';
import { LogFileConverter } from './convert-log-file.ts';
import { inspectPartition } from './inspect-partition.ts';
import { walkLogFile } from './log-file-walk.ts';
import { hasOldFormat, type SegmentReport } from './partition-report.ts';
import { copyRange, copyWithout, rebuildIndexes, rewriteSegment } from './rewrite-segment.ts';

/** One thing that was done to a file, for a person to read. */
export interface Change {
  readonly path: string;
  readonly what: string;
}

/**
 * Makes a partition's folder such that a broker serves all that can be read: damaged bytes are moved
 * to `.corrupt` files and what surrounds them joined, indexes are built anew, other damaged files are
 * set aside. Nothing is deleted that cannot be derived. The folder must have no other user. Throws
 * what the disk throws; a crash in between leaves a folder that can be repaired again.
 */
export function repairPartition(fileSystem: FileSystem, folder: string): Change[] {
  const report = inspectPartition(fileSystem, folder);
  const changes: Change[] = [];
  const rewritten = new Set<string>();
  for (const segment of report.segments) {
    if (segment.damage.length === 0) continue;
    changes.push(...cutOutDamage(fileSystem, segment));
    rewritten.add(segment.path.slice(0, -LOG_SUFFIX.length));
  }
  const reindexed = new Set<string>();
  for (const { path, severity } of report.findings) {
    if (severity !== 'derived') continue;
    const segment = report.segments.find(
      (one) => path === `${stem(one)}.index` || path === `${stem(one)}.timeindex`,
    );
    if (segment === undefined) {
      const aside = unusedName(fileSystem, path + CORRUPT_SUFFIX);
      fileSystem.rename(path, aside);
      fileSystem.syncFolder(dirname(path));
      changes.push({ path, what: `set aside as ${aside}` });
    } else if (!rewritten.has(stem(segment)) && !reindexed.has(stem(segment))) {
      reindexed.add(stem(segment));
      rebuildIndexes(fileSystem, segment.path, segment.baseOffset);
      changes.push({ path: segment.path, what: 'built its indexes anew' });
    }
  }
  return changes;
}

function stem({ path }: SegmentReport): string {
  return path.slice(0, -LOG_SUFFIX.length);
}

function cutOutDamage(fileSystem: FileSystem, segment: SegmentReport): Change[] {
  const { path, baseOffset, damage } = segment;
  const changes: Change[] = [];
  const source = fileSystem.open(path, 'read');
  try {
    for (const { position, endPosition, isUnfinishedWrite, problem } of damage) {
      const bytes = `${endPosition - position} bytes at position ${position}`;
      if (isUnfinishedWrite) {
        changes.push({ path, what: `cut off an unfinished write, ${bytes}` });
        continue;
      }
      const aside = unusedName(fileSystem, `${path}.${position}${CORRUPT_SUFFIX}`);
      const target = fileSystem.open(aside, 'create');
      try {
        copyRange(source, target, { from: position, end: endPosition, to: 0 });
        target.syncSync();
      } finally {
        target.close();
      }
      changes.push({ path, what: `moved ${bytes} to ${aside}: ${problem}` });
    }
    fileSystem.syncFolder(dirname(path));
    rewriteSegment(fileSystem, path, baseOffset, (target) => copyWithout(source, target, damage));
  } finally {
    source.close();
  }
  return changes;
}

/**
 * Converts all messages of format v0 and v1 in a folder to record batches; damage must have been
 * repaired before. Undefined when there was nothing to convert. Throws UnconvertibleError, and what
 * the disk throws; each segment is then either converted or as it was.
 */
export function convertPartition(
  fileSystem: FileSystem,
  folder: string,
): { records: number; segments: number } | undefined {
  const report = inspectPartition(fileSystem, folder);
  if (!hasOldFormat(report)) return undefined;
  let records = 0;
  let segments = 0;
  for (const { path, baseOffset, entriesByFormat, damage } of report.segments) {
    const [v0, v1] = entriesByFormat;
    if (v0 + v1 === 0) continue;
    const broken = damage.find(({ isUnfinishedWrite }) => !isUnfinishedWrite);
    if (broken) {
      throw new Error(
        `${path} is damaged at position ${broken.position}: repair it before it is converted`,
      );
    }
    const source = fileSystem.open(path, 'read');
    try {
      rewriteSegment(fileSystem, path, baseOffset, (target) => {
        const converter = new LogFileConverter(target);
        walkLogFile(source, { baseOffset, visit: (entry) => converter.take(entry) });
        const size = converter.finish();
        records += converter.convertedRecords;
        return size;
      });
    } finally {
      source.close();
    }
    segments++;
  }
  return { records, segments };
}
