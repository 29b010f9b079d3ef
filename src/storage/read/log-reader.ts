import type { ReadOptions, ReadOutcome } from '../log-types.ts';
import type { Segment } from '../segment/segment.ts';
import { type FileTask, RestOfTask, runAsync, runWhile } from '../segment/segment-io.ts';
import type { SegmentList } from '../segment/segment-list.ts';
import type { StorageContext } from '../storage-context.ts';
import { findBadBatch, shortenRun } from './batch-check.ts';
import { type BatchRun, findBatch, NotABatchError, readBatches } from './batch-reader.ts';

/** Data this near to the log's end is read on the event loop: it is in the page cache. */
const RECENT_BYTES = 32 * 1024 * 1024;

/** Readers whose place in the file is remembered, per log. */
const REMEMBERED_READERS = 16;

/** What reading needs of a log. */
export interface ReadableLog {
  readonly name: string;
  readonly segments: SegmentList;
  readonly logStartOffset: number;
  readonly logEndOffset: number;
  readonly failure: Error | undefined;
  /** Goes up when data that a reader may be looking at is taken away. */
  readonly truncations: number;
  fail(error: Error): void;
}

/** Where the batch that begins with an offset lies, from an earlier read that ended there. */
interface Cursor {
  offset: number;
  segment: Segment;
  position: number;
}

/** Reads whole batches of one log, and remembers where its readers are. */
export class LogReader {
  readonly #context: StorageContext;
  readonly #log: ReadableLog;
  #cursors: Cursor[] = [];

  constructor(context: StorageContext, log: ReadableLog) {
    this.#context = context;
    this.#log = log;
  }

  /** Forgets positions: segments were cut or taken away. */
  reset(): void {
    this.#cursors = [];
  }

  read(options: ReadOptions): ReadOutcome | Promise<ReadOutcome> {
    const { logStartOffset, logEndOffset, failure, segments } = this.#log;
    if (failure) return { kind: 'offline' };
    if (options.offset < logStartOffset || options.offset > logEndOffset) {
      return { kind: 'out-of-range', logStartOffset, logEndOffset };
    }
    const upToOffset = Math.min(options.upToOffset, logEndOffset);
    if (options.offset >= upToOffset) return nothingAt(options.offset);
    return this.#readFrom(segments.floor(options.offset), { ...options, upToOffset });
  }

  #readFrom(segment: Segment, options: ReadOptions): ReadOutcome | Promise<ReadOutcome> {
    const cursor = this.#takeCursor(options.offset, segment);
    const position = cursor ?? segment.indexes().offsets.lookup(options.offset).position;
    const task = () =>
      cursor === undefined
        ? this.#locateAndRead(segment, position, options)
        : this.#readAt(segment, position, options);
    if (!this.#isRecent(segment, position)) return this.#readCold(segment, task, options);
    try {
      const { readsOfTurn } = this.#context;
      const run = runWhile(task(), segment.file(), (bytes) => readsOfTurn.take(bytes));
      if (run instanceof RestOfTask) return this.#readCold(segment, () => run.resume(), options);
      return this.#finish(segment, run, options);
    } catch (error) {
      return this.#failed(segment, error, options);
    }
  }

