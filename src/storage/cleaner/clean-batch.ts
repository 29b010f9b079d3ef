import { type Int64, writeInt64 } from '../../base/int64.ts';
import { atOnce, type Steps } from '../../base/slices.ts';
import type { TaskResult } from '../../base/work-thread.ts';
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
  const batch = new BatchToClean(buffer, at, rules);
  if (batch.withoutRecords !== undefined) return batch.withoutRecords;
  return cleanRecords(batch, recordsPayload(buffer, at));
}

/** What becomes of a batch that is not decided without its records. Throws CorruptRecordsError. */
export function cleanRecords(batch: BatchToClean, payload: Buffer): CleanedBatch {
  const chosen = atOnce(batch.choose(payload));
  if ('result' in chosen) return chosen.result;
  return rebuild(batch.buffer, batch.at, payload, chosen);
}

/** What stays of a batch, where it has to be made anew. */
export interface Remainder {
  /** Of the records that stay, ascending. */
  readonly offsetDeltas: Int32Array | readonly number[];
  readonly deleteHorizonMs: Int64 | undefined;
}

/** Makes the batch anew elsewhere; see STORAGE_TASKS. */
export function rebuildTask(batch: Buffer, remainder: Remainder): TaskResult {
  return { bytes: rebuild(batch, 0, recordsPayload(batch), remainder) };
}

/** Records that are looked at in one go: half a millisecond. */
const RECORDS_PER_STEP = 1024;

/** A batch in the log's order; each may be made only once in a pass. */
export class BatchToClean {
  /** What becomes of it, where that is decided without looking at its records. */
  readonly withoutRecords: CleanedBatch | undefined;
  readonly buffer: Buffer;
  readonly at: number;
  readonly #rules: CleaningRules;
  readonly #mayGo: boolean;

  constructor(buffer: Buffer, at: number, rules: CleaningRules) {
    this.buffer = buffer;
    this.at = at;
    this.#rules = rules;
    this.#mayGo = rules.transactions.visit(buffer, at);
    const dropAll = this.#mayGo && (!RecordBatch.isControl(buffer, at) || this.#horizonPassed());
    this.withoutRecords = dropAll ? this.#whenEmpty() : undefined;
  }

  /** Decides by its records, over several turns where they are many. Throws CorruptRecordsError. */
  *choose(payload: Buffer): Steps<Remainder | { readonly result: CleanedBatch }> {
    const buffer = this.buffer;
    const at = this.at;
    const rules = this.#rules;
    const isControl = RecordBatch.isControl(buffer, at);
    const hasHorizon = RecordBatch.hasDeleteHorizon(buffer, at);
    const kept = isControl
      ? keepAll(buffer, at, payload)
      : yield* select(buffer, at, { payload, rules });
    if (kept.offsetDeltas.length === 0) return { result: this.#whenEmpty() };
    const setHorizon = !hasHorizon && (kept.hasTombstones || (this.#mayGo && isControl));
    if (kept.isAll && !setHorizon) return { result: 'keep' };
    return {
      offsetDeltas: kept.offsetDeltas,
      deleteHorizonMs: setHorizon
        ? rules.now + rules.deleteRetentionMs
        : hasHorizon
          ? RecordBatch.baseTimestamp(buffer, at)
          : undefined,
    };
  }

  #horizonPassed(): boolean {
    return (
      RecordBatch.hasDeleteHorizon(this.buffer, this.at) &&
      RecordBatch.baseTimestamp(this.buffer, this.at) <= this.#rules.now
    );
  }

  #whenEmpty(): CleanedBatch {
    return staysWhenEmpty(this.buffer, this.at, this.#rules)
      ? emptyBatch(this.buffer, this.at)
      : 'drop';
  }
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

function* select(
  buffer: Buffer,
  at: number,
  { payload, rules }: { payload: Buffer; rules: CleaningRules },
): Steps<Selection> {
  const { offsets, mapEnd, now } = rules;
  const cursor = new RecordCursor(payload);
  const baseOffset = RecordBatch.baseOffset(buffer, at);
  const count = RecordBatch.recordCount(buffer, at);
  const tombstonesStay =
    !RecordBatch.hasDeleteHorizon(buffer, at) || now < RecordBatch.baseTimestamp(buffer, at);
  const offsetDeltas: number[] = [];
  let hasTombstones = false;
  for (let left = count; left > 0; left--) {
    if ((count - left) % RECORDS_PER_STEP === RECORDS_PER_STEP - 1) yield;
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
  payload: Buffer,
  { offsetDeltas, deleteHorizonMs }: Remainder,
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
