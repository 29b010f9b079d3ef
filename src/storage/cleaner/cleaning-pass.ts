import { assert } from '../../base/assert.ts';
import { atOnce, type Steps } from '../../base/slices.ts';
import * as RecordBatch from '../../protocol/records/record-batch.ts';
import { CorruptRecordsError, RecordCursor } from '../../protocol/records/record-cursor.ts';
import { reservedOf } from '../dirs/disk-space.ts';
import type { AbortedTxn } from '../index/transaction-index.ts';
import type { OwnedLog } from '../log-owner.ts';
import { batchAt, runElsewhere, smallPayload } from '../records-elsewhere.ts';
import type { Segment } from '../segment/segment.ts';
import { OFFSET_INDEX_SUFFIX, TIME_INDEX_SUFFIX } from '../segment/segment-files.ts';
import type { StorageContext } from '../storage-context.ts';
import {
  BatchToClean,
  type CleanedBatch,
  type CleaningRules,
  cleanRecords,
} from './clean-batch.ts';
import type { Cleanable } from './cleanable.ts';
import { CompactedSegment } from './compacted-segment.ts';
import { OffsetMap } from './offset-map.ts';
import type { Pacer } from './pacer.ts';
import { type GroupedSegment, groupSegments } from './segment-groups.ts';
import { CleanedTransactions } from './transactions.ts';
import {
  type BatchVisitor,
  DamagedSegmentError,
  type WalkedBatch,
  walkBatches,
} from './walk-batches.ts';

export interface PassOptions {
  readonly context: StorageContext;
  readonly log: OwnedLog;
  readonly plan: Cleanable;
  readonly pacer: Pacer;
  /** Memory for the map of keys, and how full it may become. */
  readonly mapBytes: number;
  readonly mapLoadFactor: number;
  /** Read at a time. */
  readonly windowBytes: number;
  /** log.disk.reserved.bytes: free space that has to stay on the volume. */
  readonly reservedBytes: number;
}

/** The figures of a pass, as the log line and the metrics have them. */
export interface PassResult {
  /** The log is compacted up to here, exclusive. */
  readonly endOffset: number;
  readonly keys: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** Size of the segments that were replaced, before and after. */
  readonly bytesBefore: number;
  readonly bytesAfter: number;
}

/** The volume has no room for the compacted segment beside its sources. */
export class NoRoomToCleanError extends Error {
  override name = 'NoRoomToCleanError';
}

/** One batch alone has more keys than the map takes: memory must be given, or the log stays as it is. */
export class MapTooSmallError extends Error {
  override name = 'MapTooSmallError';
}

/** Retention, a truncation or the topic's deletion was there first. */
class LogChangedError extends Error {
  override name = 'LogChangedError';
}

/** What compressed records grow to is not known before; this errs on the side of pauses. */
const EXPANSION = 8;

/** Of a large batch, between two looks at the pace: half a millisecond; and what it counts as. */
const RECORDS_PER_STEP = 1024;
const BYTES_OF_STEP = 1024 * 1024;

/** Looked at in one go: two milliseconds. */
const MANY_RECORDS = 4 * RECORDS_PER_STEP;

const NO_RECORDS = Buffer.alloc(0);

interface Source extends GroupedSegment {
  readonly segment: Segment;
}

/**
 * Compacts a log once: notes the latest offset of every key in the dirty part, as far as the memory
 * goes, then rewrites all segments up to there without what is superseded.
 */
export class CleaningPass {
  readonly #options: PassOptions;
  readonly #map: OffsetMap;
  #mapEnd: number;
  #bytesRead = 0;
  #bytesWritten = 0;
  #bytesBefore = 0;
  #bytesAfter = 0;

