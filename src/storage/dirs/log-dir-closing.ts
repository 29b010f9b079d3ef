import type { FileSystem } from '../../base/file-system.ts';
import { replaceFileSync } from '../files/atomic-file.ts';
import type { OwnedLog } from '../log-owner.ts';
import { Limiter } from '../segment/segment-io.ts';
import { CLEAN_SHUTDOWN_FILE, encodeCleanShutdown } from './clean-shutdown-file.ts';
import {
  checkpointOf,
  deletedBeforeOf,
  LOG_START_OFFSET_CHECKPOINT,
  RECOVERY_POINT_CHECKPOINT,
  recoveryPointOf,
} from './log-dir-checkpoints.ts';

/** KIP-966 keeps the broker's epoch with KRaft's controller, which there is none of. */
const NO_BROKER_EPOCH = -1;

/** Logs closed at a time at shutdown, each with its syncs. */
const CLOSE_CONCURRENCY = 8;

export interface ClosingLogDir {
  readonly logs: ReadonlyMap<string, OwnedLog>;
  readonly failure: Error | undefined;
  file(name: string): string;
}

/**
 * Closes every log of a directory, writes its checkpoints, and marks the shutdown clean unless the
 * directory failed on the way. Rejects with what the disk throws.
 */
export async function closeLogDir(fileSystem: FileSystem, dir: ClosingLogDir): Promise<void> {
  const limit = new Limiter(CLOSE_CONCURRENCY);
  const closings = [...dir.logs.values()].map((log) => limit.run(() => log.close()));
  const outcomes = await Promise.allSettled(closings);
  if (dir.failure) return;
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
  const recoveryPoints = checkpointOf(dir.logs, recoveryPointOf);
  replaceFileSync(fileSystem, dir.file(RECOVERY_POINT_CHECKPOINT), recoveryPoints);
  const logStartOffsets = checkpointOf(dir.logs, deletedBeforeOf);
  replaceFileSync(fileSystem, dir.file(LOG_START_OFFSET_CHECKPOINT), logStartOffsets);
  // A log whose files were taken away is to be recovered, and with it what else lies here.
  if ([...dir.logs.values()].some((log) => log.failure)) return;
  replaceFileSync(fileSystem, dir.file(CLEAN_SHUTDOWN_FILE), encodeCleanShutdown(NO_BROKER_EPOCH));
}
