import { dirname, join } from 'node:path';
import { FileGoneError, isPassing, SyncError } from '../../base/disk-error.ts';
import type { File, FileSystem } from '../../base/file-system.ts';
import type { Logger } from '../../base/logger.ts';
import { type LongWork, promised } from '../../base/slices.ts';
import { openFolder } from '../../base/syncing.ts';
import { encodeLogHeader, encodeSnapshot, encodeTransactions } from './encoding.ts';
import { encodeFrame } from './frames.ts';
import { EMBEDDED_STORE_FILES, type StoredTree } from './stored-tree.ts';
import type { Transaction, Tree } from './tree.ts';

/** Whether a store was ever kept in the folder. Throws what the disk throws. */
export function embeddedStoreExists(fileSystem: FileSystem, folder: string): boolean {
  return Object.values(EMBEDDED_STORE_FILES).some((name) => fileSystem.stat(join(folder, name)));
}

/** Which of log.dirs holds the store: the first one where there is none yet. Throws what the disk throws. */
export function embeddedStoreFolder(fileSystem: FileSystem, logDirs: readonly string[]): string {
  return logDirs.find((folder) => embeddedStoreExists(fileSystem, folder)) ?? logDirs[0] ?? '';
}

/** A temporary name, removed at start. */
const TEMPORARY = '.tmp';

/** A log shorter than this is not worth a snapshot: it is replayed in a few milliseconds. */
const SMALLEST_LOG_TO_COMPACT_BYTES = 1024 * 1024;

/** A failed fdatasync is final, whatever its reason. */
async function syncLog(file: File): Promise<void> {
  try {
    await file.sync();
  } catch (error) {
    throw new SyncError(error);
  }
}

/** Reads, recovers, appends to and compacts the two files. One flush at a time. */
export class StoreFiles {
  readonly #fileSystem: FileSystem;
  readonly #logger: Logger;
  readonly #slices: LongWork;
  readonly #folder: string;
  readonly #logPath: string;
  readonly #snapshotPath: string;
  /** Undefined until the first flush of a new store. */
  #log: File | undefined;
  #logEnd = 0;
  /** The last transaction that is durable. */
  #lastTxId = 0;
  #snapshotBytes = 0;
  /** After a compaction that found no room. */
  #compactAfterBytes = 0;

  constructor(fileSystem: FileSystem, logger: Logger, slices: LongWork, folder: string) {
    this.#slices = slices;
    this.#fileSystem = fileSystem;
    this.#logger = logger;
    this.#folder = folder;
    this.#logPath = join(folder, EMBEDDED_STORE_FILES.log);
    this.#snapshotPath = join(folder, EMBEDDED_STORE_FILES.snapshot);
  }

  /** Goes on from what the files were found to hold, and cuts a torn end. */
  recover(stored: StoredTree): void {
    this.#makeFolder();
    this.#fileSystem.removeFile(this.#logPath + TEMPORARY);
    this.#fileSystem.removeFile(this.#snapshotPath + TEMPORARY);
    const { log, snapshotBytes, txId } = stored;
    this.#snapshotBytes = snapshotBytes;
    this.#lastTxId = txId;
    if (log) {
      this.#log = this.#fileSystem.open(this.#logPath, 'write');
      this.#logEnd = log.end;
      if (log.end < log.size) this.#cutTail(this.#log, log);
    }
    this.#settle();
  }

  /**
   * A process that was killed may have left in the system's memory what the disk does not hold: a frame,
   * the name of a new file. It is served from now on, and built upon, so it must survive a power cut.
   */
  #settle(): void {
    if (!this.#log) return;
    this.#log.syncSync();
    this.#fileSystem.syncFolder(this.#folder);
  }