  *#locateAndRead(
    segment: Segment,
    fromPosition: number,
    options: ReadOptions,
  ): FileTask<BatchRun | undefined> {
    const { readBuffers } = this.#context;
    const { offset } = options;
    const endPosition = segment.writtenBytes;
    let place: { position: number } | undefined;
    try {
      place = yield* findBatch(readBuffers, { offset, fromPosition, endPosition });
    } catch (error) {
      if (!(error instanceof NotABatchError) || fromPosition === 0) throw error;
      // The index points between batches: it is damaged, the log need not be.
      place = yield* findBatch(readBuffers, { offset, fromPosition: 0, endPosition });
    }
    return place && (yield* this.#readAt(segment, place.position, options));
  }

  #readAt(segment: Segment, position: number, options: ReadOptions): FileTask<BatchRun> {
    const { maxBytes, minOneBatch, upToOffset } = options;
    const endPosition = segment.writtenBytes;
    return readBatches(this.#context.readBuffers, {
      position,
      endPosition,
      maxBytes,
      minOneBatch,
      upToOffset,
      // Later data may be written and not yet published, and what was written by this broker is sound.
      endOffset: position < segment.loadedBytes ? this.#endOffsetOf(segment) : Infinity,
    });
  }

  async #readCold(
    segment: Segment,
    task: () => FileTask<BatchRun | undefined>,
    options: ReadOptions,
  ): Promise<ReadOutcome> {
    const { truncations } = this.#log;
    try {
      const run = await this.#context.coldReads.run(async () => {
        if (this.#log.failure || segment.isDeleted) return undefined;
        const pinned = segment.pin();
        try {
          return await runAsync(task(), pinned.file);
        } finally {
          pinned.unpin();
        }
      });
      if (segment.isDeleted || this.#log.truncations !== truncations) {
        run?.release();
        return this.read(options);
      }
      return this.#finish(segment, run && this.#checked(segment, run), options);
    } catch (error) {
      if (segment.isDeleted || this.#log.truncations !== truncations) return this.read(options);
      return this.#failed(segment, error, options);
    }
  }

  /** What was loaded with the segment lies below it. */
  #endOffsetOf(segment: Segment): number {
    return this.#log.segments.after(segment)?.baseOffset ?? this.#log.logEndOffset;
  }

  /**
   * What was on the disk before this broker started may have changed there since: each batch is
   * checked before it is served for the first time. Throws NotABatchError for a first batch that is
   * damaged; a later one ends the run.
   */
  #checked(segment: Segment, run: BatchRun): BatchRun {
    const position = run.endPosition - run.sizeInBytes;
    if (run.endPosition <= segment.checkedBytes || position >= segment.loadedBytes) return run;
    const endOffset = this.#endOffsetOf(segment);
    const bad = findBadBatch(run, { baseOffset: segment.baseOffset, endOffset });
    const goodEnd = bad ? position + bad.goodBytes : run.endPosition;
    if (position <= segment.checkedBytes) segment.noteChecked(goodEnd);
    if (!bad) return run;
    if (bad.goodBytes === 0) {
      run.release();
      throw new NotABatchError(position, bad.problem);
    }
    return shortenRun(run, bad.goodBytes, bad.nextOffset);
  }

  #finish(
    segment: Segment,
    run: BatchRun | undefined,
    options: ReadOptions,
  ): ReadOutcome | Promise<ReadOutcome> {
    if (!run || (run.sizeInBytes === 0 && run.endPosition >= segment.writtenBytes)) {
      // Nothing from the offset on in this segment: compaction took it, or it ended just here.
      const next = this.#log.segments.after(segment);
      return next ? this.#readFrom(next, options) : nothingAt(options.offset);
    }
    const isEmpty = run.sizeInBytes === 0;
    if (!isEmpty) this.#remember(run.nextOffset, segment, run.endPosition);
    return {
      kind: 'read',
      buffers: run.buffers,
      sizeInBytes: run.sizeInBytes,
      firstOffset: isEmpty ? options.offset : run.firstOffset,
      nextOffset: isEmpty ? options.offset : run.nextOffset,
      oversizedFirstBatchBytes: run.oversizedFirstBatchBytes,
      release: run.release,
    };
  }

  #failed(segment: Segment, error: unknown, options: ReadOptions): ReadOutcome {
    const cause = error instanceof Error ? error : new Error(String(error));
    if (cause instanceof NotABatchError) {
      const detail = `${segment.path()}: ${cause.message}`;
      this.#context.logger.error(
        { path: segment.path(), position: cause.position, offset: options.offset },
        'the log is damaged here; the read is refused',
      );
      return { kind: 'damaged', detail };
    }
    this.#log.fail(cause);
    return { kind: 'offline' };
  }

  #isRecent(segment: Segment, position: number): boolean {
    if (position < segment.loadedBytes) return false;
    let behind = segment.writtenBytes - position;
    const { all } = this.#log.segments;
    for (let index = all.length - 1; index >= 0 && all[index] !== segment; index--) {
      behind += all[index]!.writtenBytes;
      if (behind > RECENT_BYTES) return false;
    }
    return behind <= RECENT_BYTES;
  }

  #takeCursor(offset: number, segment: Segment): number | undefined {
    const index = this.#cursors.findIndex(
      (cursor) => cursor.offset === offset && cursor.segment === segment,
    );
    return index < 0 ? undefined : this.#cursors[index]!.position;
  }

  #remember(offset: number, segment: Segment, position: number): void {
    const known = this.#cursors.findIndex((cursor) => cursor.offset === offset);
    if (known >= 0) this.#cursors.splice(known, 1);
    else if (this.#cursors.length >= REMEMBERED_READERS) this.#cursors.shift();
    this.#cursors.push({ offset, segment, position });
  }
}

function nothingAt(offset: number): ReadOutcome {
  return {
    kind: 'read',
    buffers: [],
    sizeInBytes: 0,
    firstOffset: offset,
    nextOffset: offset,
    oversizedFirstBatchBytes: 0,
    release() {},
  };
}
