import { isPassing } from '../../base/disk-error.ts';
import type { LogSync } from '../append/log-sync.ts';
import type { LogConfig } from '../log-config.ts';
import { replayProducers } from '../producers/producer-replay.ts';
import type { ProducerSnapshots } from '../producers/producer-snapshots.ts';
import type { ProducerState } from '../producers/producer-state.ts';
import type { StorageContext } from '../storage-context.ts';
import { truncateSegment } from './log-truncation.ts';
import { Segment } from './segment.ts';
import { SMALL_SEGMENT_BYTES } from './segment-files.ts';
import { runSync } from './segment-io.ts';
import type { SegmentList } from './segment-list.ts';

export interface LogSegmentsParts {
  readonly name: string;
  readonly folder: string;
  readonly list: SegmentList;
  readonly snapshots: ProducerSnapshots;
  readonly producers: ProducerState;
  readonly sync: LogSync;
}

/**
 * How a log's segments come and go, with the producer snapshots that belong to them. Everything here
 * throws what the disk throws.
 */
export class LogSegments {
  readonly list: SegmentList;
  readonly #context: StorageContext;
  readonly #name: string;
  readonly #folder: string;
  readonly #snapshots: ProducerSnapshots;
  readonly #producers: ProducerState;
  readonly #sync: LogSync;

  constructor(context: StorageContext, parts: LogSegmentsParts) {
    this.#context = context;
    this.#name = parts.name;
    this.#folder = parts.folder;
    this.list = parts.list;
    this.#snapshots = parts.snapshots;
    this.#producers = parts.producers;
    this.#sync = parts.sync;
  }

  /** Closes the active segment, whose bytes are all written, and begins one at `baseOffset`. */
  roll(baseOffset: number, config: LogConfig): void {
    const { active } = this.list;
    const next = this.#newSegment(baseOffset, config);
    if (active.sizeInBytes === 0) {
      // Nothing was ever appended to it: the new one takes its place.
      this.#makeFile(next);
      this.#removeLater([this.list.replaceActive(next)], config);
      return;
    }
    // Whatever of this fails, the active segment goes on as it is and the roll can be tried again.
    active.saveIndexes();
    const closedFiles = [active.path(), ...active.indexPaths()];
    this.#sync.trySettleSegmentNames();
    this.#makeFile(next);
    active.deactivate();
    this.list.add(next);
    this.#sync.addFiles([...closedFiles, ...this.#writeSnapshot(baseOffset)]);
    this.#context.logger.debug(
      { log: this.#name, baseOffset, closedBytes: active.sizeInBytes },
      'rolled a new segment',
    );
  }

  /** Removes the `count` oldest, not the active one. */
  dropOldest(count: number, config: LogConfig): void {
    const removed = this.list.removeFirst(count);
    this.#removeLater(removed, config);
    this.#snapshots.removeUpTo(removed.at(-1)!.baseOffset);
  }

  /** Puts a compacted segment in the place of its sources; their renamed files, still to be removed. */
  replaceRun(sources: readonly Segment[], compacted: Segment): string[] {
    this.list.replaceRun(sources, compacted);
    return sources.flatMap((segment) => segment.markDeleted());
  }

  /** The producers as they were at the begin of segments that are no more. */
  dropSnapshots(baseOffsets: readonly number[]): void {
    this.#snapshots.removeAt(new Set(baseOffsets));
  }

  /** Cuts everything from `offset` on, and takes the producers back to what they were then. */
  cutTo(offset: number, logStartOffset: number, config: LogConfig): void {
    this.#removeLater(this.list.removeFrom(offset), config);
    truncateSegment(this.#context, this.list.active, offset);
    this.#snapshots.removeAbove(offset);
    this.#replayProducers(offset, logStartOffset);
  }

  /** Removes all and begins again, empty, at `offset`. */
  startAgainAt(offset: number, config: LogConfig): void {
    const next = this.#newSegment(offset, config);
    this.#removeLater(this.list.replaceAll(next), config);
    this.#makeFile(next);
    this.#sync.settleSegmentNames();
    this.#snapshots.removeAbove(-1);
    this.#producers.clear();
  }

  /**
   * Writes what a start without recovery needs: indexes, and the producers as of `endOffset`. Where the
   * segment is small they need not survive a power cut: the next start goes through it anyway.
   */
  saveForStart(endOffset: number, logStartOffset: number): void {
    const { active } = this.list;
    const files: string[] = [];
    if (active.fileExists && active.hasUnsavedIndexes()) {
      active.saveIndexes();
      files.push(...active.indexPaths());
    }
    if (endOffset > (this.#snapshots.offsets.at(-1) ?? logStartOffset)) {
      files.push(...this.#writeSnapshot(endOffset));
    }
    const isSmall = active.sizeInBytes <= SMALL_SEGMENT_BYTES;
    if (!isSmall || active.abortedTxns().length > 0) this.#sync.addFiles(files);
  }

  /**
   * What was appended to the active segment and could not be written goes, from `offset` on: from
   * the file, where a part of it may be, from the indexes, and with `withProducers` from what is
   * known of producers. May be called again where it fails.
   */
  takeBack(offset: number, at: { logStartOffset: number; withProducers: boolean }): void {
    const { active } = this.list;
    if (active.fileExists) truncateSegment(this.#context, active, offset);
    else active.truncate(0, offset);
    if (at.withProducers) this.#replayProducers(offset, at.logStartOffset);
  }

  /** A start finds out without a snapshot too, by reading more of the log. */
  #writeSnapshot(offset: number): string[] {
    try {
      const path = this.#snapshots.write(offset, this.#producers.entries());
      return path === undefined ? [] : [path];
    } catch (error) {
      if (!isPassing(error)) throw error;
      this.#context.logger.warn(
        { log: this.#name, offset, error },
        'could not write a snapshot of the producers; the next start reads the log instead',
      );
      return [];
    }
  }

  #replayProducers(endOffset: number, logStartOffset: number): void {
    const log = { segments: this.list, producers: this.#producers, snapshots: this.#snapshots };
    const range = { logStartOffset, snapshotUpTo: endOffset, endOffset };
    for (const { segment, task } of replayProducers(this.#context, log, range)) {
      runSync(task(), segment.file());
    }
  }

  #newSegment(baseOffset: number, config: LogConfig): Segment {
    const jitterMs = Math.min(config.segmentJitterMs, config.segmentMs, 2 ** 31 - 1);
    return new Segment({
      context: this.#context,
      folder: this.#folder,
      baseOffset,
      sizeInBytes: 0,
      isNew: true,
      rollJitterMs: jitterMs > 0 ? this.#context.random.int(jitterMs) : 0,
    });
  }

  /** An empty file, whose name keeps the log's end where it is. */
  #makeFile(segment: Segment): void {
    segment.file();
    this.#sync.addSegmentName();
  }

  #removeLater(segments: readonly Segment[], { fileDeleteDelayMs }: LogConfig): void {
    const paths = segments.flatMap((segment) => segment.markDeleted());
    if (paths.length > 0) this.#context.remover.removeAfter(fileDeleteDelayMs, paths);
  }
}
