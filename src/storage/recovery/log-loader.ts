import { join } from 'node:path';
import type { Int64 } from '../../base/int64.ts';
import * as RecordBatch from '../../protocol/records/record-batch.ts';
import { LeaderEpochCache } from '../append/leader-epoch-cache.ts';
import { LEADER_EPOCH_FILE } from '../append/log-sync.ts';
import { setFolderAside } from '../dirs/folder-in-the-way.ts';
import { decodePartitionMetadata, PARTITION_METADATA_FILE } from '../dirs/partition-metadata.ts';
import {
  CheckpointFormatError,
  decodeEpochCheckpoint,
  readTextIfPresent,
} from '../files/checkpoint-file.ts';
import { loadIndexes } from '../index/index-files.ts';
import { type IndexEnds, indexesFit } from '../index/index-fit.ts';
import type { LogConfig } from '../log-config.ts';
import { replayProducers } from '../producers/producer-replay.ts';
import { ProducerSnapshots } from '../producers/producer-snapshots.ts';
import { ProducerState } from '../producers/producer-state.ts';
import { type ScanEnd, scanBatches } from '../read/batch-scan.ts';
import { Segment } from '../segment/segment.ts';
import { fileName, LOG_SUFFIX, SMALL_SEGMENT_BYTES } from '../segment/segment-files.ts';
import { runAsync, runSync } from '../segment/segment-io.ts';
import { SegmentList } from '../segment/segment-list.ts';
import type { StorageContext } from '../storage-context.ts';
import { filledSegments, type KnownLog, missingRanges, type OffsetRange } from './known-log.ts';
import type { LoadProgress } from './load-progress.ts';
import type { LoadedLog } from './loaded-log.ts';
import { tidyLogFolder } from './log-folder.ts';
import {
  isUnfinishedWrite,
  quarantineSegment,
  quarantineTail,
  type SegmentScan,
  scanSegment,
} from './segment-recovery.ts';

/** A log that cannot be used as it is. Its folder stays untouched. */
export class LogFormatError extends Error {
  override name = 'LogFormatError';
}

export interface LoadOptions {
  readonly context: StorageContext;
  readonly folder: string;
  readonly config: LogConfig;
  readonly progress: LoadProgress;
  /** Whether the log was closed in order. */
  readonly isClean: boolean;
  /** From the checkpoints, 0 where they say nothing. */
  readonly recoveryPoint: number;
  readonly logStartOffset: number;
  /** How far the log is known to be compacted. */
  readonly compactedUpTo: number;
  /** What an inventory says; undefined where none has it. */
  readonly known: KnownLog | undefined;
}

/**
 * Opens a partition's folder. After an unclean stop everything from the recovery point on is
 * checked, cut at the first batch that is not whole and valid, and indexed anew. Rejects with
 * LogFormatError, and with what the disk throws.
 */
export async function loadLog(options: LoadOptions): Promise<LoadedLog> {
  const { context, folder } = options;
  const { fileSystem, logger } = context;
  const { names, baseOffsets } = tidyLogFolder(fileSystem, logger, {
    folder,
    segmentEnd: (path, base) => endOfFile(context, path, base),
  });
  const segments = baseOffsets.map((base) => openSegment(context, folder, base));
  const metadata = readTextIfPresent(fileSystem, join(folder, PARTITION_METADATA_FILE));
  const topicId = metadata === undefined ? undefined : decodePartitionMetadata(metadata);
  const known = knownOf(options, topicId);
  const present = filledSegments(segments);
  const recovery = new LogRecovery({ ...options, known }, segments);
  await recovery.run();
  const found = { present, endOffset: recovery.logEndOffset };
  tellMissing(options, missingRanges(known, found), known);
  if (recovery.logEndOffset < known.endOffset) recovery.goOnAt(known.endOffset);
  const logStartOffset = recovery.logStartOffset();
  const list = recovery.segments(logStartOffset);
  const { epochs, logEndOffset } = recovery;
  epochs.truncateFromEnd(logEndOffset);
  epochs.truncateFromStart(logStartOffset);

  const snapshots = new ProducerSnapshots(fileSystem, logger, { folder, names });
  const producers = new ProducerState();
  // Snapshots taken beyond the first segment that was recovered may tell of batches that are gone.
  const snapshotUpTo = Math.min(recovery.recoveredFrom, logEndOffset);
  snapshots.removeAbove(snapshotUpTo);
  const log = { segments: list, producers, snapshots };
  const range = { logStartOffset, snapshotUpTo, endOffset: logEndOffset };
  for (const { segment, task } of replayProducers(context, log, range)) {
    const pinned = segment.pin();
    try {
      await runAsync(task(), pinned.file);
    } finally {
      pinned.unpin();
    }
    // The next recovery then need not read this segment for the producers.
    const next = list.after(segment);
    if (next) snapshots.write(next.baseOffset, producers.entries());
  }
  snapshots.removeStray(new Set(list.all.map((segment) => segment.baseOffset)));
  return {
    ...log,
    epochs,
    logStartOffset,
    deletedBefore: recovery.deletedBefore,
    logEndOffset,
    recoveryPoint: options.isClean ? logEndOffset : Math.min(recovery.recoveryPoint, logEndOffset),
    topicId,
    unsyncedFiles: recovery.unsyncedFiles,
  };
}

