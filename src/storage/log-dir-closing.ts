import type { FileSystem } from '../base/file-system.ts';
import { replaceFileSync } from './atomic-file.ts';
import { CLEAN_SHUTDOWN_FILE, encodeCleanShutdown } from './clean-shutdown-file.ts';
import { LOG_START_OFFSET_CHECKPOINT, type LogDir, RECOVERY_POINT_CHECKPOINT } from './log-dir.ts';
import { Limiter } from './segment-io.ts';

/** Logs closed at a time at shutdown, each with its syncs. */
const CLOSE_CONCURRENCY = 8;

/**
 * Closes every log of a directory, writes its checkpoints, and marks the shutdown clean unless the
 * directory failed on the way. Rejects with what the disk throws.
 */
export async function closeLogDir(
  fileSystem: FileSystem,
  dir: LogDir,
  { brokerEpoch }: { brokerEpoch: number },
): Promise<void> {
  const limit = new Limiter(CLOSE_CONCURRENCY);
  const closings = [...dir.logs.values()].map((log) => limit.run(() => log.close()));
  const outcomes = await Promise.allSettled(closings);
  if (dir.failure) return;
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
  replaceFileSync(fileSystem, dir.file(RECOVERY_POINT_CHECKPOINT), dir.recoveryPoints());
  replaceFileSync(fileSystem, dir.file(LOG_START_OFFSET_CHECKPOINT), dir.logStartOffsets());
  // A log whose files were taken away is to be recovered, and with it what else lies here.
  if ([...dir.logs.values()].some((log) => log.failure)) return;
  replaceFileSync(fileSystem, dir.file(CLEAN_SHUTDOWN_FILE), encodeCleanShutdown(brokerEpoch));
}
