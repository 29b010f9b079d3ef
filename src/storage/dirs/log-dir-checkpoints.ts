import type { FileSystem } from '../../base/file-system.ts';
import type { Logger } from '../../base/logger.ts';
import {
  CheckpointFormatError,
  decodeOffsetCheckpoint,
  encodeOffsetCheckpoint,
  type OffsetCheckpoint,
  readTextIfPresent,
} from '../files/checkpoint-file.ts';
import type { OwnedLog } from '../log-owner.ts';

export const RECOVERY_POINT_CHECKPOINT = 'recovery-point-offset-checkpoint';
export const LOG_START_OFFSET_CHECKPOINT = 'log-start-offset-checkpoint';
/** How far compaction got; what comes after it is dirty. */
export const CLEANER_OFFSET_CHECKPOINT = 'cleaner-offset-checkpoint';
/** High watermarks; the replica layer keeps it. */
export const REPLICATION_OFFSET_CHECKPOINT = 'replication-offset-checkpoint';

/** An offset of a log that a checkpoint file keeps; undefined for a log that has none. */
export type OffsetOf = (log: OwnedLog) => number | undefined;

export const recoveryPointOf: OffsetOf = (log) => log.recoveryPoint;

/**
 * Of every log from which somebody deleted records, for good: the names of its oldest segments may come
 * back with a power cut, so they do not say it. (Kafka leaves out a log that begins with a segment.)
 */
export const deletedBeforeOf: OffsetOf = ({ deletedBefore }) =>
  deletedBefore > 0 ? deletedBefore : undefined;

/** The file's text. */
export function checkpointOf(logs: ReadonlyMap<string, OwnedLog>, offsetOf: OffsetOf): string {
  const offsets: OffsetCheckpoint = new Map();
  for (const [name, log] of logs) {
    const offset = offsetOf(log);
    if (offset !== undefined) offsets.set(name, offset);
  }
  return encodeOffsetCheckpoint(offsets);
}

/** Empty where there is no such file, or (with a log line) none that can be read. Throws what the disk throws. */
export function readCheckpoint(
  fileSystem: FileSystem,
  logger: Logger,
  path: string,
): OffsetCheckpoint {
  const text = readTextIfPresent(fileSystem, path);
  if (text === undefined) return new Map();
  try {
    return decodeOffsetCheckpoint(path, text);
  } catch (error) {
    if (!(error instanceof CheckpointFormatError)) throw error;
    logger.error({ path, error }, 'a checkpoint file is damaged and is not used');
    return new Map();
  }
}
