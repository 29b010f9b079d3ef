import { join } from 'node:path';
import type { FileSystem } from '../../base/file-system.ts';
import type { Logger } from '../../base/logger.ts';
import { unusedName } from '../recovery/unused-name.ts';
import {
  CORRUPT_SUFFIX,
  fileName,
  parseFileName,
  SNAPSHOT_SUFFIX,
} from '../segment/segment-files.ts';
import { decodeProducerSnapshot, encodeProducerSnapshot } from './producer-snapshot-file.ts';
import type { ProducerEntry } from './producer-state.ts';

/** The `.snapshot` files of one log: the producers as they were before an offset. */
export class ProducerSnapshots {
  readonly #fileSystem: FileSystem;
  readonly #logger: Logger;
  readonly #folder: string;
  /** Ascending. */
  #offsets: number[];

  /** `names` are those in the folder. */
  constructor(
    fileSystem: FileSystem,
    logger: Logger,
    { folder, names }: { folder: string; names: readonly string[] },
  ) {
    this.#fileSystem = fileSystem;
    this.#logger = logger;
    this.#folder = folder;
    this.#offsets = names
      .map((name) => parseFileName(name))
      .filter((parsed) => parsed?.suffix === SNAPSHOT_SUFFIX)
      .map((parsed) => parsed!.baseOffset)
      .sort((a, b) => a - b);
  }

  get offsets(): readonly number[] {
    return this.#offsets;
  }

  path(offset: number): string {
    return join(this.#folder, fileName(offset, SNAPSHOT_SUFFIX));
  }

  /**
   * The newest readable snapshot between `from` and `upTo`. Unreadable ones are set aside: the log
   * itself holds what they held, but a newer broker may understand them.
   */
  loadNewest(range: {
    from: number;
    upTo: number;
  }): { offset: number; entries: ProducerEntry[] } | undefined {
    for (const offset of [...this.#offsets].reverse()) {
      if (offset > range.upTo || offset < range.from) continue;
      const entries = decodeProducerSnapshot(this.#fileSystem.readFile(this.path(offset)));
      if (entries) return { offset, entries };
      const path = this.path(offset);
      const kept = unusedName(this.#fileSystem, path + CORRUPT_SUFFIX);
      this.#fileSystem.rename(path, kept);
      this.#offsets = this.#offsets.filter((known) => known !== offset);
      this.#logger.warn(
        { path, kept },
        'a producer snapshot cannot be read; the log is read instead',
      );
    }
    return undefined;
  }

  /** Writes the snapshot as of `offset`, unless there is one; its path, to be synced. */
  write(offset: number, entries: Iterable<ProducerEntry>): string | undefined {
    if (this.#offsets.includes(offset)) return undefined;
    const path = this.path(offset);
    try {
      this.#fileSystem.writeFile(path, encodeProducerSnapshot(entries));
    } catch (error) {
      // A part of a snapshot is of no use and takes space, which may be what is missing.
      this.#removeQuietly(path);
      throw error;
    }
    this.#offsets.push(offset);
    this.#offsets.sort((a, b) => a - b);
    return path;
  }

  /** Removes the snapshots beyond `offset`: the log does not reach there any more. */
  removeAbove(offset: number): void {
    this.#remove((known) => known > offset);
  }

  /** Removes the snapshots at or below `offset`: the log begins after them. */
  removeUpTo(offset: number): void {
    this.#remove((known) => known <= offset);
  }

  /** Removes those of segments that are no more. */
  removeAt(offsets: ReadonlySet<number>): void {
    this.#remove((known) => offsets.has(known));
  }

  /** Keeps those where a segment begins, and the newest. */
  removeStray(segmentBaseOffsets: ReadonlySet<number>): void {
    const newest = this.#offsets.at(-1);
    this.#remove((known) => known !== newest && !segmentBaseOffsets.has(known));
  }

  #removeQuietly(path: string): void {
    try {
      this.#fileSystem.removeFile(path);
    } catch {
      // It is of no use where it stays: a start that cannot read it removes it.
    }
  }

  #remove(which: (offset: number) => boolean): void {
    for (const offset of this.#offsets) {
      if (which(offset)) this.#fileSystem.removeFile(this.path(offset));
    }
    this.#offsets = this.#offsets.filter((offset) => !which(offset));
  }
}
