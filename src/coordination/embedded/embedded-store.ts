import { resolve as resolvePath } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { isPassing } from '../../base/disk-error.ts';
import type { FileSystem } from '../../base/file-system.ts';
import type { Logger } from '../../base/logger.ts';
import { type LongWork, Slices } from '../../base/slices.ts';
import {
  MAX_REQUEST_BYTES,
  type Operation,
  operationBytes,
  type Store,
  StoreError,
  type Watch,
} from '../store.ts';
import { EmbeddedSession, type SessionOwner } from './embedded-session.ts';
import { StoreFiles } from './store-files.ts';
import { readStoredTree, type StoredTree } from './stored-tree.ts';
import { type Applied, NO_OWNER, type Touch, type Transaction, type Tree } from './tree.ts';
import { Watches } from './watches.ts';

export { EMBEDDED_STORE_FILES, StoreDamaged } from './stored-tree.ts';

export interface EmbeddedStoreOptions {
  clock: Clock;
  fileSystem: FileSystem;
  logger: Logger;
  /** Where its files live; made when missing. May be a Kafka log dir: see EMBEDDED_STORE_FILES. */
  folder: string;
  /** What the folder holds, where it was read already; nothing else may write there in between. */
  stored?: StoredTree;
  /** For flushes of many operations; its own by default. */
  slices?: LongWork;
  /** The disk failed under it, and it stays down. */
  onFailure?: (error: Error) => void;
}

/** Another store of this process has the folder open. Other processes are kept out by the log dir's lock. */
export class StoreInUse extends Error {
  override name = 'StoreInUse';

  constructor(folder: string) {
    super(`the coordination store in ${folder} is already open in this process`);
  }
}

/** Opens, recovering what a crash left. Throws StoreDamaged where durable data is unreadable, StoreInUse. */
export function openEmbeddedStore(options: EmbeddedStoreOptions): EmbeddedStore {
  return new EmbeddedStore(options);
}

/** One owner per folder, for each disk. */
const openFolders = new WeakMap<FileSystem, Set<string>>();

/** Encoded effects of one flush; what is beyond waits for the next. */
const MOST_OPERATIONS_PER_FLUSH = 50_000;

/** A call waiting for its turn. `run` does it; its outcome is passed on when everything before it is durable. */
interface Call {
  run(): () => void;
  refuse(error: StoreError): void;
  operationCount: number;
  /** The end of a session, which happens whether or not there is room for what else happens. */
  isInevitable: boolean;
}

/**
 * The store of one process that has no ZooKeeper: the same tree, durable in two plain files.
 * Several brokers started in the process each open a session of their own.
 *
 * Calls are done in order. All calls of a loop turn share one write and one fdatasync, and none is
 * answered, and no watch fires, before what it saw or did is durable.
 */
export class EmbeddedStore implements SessionOwner {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #slices: LongWork;
  readonly #files: StoreFiles;
  readonly #tree: Tree;
  readonly #watches = new Watches();
  readonly #sessions = new Map<number, EmbeddedSession>();
  readonly #release: () => void;
  readonly #onFailure: (error: Error) => void;
  #nextSession = NO_OWNER + 1;
  #txId: number;
  #calls: Call[] = [];
  #pumping = false;
  #failure: unknown;
  /** Of the flush being put together. */
  #transactions: Transaction[] = [];
  #undo: (() => void)[] = [];
  #woken: Watch[] = [];
  #flushing: Promise<void> = Promise.resolve();

  constructor(options: EmbeddedStoreOptions) {
    const { clock, fileSystem, logger, folder, onFailure, slices = new Slices(clock) } = options;
    this.#clock = clock;
    this.#onFailure = onFailure ?? (() => {});
    this.#logger = logger;
    this.#slices = slices;
    this.#release = claimFolder(fileSystem, resolvePath(folder));
    try {
      this.#files = new StoreFiles(fileSystem, logger, slices, folder);
      const stored = options.stored ?? readStoredTree(fileSystem, folder);
      this.#files.recover(stored);
      this.#tree = stored.tree;
      this.#txId = stored.txId;
    } catch (error) {
      this.#release();
      throw error;
    }
  }

  /** Of its last durable change; ascends, over starts too. 0 before the first. */
  get version(): number {
    return this.#files.lastTxId;
  }

  /** Not closed, and its disk works. */
  get isOpen(): boolean {
    return this.#failure === undefined;
  }

