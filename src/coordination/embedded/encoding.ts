import type { Pace, Steps } from '../../base/slices.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { type Effect, NO_OWNER, type Transaction, Tree, type TreeNode } from './tree.ts';

/** Payloads of the frames. The first byte says which; the second is the version of its layout. */
const LOG_HEADER = 1;
const TRANSACTIONS = 2;
const SNAPSHOT = 3;
const LAYOUT = 1;

const EFFECT_KINDS = ['create', 'set', 'delete', 'sequence'] as const;

/** Opens a log whose first transaction follows `afterTxId`. */
export function encodeLogHeader(afterTxId: number): Buffer {
  const writer = begin(LOG_HEADER);
  writer.u53(afterTxId);
  return writer.bytes();
}

/** Throws where the payload is no log header of a known layout. */
export function decodeLogHeader(payload: Buffer): { afterTxId: number } {
  const reader = open(payload, LOG_HEADER);
  return { afterTxId: reader.u53() };
}

/**
 * Transactions that become durable together. `afterTxId` is the last one written before: the chain
 * shows a missing piece. Ids have gaps, since what only touches ephemeral nodes is not written.
 */
export function* encodeTransactions(
  afterTxId: number,
  transactions: readonly Transaction[],
  pace: Pace,
): Steps<Buffer> {
  const writer = begin(TRANSACTIONS);
  writer.u53(afterTxId);
  writer.u32(transactions.length);
  for (const { txId, timeMs, effects } of transactions) {
    writer.u53(txId);
    writer.u53(timeMs);
    writer.u32(effects.length);
    for (const effect of effects) {
      encodeEffect(writer, effect);
      if (pace.isOver()) yield;
    }
  }
  return writer.bytes();
}

export function decodeTransactions(payload: Buffer): {
  afterTxId: number;
  transactions: Transaction[];
} {
  const reader = open(payload, TRANSACTIONS);
  const afterTxId = reader.u53();
  const transactions: Transaction[] = [];
  for (let count = reader.u32(); count > 0; count--) {
    const transaction: Transaction = { txId: reader.u53(), timeMs: reader.u53(), effects: [] };
    for (let left = reader.u32(); left > 0; left--) transaction.effects.push(decodeEffect(reader));
    transactions.push(transaction);
  }
  return { afterTxId, transactions };
}

/** Every persistent node as of `txId`, parents before their children. The tree must not change meanwhile. */
export function* encodeSnapshot(tree: Tree, txId: number, pace: Pace): Steps<Buffer> {
  const writer = begin(SNAPSHOT, 64 * 1024);
  writer.u53(txId);
  let count = 0;
  for (const node of tree.nodes.values()) if (node.owner === NO_OWNER) count++;
  writer.u32(count);
  for (const [path, node] of tree.nodes) {
    if (node.owner !== NO_OWNER) continue;
    writer.text(path);
    writer.nullableBytes(node.data);
    writer.u32(node.version);
    writer.u53(node.createdTxId);
    writer.u53(node.modifiedTxId);
    writer.u53(node.createdMs);
    writer.u53(node.modifiedMs);
    writer.u32(node.nextSequence);
    if (pace.isOver()) yield;
  }
  return writer.bytes();
}

export function decodeSnapshot(payload: Buffer): { tree: Tree; txId: number } {
  const reader = open(payload, SNAPSHOT);
  const txId = reader.u53();
  const tree = new Tree();
  for (let count = reader.u32(); count > 0; count--) {
    const path = reader.text();
    const node: TreeNode = {
      data: reader.nullableBytes(),
      version: reader.u32(),
      createdTxId: reader.u53(),
      modifiedTxId: reader.u53(),
      createdMs: reader.u53(),
      modifiedMs: reader.u53(),
      children: undefined,
      nextSequence: reader.u32(),
      owner: NO_OWNER,
    };
    tree.restore(path, node);
  }
  return { tree, txId };
}

function encodeEffect(writer: ByteWriter, effect: Effect): void {
  writer.u8(EFFECT_KINDS.indexOf(effect.kind));
  writer.text(effect.path);
  if (effect.kind === 'create' || effect.kind === 'set') writer.nullableBytes(effect.data);
  else if (effect.kind === 'sequence') writer.u32(effect.next);
}

function decodeEffect(reader: ByteReader): Effect {
  const kind = EFFECT_KINDS[reader.u8()];
  const path = reader.text();
  if (kind === 'create' || kind === 'set') return { kind, path, data: reader.nullableBytes() };
  if (kind === 'delete') return { kind, path };
  if (kind === 'sequence') return { kind, path, next: reader.u32() };
  throw new RangeError('unknown kind of effect');
}

function begin(payloadKind: number, sizeHint?: number): ByteWriter {
  const writer = new ByteWriter(sizeHint);
  writer.u8(payloadKind);
  writer.u8(LAYOUT);
  return writer;
}

function open(payload: Buffer, payloadKind: number): ByteReader {
  const reader = new ByteReader(payload);
  if (reader.u8() !== payloadKind)
    throw new RangeError('another kind of content was expected here');
  const layout = reader.u8();
  if (layout !== LAYOUT) throw new RangeError(`layout ${layout} is newer than this program`);
  return reader;
}
