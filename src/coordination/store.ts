/**
 * The coordination store: ZooKeeper's tree, typed. The embedded store and a ZooKeeper ensemble both
 * implement it, and one conformance suite (testing/store-conformance.ts) runs against either.
 *
 * Paths are absolute ('/brokers/ids/1'), data is bytes or null, and every write is conditional on a
 * version or says openly that it is not.
 */

/**
 * The version of a node's data, as an object so that version 0 can never be mistaken for "none".
 * Only ever obtained from the store. `number` is what Kafka's wire calls the partition epoch.
 */
export class NodeVersion {
  readonly number: number;

  constructor(number: number) {
    this.number = number;
  }
}

/** A version to match, or 'any' where the write is meant to be unconditional. */
export type ExpectedVersion = NodeVersion | 'any';

export interface NodeStat {
  version: NodeVersion;
  /** The transaction that created the node; for `/brokers/ids/N` this is Kafka's broker epoch. */
  createdTxId: number;
  /** The transaction that last set the data. */
  modifiedTxId: number;
  /** Wall clock of the store, milliseconds. */
  createdMs: number;
  modifiedMs: number;
  childCount: number;
  ephemeral: boolean;
}

export interface StoredNode {
  data: Buffer | null;
  stat: NodeStat;
}

/**
 * 'sequential' nodes get a ten-digit counter of their parent appended to the path. Ephemeral nodes
 * live as long as the session that created them and can have no children.
 */
export type CreateMode =
  | 'persistent'
  | 'ephemeral'
  | 'persistent-sequential'
  | 'ephemeral-sequential';

export type Operation =
  | { op: 'create'; path: string; data: Buffer | null; mode?: CreateMode }
  | { op: 'set'; path: string; data: Buffer | null; version: ExpectedVersion }
  | { op: 'delete'; path: string; version: ExpectedVersion }
  | { op: 'check'; path: string; version: NodeVersion };

/** What one operation of a `multi` did; in the order of the operations. */
export type OperationResult =
  | { op: 'create'; path: string; stat: NodeStat }
  | { op: 'set'; path: string; stat: NodeStat }
  | { op: 'delete'; path: string }
  | { op: 'check'; path: string };

export type StoreErrorCode =
  /** The node, or the parent of a node to create, does not exist. */
  | 'NO_NODE'
  | 'NODE_EXISTS'
  | 'BAD_VERSION'
  /** A node with children cannot be deleted. */
  | 'NOT_EMPTY'
  /** Ephemeral nodes can have no children. */
  | 'EPHEMERAL_PARENT'
  /** Malformed path. */
  | 'BAD_PATH'
  /** Refused here, since ZooKeeper would drop the connection: see MAX_REQUEST_BYTES. */
  | 'TOO_LARGE'
  /** The write may or may not have happened. Call `sync`, then read, before doing anything else. */
  | 'AMBIGUOUS'
  /** The store has no room for the write just now; nothing was done, and the session goes on. */
  | 'NOT_WRITTEN'
  /** Not connected just now; nothing was sent. */
  | 'SUSPENDED'
  /** The session is over; nothing was done, and its ephemeral nodes are gone or will be. */
  | 'SESSION_LOST';

/** Every failure of the store. In a `multi`, `failedIndex` names the operation that was refused. */
export class StoreError extends Error {
  override name = 'StoreError';
  readonly code: StoreErrorCode;
  readonly path: string;
  readonly failedIndex: number | undefined;

  constructor(
    code: StoreErrorCode,
    path: string,
    detail?: { failedIndex?: number; cause?: unknown },
  ) {
    super(`${code} ${path}`, detail?.cause === undefined ? undefined : { cause: detail.cause });
    this.code = code;
    this.path = path;
    this.failedIndex = detail?.failedIndex;
  }
}

export function isStoreError(error: unknown, ...codes: StoreErrorCode[]): error is StoreError {
  return error instanceof StoreError && (codes.length === 0 || codes.includes(error.code));
}

/**
 * ZooKeeper drops the connection of a request over about 1 MB (jute.maxbuffer). Larger requests are
 * refused before they are sent; `MAX_MULTI_BYTES` is what callers that split their work aim at.
 */
export const MAX_REQUEST_BYTES = 1_000_000;
export const MAX_MULTI_BYTES = 500_000;

/** Bytes an operation takes in a request, with room for its header. */
export function operationBytes(operation: Operation): number {
  const dataBytes = 'data' in operation && operation.data ? operation.data.length : 0;
  return 64 + Buffer.byteLength(operation.path) + dataBytes;
}

/**
 * - connected: reads and writes work.
 * - suspended: the server was not heard of for a while. Stop control actions, keep serving data. Only
 *   the server decides that a session is over, so this can go back to connected.
 * - lost: final for this Store. Its ephemeral nodes are gone; open another session.
 */
export type SessionState = 'connected' | 'suspended' | 'lost';

/** Called once, when something at or under the watched path may have changed. A hint: re-read. */
export type Watch = () => void;

/** One session with the store. Calls take effect in the order they were made. */
export interface Store {
  readonly sessionState: SessionState;
  /** Changes of `sessionState`, in order. Returns a function that unsubscribes. */
  onSessionState(listener: (state: SessionState) => void): () => void;

  /** Rejects NODE_EXISTS, NO_NODE (parent), EPHEMERAL_PARENT. Answers the path with its sequence. */
  create(
    path: string,
    data: Buffer | null,
    mode?: CreateMode,
  ): Promise<{ path: string; stat: NodeStat }>;
  /** The watch fires once when the node is set, deleted or (where missing now) created. */
  get(path: string, watch?: Watch): Promise<StoredNode | undefined>;
  /** The watch fires as for `get`. */
  exists(path: string, watch?: Watch): Promise<NodeStat | undefined>;
  /**
   * Names, sorted; undefined where the node is missing. The watch fires once when a child comes or
   * goes or the node is deleted; where the node is missing there is nothing to watch.
   */
  children(path: string, watch?: Watch): Promise<string[] | undefined>;
  /** Rejects NO_NODE, BAD_VERSION. */
  set(path: string, data: Buffer | null, version: ExpectedVersion): Promise<NodeStat>;
  /** Rejects NO_NODE, BAD_VERSION, NOT_EMPTY. */
  delete(path: string, version: ExpectedVersion): Promise<void>;
  /** All of `operations` or none. Rejects with the error of the first refused one. */
  multi(operations: readonly Operation[]): Promise<OperationResult[]>;
  /** Resolves when reads are known to see every write acknowledged before the call. */
  sync(): Promise<void>;
  /** Ends the session: its ephemeral nodes go, its state becomes 'lost'. */
  close(): Promise<void>;
}

/** Parts of at least one character that are not '.' or '..' and have no NUL. */
const WELL_FORMED = /^(?:\/(?!\.\.?(?:\/|$))[^/\0]+)+$/;

/** Throws BAD_PATH unless `path` is absolute, without empty, '.' or '..' parts and without NUL. */
export function checkPath(path: string): void {
  if (path !== '/' && !WELL_FORMED.test(path)) throw new StoreError('BAD_PATH', path);
}

/** '/a/b' -> '/a', '/a' -> '/'. */
export function parentPath(path: string): string {
  const cut = path.lastIndexOf('/');
  return cut <= 0 ? '/' : path.slice(0, cut);
}

/** '/a/b' -> 'b'. */
export function nodeName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
