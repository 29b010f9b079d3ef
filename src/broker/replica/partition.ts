import type { Clock } from '../../base/clock.ts';
import type { ErrorName } from '../../protocol/errors.ts';
import * as RecordBatch from '../../protocol/records/record-batch.ts';
import type { Log } from '../../storage/log.ts';
import type { LogConfig } from '../../storage/log-config.ts';
import type {
  AppendDone,
  AppendOptions,
  AppendResult,
  LogListener,
  ReadOutcome,
} from '../../storage/log-types.ts';
import {
  type ProduceRules,
  type RecordError,
  validateForProduce,
} from '../../storage/validate/batch-validator.ts';

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

/** The leadership of a partition, as the controller decided it. */
export interface Leadership {
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
}

/** A client that names no leader epoch. */
const ANY_EPOCH = -1;
/** Derived from a configuration, and gone with it. Each use sets the two fields that change first. */
const RULES = new WeakMap<LogConfig, ProduceRules>();

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
  /** Undefined while nobody waits: an empty set would be a good part of an idle partition. */
  #waiters: Set<FetchWaiter> | undefined;
  #leadership = NOBODY;
  #stopped = false;
  /** Bytes appended whose offsets are not below the high watermark yet. */
  #invisibleBytes = 0;

  constructor(log: Log, at: { topicId: string; brokerId: number; clock: Clock }) {
    this.topic = log.topic;
    this.index = log.partition;
    this.topicId = at.topicId;
    this.log = log;
    this.#brokerId = at.brokerId;
    this.#clock = at.clock;
    log.listener = this;
  }

  get leadership(): Leadership {
    return this.#leadership;
  }

  get isLeader(): boolean {
    return this.#leadership.leader === this.#brokerId && !this.#stopped;
  }

  get highWatermark(): number {
    return this.log.highWatermark;
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
    if (isNewEpoch && this.isLeader) {
      this.log.startLeaderEpoch(leadership.leaderEpoch);
      this.#advanceHighWatermark();
    }
    this.tellWaiters();
    return 'NONE';
  }

  /** Nothing is served any more; parked fetches look again and find that out. */
  stop(): void {
    this.#stopped = true;
    this.log.listener = undefined;
    this.tellWaiters();
  }

  /**
   * Validates what a producer sent and appends it. `records` belongs to the log until
   * `done.written`. With `acks` -1 too few in-sync replicas refuse it (min.insync.replicas).
   * `crcIsValid` where somebody has checked that already; `readRecords` also where no rule of the topic
   * asks about them.
   */
  produce(
    records: Buffer,
    request: {
      version: number;
      acks: number;
      crcIsValid?: boolean | undefined;
      readRecords?: boolean;
    },
    done: AppendDone,
  ): ProduceResult {
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
    const validation = validateForProduce(records, this.#produceRules(request));
    if (validation.kind === 'rejected') {
      return { ...validation, kind: 'refused' };
    }
    const { batch, logAppendTime, recordCount, converted } = validation;
    if (RecordBatch.isTransactional(batch)) {
      // Accepting it would open a transaction that nobody can end, and hold back every reader.
      return refused('INVALID_TXN_STATE', `${this.log.name} has no such open transaction`);
    }
    const unacknowledged = request.acks === 0;
    const result = this.#append(batch, { leaderEpoch, origin: 'client', unacknowledged }, done);
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

  /** Appends a batch that this broker made itself: group and transaction state. */
  appendAsCoordinator(batch: Buffer, done: AppendDone): AppendResult {
    const problem = this.problem(-1);
    if (problem) return { kind: 'refused', error: problem, detail: `${this.log.name}: ${problem}` };
    const { leaderEpoch } = this.#leadership;
    return this.#append(batch, { leaderEpoch, origin: 'coordinator' }, done);
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
    return isolation === 'read_committed' ? this.log.lastStableOffset : this.log.highWatermark;
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

  #append(batch: Buffer, options: AppendOptions, done: AppendDone): AppendResult {
    const result = this.log.append(batch, options, done);
    if (result.kind === 'appended') this.#invisibleBytes += batch.length;
    return result;
  }

  /** The only in-sync replica is this one, so everything written is committed. */
  #advanceHighWatermark(): void {
    const { logEndOffset } = this.log;
    if (!this.isLeader || logEndOffset <= this.log.highWatermark) return;
    this.log.updateHighWatermark(logEndOffset);
    const bytes = this.#invisibleBytes;
    this.#invisibleBytes = 0;
    if (this.#waiters) for (const waiter of [...this.#waiters]) waiter.grew(bytes);
  }

  /** Every parked fetch looks again. */
  tellWaiters(): void {
    if (this.#waiters) for (const waiter of [...this.#waiters]) waiter.changed();
  }

  /** One object per topic configuration, not per request or partition: only three of its fields change. */
  #produceRules(request: {
    version: number;
    crcIsValid?: boolean | undefined;
    readRecords?: boolean;
  }): ProduceRules {
    const { config } = this.log;
    let rules = RULES.get(config);
    if (!rules) {
      rules = rulesOf(config);
      RULES.set(config, rules);
    }
    rules.requestVersion = request.version;
    rules.crcIsValid = request.crcIsValid;
    rules.readRecords = request.readRecords === true;
    rules.now = this.#clock.now();
    return rules;
  }
}

/** What a topic's configuration asks of every produced batch. */
export function rulesOf(config: LogConfig): ProduceRules {
  return {
    requestVersion: 0,
    crcIsValid: undefined,
    readRecords: false,
    now: 0,
    maxMessageBytes: config.maxMessageBytes,
    timestampType: config.messageTimestampType,
    timestampBeforeMaxMs: limitMs(config.messageTimestampBeforeMaxMs),
    timestampAfterMaxMs: limitMs(config.messageTimestampAfterMaxMs),
    compacted: config.cleanupPolicy.includes('compact'),
    compressionType: config.compressionType === 'uncompressed' ? 'none' : config.compressionType,
  };
}

/** Kafka's largest long says "no limit"; validation, which then need not read records, says Infinity. */
function limitMs(configured: number): number {
  return configured >= 2 ** 63 ? Number.POSITIVE_INFINITY : configured;
}

function refused(error: ErrorName, detail: string): ProduceResult {
  return { kind: 'refused', error, detail, recordErrors: [] };
}
