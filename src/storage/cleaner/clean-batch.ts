import { type Int64, writeInt64 } from '../../base/int64.ts';
import { codecById } from '../../compression/index.ts';
import { BatchBuilder } from '../../protocol/records/batch-builder.ts';
import { recordsPayload, recordTimestamp } from '../../protocol/records/record.ts';
import * as RecordBatch from '../../protocol/records/record-batch.ts';
import { CorruptRecordsError, RecordCursor } from '../../protocol/records/record-cursor.ts';
import type { LastRecord } from '../producers/producer-state.ts';
import type { OffsetMap } from './offset-map.ts';
import type { CleanedTransactions } from './transactions.ts';

/** What decides about every batch of one pass. */
export interface CleaningRules {
  readonly offsets: OffsetMap;
  /** The map knows the keys below this offset; what lies beyond stays. */
  readonly mapEnd: number;
  /** A batch that ends here stays, if empty: it holds the log's place. */
  readonly upperBound: number;
  readonly transactions: CleanedTransactions;
  readonly lastRecords: ReadonlyMap<Int64, LastRecord>;
  readonly now: number;
  /** How long tombstones and markers stay from now on. */
  readonly deleteRetentionMs: number;
}

/** What becomes of a batch: it stays as it is, goes, or these bytes take its place. */
export type CleanedBatch = 'keep' | 'drop' | Buffer;

/**
 * Applies compaction to one batch whose checksum is right. Offsets, producer fields and the span of
 * offsets stay as they are. A batch whose first tombstone is met (or whose marker ends a transaction
 * that is gone) gets its delete horizon (KIP-534): the time in the base timestamp, with attribute bit
 * 6. Throws CorruptRecordsError.
 */
export function cleanBatch(buffer: Buffer, at: number, rules: CleaningRules): CleanedBatch {
  const isControl = RecordBatch.isControl(buffer, at);
  const mayGo = rules.transactions.visit(buffer, at);
  const hasHorizon = RecordBatch.hasDeleteHorizon(buffer, at);
  const horizonPassed = hasHorizon && RecordBatch.baseTimestamp(buffer, at) <= rules.now;
  const dropAll = mayGo && (!isControl || horizonPassed);
  const whenEmpty = staysWhenEmpty(buffer, at, rules) ? emptyBatch : () => 'drop' as const;
  if (dropAll) return whenEmpty(buffer, at);

  const payload = recordsPayload(buffer, at);
  const kept = isControl ? keepAll(buffer, at, payload) : select(buffer, at, { payload, rules });
  if (kept.offsetDeltas.length === 0) return whenEmpty(buffer, at);
  const setHorizon = !hasHorizon && (kept.hasTombstones || (mayGo && isControl));
  if (kept.isAll && !setHorizon) return 'keep';
  return rebuild(buffer, at, {
    payload,
    offsetDeltas: kept.offsetDeltas,
    deleteHorizonMs: setHorizon
      ? rules.now + rules.deleteRetentionMs
      : hasHorizon
        ? RecordBatch.baseTimestamp(buffer, at)
        : undefined,
  });
}

/** The last of its producer keeps the sequence, the last of the log keeps the offset. */
function staysWhenEmpty(
  buffer: Buffer,
  at: number,
  { lastRecords, upperBound }: CleaningRules,
): boolean {
  if (RecordBatch.nextOffset(buffer, at) === upperBound) return true;
  const producerId = RecordBatch.producerId(buffer, at);
  const last = producerId < 0 ? undefined : lastRecords.get(producerId);
  if (!last) return false;
  if (last.dataOffset !== undefined) return RecordBatch.lastOffset(buffer, at) === last.dataOffset;
  return RecordBatch.isControl(buffer, at) && RecordBatch.producerEpoch(buffer, at) === last.epoch;
}

interface Selection {
  /** Of the records that stay, ascending. */
  readonly offsetDeltas: number[];
  readonly isAll: boolean;
  readonly hasTombstones: boolean;
}

