import { assert } from '../../base/assert.ts';
import type { ErrorName } from '../../protocol/errors.ts';
import * as RecordBatch from '../../protocol/records/record-batch.ts';
import type { DiskSpace } from '../dirs/disk-space.ts';
import type { LogConfig } from '../log-config.ts';
import type { AppendDone, AppendOptions, AppendResult } from '../log-types.ts';
import type { ProducerState, Refusal } from '../producers/producer-state.ts';
import type { LogSegments } from '../segment/log-segments.ts';
import type { BatchFacts } from '../segment/segment.ts';
import { applyToProducers, producerBatch, producerMarker } from './batch-facts.ts';
import { checkFollowerBatches } from './follower-batches.ts';
import type { LeaderEpochCache } from './leader-epoch-cache.ts';
import { type LogWriter, toError } from './log-writer.ts';

/** What appending needs of its log. */
export interface AppendedLog {
  readonly config: LogConfig;
  readonly failure: Error | undefined;
  /** The disk failed: the log is offline after this, unless the error passes again. */
  fail(error: Error): void;
}

/** What an append changes. */
export interface AppenderParts {
  readonly segments: LogSegments;
  readonly producers: ProducerState;
  readonly epochs: LeaderEpochCache;
  readonly writer: LogWriter;
  readonly space: DiskSpace;
}

/** Decides about what is to be appended to one log, and gives each batch its offsets and its place. */
export class LogAppender {
  readonly #log: AppendedLog;
  readonly #segments: LogSegments;
  readonly #producers: ProducerState;
  readonly #epochs: LeaderEpochCache;
  readonly #writer: LogWriter;
  readonly #space: DiskSpace;

  constructor(log: AppendedLog, parts: AppenderParts) {
    this.#log = log;
    this.#segments = parts.segments;
    this.#producers = parts.producers;
    this.#epochs = parts.epochs;
    this.#writer = parts.writer;
    this.#space = parts.space;
  }

  /** As Log.append. */
  append(batch: Buffer, options: AppendOptions, done: AppendDone): AppendResult {
    assert(RecordBatch.sizeInBytes(batch) === batch.length, 'one whole batch');
    const { failure } = this.#log;
    if (failure) return refused('KAFKA_STORAGE_ERROR', failure.message);
    // What the broker itself writes may use the reserve: offsets, groups, transactions.
    if (this.#space.isLow && options.origin === 'client') {
      return refused('KAFKA_STORAGE_ERROR', this.#space.reason);
    }
    if (!this.#writer.mend()) return this.#refusedUnmended();
    if (batch.length > this.#log.config.segmentBytes) {
      const detail = `${batch.length} bytes do not fit a segment of ${this.#log.config.segmentBytes}`;
      return refused('RECORD_LIST_TOO_LARGE', detail);
    }
    const firstOffset = this.#writer.appendedEnd;
    const lastOffset = firstOffset + RecordBatch.lastOffsetDelta(batch);
    if (RecordBatch.producerId(batch) >= 0) {
      const answer = this.#checkProducer(batch, firstOffset, options, done);
      if (answer) return answer;
    }
    RecordBatch.setBaseOffset(batch, 0, firstOffset);
    RecordBatch.setLeaderEpoch(batch, 0, options.leaderEpoch);
    try {
      this.#take(batch, 0, batch.length);
    } catch (error) {
      return this.#refusedByDisk(error);
    }
    this.#writer.wait(done, options.unacknowledged);
    return { kind: 'appended', firstOffset, lastOffset };
  }

  /** As Log.appendAsFollower. */
  appendAsFollower(batches: Buffer, done: AppendDone): AppendResult {
    const { failure } = this.#log;
    if (failure) return refused('KAFKA_STORAGE_ERROR', failure.message);
    if (!this.#writer.mend()) return this.#refusedUnmended();
    const checked = checkFollowerBatches(batches, this.#writer.appendedEnd);
    if (checked.kind === 'refused') return checked;
    try {
      for (let at = 0; at < batches.length; ) {
        const sizeInBytes = RecordBatch.sizeInBytes(batches, at);
        this.#take(batches, at, sizeInBytes);
        at += sizeInBytes;
      }
    } catch (error) {
      // What is queued of them is lost to the caller with this answer.
      this.#writer.writeQueued();
      return this.#refusedByDisk(error);
    }
    this.#writer.wait(done);
    const { firstOffset, endOffset } = checked;
    return { kind: 'appended', firstOffset, lastOffset: endOffset - 1 };
  }

  /** The answer where the producer's state decides, else undefined. */
  #checkProducer(
    batch: Buffer,
    firstOffset: number,
    { origin }: AppendOptions,
    done: AppendDone,
  ): AppendResult | undefined {
    let refusal: Refusal | undefined;
    if (RecordBatch.isControl(batch)) {
      const marker = producerMarker(batch, 0, firstOffset);
      refusal = marker && this.#producers.checkMarker(marker, origin);
    } else {
      const facts = producerBatch(batch, 0, firstOffset);
      const known = origin === 'client' ? this.#producers.findDuplicate(facts) : undefined;
      if (known) {
        // The original may still be on its way to the disk: the answer waits its turn behind it.
        this.#writer.wait(done);
        const { firstOffset, lastOffset, timestamp } = known;
        return { kind: 'duplicate', firstOffset, lastOffset, timestamp };
      }
      refusal = this.#producers.checkBatch(facts, origin);
    }
    return refusal && { kind: 'refused', ...refusal };
  }

  /** Gives one batch its place: rolls when it must, updates every index and state, queues it. */
  #take(buffer: Buffer, at: number, sizeInBytes: number): void {
    const baseOffset = RecordBatch.baseOffset(buffer, at);
    const facts: BatchFacts = {
      lastOffset: RecordBatch.lastOffset(buffer, at),
      maxTimestamp: RecordBatch.maxTimestamp(buffer, at),
      sizeInBytes,
    };
    if (this.#segments.list.active.shouldRoll(facts, this.#log.config)) this.#roll(baseOffset);
    const { active } = this.#segments.list;
    active.claim(facts, this.#log.config.indexIntervalBytes);
    this.#epochs.assign(RecordBatch.leaderEpoch(buffer, at), baseOffset);
    applyToProducers(this.#producers, buffer, at, active);
    const whole = sizeInBytes === buffer.length;
    this.#writer.push(whole ? buffer : buffer.subarray(at, at + sizeInBytes), facts.lastOffset + 1);
  }

  #refusedUnmended(): AppendResult {
    const detail = 'an earlier write failed and could not be taken back yet';
    return refused('KAFKA_STORAGE_ERROR', detail);
  }

  #refusedByDisk(error: unknown): AppendResult {
    const cause = toError(error);
    this.#log.fail(cause);
    return refused('KAFKA_STORAGE_ERROR', cause.message);
  }

  /** Throws what the disk throws. */
  #roll(baseOffset: number): void {
    const error = this.#writer.writeQueued();
    if (error) throw error;
    this.#segments.roll(baseOffset, this.#log.config);
  }
}

function refused(error: ErrorName, detail: string): AppendResult {
  return { kind: 'refused', error, detail };
}
