import { assert } from '../base/assert.ts';
import type { Int64 } from '../base/int64.ts';
import type { LeaderEpochCache } from './append/leader-epoch-cache.ts';
import { type AppendedLog, LogAppender } from './append/log-appender.ts';
import { LogSync } from './append/log-sync.ts';
import { LogWriter, toError, type WrittenLog } from './append/log-writer.ts';
import { SegmentSwap, type SwapParts, type SwappedLog } from './cleaner/segment-swap.ts';
import type { LogConfig } from './log-config.ts';
import type { LogOwner, OwnedLog } from './log-owner.ts';
import {
  type AbortedTransaction,
  type AppendDone,
  type AppendOptions,
  type AppendResult,
  type EpochEndOffset,
  type LogListener,
  logName,
  type ReadOptions,
  type ReadOutcome,
  type SegmentInfo,
  type TimestampAndOffset,
} from './log-types.ts';
import type { ActiveProducer, LastRecord, ProducerState } from './producers/producer-state.ts';
import { abortedTransactions } from './read/aborted-transactions.ts';
import { LogReader, type ReadableLog } from './read/log-reader.ts';
import { findByTimestamp, findMaxTimestamp, lookUp } from './read/time-lookup.ts';
import type { LoadedLog } from './recovery/loaded-log.ts';
import { DeletedRecords } from './segment/deleted-records.ts';
import { LogSegments } from './segment/log-segments.ts';
import { type RetentionDecision, segmentsToDelete } from './segment/retention.ts';
import type { Segment } from './segment/segment.ts';
import type { SegmentList } from './segment/segment-list.ts';
import type { StorageContext } from './storage-context.ts';

/** Segments renamed away in one turn of the event loop; each takes about eight system calls. */
const MOST_SEGMENTS_AT_ONCE = 32;

export interface LogOptions {
  readonly context: StorageContext;
  /** The directory that it lies in. */
  readonly owner: LogOwner;
  readonly topic: string;
  readonly partition: number;
  readonly folder: string;
  readonly isNewFolder: boolean;
  readonly config: LogConfig;
  readonly loaded: LoadedLog;
}

/**
 * One partition's log on this broker. Its log directory makes it, and nobody sees all of it: for the world it is a
 * Log, for its directory and the cleaner an OwnedLog, and each of its parts says what it needs of it (WrittenLog,
 * ReadableLog, AppendedLog, SwappedLog).
 */
export class LogCore implements OwnedLog, ReadableLog, WrittenLog, AppendedLog, SwappedLog {
  readonly topic: string;
  readonly partition: number;
  readonly name: string;
  topicId: string | undefined;
  readonly logDir: string;
  readonly folder: string;
  listener: LogListener | undefined;

  readonly #context: StorageContext;
  readonly #owner: LogOwner;
  readonly #producers: ProducerState;
  readonly #segments: LogSegments;
  readonly #epochs: LeaderEpochCache;
  readonly #reader: LogReader;
  readonly #sync: LogSync;
  readonly #writer: LogWriter;
  readonly #appender: LogAppender;
  #config: LogConfig;
  #logStartOffset: number;
  /** Made when there are any: most logs never have them, and there may be many logs. */
  #deleted: DeletedRecords | undefined;
  #truncations = 0;
  #isEmptying = false;
  #isClosing = false;
  #swap: SegmentSwap | undefined;
  #failure: Error | undefined;

