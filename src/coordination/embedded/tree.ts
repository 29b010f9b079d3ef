import { assert } from '../../base/assert.ts';
import {
  type CreateMode,
  checkPath,
  type NodeStat,
  NodeVersion,
  nodeName,
  type Operation,
  type OperationResult,
  parentPath,
  type StoredNode,
  StoreError,
} from '../store.ts';

/** No session owns the node: it is persistent. */
export const NO_OWNER = 0;

export interface TreeNode {
  data: Buffer | null;
  version: number;
  createdTxId: number;
  modifiedTxId: number;
  createdMs: number;
  modifiedMs: number;
  /** Names; made with the first child. */
  children: Set<string> | undefined;
  /** The counter that the next sequential child gets. */
  nextSequence: number;
  /** The session it lives as long as, or NO_OWNER. */
  owner: number;
}

/** What of a transaction outlives the process, as it is written to the log. */
export type Effect =
  | { kind: 'create'; path: string; data: Buffer | null }
  | { kind: 'set'; path: string; data: Buffer | null }
  | { kind: 'delete'; path: string }
  | { kind: 'sequence'; path: string; next: number };

export interface Transaction {
  txId: number;
  timeMs: number;
  effects: Effect[];
}

/** A node that changed, or (kind 'children') whose list of children did; for watches. */
export interface Touch {
  kind: 'data' | 'children';
  path: string;
}

export interface Applied {
  results: OperationResult[];
  transaction: Transaction;
  touches: Touch[];
  /** Takes it back; what was applied after it is taken back before. */
  undo(): void;
}

/** Who asks and when; `txId` is that of the transaction if it succeeds. */
export interface Origin {
  session: number;
  txId: number;
  timeMs: number;
}

/** The nodes in memory. Owns every one of them; callers get copies of what they may read. */
export class Tree {
  /** A parent is always inserted before its children, which the snapshot file relies on. */
  readonly nodes = new Map<string, TreeNode>([['/', newNode(null, NO_OWNER, 0, 0)]]);

  /** Does all of `operations`, or leaves the tree as it was and throws StoreError. */
  apply(operations: readonly Operation[], origin: Origin): Applied {
    const step = new Step(this.nodes, origin);
    const results: OperationResult[] = [];
    for (const [index, operation] of operations.entries()) {
      try {
        results.push(step.run(operation));
      } catch (error) {
        step.undo();
        if (!(error instanceof StoreError)) throw error;
        throw new StoreError(error.code, error.path, { failedIndex: index });
      }
    }
    const { txId, timeMs } = origin;
    const transaction = { txId, timeMs, effects: step.effects };
    return { results, transaction, touches: step.touches, undo: () => step.undo() };
  }

  /** Redoes a transaction read back from the log; it was checked when it was first done. */
  replay(transaction: Transaction): void {
    const step = new Step(this.nodes, { session: NO_OWNER, ...transaction });
    for (const effect of transaction.effects) {
      if (effect.kind === 'create') step.create(effect.path, effect.data, 'persistent');
      else if (effect.kind === 'set') step.set(effect.path, effect.data);
      else if (effect.kind === 'delete') step.delete(effect.path);
      else step.setSequence(effect.path, effect.next);
    }
  }

  /** Puts back a node of a snapshot; its parent comes before it. */
  restore(path: string, node: TreeNode): void {
    this.nodes.set(path, node);
    if (path === '/') return;
    const above = this.nodes.get(parentPath(path));
    if (!above) throw new RangeError(`${path} comes before its parent`);
    above.children ??= new Set();
    above.children.add(nodeName(path));
  }

  get(path: string): StoredNode | undefined {
    const node = this.nodes.get(path);
    return node && { data: node.data, stat: statOf(node) };
  }

  exists(path: string): NodeStat | undefined {
    const node = this.nodes.get(path);
    return node && statOf(node);
  }

  children(path: string): string[] | undefined {
    const node = this.nodes.get(path);
    return node && [...(node.children ?? [])].sort();
  }

  /** Paths of the nodes that go with the session. */
  ownedBy(session: number): string[] {
    const paths: string[] = [];
    for (const [path, node] of this.nodes) if (node.owner === session) paths.push(path);
    return paths;
  }
}

/** One transaction being applied, and how to take it back. */
class Step {
  readonly effects: Effect[] = [];
  readonly touches: Touch[] = [];
  readonly #nodes: Map<string, TreeNode>;
  readonly #origin: Origin;
  readonly #undo: (() => void)[] = [];

  constructor(nodes: Map<string, TreeNode>, origin: Origin) {
    this.#nodes = nodes;
    this.#origin = origin;
  }

