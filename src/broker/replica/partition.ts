import type { Clock } from '../../base/clock.ts';
import { isPassing } from '../../base/disk-error.ts';
import type { ErrorName } from '../../protocol/errors.ts';
import * as RecordBatch from '../../protocol/records/record-batch.ts';
import type { Log } from '../../storage/log.ts';
import type {
  AppendDone,
  AppendOptions,
  AppendResult,
  LogListener,
  ReadOutcome,
} from '../../storage/log-types.ts';
import {
  type ProduceRules,
  type ProduceValidation,
  type RecordError,
  validateForProduce,
} from '../../storage/validate/batch-validator.ts';
import { validationCost } from '../../storage/validate/validation-cost.ts';
import { committedEnd } from './high-watermark.ts';
import type { ProduceRuleBook, RequestRules } from './produce-rules.ts';
import {
  type AppendFailure,
  type UncommittedAppend,
  UncommittedAppends,
} from './uncommitted-appends.ts';

/** Waits for records to become visible; see ParkedFetch. */
export interface FetchWaiter {
  /** The high watermark moved over `bytes` more bytes. */
  grew(bytes: number): void;
  /** Leadership, log start or existence changed: look again. */
  changed(): void;
}

export type Isolation = 'read_uncommitted' | 'read_committed';

/** What became of produced records before they are written. */
export type ProduceResult =
  | {
      readonly kind: 'appended' | 'duplicate';
      readonly firstOffset: number;
      readonly lastOffset: number;
      /** -1 with CreateTime. */
      readonly logAppendTime: number;
      readonly recordCount: number;
      readonly sizeInBytes: number;
      readonly converted: boolean;
    }
  /** Nothing was appended; `done` is never called. */
  | {
      readonly kind: 'refused';
      readonly error: ErrorName;
      readonly detail: string;
      readonly recordErrors: readonly RecordError[];
    };

/** How records are produced. */
export interface ProduceRequest extends RequestRules {
  readonly acks: number;
  readonly timeoutMs: number;
  /** Where it is known already what the batch is worth. */
  readonly validation?: ProduceValidation | undefined;
}

/** Hears once what became of an append: undefined where it may be acknowledged. */
export interface ProduceDone {
  done(failure: AppendFailure | undefined): void;
  /**
   * It is written and other replicas must follow, which with one replica never happens. Whoever loses interest calls
   * `giveUp`, and `done` hears at once that it was not committed in time.
   */
  waits?(giveUp: () => void): void;
}

/** The leadership of a partition, as the controller decided it. */
export interface Leadership {
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
}

/** A client that names no leader epoch. */
const ANY_EPOCH = -1;
const NO_ROOM = 'the disk is full, or no file handle is free; the records were not written';
const OFFLINE = 'the log directory is offline';

const NO_FOLLOWERS: readonly number[] = [];
const NOBODY: Leadership = { leader: -1, leaderEpoch: -1, replicas: [], isr: [] };

/**
 * One partition on this broker: its role, its high watermark and who waits for it. Owns the log's
 * visible end; the bytes are the log's.
 */
export class Partition implements LogListener {
  readonly topic: string;
  readonly index: number;
  readonly topicId: string;
  readonly log: Log;
  readonly #brokerId: number;
  readonly #clock: Clock;
  readonly #rules: ProduceRuleBook;
  #highWatermark: number;
  /** Made when somebody waits: with one replica nobody ever does. */
  #uncommitted: UncommittedAppends | undefined;
  /** The in-sync replicas beside this one, while it leads. */
  #followers = NO_FOLLOWERS;
  /** Where the logs of other replicas end, as they last told in this leader epoch. Made when one does. */
  #replicaEnds: Map<number, number> | undefined;
  /** Undefined while nobody waits: an empty set would be a good part of an idle partition. */
  #waiters: Set<FetchWaiter> | undefined;
  #leadership = NOBODY;
  #stopped = false;
  /** Bytes appended whose offsets are not below the high watermark yet. */
  #invisibleBytes = 0;

