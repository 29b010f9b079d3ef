import { CLEAN_SHUTDOWN_FILE } from './clean-shutdown-file.ts';
import { isHollow } from './found-log-dir.ts';
import type { KnownLog } from './known-log.ts';
import { LoadProgress } from './load-progress.ts';
import type { LogConfig } from './log-config.ts';
import {
  CLEANER_OFFSET_CHECKPOINT,
  folderKind,
  LOG_START_OFFSET_CHECKPOINT,
  type LogDir,
  RECOVERY_POINT_CHECKPOINT,
} from './log-dir.ts';
import { LogFormatError, loadLog } from './log-loader.ts';
import type { LoadedLog } from './log-parts.ts';
import { Limiter } from './segment-io.ts';
import type { StorageContext } from './storage-context.ts';

export interface FoundLog {
  readonly topic: string;
  readonly partition: number;
  readonly logDir: string;
  readonly folder: string;
  readonly isNewFolder: boolean;
  readonly config: LogConfig;
  readonly loaded: LoadedLog;
}

export interface LoadDirOptions {
  readonly configOf: (topic: string) => LogConfig;
  /** What an inventory says of a log. */
  readonly known: (name: string) => KnownLog | undefined;
  /** Whether it says that the log was in this directory. */
  readonly wasHere: (name: string) => boolean;
  /** Logs loaded at a time. */
  readonly concurrency: number;
  addLog(found: FoundLog): void;
}

/**
 * Loads every log of a directory. `hasStrayOffsets`: its checkpoints name logs that are not there. Rejects
 * with what the disk throws.
 */
export async function loadLogDir(
  context: StorageContext,
  dir: LogDir,
  options: LoadDirOptions,
): Promise<{ hasStrayOffsets: boolean }> {
  const { fileSystem, clock, logger } = context;
  const isClean = fileSystem.stat(dir.file(CLEAN_SHUTDOWN_FILE)) !== undefined;
  // Gone before anything changes: a crash from here on is an unclean stop.
  if (isClean) fileSystem.removeFile(dir.file(CLEAN_SHUTDOWN_FILE));
  // Also after an unclean stop: a folder that the dead process made may not have a durable name yet.
  fileSystem.syncFolder(dir.path);
  const recoveryPoints = dir.readCheckpoint(RECOVERY_POINT_CHECKPOINT);
  const logStartOffsets = dir.readCheckpoint(LOG_START_OFFSET_CHECKPOINT);
  const compactedUpTo = dir.readCheckpoint(CLEANER_OFFSET_CHECKPOINT);
  // A power cut can take the files of a folder and leave its name.
  const isKnown = (name: string) =>
    recoveryPoints.has(name) || logStartOffsets.has(name) || options.wasHere(name);
  const partitions: { name: string; topic: string; partition: number }[] = [];
  for (const name of fileSystem.list(dir.path)) {
    const kind = folderKind(name);
    if (kind.kind === 'other') continue;
    if (fileSystem.stat(dir.file(name))?.isFolder !== true) continue;
    if (kind.kind === 'deleted') void context.remover.removeFolder(dir.file(name));
    else if (!isKnown(name) && isHollow(fileSystem.list(dir.file(name)))) dir.hollow.push(name);
    else partitions.push({ name, topic: kind.topic, partition: kind.partition });
  }
  const names = new Set(partitions.map(({ name }) => name));
  const hasStrayOffsets = [...recoveryPoints.keys(), ...logStartOffsets.keys()].some(
    (name) => !names.has(name),
  );
  if (partitions.length === 0) return { hasStrayOffsets };

  const progress = new LoadProgress(clock, logger, {
    logDir: dir.path,
    logCount: partitions.length,
  });
  const limit = new Limiter(Math.max(1, options.concurrency));
  const load = async ({ name, topic, partition }: (typeof partitions)[number]) => {
    await progress.turn();
    const folder = dir.file(name);
    const config = options.configOf(topic);
    const loaded = await loadLog({
      context,
      folder,
      config,
      progress,
      isClean,
      recoveryPoint: recoveryPoints.get(name) ?? 0,
      logStartOffset: logStartOffsets.get(name) ?? 0,
      compactedUpTo: compactedUpTo.get(name) ?? 0,
      known: options.known(name),
    }).catch((error: unknown) => {
      if (!(error instanceof LogFormatError)) throw error;
      logger.error({ folder, error }, 'the log cannot be used; its partition stays offline');
      dir.unusable.set(name, error);
      return undefined;
    });
    progress.loaded();
    if (loaded) {
      const where = { topic, partition, logDir: dir.path, folder, isNewFolder: false };
      options.addLog({ ...where, config, loaded });
      if (!isClean) {
        const { logStartOffset, logEndOffset } = loaded;
        logger.debug({ log: name, logStartOffset, logEndOffset }, 'recovered a log');
      }
    }
  };
  await Promise.all(partitions.map((one) => limit.run(() => load(one))));
  const { size } = dir.logs;
  const logs = size === 1 ? '1 log' : `${size} logs`;
  const { tookMs, scannedBytes } = progress;
  logger.info(
    { logDir: dir.path, logs: size, cleanShutdown: isClean, tookMs, scannedBytes },
    isClean ? `loaded ${logs}` : `recovered ${logs} after an unclean shutdown`,
  );
  return { hasStrayOffsets };
}
