import type { Timer } from '../../base/clock.ts';
import { isPassing } from '../../base/disk-error.ts';
import { WorkFailedError, WorkRefusedError } from '../../base/work-thread.ts';
import { toError } from '../append/log-writer.ts';
import type { OwnedLog } from '../log-owner.ts';
import type { StorageContext } from '../storage-context.ts';
import { type Cleanable, cleanableOf } from './cleanable.ts';
import type { CleanerSettings } from './cleaner-settings.ts';
import {
  CleaningPass,
  MapTooSmallError,
  NoRoomToCleanError,
  type PassResult,
} from './cleaning-pass.ts';
import { CleaningStoppedError, Pacer } from './pacer.ts';
import { DamagedSegmentError } from './walk-batches.ts';

/** What the cleaner needs of the log manager. */
export interface CleanerHost {
  logs(): Iterable<OwnedLog>;
  /** `cleaner-offset-checkpoint` as it was found. */
  readCheckpoint(): Map<string, number>;
  /** Writes it for the directories that work. */
  writeCheckpoint(offsetOf: (log: OwnedLog) => number | undefined): Promise<void>;
  /** Recovery must know what is on the disk before offsets below it begin to be missing. */
  writeRecoveryPoints(): Promise<void>;
  /** log.disk.reserved.bytes */
  reservedBytes(): number;
}

/** The cleaner's life so far, for metrics. */
export interface CleanerFigures {
  passes: number;
  failedPasses: number;
  bytesRead: number;
  bytesWritten: number;
  /** What passes took off the logs. */
  bytesFreed: number;
  /** Time in passes, pauses included. */
  seconds: number;
}

interface Candidate {
  readonly log: OwnedLog;
  readonly plan: Cleanable;
}

/**
 * Compacts the logs of compacted topics in the background, the dirtiest first. What it cannot
 * compact it says once and leaves as it is.
 */
export class Cleaner {
  readonly figures: CleanerFigures = {
    passes: 0,
    failedPasses: 0,
    bytesRead: 0,
    bytesWritten: 0,
    bytesFreed: 0,
    seconds: 0,
  };
  readonly #context: StorageContext;
  readonly #host: CleanerHost;
  readonly #pacer: Pacer;
  /** Up to where logs are compacted, exclusive; gone with its log. */
  readonly #cleanedUpTo = new WeakMap<OwnedLog, number>();
  readonly #uncleanable = new WeakMap<OwnedLog, string>();
  readonly #inProgress = new Map<OwnedLog, Promise<void>>();
  #settings: CleanerSettings;
  #timer: Timer | undefined;
  #state: 'new' | 'started' | 'stopped' = 'new';

  constructor(context: StorageContext, host: CleanerHost, settings: CleanerSettings) {
    this.#context = context;
    this.#host = host;
    this.#settings = settings;
    this.#pacer = new Pacer(context.clock, settings.ioMaxBytesPerSecond);
  }

  /** Logs are loaded: takes up where the last run ended. */
  start(): void {
    const known = this.#host.readCheckpoint();
    for (const log of this.#host.logs()) {
      const offset = known.get(log.name);
      if (offset !== undefined) this.#cleanedUpTo.set(log, offset);
    }
    this.#state = 'started';
    this.#arm();
  }

  updateSettings(settings: CleanerSettings): void {
    this.#settings = settings;
    this.#pacer.maxBytesPerSecond = settings.ioMaxBytesPerSecond;
  }