  constructor(options: LogOptions) {
    const { context, loaded } = options;
    this.#context = context;
    this.#owner = options.owner;
    this.topic = options.topic;
    this.partition = options.partition;
    this.name = logName(options.topic, options.partition);
    this.topicId = loaded.topicId;
    this.logDir = options.owner.path;
    this.folder = options.folder;
    this.#config = options.config;
    this.#producers = loaded.producers;
    this.#epochs = loaded.epochs;
    this.#logStartOffset = loaded.logStartOffset;
    if (loaded.deletedBefore > 0) this.#deleted = this.#deletedTo(loaded.deletedBefore);
    const { space, unsynced } = options.owner;
    this.#sync = new LogSync(context, { ...options, unsynced });
    this.#sync.addFiles(loaded.unsyncedFiles);
    this.#segments = new LogSegments(context, {
      name: this.name,
      folder: options.folder,
      list: loaded.segments,
      snapshots: loaded.snapshots,
      producers: loaded.producers,
      sync: this.#sync,
    });
    this.#reader = new LogReader(context, this);
    this.#writer = new LogWriter(context, this, {
      sync: this.#sync,
      space,
      unsynced,
      endOffset: loaded.logEndOffset,
      recoveryPoint: loaded.recoveryPoint,
    });
    this.#appender = new LogAppender(this, {
      segments: this.#segments,
      producers: loaded.producers,
      epochs: loaded.epochs,
      writer: this.#writer,
      space,
    });
  }

  get config(): LogConfig {
    return this.#config;
  }

  updateConfig(config: LogConfig): void {
    this.#config = config;
  }

  get segments(): SegmentList {
    return this.#segments.list;
  }

  get logStartOffset(): number {
    return this.#logStartOffset;
  }

  get deletedBefore(): number {
    return this.#deleted?.before ?? 0;
  }

  get logEndOffset(): number {
    return this.#writer.publishedEnd;
  }

  get recoveryPoint(): number {
    return this.#writer.syncedEnd;
  }

  get queuedBytes(): number {
    return this.#writer.queuedBytes;
  }

  get unsyncedBytes(): number {
    return this.#sync.unsyncedBytes;
  }

  get sizeInBytes(): number {
    return this.segments.sizeInBytes;
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  get truncations(): number {
    return this.#truncations;
  }

  append(batch: Buffer, options: AppendOptions, done: AppendDone): AppendResult {
    return this.#appender.append(batch, options, done);
  }

  appendAsFollower(batches: Buffer, done: AppendDone): AppendResult {
    return this.#appender.appendAsFollower(batches, done);
  }

  fail(error: Error): void {
    if (!this.#failure) this.#owner.failed(this, error);
  }

  goOffline(error: Error): void {
    if (this.#failure) return;
    this.#failure = error;
    this.#truncations++;
    this.#sync.stop();
    this.#writer.wake();
  }

  written(): void {
    this.#owner.written(this);
  }

  takeBack(offset: number, withProducers: boolean): void {
    const { logStartOffset } = this;
    this.#segments.takeBack(offset, { logStartOffset, withProducers });
    // An epoch that begins just here was decided by an election, not by what was appended.
    this.#epochs.truncateFromEnd(offset + 1);
  }

  commit(): void {
    this.#owner.commit(this);
  }

  logEndOffsetMoved(): void {
    this.listener?.logEndOffsetMoved(this);
    this.#producers.forgetReplicated(this.#committedEnd);
  }

  sync(): Promise<void> {
    return this.#sync.run(this.segments.active, this.#epochs);
  }

  read(options: ReadOptions): ReadOutcome | Promise<ReadOutcome> {
    return this.#reader.read(options);
  }

  /** A log of no replica has nothing that anybody knows to be committed. */
  get #committedEnd(): number {
    return this.listener?.highWatermark ?? this.#logStartOffset;
  }

  get lastStableOffset(): number {
    const committedEnd = this.#committedEnd;
    return Math.min(
      this.#producers.firstUnstableOffset(committedEnd) ?? committedEnd,
      committedEnd,
    );
  }

  abortedTransactions(range: { fromOffset: number; upToOffset: number }): AbortedTransaction[] {
    return abortedTransactions(this.segments, range);
  }

  async offsetForTimestamp(timestamp: Int64): Promise<TimestampAndOffset | undefined> {
    const { work } = this.#context;
    return lookUp(this, () => findByTimestamp(this.segments, timestamp, { log: this, work }));
  }

  async offsetOfMaxTimestamp(): Promise<TimestampAndOffset | undefined> {
    const { work } = this.#context;
    return lookUp(this, () => findMaxTimestamp(this.segments, { log: this, work }));
  }

  earliestOffset(): TimestampAndOffset {
    const first = this.#epochs.entries[0];
    const known = first !== undefined && first.startOffset <= this.#logStartOffset;
    const leaderEpoch = known ? first.epoch : -1;
    return { timestamp: -1, offset: this.#logStartOffset, leaderEpoch };
  }

  latestOffset(): TimestampAndOffset {
    return { timestamp: -1, offset: this.logEndOffset, leaderEpoch: this.#epochs.latestEpoch };
  }

  get latestLeaderEpoch(): number {
    return this.#epochs.latestEpoch;
  }

  startLeaderEpoch(epoch: number): void {
    this.#epochs.begin(epoch, this.#writer.appendedEnd);
  }

  endOffsetForEpoch(epoch: number): EpochEndOffset {
    return this.#epochs.endOffsetOf(epoch, this.logEndOffset);
  }

  segmentInfos(): SegmentInfo[] {
    return this.segments.all.map((segment) => ({
      baseOffset: segment.baseOffset,
      sizeInBytes: segment.sizeInBytes,
      lastModifiedMs: segment.lastModifiedMs(),
    }));
  }

  activeProducers(): ActiveProducer[] {
    return this.#producers.describe();
  }

  expireProducers(now: number): void {
    this.#producers.expire(now, this.#context.producerIdExpirationMs);
  }

  incrementLogStartOffset(offset: number): Promise<Error | undefined> {
    if (this.#failure) return Promise.resolve(this.#failure);
    if (offset > this.#logStartOffset) this.#moveLogStart(offset);
    if (this.#failure) return Promise.resolve(this.#failure);
    this.#deleted ??= this.#deletedTo(0);
    return this.#deleted.raiseTo(offset);
  }

  #deletedTo(before: number): DeletedRecords {
    return new DeletedRecords(before, () => this.#owner.logStartOffsetMoved(this));
  }

  #moveLogStart(offset: number): void {
    assert(offset <= this.logEndOffset, 'the log start offset lies in the log');
    this.#logStartOffset = offset;
    this.#epochs.truncateFromStart(offset);
    // Age and size are the timer's business: only what is below the start goes with it.
    this.#deleteSegments(0, { ...this.#config, cleanupPolicy: [] });
  }

  deleteOldSegments(now: number): number {
    return this.#deleteSegments(now, this.#config);
  }

  #deleteSegments(now: number, config: LogConfig): number {
    if (this.#failure || this.#swap?.isCommitting) return 0;
    let decision: RetentionDecision;
    try {
      decision = segmentsToDelete({
        segments: this.segments.all,
        config,
        now,
        logStartOffset: this.#logStartOffset,
        // Not the log end offset: what still waits for its sync lies in the active segment too.
        logEndOffset: this.#writer.appendedEnd,
        highWatermark: this.#committedEnd,
      });
    } catch (error) {
      // The age of a segment is in its index, which may have to be read.
      this.fail(toError(error));
      return 0;
    }
    const { count: due, reason } = decision;
    const isAll = due === this.segments.count;
    if (isAll && this.segments.active.sizeInBytes > 0) {
      void this.#emptyLater(() => this.#deleteSegments(now, config));
    }
    // Where all go, what is the last one now is deleted when there is another after it.
    const count = Math.min(isAll ? due - 1 : due, MOST_SEGMENTS_AT_ONCE);
    if (count === 0) return 0;
    if (this.#writer.writeQueued() || !this.#writer.mend()) return 0;
    try {
      this.#segments.dropOldest(count, this.#config);
    } catch (error) {
      this.fail(toError(error));
      return 0;
    }
    this.#reader.reset();
    const startOffset = this.segments.first.baseOffset;
    this.#context.logger.info(
      { log: this.name, count, reason, logStartOffset: startOffset },
      'deleted old segments',
    );
    this.incrementLogStartOffset(startOffset);
    if (due > count) this.#context.clock.endOfTurn(() => this.#deleteSegments(now, config));
    return count;
  }

  /**
   * Begins a segment after the active one, whose name alone will say where the log goes on: it must be durable before the
   * others are removed, which takes as long as the disk takes, and nobody waits for it.
   */
  async #emptyLater(deleteOthers: () => void): Promise<void> {
    if (this.#isEmptying) return;
    this.#isEmptying = true;
    try {
      const isRolled = await this.#context.retentionSyncs.run(() => this.#rollDurably());
      if (isRolled) deleteOthers();
    } catch (error) {
      if (!this.#failure) this.fail(toError(error));
    } finally {
      this.#isEmptying = false;
    }
  }

  /** False where that cannot be now. Rejects with what the disk throws. */
  async #rollDurably(): Promise<boolean> {
    const isDone = () => this.#failure || this.#isClosing || this.segments.active.sizeInBytes === 0;
    if (isDone()) return false;
    await this.#sync.settleLater();
    if (isDone()) return false;
    if (this.#writer.writeQueued() || !this.#writer.mend()) return false;
    this.#segments.roll(this.#writer.appendedEnd, this.#config);
    await this.#sync.settleLater();
    return !this.#failure && !this.#isClosing;
  }

  /**
   * For the cleaner: a compacted segment takes the place of its sources, unless the log has changed
   * meanwhile; whether it did. One at a time. Rejects with what the disk throws.
   */
  async swapIn(parts: SwapParts): Promise<boolean> {
    assert(this.#swap === undefined, 'one swap at a time');
    this.#swap = new SegmentSwap(this.#context, this, parts);
    try {
      return await this.#swap.run();
    } finally {
      this.#swap = undefined;
      // What DeleteRecords could not remove meanwhile.
      this.#deleteSegments(0, { ...this.#config, cleanupPolicy: [] });
    }
  }

  replaceRun(sources: readonly Segment[], compacted: Segment): string[] {
    this.#reader.reset();
    return this.#segments.replaceRun(sources, compacted);
  }

  dropSnapshots(baseOffsets: readonly number[]): void {
    this.#segments.dropSnapshots(baseOffsets);
  }

  lastRecords(): Map<Int64, LastRecord> {
    return this.#producers.lastRecords();
  }

  truncateTo(offset: number): void {
    if (this.#failure || offset >= this.#writer.appendedEnd) return;
    if (offset <= this.#logStartOffset) {
      this.truncateFullyAndStartAt(offset);
      return;
    }
    this.#cut(offset, () => {
      this.#segments.cutTo(offset, this.#logStartOffset, this.#config);
      this.#epochs.truncateFromEnd(offset);
    });
  }

  truncateFullyAndStartAt(offset: number): void {
    if (this.#failure) return;
    this.#cut(offset, () => {
      this.#segments.startAgainAt(offset, this.#config);
      this.#epochs.clear();
      this.#logStartOffset = offset;
      this.#deleted ??= this.#deletedTo(0);
      this.#deleted.restartAt(offset);
    });
  }

  #cut(offset: number, work: () => void): void {
    this.#context.logger.info(
      { log: this.name, offset, logEndOffset: this.logEndOffset },
      'truncating the log',
    );
    this.#truncations++;
    this.#writer.writeQueued();
    this.#writer.publish();
    try {
      this.#swap?.cancel();
      work();
    } catch (error) {
      // Half cut it cannot go on, whatever the reason.
      this.fail(new Error(`could not truncate ${this.name}`, { cause: error }));
      return;
    }
    this.#reader.reset();
    this.#writer.cutTo(offset);
    this.listener?.truncated(offset);
  }

  /** Nothing was ever written: were the folder lost, it would be made again just as it is. */
  get #isUntouched(): boolean {
    const { active } = this.segments;
    return this.segments.count === 1 && active.baseOffset === 0 && active.sizeInBytes === 0;
  }

  flush(): Promise<void> {
    return this.#writer.flush();
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    if (this.#failure) return;
    this.#writer.writeQueued();
    this.#writer.publish();
    if (!this.#writer.mend()) {
      throw new Error(`the end of ${this.name} could not be taken back to what is written`);
    }
    try {
      if (!this.#isUntouched) for (const segment of this.segments.all) segment.checkInPlace();
      this.#segments.saveForStart(this.#writer.appendedEnd, this.#logStartOffset);
    } catch (error) {
      this.fail(toError(error));
      if (this.#failure) return;
      throw error;
    }
    if (this.#isUntouched) return;
    if (this.#sync.isNeeded || this.#epochs.dirty) await this.flush();
  }
}