  /**
   * Makes `transactions` durable, all or none of them. Rejects when the disk fails: then it is over,
   * unless the error passes again (`isPassing`), when the files are as before.
   */
  async append(transactions: readonly Transaction[]): Promise<void> {
    const last = transactions.at(-1);
    if (!last) return;
    const slices = this.#slices;
    const steps = encodeTransactions(this.#lastTxId, transactions, slices);
    const frame = encodeFrame(await promised(slices, steps));
    if (this.#log) await this.#appendToLog(this.#log, frame);
    else await this.#startLog(frame);
    this.#lastTxId = last.txId;
  }

  /** The last transaction that is durable; 0 before the first. */
  get lastTxId(): number {
    return this.#lastTxId;
  }

  get isWorthCompacting(): boolean {
    const smallest = Math.max(SMALLEST_LOG_TO_COMPACT_BYTES, this.#compactAfterBytes);
    return this.#logEnd > Math.max(smallest, this.#snapshotBytes);
  }

  /** Replaces both files by a snapshot of `tree` and an empty log. A crash leaves a pair that fits. */
  async compact(tree: Tree): Promise<void> {
    const txId = this.#lastTxId;
    const slices = this.#slices;
    const frame = encodeFrame(await promised(slices, encodeSnapshot(tree, txId, slices)));
    try {
      (await this.#replace(this.#snapshotPath, [frame])).close();
      this.#snapshotBytes = frame.length;
      const old = this.#log;
      await this.#startLog();
      old?.close();
    } catch (error) {
      if (!isPassing(error)) throw error;
      // The files are a pair that fits, as they were or with a newer snapshot.
      this.#compactAfterBytes = this.#logEnd + SMALLEST_LOG_TO_COMPACT_BYTES;
      this.#logger.warn({ error }, 'could not compact the coordination store; it is tried later');
      return;
    }
    this.#compactAfterBytes = 0;
    this.#logger.info({ txId, snapshotBytes: frame.length }, 'compacted the coordination store');
  }

  close(): void {
    this.#log?.close();
    this.#log = undefined;
  }

  /** Also makes the names of new folders durable, since a lost folder takes its files with it. */
  #makeFolder(): void {
    const parents: string[] = [];
    for (let path = this.#folder; !this.#fileSystem.stat(path); path = dirname(path)) {
      if (dirname(path) === path) break;
      parents.push(dirname(path));
    }
    if (parents.length === 0) return;
    this.#fileSystem.makeFolder(this.#folder);
    for (const parent of parents) this.#fileSystem.syncFolder(parent);
  }

  async #appendToLog(log: File, frame: Buffer): Promise<void> {
    if (this.#fileSystem.stat(this.#logPath)?.id !== log.id()) {
      throw new FileGoneError(`${this.#logPath} was removed or replaced while it was in use`);
    }
    const size = log.size();
    if (size !== this.#logEnd) {
      const found = `${this.#logPath} has ${size} bytes instead of ${this.#logEnd}`;
      throw new Error(`${found}: another process writes it`);
    }
    try {
      log.writeSync([frame], this.#logEnd);
    } catch (error) {
      // A part of it may be there; without it the log is what it was.
      log.truncate(this.#logEnd);
      throw error;
    }
    await syncLog(log);
    this.#logEnd += frame.length;
  }

  async #startLog(frame?: Buffer): Promise<void> {
    const frames = [encodeFrame(encodeLogHeader(this.#lastTxId)), ...(frame ? [frame] : [])];
    this.#log = await this.#replace(this.#logPath, frames);
    this.#logEnd = this.#log.size();
  }

  /** Temporary file, fsync, rename, fsync of the folder: the file is the old one or the new one. */
  async #replace(path: string, frames: readonly Buffer[]): Promise<File> {
    const folder = openFolder(this.#fileSystem, this.#folder);
    try {
      const file = await this.#writeAndRename(path, frames);
      // The new file has its name, and whether the disk knows is not known until then: this is no way back.
      await folder.sync();
      return file;
    } finally {
      folder.close();
    }
  }

  async #writeAndRename(path: string, frames: readonly Buffer[]): Promise<File> {
    const file = this.#fileSystem.open(path + TEMPORARY, 'create');
    try {
      file.truncate(0);
      file.writeSync(frames, 0);
      await syncLog(file);
      this.#fileSystem.rename(path + TEMPORARY, path);
    } catch (error) {
      file.close();
      this.#fileSystem.removeFile(path + TEMPORARY);
      throw error;
    }
    return file;
  }

  #cutTail(log: File, { end, size }: { end: number; size: number }): void {
    log.truncate(end);
    log.syncSync();
    this.#logger.warn(
      { file: this.#logPath, position: end, cutBytes: size - end },
      'cut the torn end of the store log',
    );
  }
}