  /** `checkpointed`: the high watermark that the last life of the broker noted. */
  constructor(
    log: Log,
    at: {
      topicId: string;
      brokerId: number;
      clock: Clock;
      rules: ProduceRuleBook;
      checkpointed: number | undefined;
    },
  ) {
    this.topic = log.topic;
    this.index = log.partition;
    this.topicId = at.topicId;
    this.log = log;
    this.#brokerId = at.brokerId;
    this.#clock = at.clock;
    this.#rules = at.rules;
    this.#highWatermark = Math.min(at.checkpointed ?? 0, log.logEndOffset);
    log.listener = this;
  }

  get leadership(): Leadership {
    return this.#leadership;
  }

  get isLeader(): boolean {
    return this.#leadership.leader === this.#brokerId && !this.#stopped;
  }

  /** Everything below is committed: every in-sync replica has it. */
  get highWatermark(): number {
    return Math.max(this.#highWatermark, this.log.logStartOffset);
  }

  get lastStableOffset(): number {
    return this.log.lastStableOffset;
  }

  /**
   * Why a client's request cannot be served here, undefined when it can. `currentLeaderEpoch` is the
   * client's idea of the epoch, -1 to skip the check (KIP-320).
   */
  problem(currentLeaderEpoch: number): ErrorName | undefined {
    if (this.#stopped) return 'UNKNOWN_TOPIC_OR_PARTITION';
    if (this.log.failure) return 'KAFKA_STORAGE_ERROR';
    const { leaderEpoch } = this.#leadership;
    const isStale = currentLeaderEpoch !== ANY_EPOCH && currentLeaderEpoch < leaderEpoch;
    if (isStale) return 'FENCED_LEADER_EPOCH';
    if (currentLeaderEpoch > leaderEpoch) return 'UNKNOWN_LEADER_EPOCH';
    if (!this.isLeader) return 'NOT_LEADER_OR_FOLLOWER';
    return undefined;
  }

  /** Takes a new leadership; a lower epoch than known is refused. */
  become(leadership: Leadership): 'NONE' | 'FENCED_LEADER_EPOCH' {
    if (leadership.leaderEpoch < this.#leadership.leaderEpoch) return 'FENCED_LEADER_EPOCH';
    const isNewEpoch = leadership.leaderEpoch > this.#leadership.leaderEpoch;
    const { leader, leaderEpoch, replicas, isr } = leadership;
    this.#leadership = { leader, leaderEpoch, replicas, isr };
    this.#followers =
      isr.length > 1 || isr[0] !== this.#brokerId
        ? isr.filter((id) => id !== this.#brokerId)
        : NO_FOLLOWERS;
    if (isNewEpoch) this.#replicaEnds = undefined;
    if (isNewEpoch && this.isLeader) this.log.startLeaderEpoch(leadership.leaderEpoch);
    if (!this.isLeader) this.#uncommitted?.fail(this.#resignation());
    this.#advanceHighWatermark();
    this.tellWaiters();
    return 'NONE';
  }

  /** Nothing is served any more; parked fetches look again and find that out. */
  stop(): void {
    this.#stopped = true;
    this.log.listener = undefined;
    this.#uncommitted?.fail(this.#resignation());
    this.tellWaiters();
  }

  /** Whoever leads now decides what is committed. */
  #resignation(): AppendFailure {
    const detail = `${this.log.name} is not led here any more`;
    return { error: 'NOT_LEADER_OR_FOLLOWER', detail };
  }

  /** See {@link validationCost}. */
  validationCost(records: Buffer, request: RequestRules): number {
    return validationCost(records, this.#rulesNow(request));
  }

  /** What would be asked of a produced batch now. */
  rulesToKeep(request: RequestRules): ProduceRules {
    return this.#rules.rulesToKeep(this.log.config, request, this.#clock.now());
  }

  #rulesNow(request: RequestRules): ProduceRules {
    return this.#rules.rules(this.log.config, request, this.#clock.now());
  }

  /**
   * Validates what a producer sent and appends it. `records` belongs to the log until `done` hears of it, unless
   * the answer is a refusal, of which it hears nothing. With `acks` -1 too few in-sync replicas refuse it
   * (min.insync.replicas), and it is done when it is committed, or `timeoutMs` after it was written (as in Kafka); else when it is written.
   */
  produce(records: Buffer, request: ProduceRequest, done: ProduceDone): ProduceResult {
    const problem = this.problem(-1);
    if (problem) return refused(problem, `${this.log.name}: ${problem}`);
    const { isr, leaderEpoch, replicas } = this.#leadership;
    // A partition cannot have more in-sync replicas than it has replicas (as in Kafka since 3.7).
    const minInsyncReplicas = Math.min(this.log.config.minInsyncReplicas, replicas.length);
    if (request.acks === -1 && isr.length < minInsyncReplicas) {
      return refused(
        'NOT_ENOUGH_REPLICAS',
        `${this.log.name} has ${isr.length} in-sync replicas, min.insync.replicas asks for ${minInsyncReplicas}`,
      );
    }
    const validation = request.validation ?? validateForProduce(records, this.#rulesNow(request));
    if (validation.kind === 'rejected') {
      return { ...validation, kind: 'refused' };
    }
    const { batch, logAppendTime, recordCount, converted } = validation;
    if (RecordBatch.isTransactional(batch)) {
      // Accepting it would open a transaction that nobody can end, and hold back every reader.
      return refused('INVALID_TXN_STATE', `${this.log.name} has no such open transaction`);
    }
    const timeoutMs = request.acks === -1 ? request.timeoutMs : undefined;
    const options = { leaderEpoch, origin: 'client', unacknowledged: request.acks === 0 } as const;
    const result = this.#append(batch, options, new PartitionAppend(this, done, timeoutMs));
    if (result.kind === 'refused') return refused(result.error, result.detail);
    return {
      kind: result.kind,
      firstOffset: result.firstOffset,
      lastOffset: result.lastOffset,
      logAppendTime,
      recordCount,
      sizeInBytes: batch.length,
      converted,
    };
  }

  /**
   * Appends a batch that this broker made itself: group and transaction state. Done when it is committed, however
   * long that takes: what takes effect then must not have been called a failure before.
   */
  appendAsCoordinator(batch: Buffer, done: ProduceDone): AppendResult {
    const problem = this.problem(-1);
    if (problem) return { kind: 'refused', error: problem, detail: `${this.log.name}: ${problem}` };
    const { leaderEpoch } = this.#leadership;
    const append = new PartitionAppend(this, done, Number.POSITIVE_INFINITY);
    return this.#append(batch, { leaderEpoch, origin: 'coordinator' }, append);
  }

  /** Reads what `isolation` may see. Check `problem` first. */
  read(
    from: { offset: number; maxBytes: number; minOneBatch: boolean },
    isolation: Isolation,
  ): ReadOutcome | Promise<ReadOutcome> {
    return this.log.read({ ...from, upToOffset: this.visibleEnd(isolation) });
  }

  /** Where the readable part ends for a client: the high watermark or the last stable offset. */
  visibleEnd(isolation: Isolation): number {
    return isolation === 'read_committed' ? this.log.lastStableOffset : this.highWatermark;
  }

  /**
   * DeleteRecords: everything below `offset` is gone at once, and for good when the answer is there; -1
   * means up to the high watermark.
   */
  async deleteRecordsBefore(
    offset: number,
  ): Promise<{ lowWatermark: number } | { error: ErrorName }> {
    const problem = this.problem(-1);
    if (problem) return { error: problem };
    if (!this.log.config.cleanupPolicy.includes('delete')) return { error: 'POLICY_VIOLATION' };
    const target = offset === -1 ? this.highWatermark : offset;
    if (target < 0 || target > this.highWatermark) return { error: 'OFFSET_OUT_OF_RANGE' };
    const kept = this.log.incrementLogStartOffset(target);
    const lowWatermark = this.log.logStartOffset;
    this.tellWaiters();
    return (await kept) ? { error: 'KAFKA_STORAGE_ERROR' } : { lowWatermark };
  }

  park(waiter: FetchWaiter): void {
    this.#waiters ??= new Set();
    this.#waiters.add(waiter);
  }

  unpark(waiter: FetchWaiter): void {
    if (!this.#waiters?.delete(waiter)) return;
    if (this.#waiters.size === 0) this.#waiters = undefined;
  }

  logEndOffsetMoved(): void {
    this.#advanceHighWatermark();
  }

  truncated(offset: number): void {
    this.#highWatermark = Math.min(this.#highWatermark, offset);
  }

  /** A replica has fetched up to `logEndOffset`, exclusive, in the leader epoch that is in force. */
  replicaFetched(brokerId: number, logEndOffset: number): void {
    this.#replicaEnds ??= new Map();
    this.#replicaEnds.set(brokerId, logEndOffset);
    this.#advanceHighWatermark();
  }

  #append(batch: Buffer, options: AppendOptions, append: PartitionAppend): AppendResult {
    const result = this.log.append(batch, options, append);
    if (result.kind === 'refused') return result;
    if (result.kind === 'appended') this.#invisibleBytes += batch.length;
    append.endOffset = result.lastOffset + 1;
    return result;
  }

  /**
   * The log has written it, or its directory failed. With one replica what is written is committed by now; else it
   * waits for the others.
   */
  appendWritten(append: PartitionAppend, error: Error | undefined): void {
    if (error) append.settle(storageFailure(error));
    else if (append.timeoutMs === undefined || append.endOffset <= this.#highWatermark) {
      append.settle(undefined);
    } else if (!this.isLeader) append.settle(this.#resignation());
    else {
      append.deadlineMs = this.#clock.monotonicMs() + append.timeoutMs;
      const uncommitted = this.#uncommitted ?? new UncommittedAppends(this.#clock, this.log.name);
      this.#uncommitted = uncommitted;
      uncommitted.add(append);
      append.waits(() => uncommitted.giveUp(append));
    }
  }

  #advanceHighWatermark(): void {
    if (!this.isLeader) return;
    const end = committedEnd(this.log.logEndOffset, this.#followers, this.#replicaEnds);
    if (end === undefined || end <= this.#highWatermark) return;
    this.#highWatermark = end;
    this.#uncommitted?.committed(end);
    // What is still invisible with several replicas is counted with what becomes visible: it only wakes early.
    const bytes = this.#invisibleBytes;
    this.#invisibleBytes = 0;
    if (this.#waiters) for (const waiter of [...this.#waiters]) waiter.grew(bytes);
  }

  /** Every parked fetch looks again. */
  tellWaiters(): void {
    if (this.#waiters) for (const waiter of [...this.#waiters]) waiter.changed();
  }
}

/** One append under way: the log tells it that it is written, the high watermark that it is committed. */
class PartitionAppend implements AppendDone, UncommittedAppend {
  endOffset = 0;
  deadlineMs = Number.POSITIVE_INFINITY;
  /** From when it is written until it is committed; undefined: written is enough. */
  readonly timeoutMs: number | undefined;
  readonly #partition: Partition;
  readonly #done: ProduceDone;

  constructor(partition: Partition, done: ProduceDone, timeoutMs: number | undefined) {
    this.#partition = partition;
    this.#done = done;
    this.timeoutMs = timeoutMs;
  }

  written(error: Error | undefined): void {
    this.#partition.appendWritten(this, error);
  }

  waits(giveUp: () => void): void {
    this.#done.waits?.(giveUp);
  }

  settle(failure: AppendFailure | undefined): void {
    this.#done.done(failure);
  }
}

function storageFailure(error: Error): AppendFailure {
  return { error: 'KAFKA_STORAGE_ERROR', detail: isPassing(error) ? NO_ROOM : OFFLINE };
}

/** A refusal that says nothing of single records. */
export function refused(error: ErrorName, detail: string): ProduceResult {
  return { kind: 'refused', error, detail, recordErrors: [] };
}
