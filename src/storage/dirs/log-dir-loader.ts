import { join } from 'node:path';
import type { LogConfig } from '../log-config.ts';
import { LogCore } from '../log-core.ts';
import type { LogOwner, OwnedLog } from '../log-owner.ts';
import { logName } from '../log-types.ts';
import type { KnownLog } from '../recovery/known-log.ts';
import { LoadProgress } from '../recovery/load-progress.ts';
import type { LoadedLog } from '../recovery/loaded-log.ts';
import { type LoadOptions, LogFormatError, loadLog } from '../recovery/log-loader.ts';
import { Limiter } from '../segment/segment-io.ts';
import type { StorageContext } from '../storage-context.ts';
import { CLEAN_SHUTDOWN_FILE } from './clean-shutdown-file.ts';
import { pathInTheWay, setFolderAside } from './folder-in-the-way.ts';
import { folderKind } from './folder-kind.ts';
import { isHollow } from './found-log-dir.ts';
import {
  CLEANER_OFFSET_CHECKPOINT,
  LOG_START_OFFSET_CHECKPOINT,
  RECOVERY_POINT_CHECKPOINT,
  REPLICATION_OFFSET_CHECKPOINT,
  readCheckpoint,
} from './log-dir-checkpoints.ts';

/** What a log directory holds; filled as it is found. */
export interface LogDirContents {
  readonly logs: Map<string, OwnedLog>;
  /** Partitions whose folder could not be loaded, and why. */
  readonly unusable: Map<string, Error>;
  /** Folders that have a partition's name and hold nothing of one. */
  readonly hollow: string[];
}

export interface LoadDirOptions {
  readonly configOf: (topic: string) => LogConfig;
  /** What an inventory says of a log. */
  readonly known: (name: string) => KnownLog | undefined;
  /** Whether it says that the log was in this directory. */
  readonly wasHere: (name: string) => boolean;
  /** Logs loaded at a time. */
  readonly concurrency: number;
}

/** Files of a log directory that a start can do without. */
const MADE_ANEW = [
  CLEAN_SHUTDOWN_FILE,
  RECOVERY_POINT_CHECKPOINT,
  LOG_START_OFFSET_CHECKPOINT,
  CLEANER_OFFSET_CHECKPOINT,
  REPLICATION_OFFSET_CHECKPOINT,
];

/**
 * Loads every log of a directory. `hasStrayOffsets`: its checkpoints name logs that are not there. Rejects
 * with what the disk throws.
 */
export async function loadLogDir(
  context: StorageContext,
  { owner, into }: { owner: LogOwner; into: LogDirContents },
  options: LoadDirOptions,
): Promise<{ hasStrayOffsets: boolean }> {
  const { fileSystem, clock, logger } = context;
  const logDir = owner.path;
  const file = (name: string) => join(logDir, name);
  for (const name of MADE_ANEW) setFolderAside(context, file(name));
  const isClean = fileSystem.stat(file(CLEAN_SHUTDOWN_FILE)) !== undefined;
  // Gone before anything changes: a crash from here on is an unclean stop.
  if (isClean) fileSystem.removeFile(file(CLEAN_SHUTDOWN_FILE));
  // Also after an unclean stop: a folder that the dead process made may not have a durable name yet.
  fileSystem.syncFolder(logDir);
  const recoveryPoints = readCheckpoint(fileSystem, logger, file(RECOVERY_POINT_CHECKPOINT));
  const logStartOffsets = readCheckpoint(fileSystem, logger, file(LOG_START_OFFSET_CHECKPOINT));
  const compactedUpTo = readCheckpoint(fileSystem, logger, file(CLEANER_OFFSET_CHECKPOINT));
  // A power cut can take the files of a folder and leave its name.
  const isKnown = (name: string) =>
    recoveryPoints.has(name) || logStartOffsets.has(name) || options.wasHere(name);
  const partitions: { name: string; topic: string; partition: number }[] = [];
  for (const name of fileSystem.list(logDir)) {
    const kind = folderKind(name);
    if (kind.kind === 'other') continue;
    if (fileSystem.stat(file(name))?.isFolder !== true) continue;
    if (kind.kind === 'deleted') void context.remover.removeFolder(file(name));
    else if (!isKnown(name) && isHollow(fileSystem.list(file(name)))) into.hollow.push(name);
    else partitions.push({ name, topic: kind.topic, partition: kind.partition });
  }
  const names = new Set(partitions.map(({ name }) => name));
  const hasStrayOffsets = [...recoveryPoints.keys(), ...logStartOffsets.keys()].some(
    (name) => !names.has(name),
  );
  if (partitions.length === 0) return { hasStrayOffsets };

  const progress = new LoadProgress(clock, logger, {
    logDir,
    logCount: partitions.length,
  });
  const limit = new Limiter(Math.max(1, options.concurrency));
  const load = async ({ name, topic, partition }: (typeof partitions)[number]) => {
    await progress.turn();
    const folder = file(name);
    const config = options.configOf(topic);
    const what = {
      context,
      folder,
      config,
      progress,
      isClean,
      recoveryPoint: recoveryPoints.get(name) ?? 0,
      logStartOffset: logStartOffsets.get(name) ?? 0,
      compactedUpTo: compactedUpTo.get(name) ?? 0,
      known: options.known(name),
    };
    const loaded = await loadWithoutFolders(what).catch((error: unknown) => {
      if (!(error instanceof LogFormatError)) throw error;
      logger.error({ folder, error }, 'the log cannot be used; its partition stays offline');
      into.unusable.set(name, error);
      return undefined;
    });
    progress.loaded();
    if (loaded) {
      const at = { topic, partition, folder, isNewFolder: false };
      into.logs.set(
        logName(topic, partition),
        new LogCore({ context, owner, ...at, config, loaded }),
      );
      if (!isClean) {
        const { logStartOffset, logEndOffset } = loaded;
        logger.debug({ log: name, logStartOffset, logEndOffset }, 'recovered a log');
      }
    }
  };
  await Promise.all(partitions.map((one) => limit.run(() => load(one))));
  const { size } = into.logs;
  const logs = size === 1 ? '1 log' : `${size} logs`;
  const { tookMs, scannedBytes } = progress;
  logger.info(
    { logDir, logs: size, cleanShutdown: isClean, tookMs, scannedBytes },
    isClean ? `loaded ${logs}` : `recovered ${logs} after an unclean shutdown`,
  );
  return { hasStrayOffsets };
}

/** Loads a log once more for each folder that has the place of a file. */
async function loadWithoutFolders(options: LoadOptions): Promise<LoadedLog> {
  for (;;) {
    try {
      return await loadLog(options);
    } catch (error) {
      const path = pathInTheWay(error, options.folder);
      if (path === undefined) throw error;
      setFolderAside(options.context, path);
    }
  }
}
