import { assert } from '../../base/assert.ts';
import * as RecordBatch from '../../protocol/records/record-batch.ts';
import type { DiskSpace } from '../dirs/disk-space.ts';
import type { LogConfig } from '../log-config.ts';
import type { AppendDone } from '../log-types.ts';
import type { Segment } from '../segment/segment.ts';
import type { SegmentList } from '../segment/segment-list.ts';
import type { StorageContext } from '../storage-context.ts';
import type { QueuedLog } from './append-queue.ts';
import { LARGE_BATCH_BYTES } from './large-batch.ts';
import type { LogSync } from './log-sync.ts';
import type { UnsyncedBudget } from './unsynced-budget.ts';

/** What the writer needs of its log. */
export interface WrittenLog {
  readonly segments: SegmentList;
  readonly config: LogConfig;
  readonly failure: Error | undefined;
  readonly truncations: number;
  /** The disk failed: the log is offline after this, unless the error passes again. */
  fail(error: Error): void;
  /** Makes the log end at `offset` again; `withProducers`: what they appended goes too. */
  takeBack(offset: number, withProducers: boolean): void;
  /** There is something to sync in the background. */
  written(): void;
  /** There is something to sync now: somebody waits for it. */
  commit(): void;
  logEndOffsetMoved(): void;
  sync(): Promise<void>;
}

/** Between looks whether the file that is written to is still the one at its path. */
const CHECK_INTERVAL_MS = 20;

/** Somebody who waits for what was appended to be written. */
interface Waiter {
  readonly done: AppendDone;
  /** The log end offset that it waits for. */
  readonly endOffset: number;
  /** Written is enough. */
  readonly unacknowledged: boolean;
}

/**
 * The way of a log's bytes: appended (they have offsets), written (they are in the file), published
 * (readers see them, producers are answered), synced. Each step has its offset. With group commit,
 * and where `flush.messages` asks for it, they are synced before they are published.
 */
export class LogWriter implements QueuedLog {
  readonly #context: StorageContext;
  readonly #log: WrittenLog;
  readonly #sync: LogSync;
  readonly #space: DiskSpace;
  readonly #unsynced: UnsyncedBudget;
  #appendedEnd: number;
  #writtenEnd: number;
  #publishedEnd: number;
  #syncedEnd: number;
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  /** Bytes of the first queued batch that are in the file already. */
  #begunBytes = 0;
  #waiters: Waiter[] = [];
  #isInAppendQueue = false;
  /** The disk is too far behind: the queue waits for a sync. */
  #isHeldUp = false;
  /** Bytes with an offset are not in the file; they are to be taken back before anything else. */
  #unwritten: { readonly withProducers: boolean } | undefined;
  /** Those whose bytes they were, or whose sync did not come about. */
  #lost: { readonly done: AppendDone; readonly error: Error }[] = [];
  #running: Promise<void> | undefined;
  #following: Promise<void> | undefined;
  #nextCheckMs = 0;

  constructor(
    context: StorageContext,
    log: WrittenLog,
    state: {
      sync: LogSync;
      space: DiskSpace;
      unsynced: UnsyncedBudget;
      endOffset: number;
      recoveryPoint: number;
    },
  ) {
    this.#context = context;
    this.#log = log;
    this.#sync = state.sync;
    this.#space = state.space;
    this.#unsynced = state.unsynced;
    this.#appendedEnd = state.endOffset;
    this.#writtenEnd = state.endOffset;
    this.#publishedEnd = state.endOffset;
    this.#syncedEnd = state.recoveryPoint;
    this.#checkOrder();
  }