/**
 * The inventory may tell of another topic of the name; what was synced counts where it tells nothing. After a clean
 * stop (it names segments) it is whole and newer than the checkpoint, whose number may be damaged. After a kill the
 * checkpoint may well be the newer one: it is believed, as offsets that are left out cost less than any given twice.
 */
function knownOf(
  { known, recoveryPoint, logStartOffset }: LoadOptions,
  topicId: string | undefined,
): KnownLog {
  const isOfThis = known && (!known.topicId || !topicId || known.topicId === topicId);
  if (isOfThis && known.segments.length > 0) return known;
  if (isOfThis) return { ...known, endOffset: Math.max(known.endOffset, recoveryPoint) };
  const endOffset = known ? 0 : recoveryPoint;
  return { topicId, startOffset: logStartOffset, endOffset, segments: [] };
}

function tellMissing(
  { context, folder }: LoadOptions,
  missing: readonly OffsetRange[],
  { endOffset }: KnownLog,
): void {
  if (missing.length === 0) return;
  const offsets = missing.map(({ from, to }) => `${from} to ${to - 1}`).join(', ');
  context.logger.error(
    { folder, missing, endOffset },
    `${folder} lacks records that were there, with the offsets ${offsets}: files were removed or emptied, or are those of an older copy; the partition is served without them, and new records get offsets from ${endOffset} on`,
  );
}

function openSegment(context: StorageContext, folder: string, baseOffset: number): Segment {
  const path = join(folder, fileName(baseOffset, LOG_SUFFIX));
  const stat = context.fileSystem.stat(path);
  if (stat?.isFolder) {
    throw new LogFormatError(
      `${path} is a folder, where a file of records should be; move it away`,
    );
  }
  const sizeInBytes = stat?.size ?? 0;
  return new Segment({ context, folder, baseOffset, sizeInBytes, isNew: false, rollJitterMs: 0 });
}

/** The offset after the last batch of a log file, for a compacted segment not yet in place. */
function endOfFile(context: StorageContext, path: string, baseOffset: number): number {
  const file = context.fileSystem.open(path, 'read');
  let end = baseOffset;
  try {
    const scan = scanBatches({
      fromPosition: 0,
      endPosition: file.size(),
      verify: false,
      visit: ({ buffer, at }) => {
        end = RecordBatch.nextOffset(buffer, at);
        return true;
      },
    });
    runSync(scan, file);
  } finally {
    file.close();
  }
  return end;
}

/** Finds the end of one log, repairing what an unclean stop left. */
class LogRecovery {
  readonly #options: LoadOptions & { readonly known: KnownLog };
  readonly #context: StorageContext;
  #segments: Segment[];
  epochs = new LeaderEpochCache();
  logEndOffset = 0;
  #hasGaps = false;
  /** Of the last segment; undefined where its index files are of no use. */
  #lastIndexedPosition: number | undefined;
  /** Base offset of the first segment that was checked; infinite when none was. */
  recoveredFrom = Number.POSITIVE_INFINITY;
  readonly unsyncedFiles: string[] = [];
  recoveryPoint: number;

