import { join } from 'node:path';
import { assert } from '../../base/assert.ts';
import { FileGoneError, isOutOfSpace } from '../../base/disk-error.ts';
import type { File } from '../../base/file-system.ts';
import { type Int64, saturated } from '../../base/int64.ts';
import * as RecordBatch from '../../protocol/records/record-batch.ts';
import type { SegmentIndexes } from '../index/index-cache.ts';
import {
  checkIndexFiles,
  emptyIndexes,
  hasIndexFiles,
  indexBytes,
  loadIndexes,
  readLastTimestamp,
  saveTable,
} from '../index/index-files.ts';
import type { IndexEnds } from '../index/index-fit.ts';
import type { TimestampOffset } from '../index/time-index.ts';
import {
  type AbortedTxn,
  decodeAbortedTxns,
  encodeAbortedTxn,
} from '../index/transaction-index.ts';
import { type LogConfig, longestSegmentMs } from '../log-config.ts';
import type { StorageContext } from '../storage-context.ts';
import type { PinnedFile } from './file-handles.ts';
import {
  type CLEANED_SUFFIX,
  DELETED_SUFFIX,
  fileName,
  LOG_SUFFIX,
  OFFSET_INDEX_SUFFIX,
  SEGMENT_SUFFIXES,
  type SWAP_SUFFIX,
  TIME_INDEX_SUFFIX,
  TRANSACTION_INDEX_SUFFIX,
} from './segment-files.ts';

const MAX_RELATIVE_OFFSET = 2 ** 31 - 1;

const NO_TXNS: readonly AbortedTxn[] = [];

export interface SegmentOptions {
  readonly context: StorageContext;
  /** The partition's folder. */
  readonly folder: string;
  readonly baseOffset: number;
  /** Bytes the file holds; 0 and no file yet for a new segment. */
  readonly sizeInBytes: number;
  readonly isNew: boolean;
  readonly rollJitterMs: number;
  /** Where compaction is making it: what follows the names of its files until they are in place. */
  readonly nameSuffix?: SegmentNameSuffix;
}

/** Nothing, or how far compaction's output has come: being written, or about to replace its sources. */
export type SegmentNameSuffix = '' | typeof CLEANED_SUFFIX | typeof SWAP_SUFFIX;

/** What a batch adds to a segment's bookkeeping. */
export interface BatchFacts {
  readonly lastOffset: number;
  readonly maxTimestamp: Int64;
  readonly sizeInBytes: number;
}

/**
 * One `.log` file with its indexes, which are loaded when they are needed and forgotten again. The last
 * segment of a log is active: with the first append its indexes come to stay, and when it closes they
 * are written out.
 */
export class Segment {
  readonly baseOffset: number;
  readonly createdMs: number;
  /** Bytes that were there when the log was loaded; whether they are in the page cache is not known. */
  readonly loadedBytes: number;
  #checkedBytes = 0;
  readonly #context: StorageContext;
  readonly #folder: string;
  readonly #rollJitterMs: number;
  /** Bytes that appends have claimed, written or still queued. */
  #sizeInBytes: number;
  /** Bytes of whole batches in the file. */
  #writtenBytes: number;
  /** Bytes of a batch behind them whose rest is to follow. */
  #begunBytes = 0;
  #fileExists: boolean;
  /** Of the file that was written to, however often it is opened. */
  #fileId: string | undefined;
  #isDeleted = false;
  /** There are no index files yet. */
  #isNew: boolean;
  /** Those that appends add to; the index cache has those that are only read. */
  #indexes: SegmentIndexes | undefined;
  /** What both index files should hold; undefined where nobody looked. */
  #indexBytes: number | undefined;
  #max: TimestampOffset | undefined;
  #firstTimestamp: Int64 | undefined;
  #bytesSinceIndexEntry = 0;
  /** Whether `#aborted` holds what the file does. */
  #abortedAreRead: boolean;
  #aborted: AbortedTxn[] | undefined;
  #unsavedAborted: AbortedTxn[] | undefined;
  #nameSuffix: SegmentNameSuffix;

  constructor(options: SegmentOptions) {
    this.#context = options.context;
    this.#folder = options.folder;
    this.baseOffset = options.baseOffset;
    this.#sizeInBytes = options.sizeInBytes;
    this.#writtenBytes = options.sizeInBytes;
    this.loadedBytes = options.sizeInBytes;
    this.#rollJitterMs = options.rollJitterMs;
    this.#fileExists = !options.isNew;
    this.#nameSuffix = options.nameSuffix ?? '';
    this.createdMs = options.context.clock.now();
    this.#isNew = options.isNew;
    this.#abortedAreRead = options.isNew;
  }

  get sizeInBytes(): number {
    return this.#sizeInBytes;
  }

  get writtenBytes(): number {
    return this.#writtenBytes;
  }

