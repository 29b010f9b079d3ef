import { dirname, join } from 'node:path';
import type { FileSystem } from '../../base/file-system.ts';
import { syncFolderNow } from '../../base/syncing.ts';
import { LeaderEpochCache } from '../append/leader-epoch-cache.ts';
import type { LogConfig } from '../log-config.ts';
import { LogCore } from '../log-core.ts';
import type { LogOwner } from '../log-owner.ts';
import { logName } from '../log-types.ts';
import { ProducerSnapshots } from '../producers/producer-snapshots.ts';
import { ProducerState } from '../producers/producer-state.ts';
import type { LoadedLog } from '../recovery/loaded-log.ts';
import { Segment } from '../segment/segment.ts';
import { fileName, LOG_SUFFIX } from '../segment/segment-files.ts';
import { SegmentList } from '../segment/segment-list.ts';
import type { StorageContext } from '../storage-context.ts';
import { encodePartitionMetadata, PARTITION_METADATA_FILE } from './partition-metadata.ts';

export interface NewLog {
  readonly topic: string;
  readonly partition: number;
  readonly topicId: string;
  readonly config: LogConfig;
  /** Where it begins: beyond 0 for one whose records were lost, so that no offset is given twice. */
  readonly startOffset: number;
}

/**
 * Makes the folder of a partition, and an empty log in it. Throws what the disk throws, and then leaves no
 * folder behind that nobody would ever delete.
 */
export function createLog(context: StorageContext, owner: LogOwner, at: NewLog): LogCore {
  const { fileSystem, logger } = context;
  const { topic, partition, topicId, config, startOffset } = at;
  const name = logName(topic, partition);
  const folder = join(owner.path, name);
  const isMadeHere = fileSystem.stat(folder) === undefined;
  let metadata: string;
  try {
    fileSystem.makeFolder(folder);
    metadata = writePartitionMetadata(context, folder, topicId);
    // Kafka's tools are pointed at this file, also when nothing was ever appended.
    fileSystem.writeFile(join(folder, fileName(startOffset, LOG_SUFFIX)), '');
    if (startOffset > 0) makeNamesDurable(context, folder);
  } catch (error) {
    if (isMadeHere) removeUnfinished(context, folder);
    throw error;
  }
  const loaded = emptyLog(context, { folder, topicId, startOffset, unsyncedFiles: [metadata] });
  logger.debug({ log: name, topicId, logDir: owner.path }, 'created a log');
  return new LogCore({
    context,
    owner,
    topic,
    partition,
    folder,
    isNewFolder: true,
    config,
    loaded,
  });
}

/** Whether something that is no folder is seen to have the name of the folder that could not be made. */
export function isObstructed(fileSystem: FileSystem, dir: string, name: string): boolean {
  try {
    if (fileSystem.stat(join(dir, name))?.isFolder) return false;
    return fileSystem.list(dir).includes(name);
  } catch {
    return false;
  }
}

/** The file's name alone says where the log begins. */
function makeNamesDurable({ fileSystem }: StorageContext, folder: string): void {
  syncFolderNow(fileSystem, folder);
  syncFolderNow(fileSystem, dirname(folder));
}

/** At once: the next try may make it again. Not a link that leads nowhere, which is somebody's. */
function removeUnfinished({ fileSystem, logger }: StorageContext, folder: string): void {
  try {
    if (fileSystem.stat(folder)?.isFolder) fileSystem.removeFolder(folder);
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
  at: { folder: string; topicId: string; startOffset: number; unsyncedFiles: string[] },
): LoadedLog {
  const { fileSystem, logger } = context;
  const { folder, startOffset } = at;
  const place = { context, folder, baseOffset: startOffset };
  const segment = { ...place, sizeInBytes: 0, isNew: true, rollJitterMs: 0 };
  return {
    segments: new SegmentList([new Segment(segment)]),
    producers: new ProducerState(),
    snapshots: new ProducerSnapshots(fileSystem, logger, { folder, names: [] }),
    epochs: new LeaderEpochCache(),
    logStartOffset: startOffset,
    deletedBefore: 0,
    logEndOffset: startOffset,
    recoveryPoint: startOffset,
    topicId: at.topicId,
    unsyncedFiles: at.unsyncedFiles,
  };
}