  /** A step that overtakes the one before it would acknowledge, or give up, what it must not. */
  #checkOrder(): void {
    assert(this.#syncedEnd <= this.#writtenEnd, 'only what is written is synced');
    assert(this.#publishedEnd <= this.#writtenEnd, 'only what is written is published');
    assert(this.#writtenEnd <= this.#appendedEnd, 'only what has an offset is written');
  }

  get appendedEnd(): number {
    return this.#appendedEnd;
  }

  get publishedEnd(): number {
    return this.#publishedEnd;
  }

  get syncedEnd(): number {
    return this.#syncedEnd;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Queues one batch that has its place at the end of the active segment. */
  push(batch: Buffer, endOffset: number): void {
    this.#queue.push(batch);
    this.#queuedBytes += batch.length;
    this.#context.appendQueue.queuedBytes += batch.length;
    this.#appendedEnd = endOffset;
  }

  /**
   * `done` hears when everything appended so far is published, or, where nobody is acknowledged, as
   * soon as it is written.
   */
  wait(done: AppendDone, unacknowledged = false): void {
    this.#waiters.push({ done, endOffset: this.#appendedEnd, unacknowledged });
    this.wake();
  }

  /** Has `publish` called at the end of the turn. */
  wake(): void {
    this.#isHeldUp = false;
    if (this.#isInAppendQueue) return;
    this.#isInAppendQueue = true;
    this.#context.appendQueue.add(this);
  }

  /** Writes all that is queued; the error that keeps it from being written. */
  writeQueued(): Error | undefined {
    return this.#write(this.#queue.length);
  }

  /**
   * Writes what one turn should of what is queued: all of it, but of a large batch the next piece, and
   * nothing while the disk is too far behind.
   */
  writeTurn(): void {
    if (this.#log.failure) {
      this.writeQueued();
      return;
    }
    const large = this.#queue.findIndex((batch) => batch.length > LARGE_BATCH_BYTES);
    this.#isHeldUp =
      // A file system lets a write wait for the sync of its file, and everybody with it.
      (large === 0 && this.#running !== undefined) ||
      (this.#queue.length > 0 && this.#unsynced.mustWait(this, this.#sync.unsyncedBytes));
    if (this.#isHeldUp) return;
    if (large < 0) this.writeQueued();
    else if (large > 0) this.#write(large);
    else this.#writePiece(this.#queue[0]!);
  }

  /** Writes the first `count` batches. */
  #write(count: number): Error | undefined {
    if (count === 0) return undefined;
    if (this.#log.failure) {
      this.#dropQueue();
      return this.#log.failure;
    }
    const isAll = count === this.#queue.length;
    const batches = isAll ? this.#queue : this.#queue.slice(0, count);
    const begun = this.#begunBytes;
    const buffers = begun > 0 ? [batches[0]!.subarray(begun), ...batches.slice(1)] : batches;
    let sizeInBytes = this.#queuedBytes;
    if (!isAll) sizeInBytes = buffers.reduce((sum, { length }) => sum + length, 0);
    const error = this.#toActive((active) => active.write(buffers, sizeInBytes), sizeInBytes);
    if (error) return error;
    this.#begunBytes = 0;
    this.#queue = isAll ? [] : this.#queue.slice(count);
    this.#writtenEnd = isAll ? this.#appendedEnd : RecordBatch.lastOffset(batches.at(-1)!) + 1;
    this.#checkOrder();
    return undefined;
  }

  #writePiece(batch: Buffer): void {
    const end = this.#begunBytes + LARGE_BATCH_BYTES;
    if (end >= batch.length) {
      this.#write(1);
      return;
    }
    const piece = batch.subarray(this.#begunBytes, end);
    if (!this.#toActive((active) => active.writePiece(piece), piece.length)) this.#begunBytes = end;
  }

  /** After an error nothing is queued any more. */
  #toActive(write: (active: Segment) => void, sizeInBytes: number): Error | undefined {
    const { active } = this.#log.segments;
    if (!active.fileExists) this.#sync.addSegmentName();
    try {
      this.#checkInPlace(active);
      write(active);
    } catch (error) {
      const cause = toError(error);
      this.#notWritten(cause, this.#dropQueue());
      return cause;
    }
    this.#queuedBytes -= sizeInBytes;
    this.#context.appendQueue.queuedBytes -= sizeInBytes;
    this.#sync.written(sizeInBytes);
    this.#space.written(sizeInBytes);
    return undefined;
  }

  /** What is acknowledged must have a file; a system call per write would be too many. */
  #checkInPlace(active: Segment): void {
    const now = this.#context.clock.monotonicMs();
    if (now < this.#nextCheckMs) return;
    active.checkInPlace();
    this.#nextCheckMs = now + CHECK_INTERVAL_MS;
  }

  /** The batches that were queued. */
  #dropQueue(): readonly Buffer[] {
    const batches = this.#queue;
    this.#context.appendQueue.queuedBytes -= this.#queuedBytes;
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#begunBytes = 0;
    return batches;
  }

  #notWritten(error: Error, buffers: readonly Buffer[]): void {
    this.#log.fail(error);
    if (this.#log.failure) return;
    const isLost = ({ endOffset }: Waiter) => endOffset > this.#writtenEnd;
    this.#giveUp(error, isLost);
    const withProducers = buffers.some((batch) => RecordBatch.producerId(batch) >= 0);
    this.#unwritten = { withProducers };
    this.mend();
  }

  /**
   * Takes back what has offsets and could not be written, so that the next append gets them. False
   * where that does not work yet: then nothing can be appended, rolled or closed.
   */
  mend(): boolean {
    if (!this.#unwritten) return true;
    try {
      this.#log.takeBack(this.#writtenEnd, this.#unwritten.withProducers);
    } catch (error) {
      this.#log.fail(toError(error));
      return false;
    }
    this.#appendedEnd = this.#writtenEnd;
    this.#unwritten = undefined;
    this.#checkOrder();
    return true;
  }

  /** Those waiters get the error at the end of the turn: an append may be under way here. */
  #giveUp(error: Error, isLost: (waiter: Waiter) => boolean): void {
    for (const waiter of this.#waiters) {
      if (isLost(waiter)) this.#lost.push({ done: waiter.done, error });
    }
    this.#waiters = this.#waiters.filter((waiter) => !isLost(waiter));
    if (this.#lost.length > 0) this.wake();
  }

  publish(): void {
    this.#isInAppendQueue = false;
    this.#publish();
    if (this.#queue.length > 0 && !this.#isHeldUp && !this.#isInAppendQueue) {
      this.#isInAppendQueue = true;
      this.#context.appendQueue.addNextTurn(this);
    }
  }

  #publish(): void {
    if (this.#log.failure) {
      this.#failWaiters(this.#log.failure);
      return;
    }
    if (this.#lost.length > 0) {
      const lost = this.#lost;
      this.#lost = [];
      for (const { done, error } of lost) done.written(error);
    }
    const isCommitting = this.#log.config.flushPolicy === 'group-commit';
    if (isCommitting || this.#writtenEnd - this.#syncedEnd >= this.#log.config.flushMessages) {
      // The answers wait for the sync, which publishes again.
      if (this.#writtenEnd > this.#syncedEnd) this.#log.commit();
      this.#publishUpTo(this.#syncedEnd);
    } else {
      if (this.#sync.unsyncedBytes > 0) this.#log.written();
      this.#publishUpTo(this.#writtenEnd);
    }
  }

  #publishUpTo(endOffset: number): void {
    const moved = endOffset > this.#publishedEnd;
    if (moved) {
      this.#publishedEnd = endOffset;
      this.#checkOrder();
      this.#log.logEndOffsetMoved();
    }
    const waiters = this.#waiters;
    if (waiters.length === 0) return;
    const writtenEnd = this.#writtenEnd;
    const isDone = (waiter: Waiter) =>
      waiter.endOffset <= (waiter.unacknowledged ? writtenEnd : endOffset);
    this.#waiters = waiters.filter((waiter) => !isDone(waiter));
    for (const waiter of waiters) if (isDone(waiter)) waiter.done.written(undefined);
  }

  #failWaiters(error: Error): void {
    const waiters = [...this.#lost, ...this.#waiters];
    this.#lost = [];
    this.#waiters = [];
    for (const { done } of waiters) done.written(error);
  }

  /** Syncs everything written by now. Rejects when the log has failed, or fails in it. */
  flush(): Promise<void> {
    if (!this.#running) return this.#start();
    // The running one may have begun before the last write: one more follows it, for all who ask.
    this.#following ??= this.#running
      .catch(() => undefined)
      .then(() => {
        this.#following = undefined;
        return this.#start();
      });
    return this.#following;
  }

  #start(): Promise<void> {
    const run = this.#syncWritten().finally(() => {
      this.#running = undefined;
      if (this.#isHeldUp) this.wake();
    });
    this.#running = run;
    return run;
  }

  async #syncWritten(): Promise<void> {
    if (this.#log.failure) throw this.#log.failure;
    const { truncations } = this.#log;
    const endOffset = this.#writtenEnd;
    try {
      await this.#log.sync();
    } catch (error) {
      if (!this.#log.failure) this.#log.fail(toError(error));
      if (!this.#log.failure) {
        // It passes again: the background sync goes on trying, but nobody waits for that. What is
        // still queued has its write before it.
        this.#giveUp(toError(error), (waiter) => waiter.endOffset <= this.#writtenEnd);
        this.#log.written();
      }
      throw error;
    }
    if (this.#log.failure) throw this.#log.failure;
    if (this.#log.truncations !== truncations) return;
    this.#syncedEnd = endOffset;
    this.#checkOrder();
    this.#publishUpTo(endOffset);
  }

  /** The log was cut: it ends at `endOffset`. Nothing may be queued. */
  cutTo(endOffset: number): void {
    this.#appendedEnd = endOffset;
    this.#writtenEnd = endOffset;
    this.#publishedEnd = endOffset;
    this.#syncedEnd = Math.min(this.#syncedEnd, endOffset);
    this.#checkOrder();
    this.#waiters = this.#waiters.map((waiter) => ({
      ...waiter,
      endOffset: Math.min(waiter.endOffset, endOffset),
    }));
    this.wake();
  }
}

export function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
