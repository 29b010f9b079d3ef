import { dirname, join } from 'node:path';
import { FileGoneError, isPassing, SyncError } from '../../base/disk-error.ts';
import type { File, FileSystem } from '../../base/file-system.ts';
import type { Logger } from '../../base/logger.ts';
import {
  decodeLogHeader,
  decodeSnapshot,
  decodeTransactions,
  encodeLogHeader,
  encodeSnapshot,
  encodeTransactions,
} from './encoding.ts';
import { encodeFrame, frameAt, nextFrame } from './frames.ts';
import { type Transaction, Tree } from './tree.ts';

/**
 * The store's files. They are plain files because the folder may be a Kafka log dir: Kafka's log
 * loading (LogManager.loadLogs) stops at any *folder* there whose name is not `<topic>-<partition>`,
 * and never looks at files. So one log dir stays self-contained, and Kafka 3.9 still opens it.
 */
export const EMBEDDED_STORE_FILES = {
  log: 'sluice-store.log',
  snapshot: 'sluice-store.snapshot',
} as const;

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

/** Durable data that cannot be read. Nothing is repaired: losing decisions silently would be worse. */
export class StoreDamaged extends Error {
  override name = 'StoreDamaged';

  constructor(path: string, position: number, reason: string) {
    super(
      `the coordination store cannot start: ${path} is damaged at position ${position}: ${reason}`,
    );
  }
}

/** A failed fdatasync is final, whatever its reason. */
async function syncLog(file: File): Promise<void> {
  try {
    await file.sync();
  } catch (error) {
    throw new SyncError(error);
  }
}

interface Recovered {
  tree: Tree;
  /** The last transaction in the tree. */
  txId: number;
}

/** Reads, recovers, appends to and compacts the two files. One flush at a time. */
export class StoreFiles {
  readonly #fileSystem: FileSystem;
  readonly #logger: Logger;
  readonly #folder: string;
  readonly #logPath: string;
  readonly #snapshotPath: string;
  /** Undefined until the first flush of a new store. */
  #log: File | undefined;
  #logEnd = 0;
  /** The last transaction in the log, or the one that its header names. */
  #lastTxId = 0;
  #snapshotBytes = 0;
  /** After a compaction that found no room. */
  #compactAfterBytes = 0;

  constructor(fileSystem: FileSystem, logger: Logger, folder: string) {
    this.#fileSystem = fileSystem;
    this.#logger = logger;
    this.#folder = folder;
    this.#logPath = join(folder, EMBEDDED_STORE_FILES.log);
    this.#snapshotPath = join(folder, EMBEDDED_STORE_FILES.snapshot);
  }

  /** Snapshot, then log; cuts a torn tail. The tree and its last transaction. Throws StoreDamaged. */
  recover(): Recovered {
    this.#makeFolder();
    this.#fileSystem.removeFile(this.#logPath + TEMPORARY);
    this.#fileSystem.removeFile(this.#snapshotPath + TEMPORARY);
    const recovered = this.#readSnapshot();
    this.#replayLog(recovered);
    this.#settle();
    return recovered;
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
    const frame = encodeFrame(encodeTransactions(this.#lastTxId, transactions));
    if (this.#log) await this.#appendToLog(this.#log, frame);
    else await this.#startLog(frame);
    this.#lastTxId = last.txId;
  }

  get isWorthCompacting(): boolean {
    const smallest = Math.max(SMALLEST_LOG_TO_COMPACT_BYTES, this.#compactAfterBytes);
    return this.#logEnd > Math.max(smallest, this.#snapshotBytes);
  }

  /** Replaces both files by a snapshot of `tree` and an empty log. A crash leaves a pair that fits. */
  async compact(tree: Tree): Promise<void> {
    const txId = this.#lastTxId;
    const frame = encodeFrame(encodeSnapshot(tree, txId));
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
    try {
      this.#fileSystem.syncFolder(this.#folder);
    } catch (error) {
      // The new file has its name, and whether the disk knows is not known: this is no way back.
      throw new SyncError(error);
    }
    return file;
  }

  #readSnapshot(): Recovered {
    if (!this.#fileSystem.stat(this.#snapshotPath)) return { tree: new Tree(), txId: 0 };
    const bytes = this.#fileSystem.readFile(this.#snapshotPath);
    const frame = frameAt(bytes, 0);
    if (!frame || frame.end !== bytes.length) {
      throw new StoreDamaged(this.#snapshotPath, 0, 'the checksum does not match');
    }
    this.#snapshotBytes = bytes.length;
    return this.#decode(this.#snapshotPath, 0, () => decodeSnapshot(frame.payload));
  }

  /** Brings `recovered` up to the end of the log. */
  #replayLog(recovered: Recovered): void {
    if (!this.#fileSystem.stat(this.#logPath)) {
      if (recovered.txId === 0) return;
      throw new StoreDamaged(this.#logPath, 0, 'it is missing, and there is a snapshot beside it');
    }
    const bytes = this.#fileSystem.readFile(this.#logPath);
    const head = frameAt(bytes, 0);
    if (!head) throw new StoreDamaged(this.#logPath, 0, 'the header is unreadable');
    const { afterTxId } = this.#decode(this.#logPath, 0, () => decodeLogHeader(head.payload));
    if (afterTxId > recovered.txId) {
      const reason = `it continues from transaction ${afterTxId}, the snapshot ends at ${recovered.txId}`;
      throw new StoreDamaged(this.#logPath, 0, reason);
    }

    let position = head.end;
    this.#lastTxId = afterTxId;
    for (let frame = frameAt(bytes, position); frame; frame = frameAt(bytes, position)) {
      const { payload } = frame;
      this.#decode(this.#logPath, position, () => this.#replay(recovered, payload));
      position = frame.end;
    }
    this.#log = this.#fileSystem.open(this.#logPath, 'write');
    this.#logEnd = position;
    if (position < bytes.length) this.#cutTail(this.#log, bytes, position);
    if (this.#lastTxId < recovered.txId) {
      const reason = `it ends with transaction ${this.#lastTxId}, the snapshot is of ${recovered.txId}`;
      throw new StoreDamaged(this.#logPath, position, reason);
    }
  }

  #replay(recovered: Recovered, payload: Buffer): void {
    const { afterTxId, transactions } = decodeTransactions(payload);
    if (afterTxId !== this.#lastTxId) {
      throw new RangeError(`it continues from transaction ${afterTxId}, not ${this.#lastTxId}`);
    }
    for (const transaction of transactions) {
      this.#lastTxId = transaction.txId;
      // A crash between the renames of snapshot and log leaves the log of before the snapshot.
      if (transaction.txId <= recovered.txId) continue;
      recovered.tree.replay(transaction);
      recovered.txId = transaction.txId;
    }
  }

  /** What follows the last intact frame was never acknowledged, unless an intact frame follows it. */
  #cutTail(log: File, bytes: Buffer, position: number): void {
    const later = nextFrame(bytes, position);
    if (later) {
      const reason = `intact data follows at position ${later.position}, so this is no torn end`;
      throw new StoreDamaged(this.#logPath, position, reason);
    }
    log.truncate(position);
    log.syncSync();
    const cutBytes = bytes.length - position;
    this.#logger.warn(
      { file: this.#logPath, position, cutBytes },
      'cut the torn end of the store log',
    );
  }

  #decode<T>(path: string, position: number, decode: () => T): T {
    try {
      return decode();
    } catch (error) {
      if (error instanceof StoreDamaged) throw error;
      throw new StoreDamaged(
        path,
        position,
        error instanceof Error ? error.message : String(error),
      );
    }
  }
}