  constructor(options: PassOptions) {
    this.#options = options;
    this.#mapEnd = options.plan.firstDirtyOffset;
    this.#map = new OffsetMap(options.context.random, {
      maxBytes: options.mapBytes,
      loadFactor: options.mapLoadFactor,
    });
  }

  /**
   * Undefined where the log changed so that the pass has to begin anew. Rejects with
   * DamagedSegmentError, NoRoomToCleanError, MapTooSmallError, CleaningStoppedError, and what the
   * disk throws.
   */
  async run(): Promise<PassResult | undefined> {
    try {
      return await this.#run();
    } catch (error) {
      if (error instanceof LogChangedError) return undefined;
      throw error;
    }
  }

  async #run(): Promise<PassResult | undefined> {
    const { log, plan, pacer } = this.#options;
    await this.checkRoom();
    pacer.startSlice();
    await this.#buildMap();
    const sources = this.#sources();
    const { segmentBytes, segmentIndexBytes } = log.config;
    const groups = groupSegments(sources, {
      maxBytes: segmentBytes,
      maxIndexBytes: segmentIndexBytes,
      endOffset: plan.firstUncleanableOffset,
    });
    const rules: CleaningRules = {
      offsets: this.#map,
      mapEnd: this.#mapEnd,
      upperBound: plan.firstUncleanableOffset,
      transactions: new CleanedTransactions(),
      lastRecords: log.lastRecords(),
      now: this.#options.context.clock.now(),
      deleteRetentionMs: log.config.deleteRetentionMs,
    };
    for (const group of groups) {
      if (!(await this.#cleanGroup(group, rules))) return undefined;
    }
    return {
      endOffset: this.#mapEnd,
      keys: this.#map.size,
      bytesRead: this.#bytesRead,
      bytesWritten: this.#bytesWritten,
      bytesBefore: this.#bytesBefore,
      bytesAfter: this.#bytesAfter,
    };
  }

  async #buildMap(): Promise<void> {
    const { log, plan } = this.#options;
    const { firstDirtyOffset, firstUncleanableOffset } = plan;
    const transactions = new CleanedTransactions();
    for (const segment of log.segments.from(firstDirtyOffset)) {
      if (segment.baseOffset >= firstUncleanableOffset) break;
      const end = log.segments.after(segment)?.baseOffset ?? firstUncleanableOffset;
      transactions.add(abortedIn(log, segment.baseOffset, end));
      const from = Math.max(firstDirtyOffset, segment.baseOffset);
      const fromPosition = segment.indexes().offsets.lookup(from).position;
      const hasRoom = await this.#walk(segment, fromPosition, (batch) => {
        const { buffer, at } = batch;
        const isAborted = transactions.visit(buffer, at);
        const hasKeys = !isAborted && !RecordBatch.isControl(buffer, at);
        const payload = hasKeys ? smallPayload(buffer, at) : NO_RECORDS;
        if (!payload || hasMany(batch)) return this.#noteLarge(batch, payload);
        if (hasKeys && !atOnce(this.#noteKeys(batch, payload))) return false;
        this.#mapEnd = Math.max(this.#mapEnd, RecordBatch.nextOffset(buffer, at));
        return undefined;
      });
      if (!hasRoom) return;
      this.#mapEnd = Math.max(this.#mapEnd, end);
    }
  }

  /** A batch that holds more than the event loop looks at in a turn. Rejects with CorruptRecordsError. */
  async #noteLarge(batch: WalkedBatch, small: Buffer | undefined): Promise<false | undefined> {
    const { buffer, at } = batch;
    const payload = small ?? (await this.#largePayload(batch));
    if (!(await this.#paced(this.#noteKeys(batch, payload)))) return false;
    this.#mapEnd = Math.max(this.#mapEnd, RecordBatch.nextOffset(buffer, at));
    return undefined;
  }

  /** Rejects with CorruptRecordsError, WorkRefusedError or WorkFailedError. */
  async #largePayload({ buffer, at, sizeInBytes }: WalkedBatch): Promise<Buffer> {
    const { context, pacer } = this.#options;
    let payload = batchAt(buffer, at).subarray(RecordBatch.HEADER_SIZE);
    if (RecordBatch.codecId(buffer, at) !== 0) {
      const { bytes } = await runElsewhere(context.work, 'decompress', batchAt(buffer, at));
      payload = bytes!;
    }
    pacer.startSlice();
    await pacer.spend(sizeInBytes);
    return payload;
  }

  /** Takes the steps at the pace that is allowed. */
  async #paced<Result>(steps: Steps<Result>): Promise<Result> {
    for (;;) {
      const { done, value } = steps.next();
      if (done) return value;
      await this.#options.pacer.spend(0, BYTES_OF_STEP);
    }
  }

  /** False where the map is full. Throws CorruptRecordsError. */
  *#noteKeys({ buffer, at }: WalkedBatch, payload: Buffer): Steps<boolean> {
    const { firstDirtyOffset } = this.#options.plan;
    const baseOffset = RecordBatch.baseOffset(buffer, at);
    const cursor = new RecordCursor(payload);
    for (let left = RecordBatch.recordCount(buffer, at); left > 0; left--) {
      if (left % RECORDS_PER_STEP === 0) yield;
      cursor.next();
      cursor.skipHeaders();
      const offset = baseOffset + cursor.offsetDelta;
      if (cursor.keySize < 0 || offset < firstDirtyOffset) continue;
      if (this.#map.put(payload, cursor.keyAt, cursor.keySize, offset)) continue;
      if (this.#mapEnd > firstDirtyOffset) return false;
      throw new MapTooSmallError(
        `the batch at offset ${baseOffset} alone has more keys than fit ${this.#options.mapBytes} bytes`,
      );
    }
    return true;
  }

  /** The closed segments that begin below what the map knows. */
  #sources(): Source[] {
    const { log, plan, context } = this.#options;
    const end = Math.min(this.#mapEnd, plan.firstUncleanableOffset);
    const size = (path: string) => context.fileSystem.stat(path)?.size ?? 0;
    return log.segments.all
      .slice(0, -1)
      .filter((segment) => segment.baseOffset < end)
      .map((segment) => ({
        segment,
        baseOffset: segment.baseOffset,
        sizeInBytes: segment.sizeInBytes,
        indexBytes: Math.max(
          size(segment.path(OFFSET_INDEX_SUFFIX)),
          size(segment.path(TIME_INDEX_SUFFIX)),
        ),
      }));
  }

  /** False where the log has changed meanwhile. */
  async #cleanGroup(group: readonly Source[], rules: CleaningRules): Promise<boolean> {
    const { context, log } = this.#options;
    const sources = group.map(({ segment }) => segment);
    const bytesBefore = sources.reduce((sum, segment) => sum + segment.sizeInBytes, 0);
    await this.checkRoom();
    if (log.failure || !log.segments.hasRun(sources)) return false;
    const last = sources.at(-1)!;
    const endOffset = log.segments.after(last)!.baseOffset;
    const compacted = new CompactedSegment(context, {
      folder: log.folder,
      baseOffset: sources[0]!.baseOffset,
      indexIntervalBytes: log.config.indexIntervalBytes,
    });
    rules.transactions.onAborted = (txn) => compacted.segment.addAbortedTxn(txn);
    let isSwapped = false;
    try {
      for (const segment of sources) await this.#cleanInto(compacted, segment, rules);
      // A topic made anew has its folder where this one's was.
      if (log.failure) return false;
      compacted.finish();
      const bytesAfter = compacted.segment.sizeInBytes;
      isSwapped = await log.swapIn({ compacted: compacted.segment, sources, endOffset });
      if (!isSwapped) return false;
      this.#bytesBefore += bytesBefore;
      this.#bytesAfter += bytesAfter;
      return true;
    } catch (error) {
      if (!log.failure && !isSwapped) compacted.discard();
      throw error;
    }
  }

  async #cleanInto(
    compacted: CompactedSegment,
    segment: Segment,
    rules: CleaningRules,
  ): Promise<void> {
    const { log, pacer } = this.#options;
    const end = log.segments.after(segment)?.baseOffset ?? rules.upperBound;
    rules.transactions.add(abortedIn(log, segment.baseOffset, end));
    const write = ({ buffer, at }: WalkedBatch, result: CleanedBatch) => {
      if (result === 'drop') return undefined;
      const bytes = result === 'keep' ? Buffer.from(batchAt(buffer, at)) : result;
      compacted.add(bytes);
      this.#bytesWritten += bytes.length;
      return compacted.wantsSync ? compacted.sync() : pacer.spend(bytes.length);
    };
    const whole = await this.#walk(segment, 0, (batch) => {
      const { buffer, at } = batch;
      const toClean = new BatchToClean(buffer, at, rules);
      if (toClean.withoutRecords !== undefined) return write(batch, toClean.withoutRecords);
      const payload = smallPayload(buffer, at);
      if (payload && !hasMany(batch)) return write(batch, cleanRecords(toClean, payload));
      return this.#cleanLarge(batch, toClean, payload).then(async (result) => {
        await write(batch, result);
        return undefined;
      });
    });
    assert(whole, 'every batch was looked at');
  }

  /** Rejects with CorruptRecordsError, WorkRefusedError or WorkFailedError. */
  async #cleanLarge(
    batch: WalkedBatch,
    toClean: BatchToClean,
    small: Buffer | undefined,
  ): Promise<CleanedBatch> {
    const { context, pacer } = this.#options;
    const payload = small ?? (await this.#largePayload(batch));
    const chosen = await this.#paced(toClean.choose(payload));
    if ('result' in chosen) return chosen.result;
    const remainder = { ...chosen, offsetDeltas: Int32Array.from(chosen.offsetDeltas) };
    const whole = batchAt(batch.buffer, batch.at);
    const { bytes } = await runElsewhere(context.work, 'rebuild', whole, remainder);
    pacer.startSlice();
    return bytes!;
  }

  /** Visits the batches from `fromPosition` on, at the pace that is allowed. */
  async #walk(segment: Segment, fromPosition: number, visit: BatchVisitor): Promise<boolean> {
    const { log, pacer, windowBytes } = this.#options;
    if (segment.isDeleted || log.failure) throw new LogChangedError('the segment is gone');
    if (segment.sizeInBytes === 0) return true;
    const pinned = segment.pin();
    try {
      const range = { fromPosition, endPosition: segment.writtenBytes, windowBytes };
      return await walkBatches(pinned.file, range, (batch) => {
        const verdict = visitSoundly(segment, batch, visit);
        if (verdict === false) return false;
        this.#bytesRead += batch.sizeInBytes;
        if (verdict) return verdict;
        const isCompressed = RecordBatch.codecId(batch.buffer, batch.at) !== 0;
        return pacer.spend(batch.sizeInBytes, isCompressed ? batch.sizeInBytes * EXPANSION : 0);
      });
    } finally {
      pinned.unpin();
    }
  }

  /**
   * Throws NoRoomToCleanError where the volume may not have room for the largest group beside its
   * sources; worth asking before anything is written.
   */
  async checkRoom(): Promise<void> {
    const { context, log, plan } = this.#options;
    const wanted = Math.min(plan.cleanBytes + plan.dirtyBytes, log.config.segmentBytes);
    const space = await context.fileSystem.space(log.folder).catch(() => undefined);
    if (!space) return;
    const { freeBytes, totalBytes } = space;
    const configured = this.#options.reservedBytes;
    const reservedBytes = configured >= 0 ? configured : reservedOf(totalBytes);
    if (freeBytes - wanted >= reservedBytes) return;
    throw new NoRoomToCleanError(
      `no room for ${wanted} bytes beside the old segments: ${freeBytes} bytes are free, of which ${reservedBytes} stay reserved`,
    );
  }
}

function hasMany({ buffer, at }: WalkedBatch): boolean {
  return RecordBatch.recordCount(buffer, at) > MANY_RECORDS;
}

/** Aborted transactions with records in [start, end). */
function abortedIn(log: OwnedLog, start: number, end: number): AbortedTxn[] {
  const found: AbortedTxn[] = [];
  for (const segment of log.segments.from(start)) {
    for (const txn of segment.abortedTxns()) {
      if (txn.lastOffset >= start && txn.firstOffset < end) found.push(txn);
      if (txn.lastStableOffset >= end) return found;
    }
  }
  return found;
}

/** Records that are not what their header says are damage like any other. */
function visitSoundly(
  segment: Segment,
  batch: WalkedBatch,
  visit: BatchVisitor,
): ReturnType<BatchVisitor> {
  const asDamage = (error: unknown) => {
    if (!(error instanceof CorruptRecordsError)) throw error;
    const at = { path: segment.path(), position: batch.position, problem: error.message };
    throw new DamagedSegmentError(at, { cause: error });
  };
  try {
    const verdict = visit(batch);
    return verdict instanceof Promise ? verdict.catch(asDamage) : verdict;
  } catch (error) {
    return asDamage(error);
  }
}