  run(operation: Operation): OperationResult {
    const { op, path } = operation;
    checkPath(path);
    if (op === 'create') {
      const made = this.create(path, operation.data, operation.mode ?? 'persistent');
      return { op, path: made, stat: statOf(this.#existing(made)) };
    }
    const node = this.#existing(path);
    if (operation.version !== 'any' && operation.version.number !== node.version) {
      throw new StoreError('BAD_VERSION', path);
    }
    if (op === 'set') return { op, path, stat: this.set(path, operation.data) };
    if (op === 'delete') this.delete(path);
    return { op, path };
  }

  create(wanted: string, data: Buffer | null, mode: CreateMode): string {
    if (wanted === '/') throw new StoreError('NODE_EXISTS', wanted);
    const { session, txId, timeMs } = this.#origin;
    const parent = parentPath(wanted);
    const above = this.#nodes.get(parent);
    if (!above) throw new StoreError('NO_NODE', wanted);
    if (above.owner !== NO_OWNER) throw new StoreError('EPHEMERAL_PARENT', wanted);
    const sequential = mode === 'persistent-sequential' || mode === 'ephemeral-sequential';
    const path = sequential ? wanted + String(above.nextSequence).padStart(10, '0') : wanted;
    if (this.#nodes.has(path)) throw new StoreError('NODE_EXISTS', path);
    const ephemeral = mode === 'ephemeral' || mode === 'ephemeral-sequential';

    this.#nodes.set(path, newNode(data, ephemeral ? session : NO_OWNER, txId, timeMs));
    above.children ??= new Set();
    above.children.add(nodeName(path));
    this.#undo.push(() => {
      this.#nodes.delete(path);
      above.children?.delete(nodeName(path));
    });
    if (!ephemeral) this.effects.push({ kind: 'create', path, data });
    if (sequential) this.setSequence(parent, above.nextSequence + 1);
    this.touches.push({ kind: 'data', path }, { kind: 'children', path: parent });
    return path;
  }

  set(path: string, data: Buffer | null): NodeStat {
    const node = this.#existing(path);
    const { data: oldData, version, modifiedTxId, modifiedMs } = node;
    node.data = data;
    node.version = version + 1;
    node.modifiedTxId = this.#origin.txId;
    node.modifiedMs = this.#origin.timeMs;
    this.#undo.push(() =>
      Object.assign(node, { data: oldData, version, modifiedTxId, modifiedMs }),
    );
    if (node.owner === NO_OWNER) this.effects.push({ kind: 'set', path, data });
    this.touches.push({ kind: 'data', path });
    return statOf(node);
  }

  delete(path: string): void {
    if (path === '/') throw new StoreError('BAD_PATH', path);
    const node = this.#existing(path);
    if (node.children && node.children.size > 0) throw new StoreError('NOT_EMPTY', path);
    const parent = parentPath(path);
    const above = this.#nodes.get(parent);
    assert(above, `the parent of ${path} exists`);
    this.#nodes.delete(path);
    above.children?.delete(nodeName(path));
    this.#undo.push(() => {
      this.#nodes.set(path, node);
      above.children?.add(nodeName(path));
    });
    if (node.owner === NO_OWNER) this.effects.push({ kind: 'delete', path });
    this.touches.push(
      { kind: 'data', path },
      { kind: 'children', path },
      { kind: 'children', path: parent },
    );
  }

  setSequence(path: string, next: number): void {
    const node = this.#existing(path);
    const { nextSequence } = node;
    node.nextSequence = next;
    this.#undo.push(() => {
      node.nextSequence = nextSequence;
    });
    this.effects.push({ kind: 'sequence', path, next });
  }

  /** Takes back in reverse order everything done so far. */
  undo(): void {
    for (const takeBack of this.#undo.reverse()) takeBack();
  }

  #existing(path: string): TreeNode {
    const node = this.#nodes.get(path);
    if (!node) throw new StoreError('NO_NODE', path);
    return node;
  }
}

function newNode(data: Buffer | null, owner: number, txId: number, timeMs: number): TreeNode {
  return {
    data,
    version: 0,
    createdTxId: txId,
    modifiedTxId: txId,
    createdMs: timeMs,
    modifiedMs: timeMs,
    children: undefined,
    nextSequence: 0,
    owner,
  };
}

function statOf(node: TreeNode): NodeStat {
  return {
    version: new NodeVersion(node.version),
    createdTxId: node.createdTxId,
    modifiedTxId: node.modifiedTxId,
    createdMs: node.createdMs,
    modifiedMs: node.modifiedMs,
    childCount: node.children?.size ?? 0,
    ephemeral: node.owner !== NO_OWNER,
  };
}
