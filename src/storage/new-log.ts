import { join } from 'node:path';
import { LeaderEpochCache } from './leader-epoch-cache.ts';
import { Log } from './log.ts';
import type { LogConfig } from './log-config.ts';
import type { LogDir } from './log-dir.ts';
import type { LoadedLog, LogEvents } from './log-parts.ts';
import { logName } from './log-types.ts';
import { encodePartitionMetadata, PARTITION_METADATA_FILE } from './partition-metadata.ts';
import { ProducerSnapshots } from './producer-snapshots.ts';
import { ProducerState } from './producer-state.ts';
import { Segment } from './segment.ts';
import { fileName, LOG_SUFFIX } from './segment-files.ts';
import { SegmentList } from './segment-list.ts';
import type { StorageContext } from './storage-context.ts';

export interface NewLog {
  readonly dir: LogDir;
  readonly topic: string;
  readonly partition: number;
  readonly topicId: string;
  readonly config: LogConfig;
}

/**
 * Makes the folder of a partition and adds its empty log to the directory. Throws what the disk throws, and
 * then leaves no folder behind that nobody would ever delete.
 */
export function createLog(context: StorageContext, events: LogEvents, at: NewLog): Log {
  const { fileSystem, logger } = context;
  const { dir, topic, partition, topicId, config } = at;
  const name = logName(topic, partition);
  const folder = dir.file(name);
  const isMadeHere = fileSystem.stat(folder) === undefined;
  let metadata: string;
  try {
    fileSystem.makeFolder(folder);
    metadata = writePartitionMetadata(context, folder, topicId);
    // Kafka's tools are pointed at this file, also when nothing was ever appended.
    fileSystem.writeFile(join(folder, fileName(0, LOG_SUFFIX)), '');
  } catch (error) {
    if (isMadeHere) removeUnfinished(context, folder);
    throw error;
  }
  const loaded = emptyLog(context, { folder, topicId, unsyncedFiles: [metadata] });
  const where = { topic, partition, logDir: dir.path, folder, isNewFolder: true };
  const log = new Log({ context, events, ...where, config, loaded, ...dir.bounds });
  dir.logs.set(name, log);
  logger.debug({ log: name, topicId, logDir: dir.path }, 'created a log');
  return log;
}

/** At once: the next try may make it again. */
function removeUnfinished({ fileSystem, logger }: StorageContext, folder: string): void {
  try {
    fileSystem.removeFolder(folder);
  } catch (error) {
    logger.warn({ folder, error }, `could not remove ${folder}, which belongs to no topic`);
  }
}

/** Says which topic a partition's folder belongs to; the file's path, to be synced. */
export function writePartitionMetadata(
  { fileSystem }: StorageContext,
  folder: string,
  topicId: string,
): string {
  const path = join(folder, PARTITION_METADATA_FILE);
  fileSystem.writeFile(path, encodePartitionMetadata(topicId));
  return path;
}

function emptyLog(
  context: StorageContext,
  at: { folder: string; topicId: string; unsyncedFiles: string[] },
): LoadedLog {
  const { fileSystem, logger } = context;
  const { folder } = at;
  const segment = { context, folder, baseOffset: 0, sizeInBytes: 0, isNew: true, rollJitterMs: 0 };
  return {
    segments: new SegmentList([new Segment(segment)]),
    producers: new ProducerState(),
    snapshots: new ProducerSnapshots(fileSystem, logger, { folder, names: [] }),
    epochs: new LeaderEpochCache(),
    logStartOffset: 0,
    deletedBefore: 0,
    logEndOffset: 0,
    recoveryPoint: 0,
    topicId: at.topicId,
    unsyncedFiles: at.unsyncedFiles,
  };
}