  constructor(options: LoadOptions & { readonly known: KnownLog }, segments: Segment[]) {
    this.#options = options;
    this.#context = options.context;
    this.#segments = segments;
    this.recoveryPoint = options.recoveryPoint;
  }

  async run(): Promise<void> {
    const { isClean, recoveryPoint } = this.#options;
    const epochsKnown = this.#loadEpochs();
    let rebuilt = 0;
    const first = isClean ? this.#segments.length : this.#indexOf(recoveryPoint);
    // Indexes of segments that need no recovery are built anew only when they are missing.
    for (const [index, segment] of this.#segments.slice(0, first).entries()) {
      await this.#options.progress.turn();
      const rebuildEpochs = epochsKnown ? undefined : this.epochs;
      const next = this.#segments[index + 1]?.baseOffset ?? Number.POSITIVE_INFINITY;
      // Nothing was written to it, so it has no indexes either.
      if (segment.sizeInBytes === 0) continue;
      const isLast = index === this.#segments.length - 1;
      const ends = segment.checkIndexFiles({ endOffset: next, thorough: isLast });
      const doFit = ends !== undefined && this.#doFit(segment, ends);
      if (isLast && doFit) this.#lastIndexedPosition = ends.lastOffset.position;
      if (doFit) segment.trustIndexes(ends);
      if (doFit && epochsKnown) continue;
      if (!doFit) rebuilt++;
      await this.#rebuildIndexes(segment, rebuildEpochs);
    }
    if (rebuilt > 0) {
      const { folder } = this.#options;
      this.#context.logger.info(
        { folder, segments: rebuilt },
        'built indexes anew that were missing, damaged or not those of their segments',
      );
    }
    if (first < this.#segments.length) await this.#recoverFrom(first);
    else await this.#findCleanEnd();
  }