  /** Passes under way end at their next step; resolves when they have. */
  async stop(): Promise<void> {
    this.#state = 'stopped';
    this.#timer?.cancel();
    this.#pacer.stop();
    await Promise.all(this.#inProgress.values());
  }

  /** Up to where a log is compacted, exclusive; undefined where it never was. */
  cleanedUpTo(log: OwnedLog): number | undefined {
    return this.#cleanedUpTo.get(log);
  }

  /** Writes down how far every log is compacted. */
  checkpoint(): Promise<void> {
    return this.#host.writeCheckpoint((log) => this.#cleanedUpTo.get(log));
  }

  /** Why a log is not compacted any more, undefined in good health. */
  whyUncleanable(log: OwnedLog): string | undefined {
    return this.#uncleanable.get(log);
  }

  /** What compacting a log now would do. */
  plan(log: OwnedLog): Cleanable {
    return cleanableOf(
      {
        segments: log.segments.all,
        config: log.config,
        logStartOffset: log.logStartOffset,
        logEndOffset: log.logEndOffset,
        lastStableOffset: log.lastStableOffset,
      },
      { checkpoint: this.#cleanedUpTo.get(log), now: this.#context.clock.now() },
    );
  }

  /** How compaction stands over all logs, for metrics. */
  overview(): { uncleanable: number; maxDirtyRatio: number; maxOverdueMs: number } {
    const found = { uncleanable: 0, maxDirtyRatio: 0, maxOverdueMs: 0 };
    for (const log of this.#host.logs()) {
      if (!log.config.cleanupPolicy.includes('compact') || log.failure) continue;
      if (this.#uncleanable.has(log)) found.uncleanable++;
      if (log.segments.count < 2) continue;
      const { dirtyRatio, overdueMs } = this.plan(log);
      found.maxDirtyRatio = Math.max(found.maxDirtyRatio, dirtyRatio);
      found.maxOverdueMs = Math.max(found.maxOverdueMs, overdueMs);
    }
    return found;
  }

  /** Compacts what is due now, one log after the other, until nothing is. For tests and tools. */
  async runAll(): Promise<void> {
    for (;;) {
      const next = this.#next(new Set());
      if (!next) return;
      const before = this.figures.failedPasses;
      await this.#clean(next);
      if (this.figures.failedPasses > before) return;
    }
  }

  #arm(): void {
    if (this.#state !== 'started') return;
    this.#timer = this.#context.clock.after(this.#settings.backoffMs, () => {
      void this.#work().finally(() => this.#arm());
    });
  }

  /** As many logs at a time as `log.cleaner.threads` says, until none is due. */
  async #work(): Promise<void> {
    if (!this.#settings.enable) return;
    // A log that did not go well waits for the next round.
    const tried = new Set<OwnedLog>();
    const worker = async () => {
      for (;;) {
        const next = this.#state === 'started' ? this.#next(tried) : undefined;
        if (!next) return;
        tried.add(next.log);
        await this.#clean(next);
      }
    };
    await Promise.all(Array.from({ length: this.#settings.threads }, worker));
  }

  #next(without: ReadonlySet<OwnedLog>): Candidate | undefined {
    let best: Candidate | undefined;
    for (const log of this.#host.logs()) {
      if (!log.config.cleanupPolicy.includes('compact') || log.segments.count < 2) continue;
      if (log.failure || without.has(log) || this.#inProgress.has(log)) continue;
      if (this.#uncleanable.has(log)) continue;
      const plan = this.plan(log);
      if (!plan.isDue) continue;
      if (!best || plan.dirtyRatio > best.plan.dirtyRatio) best = { log, plan };
    }
    return best;
  }

  async #clean(candidate: Candidate): Promise<void> {
    const { log } = candidate;
    const pass = this.#pass(candidate).finally(() => this.#inProgress.delete(log));
    this.#inProgress.set(log, pass);
    await pass;
  }

  async #pass({ log, plan }: Candidate): Promise<void> {
    const { clock } = this.#context;
    const { threads, dedupeBufferSize, ioBufferLoadFactor, ioBufferSize } = this.#settings;
    const startMs = clock.monotonicMs();
    try {
      const pass = new CleaningPass({
        context: this.#context,
        log,
        plan,
        pacer: this.#pacer,
        mapBytes: Math.floor(dedupeBufferSize / Math.max(1, threads)),
        mapLoadFactor: ioBufferLoadFactor,
        windowBytes: Math.max(MIN_WINDOW_BYTES, Math.floor(ioBufferSize / 2)),
        reservedBytes: this.#host.reservedBytes(),
      });
      await pass.checkRoom();
      await log.flush();
      await this.#host.writeRecoveryPoints();
      const result = await pass.run();
      if (!result) return;
      this.#cleanedUpTo.set(log, result.endOffset);
      await this.checkpoint();
      this.#note(log, result, clock.monotonicMs() - startMs);
    } catch (error) {
      this.figures.failedPasses++;
      this.#failed(log, error);
    }
    this.figures.seconds += (clock.monotonicMs() - startMs) / 1000;
  }

  #note(log: OwnedLog, result: PassResult, tookMs: number): void {
    this.figures.passes++;
    this.figures.bytesRead += result.bytesRead;
    this.figures.bytesWritten += result.bytesWritten;
    this.figures.bytesFreed += result.bytesBefore - result.bytesAfter;
    const { endOffset, keys, bytesBefore, bytesAfter } = result;
    this.#context.logger.info(
      { log: log.name, endOffset, keys, bytesBefore, bytesAfter, tookMs: Math.round(tookMs) },
      `compacted ${log.name} from ${bytesBefore} to ${bytesAfter} bytes`,
    );
  }

  #failed(log: OwnedLog, thrown: unknown): void {
    if (log.failure || thrown instanceof CleaningStoppedError) return;
    const error = toError(thrown);
    const { logger } = this.#context;
    if (error instanceof DamagedSegmentError) {
      this.#uncleanable.set(log, error.message);
      logger.error(
        { log: log.name, path: error.path, position: error.position, error },
        `${log.name} is not compacted any more: ${error.message}; the other partitions go on`,
      );
    } else if (error instanceof MapTooSmallError) {
      this.#uncleanable.set(log, error.message);
      logger.error(
        { log: log.name, error },
        `${log.name} is not compacted any more: ${error.message}; raise log.cleaner.dedupe.buffer.size and restart`,
      );
    } else if (isForLater(error)) {
      logger.warn(
        { log: log.name, error },
        `${log.name} is not compacted now, but later: ${error.message}`,
      );
    } else {
      log.fail(error);
    }
  }
}

/** It says nothing of the log's files. */
function isForLater(error: Error): boolean {
  const isUnread = error instanceof WorkRefusedError || error instanceof WorkFailedError;
  return isUnread || error instanceof NoRoomToCleanError || isPassing(error);
}

const MIN_WINDOW_BYTES = 4096;
