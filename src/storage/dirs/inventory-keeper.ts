import type { FileSystem } from '../../base/file-system.ts';
import type { Logger } from '../../base/logger.ts';
import type { OwnedLog } from '../log-owner.ts';
import { filledSegments } from '../recovery/known-log.ts';
import { closedMsOf } from './found-log-dir.ts';
import {
  encodeInventory,
  INVENTORY_FILE,
  type InventoryDirectory,
  type InventoryLog,
} from './inventory.ts';
import type { LogDir } from './log-dir.ts';
import type { LogDirLayout } from './log-dir-layout.ts';

/** A partition that was here and is not. */
export interface MissingLog extends InventoryLog {
  /** Where it was; the list of topics' directory for those that are given up. */
  readonly dir: LogDir;
}

/** Keeps the inventory of all log directories up to date in each of them. */
export class InventoryKeeper {
  readonly #fileSystem: FileSystem;
  readonly #logger: Logger;
  readonly #dirs: readonly LogDir[];
  readonly #layout: LogDirLayout;
  readonly #topicsVersion: () => number | undefined;
  /** By name; each goes when its partition is made again, or nobody wants it. */
  readonly #missing = new Map<string, MissingLog>();
  readonly #life: number;
  #sequence: number;

  constructor(
    { fileSystem, logger }: { fileSystem: FileSystem; logger: Logger },
    {
      dirs,
      layout,
      topicsVersion,
    }: {
      dirs: readonly LogDir[];
      layout: LogDirLayout;
      /** Of the list of topics that is in use. */
      topicsVersion: () => number | undefined;
    },
  ) {
    this.#fileSystem = fileSystem;
    this.#logger = logger;
    this.#dirs = dirs;
    this.#layout = layout;
    this.#topicsVersion = topicsVersion;
    this.#life = (layout.inventory?.life ?? 0) + 1;
    this.#sequence = layout.inventory?.sequence ?? 0;
  }

  /** What an earlier inventory says of a directory. */
  #before(id: string | undefined): InventoryDirectory | undefined {
    return this.#layout.inventory?.directories.find((directory) => directory.id === id);
  }

  /** Finds out what is missing, once the directories are loaded. */
  compare(): void {
    const isHere = (name: string, topicId: string | undefined) =>
      this.#dirs.some(({ logs }) => {
        const log = logs.get(name);
        return log && (!topicId || !log.topicId || log.topicId === topicId);
      });
    for (const dir of this.#dirs) {
      if (dir.failure) continue;
      for (const [name, log] of this.#before(dir.id)?.logs ?? []) {
        if (log.endOffset > 0 && !isHere(name, log.topicId))
          this.#missing.set(name, { ...log, dir });
      }
    }
    const home = this.#dirs.find(({ path }) => path === this.#layout.home);
    for (const [name, log] of this.#layout.givenUp) {
      if (home && log.endOffset > 0) this.#missing.set(name, { ...log, dir: home });
    }
  }

  /** Of the partitions that were here and are not, forgets those that are not wanted any more. */
  forgetMissing(isWanted: (name: string, topicId: string | undefined) => boolean): void {
    for (const [name, { topicId }] of this.#missing) {
      if (!isWanted(name, topicId)) this.#missing.delete(name);
    }
  }

  /** Where a log that is made now begins: after what is missing, so that no offset is given twice. */
  startOf(name: string, topicId: string): number {
    return this.#missingOf(name, topicId)?.endOffset ?? 0;
  }

  /** A log was made where one is missing, or another topic's of its name was. */
  wasMade(name: string, topicId: string): void {
    const missing = this.#missingOf(name, topicId);
    this.#missing.delete(name);
    if (!missing) return;
    const { dir, startOffset, endOffset } = missing;
    const records =
      startOffset < endOffset ? ` with the offsets ${startOffset} to ${endOffset - 1}` : '';
    this.#logger.error(
      { log: name, logDir: dir.path, startOffset, endOffset },
      `${name} was here${records} and its folder is gone from ${dir.path}: it goes on, empty, at offset ${endOffset}; to have the records back, stop the broker before anything is written to ${name}, and put the folder in the place of the new one`,
    );
  }

  #missingOf(name: string, topicId: string): MissingLog | undefined {
    const missing = this.#missing.get(name);
    const isSame = missing?.topicId === undefined || missing.topicId === topicId;
    return isSame ? missing : undefined;
  }

  /**
   * Writes it to every directory that works, the one with the list of topics first: a copy elsewhere must
   * not be newer than that one. `isComplete`: all directories are closed. Rejects with what the disk throws.
   */
  async write({ isComplete }: { isComplete: boolean }): Promise<void> {
    this.#sequence++;
    const directories = [
      ...this.#dirs.flatMap((dir) => this.#describe(dir, isComplete)),
      ...this.#layout.unreadable,
    ];
    const home = this.#dirs.find(({ path }) => path === this.#layout.home);
    const inventory = {
      life: this.#life,
      sequence: this.#sequence,
      home: home?.id,
      topicsVersion: this.#topicsVersion(),
      isComplete,
      directories,
    };
    const others = this.#dirs.filter((dir) => dir !== home);
    for (const dir of home ? [home, ...others] : others) {
      const { id, failure } = dir;
      if (failure || id === undefined) continue;
      // No reason to give up a directory: its start said that the name is taken.
      if (this.#fileSystem.stat(dir.file(INVENTORY_FILE))?.isFolder) continue;
      const text = encodeInventory({ ...inventory, directory: id });
      await dir.writeFile(INVENTORY_FILE, () => text);
    }
  }

  #describe(dir: LogDir, isComplete: boolean): InventoryDirectory[] {
    const { id, path } = dir;
    if (id === undefined) return [];
    const isClosed = isComplete && !dir.failure;
    const closedMs = isClosed ? closedMsOf(this.#fileSystem, dir.path) : undefined;
    // Of a directory that failed while it was loaded not every log is known now.
    const logs = new Map<string, InventoryLog>(dir.failure ? this.#before(id)?.logs : undefined);
    for (const [name, log] of this.#missing) {
      const { topicId, startOffset, endOffset } = log;
      if (log.dir === dir) logs.set(name, { topicId, startOffset, endOffset, segments: [] });
    }
    for (const [name, log] of dir.logs) {
      const { topicId } = log;
      const startOffset = this.#startOf(log);
      // A power cut may take what is not synced, and that is no reason to miss it.
      const endOffset = isClosed ? log.logEndOffset : log.recoveryPoint;
      const segments = isClosed ? filledSegments(log.segments.all) : [];
      logs.set(name, { topicId, startOffset, endOffset, segments });
    }
    return [{ id, path, closedMs, logs }];
  }

  /**
   * A log that goes on, empty, where a lost one ended has deleted nothing: until something is written to it,
   * the lost one may come back in its place, and begins where it began.
   */
  #startOf({ name, topicId, logStartOffset, logEndOffset, deletedBefore }: OwnedLog): number {
    const before = this.#layout.known.get(name);
    const isAnEmptyOne =
      logStartOffset === logEndOffset &&
      deletedBefore === 0 &&
      before?.endOffset === logEndOffset &&
      (before.topicId === undefined || before.topicId === topicId);
    return isAnEmptyOne ? Math.min(before.startOffset, logStartOffset) : logStartOffset;
  }
}
