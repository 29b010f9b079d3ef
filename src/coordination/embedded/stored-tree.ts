import { join } from 'node:path';
import type { FileSystem } from '../../base/file-system.ts';
import { decodeLogHeader, decodeSnapshot, decodeTransactions } from './encoding.ts';
import { frameAt, nextFrame } from './frames.ts';
import { Tree } from './tree.ts';

/**
 * The store's files. They are plain files because the folder may be a Kafka log dir: Kafka's log
 * loading (LogManager.loadLogs) stops at any *folder* there whose name is not `<topic>-<partition>`,
 * and never looks at files. So one log dir stays self-contained, and Kafka 3.9 still opens it.
 */
export const EMBEDDED_STORE_FILES = {
  log: 'sluice-store.log',
  snapshot: 'sluice-store.snapshot',
} as const;

/** Durable data that cannot be read. Nothing is repaired: losing decisions silently would be worse. */
export class StoreDamaged extends Error {
  override name = 'StoreDamaged';

  constructor(path: string, position: number, reason: string) {
    super(
      `the coordination store cannot start: ${path} is damaged at position ${position}: ${reason}`,
    );
  }
}

/** What the two files hold. */
export interface StoredTree {
  readonly tree: Tree;
  /** The last transaction in the tree; 0 for none. */
  readonly txId: number;
  readonly snapshotBytes: number;
  /** Undefined where there is no log yet. */
  readonly log: { readonly path: string; readonly end: number; readonly size: number } | undefined;
}

/**
 * Reads snapshot and log and changes nothing. Behind `log.end` lies a torn end: it was never acknowledged.
 * Throws StoreDamaged, and what the disk throws.
 */
export function readStoredTree(fileSystem: FileSystem, folder: string): StoredTree {
  return new Reading(fileSystem, folder).read();
}

class Reading {
  readonly #fileSystem: FileSystem;
  readonly #logPath: string;
  readonly #snapshotPath: string;
  #tree = new Tree();
  #txId = 0;
  /** The last transaction in the log, or the one that its header names. */
  #lastOfLog = 0;

  constructor(fileSystem: FileSystem, folder: string) {
    this.#fileSystem = fileSystem;
    this.#logPath = join(folder, EMBEDDED_STORE_FILES.log);
    this.#snapshotPath = join(folder, EMBEDDED_STORE_FILES.snapshot);
  }

  read(): StoredTree {
    const snapshotBytes = this.#readSnapshot();
    const log = this.#readLog();
    return { tree: this.#tree, txId: this.#txId, snapshotBytes, log };
  }

  #readSnapshot(): number {
    if (!this.#fileSystem.stat(this.#snapshotPath)) return 0;
    const bytes = this.#fileSystem.readFile(this.#snapshotPath);
    const frame = frameAt(bytes, 0);
    if (!frame || frame.end !== bytes.length) {
      throw new StoreDamaged(this.#snapshotPath, 0, 'the checksum does not match');
    }
    const snapshot = decodeAt(this.#snapshotPath, 0, () => decodeSnapshot(frame.payload));
    this.#tree = snapshot.tree;
    this.#txId = snapshot.txId;
    return bytes.length;
  }

  #readLog(): StoredTree['log'] {
    const path = this.#logPath;
    if (!this.#fileSystem.stat(path)) {
      if (this.#txId === 0) return undefined;
      throw new StoreDamaged(path, 0, 'it is missing, and there is a snapshot beside it');
    }
    const bytes = this.#fileSystem.readFile(path);
    const head = frameAt(bytes, 0);
    if (!head) throw new StoreDamaged(path, 0, 'the header is unreadable');
    const { afterTxId } = decodeAt(path, 0, () => decodeLogHeader(head.payload));
    if (afterTxId > this.#txId) {
      const reason = `it continues from transaction ${afterTxId}, the snapshot ends at ${this.#txId}`;
      throw new StoreDamaged(path, 0, reason);
    }
    let end = head.end;
    this.#lastOfLog = afterTxId;
    for (let frame = frameAt(bytes, end); frame; frame = frameAt(bytes, end)) {
      const { payload } = frame;
      decodeAt(path, end, () => this.#replay(payload));
      end = frame.end;
    }
    // What follows the last intact frame was never acknowledged, unless an intact frame follows it.
    const later = end < bytes.length ? nextFrame(bytes, end) : undefined;
    if (later) {
      const reason = `intact data follows at position ${later.position}, so this is no torn end`;
      throw new StoreDamaged(path, end, reason);
    }
    if (this.#lastOfLog < this.#txId) {
      const reason = `it ends with transaction ${this.#lastOfLog}, the snapshot is of ${this.#txId}`;
      throw new StoreDamaged(path, end, reason);
    }
    return { path, end, size: bytes.length };
  }

  #replay(payload: Buffer): void {
    const { afterTxId, transactions } = decodeTransactions(payload);
    if (afterTxId !== this.#lastOfLog) {
      throw new RangeError(`it continues from transaction ${afterTxId}, not ${this.#lastOfLog}`);
    }
    for (const transaction of transactions) {
      this.#lastOfLog = transaction.txId;
      // A crash between the renames of snapshot and log leaves the log of before the snapshot.
      if (transaction.txId <= this.#txId) continue;
      this.#tree.replay(transaction);
      this.#txId = transaction.txId;
    }
  }
}

function decodeAt<T>(path: string, position: number, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (error instanceof StoreDamaged) throw error;
    throw new StoreDamaged(path, position, error instanceof Error ? error.message : String(error));
  }
}