  #doFit(segment: Segment, ends: IndexEnds): boolean {
    const { fileSystem } = this.#context;
    const { lastOffset, lastTime } = ends;
    const { indexIntervalBytes } = this.#options.config;
    const file = fileSystem.open(segment.path(), 'read');
    const fit = (latestPosition: number) =>
      runSync(indexesFit(segment, { ...ends, latestPosition }, indexIntervalBytes), file);
    try {
      if (fit(lastOffset.position)) return true;
      if (lastTime.timestamp < 0 || lastTime.offset >= lastOffset.offset) return false;
      // The latest record lies further back: where, the whole index knows.
      const { offsets } = loadIndexes(fileSystem, segment).indexes;
      return fit(offsets.lookup(lastTime.offset).position);
    } finally {
      file.close();
    }
  }

  /** False when the epochs must be read from the batches. */
  #loadEpochs(): boolean {
    const path = join(this.#options.folder, LEADER_EPOCH_FILE);
    const text = readTextIfPresent(this.#context.fileSystem, path);
    if (text === undefined) return this.#segments.every((segment) => segment.sizeInBytes === 0);
    try {
      this.epochs = new LeaderEpochCache(decodeEpochCheckpoint(path, text));
      return true;
    } catch (error) {
      if (!(error instanceof CheckpointFormatError)) throw error;
      this.#context.logger.warn({ path, error }, 'reading the leader epochs from the log instead');
      return false;
    }
  }

  /** The segment that holds `offset`: it and those after it are to be recovered. */
  #indexOf(offset: number): number {
    const beyond = this.#segments.findIndex((segment) => segment.baseOffset > offset);
    return Math.max(0, (beyond < 0 ? this.#segments.length : beyond) - 1);
  }

  async #rebuildIndexes(segment: Segment, epochs: LeaderEpochCache | undefined): Promise<void> {
    const { end } = await this.#scan(segment, epochs);
    if (end.kind !== 'end')
      this.#report(segment, end, 'A closed segment is damaged; it is left as it is');
    segment.saveIndexes();
    segment.deactivate();
    this.recoveredFrom = Math.min(this.recoveredFrom, segment.baseOffset);
  }

  async #recoverFrom(first: number): Promise<void> {
    const { epochs } = this;
    this.recoveredFrom = Math.min(this.recoveredFrom, this.#segments[first]!.baseOffset);
    epochs.truncateFromEnd(this.#segments[first]!.baseOffset);
    this.logEndOffset = this.#segments[first]!.baseOffset;
    let hasKnownGap = false;
    for (let index = first; index < this.#segments.length; index++) {
      const segment = this.#segments[index]!;
      const scan = await this.#scan(segment, epochs);
      const { end, nextOffset } = scan;
      this.#hasGaps ||= scan.hasGaps;
      this.logEndOffset = nextOffset;
      if (end.kind !== 'end') {
        this.#refuseLegacyFormat(segment, end);
        this.#cut(segment, end, nextOffset);
        this.#quarantineAfter(index, nextOffset);
      }
      // A later segment can reach the disk before the end of this one does.
      const next = this.#segments[index + 1];
      if (next && next.baseOffset > nextOffset) {
        if (this.#mayBeCompacted(next.baseOffset)) hasKnownGap = true;
        else this.#quarantineAfter(index, nextOffset);
      }
      this.unsyncedFiles.push(segment.path());
      if (index < this.#segments.length - 1) {
        segment.saveIndexes();
        this.unsyncedFiles.push(...segment.indexPaths());
        segment.deactivate();
      } else {
        // The indexes of the active one are written when it serves: then a folder there would cost the directory.
        for (const path of segment.indexPaths()) setFolderAside(this.#context, path);
      }
    }
    // The next recovery must not take it for one that a power cut left.
    if (hasKnownGap) this.#settle();
  }

  /** What is there is on the disk: it need not be recovered again. */
  #settle(): void {
    for (const segment of this.#segments) {
      if (segment.sizeInBytes > 0) segment.file().syncSync();
    }
    this.#context.fileSystem.syncFolder(this.#options.folder);
    this.recoveryPoint = this.logEndOffset;
  }

  #scan(segment: Segment, epochs: LeaderEpochCache | undefined): Promise<SegmentScan> {
    const { config, progress } = this.#options;
    const { indexIntervalBytes } = config;
    return scanSegment(segment, { indexIntervalBytes, epochs, progress });
  }

  /**
   * Whether offsets may be missing before `offset` although nothing was lost. The topic's own policy
   * is not known yet when logs are loaded, and a topic that was compacted once may not be any more.
   */
  #mayBeCompacted(offset: number): boolean {
    const { config, known, compactedUpTo } = this.#options;
    if (this.#hasGaps || config.cleanupPolicy.includes('compact')) return true;
    return offset <= Math.max(known.endOffset, compactedUpTo);
  }

  /** Segments behind damage or a gap would leave a hole in the log; they are kept aside. */
  #quarantineAfter(index: number, logEndOffset: number): void {
    for (const segment of this.#segments.splice(index + 1)) {
      const paths = quarantineSegment(this.#context, segment);
      this.#context.logger.error(
        { paths, logEndOffset },
        'a segment follows damage or a gap and is kept aside; its records are not served',
      );
    }
    this.#context.fileSystem.syncFolder(this.#options.folder);
  }

  #cut(segment: Segment, end: ScanEnd, nextOffset: number): void {
    if (isUnfinishedWrite(segment, end)) {
      this.#report(segment, end, 'cutting off an unfinished write');
    } else {
      const quarantine = quarantineTail(this.#context, segment, end.position);
      this.#report(segment, end, `cutting off damage; the bytes are kept in ${quarantine}`);
    }
    segment.truncate(end.position, nextOffset);
    // What was cut must not come back in the next crash, between records appended since.
    segment.file().syncSync();
    this.#context.fileSystem.syncFolder(this.#options.folder);
  }

  #report(segment: Segment, end: ScanEnd, message: string): void {
    const problem = 'problem' in end ? end.problem : undefined;
    const bytes = segment.writtenBytes - end.position;
    this.#context.logger.warn(
      { path: segment.path(), position: end.position, bytes, problem },
      message,
    );
  }

  /** A log of an old format is not damaged: it must not be cut. */
  #refuseLegacyFormat(segment: Segment, end: ScanEnd): void {
    if (end.position !== 0 || segment.writtenBytes < RecordBatch.HEADER_SIZE) return;
    const header = Buffer.alloc(RecordBatch.HEADER_SIZE);
    segment.file().readSync(header, 0, header.length, 0);
    const magic = RecordBatch.magic(header);
    const offset = header.readBigInt64BE(0);
    const size = RecordBatch.sizeInBytes(header);
    const looksWhole = size > RecordBatch.LOG_OVERHEAD && size <= segment.writtenBytes;
    if ((magic === 0 || magic === 1) && looksWhole && offset >= BigInt(segment.baseOffset)) {
      throw new LogFormatError(
        `${segment.path()} holds message format v${magic}, which can't be read yet; it is left as it is`,
      );
    }
  }

  /** After a clean stop only the last batches are looked at. */
  async #findCleanEnd(): Promise<void> {
    const last = this.#segments.at(-1);
    if (!last) {
      this.logEndOffset = this.#options.logStartOffset;
      return;
    }
    this.logEndOffset = last.baseOffset;
    if (last.sizeInBytes === 0) return;
    const isSmall = last.sizeInBytes <= SMALL_SEGMENT_BYTES;
    const indexed = this.#lastIndexedPosition ?? last.indexes().offsets.last().position;
    let maxTimestamp: Int64 = -1;
    const scan = scanBatches({
      fromPosition: isSmall ? 0 : indexed,
      endPosition: last.writtenBytes,
      verify: false,
      visit: ({ buffer, at }) => {
        this.logEndOffset = RecordBatch.nextOffset(buffer, at);
        const timestamp = RecordBatch.maxTimestamp(buffer, at);
        if (timestamp > maxTimestamp) maxTimestamp = timestamp;
        return true;
      },
    });
    const file = this.#context.fileSystem.open(last.path(), 'read');
    let end: ScanEnd;
    try {
      end = runSync(scan, file);
    } finally {
      file.close();
    }
    if (end.kind === 'end') {
      // The indexes of a small segment are not synced when it is closed, so they are not trusted.
      const isStale = isSmall && last.maxTimestamp().timestamp !== maxTimestamp;
      if (isStale) await this.#rebuildIndexes(last, undefined);
      return;
    }
    this.#report(last, end, 'The last segment is not as a clean stop leaves it; recovering it');
    await this.#recoverFrom(this.#segments.length - 1);
  }

  /**
   * Begins a segment at `offset`, beyond what is left: the offsets between are those of records that are gone,
   * and a reader steps over them. What is left is synced, so that the next start takes the gap for granted.
   */
  goOnAt(offset: number): void {
    const { context, folder } = this.#options;
    for (const segment of this.#segments) {
      segment.saveIndexes();
      segment.deactivate();
    }
    const options = { context, folder, baseOffset: offset, sizeInBytes: 0 };
    const next = new Segment({ ...options, isNew: true, rollJitterMs: 0 });
    next.file();
    this.#segments = [...this.#segments, next];
    this.logEndOffset = offset;
    this.#settle();
  }

  /** From the checkpoint; of a folder that was moved here only an inventory may know it. */
  get deletedBefore(): number {
    const { logStartOffset, known } = this.#options;
    const first = this.#segments[0]?.baseOffset ?? 0;
    return known.startOffset > first ? Math.max(known.startOffset, logStartOffset) : logStartOffset;
  }

  logStartOffset(): number {
    const first = this.#segments[0]?.baseOffset ?? 0;
    return Math.max(this.deletedBefore, first);
  }

  /** The log's segments, at least one. All go when the log ends below its own start. */
  segments(logStartOffset: number): SegmentList {
    const { context, folder, config } = this.#options;
    if (this.#segments.length > 0 && this.logEndOffset >= logStartOffset) {
      return new SegmentList(this.#segments);
    }
    for (const segment of this.#segments) {
      this.#context.logger.warn(
        { path: segment.path(), logEndOffset: this.logEndOffset, logStartOffset },
        'the log ends below its start offset: all its records were deleted',
      );
      context.remover.removeAfter(config.fileDeleteDelayMs, segment.markDeleted());
    }
    this.logEndOffset = logStartOffset;
    const options = { context, folder, baseOffset: logStartOffset, sizeInBytes: 0 };
    const segment = new Segment({ ...options, isNew: true, rollJitterMs: 0 });
    if (logStartOffset > 0) {
      segment.file();
      context.fileSystem.syncFolder(folder);
    }
    return new SegmentList([segment]);
  }
}
