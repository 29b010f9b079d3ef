import { join } from 'node:path';
import type { FileSystem } from '../../base/file-system.ts';
import type { Logger } from '../../base/logger.ts';
import * as RecordBatch from '../../protocol/records/record-batch.ts';
import { LOG_SUFFIX, parseFileName } from '../segment/segment-files.ts';
import { partitionFolders } from './partition-folders.ts';
import { convertPartition } from './repair-partition.ts';

/** Bytes up to and including the magic byte, which lies at the same place in every format. */
const HEAD_BYTES = 17;

/**
 * Converts what an old Kafka (before 0.11, or with `log.message.format.version` below it) wrote into a
 * log directory to record batches, before the directory is loaded. A partition that cannot be
 * converted is left as it was, with an error in the log. Throws what the disk throws.
 */
export function convertOldFormats(fileSystem: FileSystem, logger: Logger, logDir: string): void {
  for (const folder of partitionFolders(fileSystem, logDir)) {
    if (!beginsInOldFormat(fileSystem, folder)) continue;
    logger.info({ folder }, 'converting messages of an old format to record batches');
    try {
      const done = convertPartition(fileSystem, folder);
      if (done) logger.info({ folder, ...done }, 'converted the messages of a partition');
    } catch (error) {
      const advice = `run 'sluice log repair ${folder}', then 'sluice log convert ${folder}'`;
      logger.error({ folder, error }, `the messages of a partition cannot be converted: ${advice}`);
    }
  }
}

/** Whether a segment's first entry is a message; later segments are never older than the first. */
function beginsInOldFormat(fileSystem: FileSystem, folder: string): boolean {
  for (const name of fileSystem.list(folder)) {
    if (parseFileName(name)?.suffix !== LOG_SUFFIX) continue;
    const path = join(folder, name);
    if ((fileSystem.stat(path)?.size ?? 0) < HEAD_BYTES) continue;
    const head = Buffer.alloc(HEAD_BYTES);
    const file = fileSystem.open(path, 'read');
    try {
      file.readSync(head, 0, HEAD_BYTES, 0);
    } finally {
      file.close();
    }
    return RecordBatch.magic(head) < RecordBatch.MAGIC_V2;
  }
  return false;
}