  get fileExists(): boolean {
    return this.#fileExists;
  }

  path(suffix: string = LOG_SUFFIX): string {
    return join(this.#folder, fileName(this.baseOffset, suffix) + this.#nameSuffix);
  }

  /**
   * Renames its files from one step of compaction to the next, the log last: where that name is, the
   * others are. Reads under way go on.
   */
  rename(nameSuffix: SegmentNameSuffix): void {
    const { fileSystem, handles } = this.#context;
    handles.close(this.path());
    for (const kind of [...SEGMENT_SUFFIXES].reverse()) {
      const from = this.path(kind);
      const to = join(this.#folder, fileName(this.baseOffset, kind) + nameSuffix);
      if (fileSystem.stat(from)) fileSystem.rename(from, to);
    }
    this.#nameSuffix = nameSuffix;
  }

  /** Up to here every batch's checksum was seen to be right since the log was loaded. */
  get checkedBytes(): number {
    return this.#checkedBytes;
  }

  noteChecked(position: number): void {
    if (position > this.#checkedBytes) this.#checkedBytes = position;
  }

  /** The open file, good until the next await; the first call for a new segment makes it. */
  file(): File {
    const file = this.#context.handles.get(this.path(), this.#openMode());
    this.#fileExists = true;
    return file;
  }

  /** The open file, good until unpinned. */
  pin(): PinnedFile {
    const pinned = this.#context.handles.pin(this.path(), this.#openMode());
    this.#fileExists = true;
    return pinned;
  }

  /** A segment that was taken away must not come back as an empty file. */
  #openMode(): 'write' | 'create' {
    assert(!this.#isDeleted, 'a deleted segment is not opened');
    return this.#fileExists ? 'write' : 'create';
  }

  /**
   * Throws FileGoneError where the path does not lead to the whole of what was written: the file was
   * removed, replaced or cut, and what is written to the open one would be gone when it closes.
   */
  checkInPlace(): void {
    if (!this.#fileExists) return;
    const path = this.path();
    const stat = this.#context.fileSystem.stat(path);
    if (!stat) throw new FileGoneError(`${path} was removed while it was in use`);
    if (this.#fileId !== undefined && stat.id !== this.#fileId) {
      throw new FileGoneError(`${path} was replaced while it was in use`);
    }
    const size = this.#writtenBytes + this.#begunBytes;
    if (stat.size < size) {
      throw new FileGoneError(
        `${path} was cut from ${size} to ${stat.size} bytes while it was in use`,
      );
    }
  }

  get isDeleted(): boolean {
    return this.#isDeleted;
  }

  /** Whether a batch is to go to a new segment. */
  shouldRoll(batch: BatchFacts, config: LogConfig): boolean {
    if (batch.lastOffset - this.baseOffset > MAX_RELATIVE_OFFSET) return true;
    if (this.#sizeInBytes > config.segmentBytes - batch.sizeInBytes) return true;
    const { offsets, times } = this.#ownIndexes();
    if (offsets.isFull(config.segmentIndexBytes) || times.isFull(config.segmentIndexBytes)) {
      return this.#sizeInBytes > 0;
    }
    return (
      this.#sizeInBytes > 0 &&
      this.#ageMs(batch.maxTimestamp) > longestSegmentMs(config) - this.#rollJitterMs
    );
  }

  /** By record time where records carry one, so that a copied log rolls as the original did. */
  #ageMs(timestamp: Int64): number {
    const first = this.firstBatchTimestamp();
    return first >= 0 ? saturated(timestamp) - first : this.#context.clock.now() - this.createdMs;
  }

  /** The largest timestamp of the first batch, -1 where there is none. */
  firstBatchTimestamp(): number {
    if (this.#firstTimestamp === undefined) {
      const header = Buffer.alloc(RecordBatch.HEADER_SIZE);
      const count = this.file().readSync(header, 0, header.length, 0);
      this.#firstTimestamp = count < header.length ? -1 : RecordBatch.maxTimestamp(header);
    }
    return saturated(this.#firstTimestamp);
  }

  /** Claims the place of a batch at the end; its position. */
  claim(batch: BatchFacts, indexIntervalBytes: number): number {
    const position = this.#sizeInBytes;
    this.#note(batch, position, indexIntervalBytes);
    this.#sizeInBytes += batch.sizeInBytes;
    return position;
  }

  /** Takes a batch that the file holds already into the indexes, as recovery goes through it. */
  reindex(batch: BatchFacts, position: number, indexIntervalBytes: number): void {
    this.#note(batch, position, indexIntervalBytes);
  }

  #note(batch: BatchFacts, position: number, indexIntervalBytes: number): void {
    const { offsets, times } = this.#ownIndexes();
    if (position === 0) this.#firstTimestamp = batch.maxTimestamp;
    if (batch.maxTimestamp > this.maxTimestamp().timestamp) {
      this.#max = { timestamp: batch.maxTimestamp, offset: batch.lastOffset };
    }
    if (this.#bytesSinceIndexEntry > indexIntervalBytes) {
      offsets.append(batch.lastOffset, position);
      const max = this.maxTimestamp();
      times.append(max.timestamp, max.offset);
      this.#bytesSinceIndexEntry = 0;
    }
    this.#bytesSinceIndexEntry += batch.sizeInBytes;
  }

  /**
   * Writes claimed bytes, in the order they were claimed, up to the end of a batch. Throws what the disk
   * throws.
   */
  write(buffers: readonly Buffer[], sizeInBytes: number): void {
    const file = this.file();
    this.#fileId ??= file.id();
    file.writeSync(buffers, this.#writtenBytes + this.#begunBytes);
    this.#writtenBytes += this.#begunBytes + sizeInBytes;
    this.#begunBytes = 0;
    if (this.#unsavedAborted) this.#saveAborted(this.#unsavedAborted);
  }

  /** Writes the next piece of a batch, of which no reader sees anything before it is whole. */
  writePiece(piece: Buffer): void {
    this.file().writeSync([piece], this.#writtenBytes + this.#begunBytes);
    this.#begunBytes += piece.length;
  }

  /** To read. */
  indexes(): SegmentIndexes {
    if (this.#indexes) return this.#indexes;
    if (this.#isNew) return emptyIndexes(this.baseOffset);
    return this.#context.indexCache.get(this, () => this.#loadIndexes());
  }

  /** To be added to. */
  #ownIndexes(): SegmentIndexes {
    if (!this.#indexes) {
      this.#indexes = this.#isNew ? emptyIndexes(this.baseOffset) : this.#loadIndexes();
      this.#context.indexCache.drop(this);
    }
    return this.#indexes;
  }

  #loadIndexes(): SegmentIndexes {
    const { fileSystem, logger } = this.#context;
    const { indexes, areDamaged, sizeInBytes } = loadIndexes(fileSystem, this);
    if (this.#indexBytes !== undefined && sizeInBytes !== this.#indexBytes) {
      logger.warn(
        { path: this.path(), sizeInBytes, expectedBytes: this.#indexBytes },
        `the indexes of ${this.path()} were changed while they were in use; look-ups go through the segment until the next start`,
      );
      return emptyIndexes(this.baseOffset);
    }
    if (areDamaged) {
      logger.warn(
        { path: this.path() },
        'an index has entries that cannot be right; using those before',
      );
    }
    return indexes;
  }

  /** The index files were seen to fit the segment: what they say of its end is kept. */
  trustIndexes({ lastTime, sizeInBytes }: IndexEnds): void {
    this.#max = lastTime;
    this.#indexBytes = sizeInBytes;
  }

  /** See checkIndexFiles. */
  checkIndexFiles(how: { endOffset: number; thorough: boolean }): IndexEnds | undefined {
    return checkIndexFiles(this.#context.fileSystem, this, how);
  }

  /** Forgets the indexes, before recovery builds them anew. */
  resetIndexes(): void {
    this.#indexes = emptyIndexes(this.baseOffset);
    this.#context.indexCache.drop(this);
    this.#indexBytes = undefined;
    this.#max = { timestamp: -1, offset: this.baseOffset };
    this.#bytesSinceIndexEntry = 0;
    this.#firstTimestamp = undefined;
    this.#abortedAreRead = true;
    this.#aborted = undefined;
    this.#unsavedAborted = undefined;
    const path = this.path(TRANSACTION_INDEX_SUFFIX);
    if (this.#context.fileSystem.stat(path)) this.#context.fileSystem.removeFile(path);
  }

  /** The largest timestamp and the last offset of its batch; -1 when no record has one. */
  maxTimestamp(): TimestampOffset {
    this.#max ??= this.#indexes || this.#isNew ? this.indexes().times.last() : this.#readMax();
    return this.#max;
  }

  /** Retention and time lookups ask every segment: the last entry is enough. */
  #readMax(): TimestampOffset {
    return readLastTimestamp(this.#context.fileSystem, this) ?? this.indexes().times.last();
  }

  /** A batch that stays after a truncation has this timestamp. */
  raiseMaxTimestamp(max: TimestampOffset): void {
    if (max.timestamp > this.maxTimestamp().timestamp) this.#max = max;
  }

  /** For retention: the largest record timestamp, or when the file changed where there is none. */
  largestTimestamp(): number {
    const { timestamp } = this.maxTimestamp();
    return timestamp >= 0 ? saturated(timestamp) : this.lastModifiedMs();
  }

  lastModifiedMs(): number {
    if (!this.#fileExists) return this.createdMs;
    return Math.floor(this.#context.fileSystem.stat(this.path())?.modifiedMs ?? this.createdMs);
  }

  abortedTxns(): readonly AbortedTxn[] {
    if (!this.#abortedAreRead) {
      const { fileSystem, logger } = this.#context;
      const path = this.path(TRANSACTION_INDEX_SUFFIX);
      const bytes = fileSystem.stat(path) ? fileSystem.readFile(path) : Buffer.alloc(0);
      const decoded = decodeAbortedTxns(bytes, this.baseOffset);
      if (!decoded) logger.error({ path }, 'the transaction index is damaged and is not used');
      if (decoded && decoded.length > 0) this.#aborted = decoded;
      this.#abortedAreRead = true;
    }
    return this.#aborted ?? NO_TXNS;
  }

  addAbortedTxn(txn: AbortedTxn): void {
    this.abortedTxns();
    this.#aborted ??= [];
    this.#aborted.push(txn);
    this.#unsavedAborted ??= [];
    this.#unsavedAborted.push(txn);
  }

  #saveAborted(txns: readonly AbortedTxn[]): void {
    const file = this.#context.fileSystem.open(this.path(TRANSACTION_INDEX_SUFFIX), 'create');
    try {
      file.writeSync(txns.map(encodeAbortedTxn), file.size());
    } finally {
      file.close();
    }
    this.#unsavedAborted = undefined;
  }

  /** No more appends, and the indexes are saved: their memory is given up. */
  deactivate(): void {
    this.#indexes = undefined;
  }

  /** The index files as they are now, to be synced. */
  indexPaths(): string[] {
    const paths = [this.path(OFFSET_INDEX_SUFFIX), this.path(TIME_INDEX_SUFFIX)];
    if (this.abortedTxns().length > 0) paths.push(this.path(TRANSACTION_INDEX_SUFFIX));
    return paths;
  }

  /** Whether closing would write the index files. */
  hasUnsavedIndexes(): boolean {
    if (!this.#indexes || this.#sizeInBytes === 0) return false;
    const { offsets, times } = this.#indexes;
    return (
      offsets.table.savedCount !== offsets.table.count ||
      times.table.savedCount !== times.table.count ||
      this.maxTimestamp().timestamp > times.last().timestamp ||
      this.#unsavedAborted !== undefined ||
      !hasIndexFiles(this.#context.fileSystem, this)
    );
  }

  /** Writes the index files as Kafka leaves them on closing: trimmed, the maximum timestamp last. */
  saveIndexes(): void {
    if (!this.#fileExists || (!this.#indexes && !this.#isNew)) return;
    const { fileSystem } = this.#context;
    const { offsets, times } = this.#ownIndexes();
    const max = this.maxTimestamp();
    times.append(max.timestamp, max.offset);
    saveTable(fileSystem, this.path(OFFSET_INDEX_SUFFIX), offsets.table);
    saveTable(fileSystem, this.path(TIME_INDEX_SUFFIX), times.table);
    this.#isNew = false;
    this.#indexBytes = indexBytes({ offsets, times });
    if (this.#unsavedAborted) this.#saveAborted(this.#unsavedAborted);
  }

  /** Cuts the file at `position`, where the batch that holds `offset` begins. */
  truncate(position: number, offset: number): void {
    const { offsets, times } = this.#ownIndexes();
    if (this.#fileExists) this.file().truncate(position);
    this.#sizeInBytes = position;
    this.#writtenBytes = position;
    this.#begunBytes = 0;
    offsets.truncateTo(offset);
    times.truncateTo(offset);
    this.#max = undefined;
    this.#bytesSinceIndexEntry = 0;
    if (position === 0) this.#firstTimestamp = undefined;
    const kept = this.abortedTxns().filter((txn) => txn.lastOffset < offset);
    if (kept.length !== this.abortedTxns().length) {
      this.#context.fileSystem.removeFile(this.path(TRANSACTION_INDEX_SUFFIX));
      this.#aborted = kept;
      this.#unsavedAborted = kept.length > 0 ? [...kept] : undefined;
    }
  }

  /** Renames the files out of the way; the new paths, to be removed some time. */
  markDeleted(suffix: string = DELETED_SUFFIX): string[] {
    const { fileSystem, handles, indexCache } = this.#context;
    handles.close(this.path());
    this.#isDeleted = true;
    indexCache.drop(this);
    const renamed: string[] = [];
    for (const kind of SEGMENT_SUFFIXES) {
      const path = this.path(kind);
      if (!fileSystem.stat(path)) continue;
      try {
        fileSystem.rename(path, path + suffix);
      } catch (error) {
        if (!isOutOfSpace(error)) throw error;
        // Even a longer name may find no room: readers that have the file open keep it.
        fileSystem.removeFile(path);
        continue;
      }
      renamed.push(path + suffix);
    }
    return renamed;
  }
}