function keepAll(buffer: Buffer, at: number, payload: Buffer): Selection {
  const cursor = new RecordCursor(payload);
  const offsetDeltas: number[] = [];
  for (let left = RecordBatch.recordCount(buffer, at); left > 0; left--) {
    cursor.next();
    cursor.skipHeaders();
    offsetDeltas.push(cursor.offsetDelta);
  }
  return { offsetDeltas, isAll: true, hasTombstones: false };
}

function select(
  buffer: Buffer,
  at: number,
  { payload, rules }: { payload: Buffer; rules: CleaningRules },
): Selection {
  const { offsets, mapEnd, now } = rules;
  const cursor = new RecordCursor(payload);
  const baseOffset = RecordBatch.baseOffset(buffer, at);
  const count = RecordBatch.recordCount(buffer, at);
  const tombstonesStay =
    !RecordBatch.hasDeleteHorizon(buffer, at) || now < RecordBatch.baseTimestamp(buffer, at);
  const offsetDeltas: number[] = [];
  let hasTombstones = false;
  for (let left = count; left > 0; left--) {
    cursor.next();
    cursor.skipHeaders();
    const offset = baseOffset + cursor.offsetDelta;
    const isTombstone = cursor.valueSize < 0;
    if (offset < mapEnd) {
      // Without a key nothing says what it would be the latest of.
      if (cursor.keySize < 0 || (isTombstone && !tombstonesStay)) continue;
      if (offset < offsets.get(payload, cursor.keyAt, cursor.keySize)) continue;
    }
    if (isTombstone) hasTombstones = true;
    offsetDeltas.push(cursor.offsetDelta);
  }
  if (!cursor.isAtEnd) throw new CorruptRecordsError(`bytes are left after ${count} records`);
  return { offsetDeltas, isAll: offsetDeltas.length === count, hasTombstones };
}

function rebuild(
  buffer: Buffer,
  at: number,
  {
    payload,
    offsetDeltas,
    deleteHorizonMs,
  }: { payload: Buffer; offsetDeltas: readonly number[]; deleteHorizonMs: Int64 | undefined },
): Buffer {
  const codec = codecById(RecordBatch.codecId(buffer, at));
  const builder = new BatchBuilder({
    baseOffset: RecordBatch.baseOffset(buffer, at),
    leaderEpoch: RecordBatch.leaderEpoch(buffer, at),
    codec: codec?.name ?? 'none',
    timestampType: RecordBatch.timestampType(buffer, at),
    logAppendTime: RecordBatch.maxTimestamp(buffer, at),
    producerId: RecordBatch.producerId(buffer, at),
    producerEpoch: RecordBatch.producerEpoch(buffer, at),
    baseSequence: RecordBatch.baseSequence(buffer, at),
    transactional: RecordBatch.isTransactional(buffer, at),
    control: RecordBatch.isControl(buffer, at),
    lastOffsetDelta: RecordBatch.lastOffsetDelta(buffer, at),
    ...(deleteHorizonMs !== undefined && { deleteHorizonMs }),
  });
  const cursor = new RecordCursor(payload);
  for (const offsetDelta of offsetDeltas) {
    cursor.next();
    while (cursor.offsetDelta !== offsetDelta) {
      cursor.skipHeaders();
      cursor.next();
    }
    const { key, value } = cursor;
    const timestamp = recordTimestamp(buffer, at, cursor);
    builder.append({ timestamp, offsetDelta, key, value, headers: cursor.readHeaders() });
  }
  return builder.build();
}

/** The batch without its records, codec and delete horizon. */
function emptyBatch(buffer: Buffer, at: number): Buffer {
  const empty = Buffer.from(buffer.subarray(at, at + RecordBatch.HEADER_SIZE));
  const kept = ~(RecordBatch.CODEC_MASK | RecordBatch.DELETE_HORIZON_BIT);
  empty.writeInt16BE(RecordBatch.attributes(empty) & kept, 21);
  empty.writeInt32BE(RecordBatch.HEADER_SIZE - RecordBatch.LOG_OVERHEAD, 8);
  writeInt64(empty, RecordBatch.NO_TIMESTAMP, 27);
  empty.writeInt32BE(0, 57);
  empty.writeUInt32BE(RecordBatch.computeCrc(empty), 17);
  return empty;
}