  openSession(): Store {
    const id = this.#nextSession++;
    const session = new EmbeddedSession(id, this, this.#logger);
    this.#sessions.set(id, session);
    if (this.#failure !== undefined) session.lose();
    return session;
  }

  /** What a ZooKeeper does to a session it has not heard of for too long. For tests. */
  async expireSession(session: Store): Promise<void> {
    for (const [id, known] of this.#sessions) if (known === session) await this.endSession(id);
  }

  /** Ends every session and closes the files. */
  async close(): Promise<void> {
    await Promise.all([...this.#sessions.keys()].map((id) => this.endSession(id)));
    await this.#flushing;
    this.#failure ??= new Error('the store was closed');
    this.#files.close();
    this.#release();
  }

  write(session: number, operations: readonly Operation[]): Promise<Applied['results']> {
    let requestBytes = 0;
    for (const operation of operations) requestBytes += operationBytes(operation);
    if (requestBytes > MAX_REQUEST_BYTES) {
      return Promise.reject(new StoreError('TOO_LARGE', operations[0]?.path ?? '/'));
    }
    return this.#call(operations.length, () => this.#apply(session, operations).results);
  }

  read<T>(
    session: number,
    look: (tree: Tree) => T,
    watch?: { touch(found: T): Touch | undefined; wake: () => void },
  ): Promise<T> {
    return this.#call(0, () => {
      const found = look(this.#tree);
      const touch = watch?.touch(found);
      if (watch && touch) this.#watches.add(touch, watch.wake, session);
      return found;
    });
  }

  async endSession(id: number): Promise<void> {
    const session = this.#sessions.get(id);
    if (!session) return;
    this.#sessions.delete(id);
    const end = () => {
      this.#watches.drop(id);
      const owned = this.#tree.ownedBy(id);
      if (owned.length > 0) {
        this.#apply(
          id,
          owned.map((path) => ({ op: 'delete', path, version: 'any' })),
        );
      }
    };
    const gone = this.#call(1, end, true);
    session.lose();
    await gone.catch(() => {
      // The store failed meanwhile; ephemeral nodes do not outlive it.
    });
  }

  #apply(session: number, operations: readonly Operation[]): Applied {
    const origin = { session, txId: this.#txId + 1, timeMs: this.#clock.now() };
    const applied = this.#tree.apply(operations, origin);
    this.#txId++;
    this.#undo.push(applied.undo);
    // What only touches ephemeral nodes need not outlive the process, so it costs no fdatasync.
    if (applied.transaction.effects.length > 0) this.#transactions.push(applied.transaction);
    for (const watch of this.#watches.take(applied.touches)) this.#woken.push(watch);
    return applied;
  }

  #call<T>(operationCount: number, work: () => T, isInevitable = false): Promise<T> {
    if (this.#failure !== undefined) return Promise.reject(new StoreError('SESSION_LOST', '/'));
    return new Promise((resolve, reject) => {
      const run = () => {
        try {
          const value = work();
          return () => resolve(value);
        } catch (error) {
          return () => reject(error);
        }
      };
      this.#calls.push({ run, refuse: reject, operationCount, isInevitable });
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    this.#clock.endOfTurn(() => {
      this.#flushing = this.#flush();
    });
  }

  async #flush(): Promise<void> {
    const calls = this.#takeCalls();
    const txId = this.#txId;
    const answers: (() => void)[] = [];
    for (const call of calls) {
      if (this.#slices.isOver(Math.max(1, call.operationCount))) await this.#slices.nextTurn();
      answers.push(call.run());
    }
    const transactions = this.#transactions;
    const woken = this.#woken;
    const undo = this.#undo;
    this.#transactions = [];
    this.#woken = [];
    this.#undo = [];
    try {
      if (transactions.length > 0) await this.#files.append(transactions);
    } catch (error) {
      if (!isPassing(error)) {
        this.#fail(error, calls);
        return;
      }
      for (const takeBack of undo.reverse()) takeBack();
      this.#txId = txId;
      // Watches are hints: these look again for nothing.
      for (const watch of woken) this.#wake(watch);
      this.#refuseWrites(error, calls);
      return;
    }
    for (const answer of answers) answer();
    for (const watch of woken) this.#wake(watch);
    try {
      if (this.#files.isWorthCompacting) await this.#files.compact(this.#tree);
    } catch (error) {
      this.#fail(error, []);
      return;
    }
    this.#pumping = false;
    if (this.#calls.length > 0) this.#pump();
  }

  /** There was no room: writes are refused, and what else was asked for is done without them. */
  #refuseWrites(error: unknown, calls: readonly Call[]): void {
    this.#logger.error(
      { error },
      'the coordination store has no room for a change; it was not made',
    );
    const isRefused = (call: Call) => call.operationCount > 0 && !call.isInevitable;
    this.#calls = [...calls.filter((call) => !isRefused(call)), ...this.#calls];
    for (const call of calls) {
      if (isRefused(call)) call.refuse(new StoreError('NOT_WRITTEN', '/', { cause: error }));
    }
    this.#pumping = false;
    if (this.#calls.length > 0) this.#pump();
  }

  #takeCalls(): Call[] {
    let count = 0;
    let operations = 0;
    while (count < this.#calls.length && operations <= MOST_OPERATIONS_PER_FLUSH) {
      operations += this.#calls[count]!.operationCount;
      count++;
    }
    const taken = this.#calls.slice(0, count);
    this.#calls = this.#calls.slice(count);
    return taken;
  }

  #wake(watch: () => void): void {
    try {
      watch();
    } catch (error) {
      this.#logger.error({ error }, 'a watch of the coordination store failed');
    }
  }

  /** A failed write or fdatasync is final: what is on the disk is unknown until the next start. */
  #fail(error: unknown, underWay: readonly Call[]): void {
    this.#failure = error;
    this.#logger.error({ error }, 'the coordination store failed and stays down');
    for (const call of underWay) {
      const code = call.operationCount > 0 ? 'AMBIGUOUS' : 'SESSION_LOST';
      call.refuse(new StoreError(code, '/', { cause: error }));
    }
    const waiting = this.#calls;
    this.#calls = [];
    for (const call of waiting) call.refuse(new StoreError('SESSION_LOST', '/', { cause: error }));
    const sessions = [...this.#sessions.values()];
    this.#sessions.clear();
    for (const session of sessions) session.lose();
    this.#files.close();
    this.#onFailure(error instanceof Error ? error : new Error(String(error)));
  }
}

function claimFolder(fileSystem: FileSystem, folder: string): () => void {
  let folders = openFolders.get(fileSystem);
  if (!folders) {
    folders = new Set();
    openFolders.set(fileSystem, folders);
  }
  if (folders.has(folder)) throw new StoreInUse(folder);
  folders.add(folder);
  return () => folders.delete(folder);
}
