import { join } from 'node:path';
import type { FileSystem } from '../../base/file-system.ts';
import {
  decodeMetaProperties,
  META_PROPERTIES_FILE,
  MetaPropertiesError,
} from '../dirs/meta-properties.ts';
import { CheckpointFormatError, decodeOffsetCheckpoint } from '../files/checkpoint-file.ts';
import { unusedName } from '../recovery/unused-name.ts';
import { CORRUPT_SUFFIX } from '../segment/segment-files.ts';
import type { Finding } from './partition-report.ts';
import type { Change } from './repair-partition.ts';

const CHECKPOINTS = [
  'recovery-point-offset-checkpoint',
  'log-start-offset-checkpoint',
  'replication-offset-checkpoint',
  'cleaner-offset-checkpoint',
];

/** What is wrong with the files of a log directory itself. Throws what the disk throws. */
export function logDirFindings(fileSystem: FileSystem, logDir: string): Finding[] {
  const findings: Finding[] = [];
  for (const name of CHECKPOINTS) {
    const path = join(logDir, name);
    if (!fileSystem.stat(path)) continue;
    try {
      decodeOffsetCheckpoint(path, fileSystem.readFile(path).toString('utf8'));
    } catch (error) {
      if (!(error instanceof CheckpointFormatError)) throw error;
      const advice = 'repair sets it aside; the broker then reads the logs from their beginning';
      findings.push({ path, problem: error.message, advice, severity: 'derived' });
    }
  }
  const path = join(logDir, META_PROPERTIES_FILE);
  if (fileSystem.stat(path)) {
    try {
      decodeMetaProperties(path, fileSystem.readFile(path).toString('utf8'));
    } catch (error) {
      if (!(error instanceof MetaPropertiesError)) throw error;
      const advice = 'write broker.id and cluster.id into it anew, as the broker had them';
      findings.push({ path, problem: error.message, advice, severity: 'lost' });
    }
  }
  return findings;
}

/** Sets damaged checkpoints aside. Throws what the disk throws. */
export function repairLogDir(fileSystem: FileSystem, logDir: string): Change[] {
  const changes: Change[] = [];
  for (const { path, severity } of logDirFindings(fileSystem, logDir)) {
    if (severity !== 'derived') continue;
    const aside = unusedName(fileSystem, path + CORRUPT_SUFFIX);
    fileSystem.rename(path, aside);
    fileSystem.syncFolder(logDir);
    changes.push({ path, what: `set aside as ${aside}` });
  }
  return changes;
}
