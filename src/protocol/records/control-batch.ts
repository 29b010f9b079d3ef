import type { Int64 } from '../../base/int64.ts';
import { buildBatch } from './batch-builder.ts';
import { CorruptRecordsError, decodeRecords } from './record.ts';
import * as RecordBatch from './record-batch.ts';

/** The end of one producer's transaction in one partition. */
export interface EndTxnMarker {
  type: 'COMMIT' | 'ABORT';
  coordinatorEpoch: number;
}

export interface EndTxnMarkerOptions extends EndTxnMarker {
  producerId: Int64;
  producerEpoch: number;
  timestamp: Int64;
  /** Default 0. */
  baseOffset?: number;
  /** Default -1. */
  leaderEpoch?: number;
}

/** The version of keys and values that Kafka writes; later ones may only add fields. */
const VERSION = 0;
const KEY_SIZE = 4;
const VALUE_SIZE = 6;
const ABORT = 0;
const COMMIT = 1;

/** A control batch that holds the one marker. */
export function buildEndTxnMarker(options: EndTxnMarkerOptions): Buffer {
  const key = Buffer.alloc(KEY_SIZE);
  key.writeInt16BE(VERSION, 0);
  key.writeInt16BE(options.type === 'COMMIT' ? COMMIT : ABORT, 2);
  const value = Buffer.alloc(VALUE_SIZE);
  value.writeInt16BE(VERSION, 0);
  value.writeInt32BE(options.coordinatorEpoch, 2);
  return buildBatch([{ timestamp: options.timestamp, key, value }], {
    baseOffset: options.baseOffset ?? 0,
    leaderEpoch: options.leaderEpoch ?? RecordBatch.NO_LEADER_EPOCH,
    producerId: options.producerId,
    producerEpoch: options.producerEpoch,
    transactional: true,
    control: true,
  });
}

/**
 * The marker in a control batch, or undefined where the batch is a control batch of another kind (or
 * not one). Throws CorruptRecordsError where its bytes are wrong.
 */
export function parseEndTxnMarker(buffer: Buffer, at = 0): EndTxnMarker | undefined {
  if (!RecordBatch.isControl(buffer, at)) return undefined;
  const record = decodeRecords(buffer, at)[0];
  // Compaction leaves an emptied control batch behind while its producer is known.
  if (record === undefined) return undefined;
  const { key, value } = record;
  if (key === null || key.length < KEY_SIZE || key.readInt16BE(0) < VERSION) {
    throw new CorruptRecordsError('a control record without a valid key');
  }
  const type = key.readInt16BE(2);
  if (type !== ABORT && type !== COMMIT) return undefined;
  if (value === null || value.length < VALUE_SIZE || value.readInt16BE(0) < VERSION) {
    throw new CorruptRecordsError('a transaction marker without a valid value');
  }
  return { type: type === COMMIT ? 'COMMIT' : 'ABORT', coordinatorEpoch: value.readInt32BE(2) };
}
