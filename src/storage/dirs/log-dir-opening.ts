import { join } from 'node:path';
import { isOfDisk } from '../../base/disk-error.ts';
import type { FileSystem } from '../../base/file-system.ts';
import type { FolderLocker } from '../../base/folder-lock.ts';
import type { Logger } from '../../base/logger.ts';
import { type Random, randomUuid } from '../../base/random.ts';
import { withSentence } from '../../base/system-error.ts';
import { toError } from '../append/log-writer.ts';
import { type FoundLogDir, findLogDir, isHollow } from './found-log-dir.ts';
import type { TopicListKeeper } from './list-of-topics.ts';
import type { LogDir } from './log-dir.ts';
import { type LogDirLayout, LogDirLayoutError, layoutOf, UNKNOWN } from './log-dir-layout.ts';
import { META_PROPERTIES_FILE } from './meta-properties.ts';

export interface LogDirOpeningOptions {
  /** One owner per folder; absent in tests that need none. */
  readonly locker?: FolderLocker;
  /** Runs once all directories are locked, before any is read; a rejection ends the start. */
  readonly afterLocking?: () => Promise<void>;
  /** log.dirs.lost: ids of directories that are gone for good. */
  readonly lostDirs?: readonly string[];
  /** Absent in tests that have no list of topics. */
  readonly topicList?: TopicListKeeper;
  /** Sees the directories once they are locked and before anything is changed; may refuse them by throwing. */
  readonly inspect?: (found: readonly FoundLogDir[]) => void;
}

export interface LogDirOpeningPorts {
  readonly fileSystem: FileSystem;
  readonly logger: Logger;
  readonly random: Random;
  /** Later on: another process has taken a directory over. */
  readonly lost: (dir: LogDir, error: Error) => void;
}

/**
 * Makes the directories where they are missing, locks them, and looks at all of them before anything in
 * one is changed. Rejects with FolderLockedError, FolderNamedTwiceError, LogDirLayoutError,
 * MetaPropertiesError and what `afterLocking`, `inspect` and the keeper of the list of topics throw; locks taken so far are the caller's.
 */
export async function openLogDirs(
  dirs: readonly LogDir[],
  options: LogDirOpeningOptions,
  ports: LogDirOpeningPorts,
): Promise<LogDirLayout> {
  for (const dir of dirs) dir.make();
  refuseSameFolders(dirs, ports.fileSystem);
  // All at a time, as one may have to wait for an answer; the first that is refused ends the start.
  const locks = await Promise.allSettled(
    dirs.map((dir) => dir.takeLock(options.locker, (error) => ports.lost(dir, error))),
  );
  for (const outcome of locks) if (outcome.status === 'rejected') throw outcome.reason;
  await options.afterLocking?.();
  return lookAt(dirs, options, ports);
}

/** Of a link and what it leads to, say: each would undo what the other writes. */
function refuseSameFolders(dirs: readonly LogDir[], fileSystem: FileSystem): void {
  const byId = new Map<string, LogDir>();
  for (const dir of dirs) {
    const id = dir.failure ? undefined : fileSystem.stat(dir.path)?.id;
    if (id === undefined) continue;
    const other = byId.get(id);
    if (other) {
      throw new LogDirLayoutError(
        `log.dirs names one folder twice: ${other.path} and ${dir.path} are the same; name it once`,
      );
    }
    byId.set(id, dir);
  }
}

function lookAt(
  dirs: readonly LogDir[],
  { topicList, lostDirs = [], inspect }: LogDirOpeningOptions,
  { fileSystem, logger, random }: LogDirOpeningPorts,
): LogDirLayout {
  const found = new Map<LogDir, FoundLogDir>();
  for (const dir of dirs) {
    if (dir.failure) continue;
    try {
      found.set(dir, findLogDir(fileSystem, logger, { path: dir.path, topicList }));
    } catch (error) {
      if (!isOfDisk(error)) throw error;
      dir.fail(toError(withSentence(error, { path: dir.path })));
    }
  }
  inspect?.([...found.values()]);
  const layout = layoutOf({
    found: [...found.values()],
    failed: dirs.flatMap(({ path, failure }) => (failure ? [{ path, error: failure }] : [])),
    lost: lostDirs,
    isHollow: (dir, partition) => isHollow(fileSystem.list(join(dir, partition))),
  });
  for (const [dir, { id }] of found) {
    dir.id = id ?? randomUuid(random);
    dir.watch([
      META_PROPERTIES_FILE,
      ...(dir.path === layout.home ? (topicList?.files ?? []) : []),
    ]);
  }
  for (const id of lostDirs) {
    const isKnown = layout.inventory?.directories.some((directory) => directory.id === id);
    if (isKnown || id === UNKNOWN) continue;
    logger.warn({ directoryId: id }, `log.dirs.lost names ${id}, which no log directory ever was`);
  }
  for (const name of layout.givenUpUnknown) {
    logger.error(
      { log: name },
      `${name} has no folder in log.dirs, and log.dirs.lost gives up what nobody noted: what it held is not known, and it begins at offset 0`,
    );
  }
  for (const { id, path } of layout.forgotten) {
    logger.warn(
      { directoryId: id, path },
      lostDirs.includes(id)
        ? `${path} (directory.id ${id}) is given up as log.dirs.lost says; ${layout.givenUp.size} partitions go on without their records`
        : `${path} (directory.id ${id}) is not in log.dirs any more; all its partitions are in the others`,
    );
  }
  return layout;
}
