import type { Logger } from '../../base/logger.ts';
import {
  type CreateMode,
  checkPath,
  type ExpectedVersion,
  type NodeStat,
  type Operation,
  type OperationResult,
  type SessionState,
  type Store,
  type StoredNode,
  StoreError,
  type Watch,
} from '../store.ts';
import type { Applied, Touch, Tree } from './tree.ts';

/** What a session asks of its store. */
export interface SessionOwner {
  /** Queues a write. */
  write(session: number, operations: readonly Operation[]): Promise<Applied['results']>;
  /** Queues a read, which sees the writes queued before it and waits for them. */
  read<T>(
    session: number,
    look: (tree: Tree) => T,
    watch?: { touch(found: T): Touch | undefined; wake: () => void },
  ): Promise<T>;
  /** Deletes what the session owned, then tells it that it is over. */
  endSession(session: number): Promise<void>;
}

/** A session with the embedded store. It is never suspended: the store is in this process. */
export class EmbeddedSession implements Store {
  readonly #id: number;
  readonly #store: SessionOwner;
  readonly #logger: Logger;
  readonly #listeners = new Set<(state: SessionState) => void>();
  #state: SessionState = 'connected';

  constructor(id: number, store: SessionOwner, logger: Logger) {
    this.#id = id;
    this.#store = store;
    this.#logger = logger;
  }

  get sessionState(): SessionState {
    return this.#state;
  }

  onSessionState(listener: (state: SessionState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Called by the store when the session is over. */
  lose(): void {
    if (this.#state === 'lost') return;
    this.#state = 'lost';
    for (const listener of this.#listeners) {
      try {
        listener('lost');
      } catch (error) {
        this.#logger.error({ error }, 'a listener of the session state failed');
      }
    }
  }

  async create(
    path: string,
    data: Buffer | null,
    mode: CreateMode = 'persistent',
  ): Promise<{ path: string; stat: NodeStat }> {
    const result = await this.#one({ op: 'create', path, data, mode });
    return { path: result.path, stat: result.stat };
  }

  async get(path: string, watch?: Watch): Promise<StoredNode | undefined> {
    this.#check(path);
    const touch: Touch = { kind: 'data', path };
    return this.#store.read(
      this.#id,
      (tree) => tree.get(path),
      watching(watch, () => touch),
    );
  }

  async exists(path: string, watch?: Watch): Promise<NodeStat | undefined> {
    this.#check(path);
    const touch: Touch = { kind: 'data', path };
    return this.#store.read(
      this.#id,
      (tree) => tree.exists(path),
      watching(watch, () => touch),
    );
  }

  async children(path: string, watch?: Watch): Promise<string[] | undefined> {
    this.#check(path);
    const touch: Touch = { kind: 'children', path };
    return this.#store.read(
      this.#id,
      (tree) => tree.children(path),
      watching(watch, (names) => (names ? touch : undefined)),
    );
  }

  async set(path: string, data: Buffer | null, version: ExpectedVersion): Promise<NodeStat> {
    return (await this.#one({ op: 'set', path, data, version })).stat;
  }

  async delete(path: string, version: ExpectedVersion): Promise<void> {
    await this.#one({ op: 'delete', path, version });
  }

  async multi(operations: readonly Operation[]): Promise<OperationResult[]> {
    this.#checkState('/');
    return operations.length === 0 ? [] : this.#store.write(this.#id, operations);
  }

  async sync(): Promise<void> {
    this.#checkState('/');
    await this.#store.read(this.#id, () => undefined);
  }

  async close(): Promise<void> {
    await this.#store.endSession(this.#id);
  }

  async #one<O extends Operation>(
    operation: O,
  ): Promise<Extract<OperationResult, { op: O['op'] }>> {
    this.#checkState(operation.path);
    const [result] = await this.#store.write(this.#id, [operation]);
    // The store answers each operation with a result of its own kind, in order.
    return result as Extract<OperationResult, { op: O['op'] }>;
  }

  #check(path: string): void {
    checkPath(path);
    this.#checkState(path);
  }

  #checkState(path: string): void {
    if (this.#state === 'lost') throw new StoreError('SESSION_LOST', path);
  }
}

function watching<T>(wake: Watch | undefined, touch: (found: T) => Touch | undefined) {
  return wake && { wake, touch };
}
