import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { Pace, Steps } from '../../base/slices.ts';

/** What a fetch asks of one partition. Offsets are logical; `maxBytes` bounds the records returned. */
export interface FetchPartition {
  /** The name; undefined where the request named an id that no topic has. */
  readonly topic: string | undefined;
  readonly topicId: string;
  readonly partition: number;
  readonly fetchOffset: number;
  readonly maxBytes: number;
  /** -1 skips the epoch check. */
  readonly currentLeaderEpoch: number;
  /** -1 when the fetcher has no record yet, or is a plain consumer of an old version. */
  readonly lastFetchedEpoch: number;
}

/** The part of a partition's answer that decides whether an incremental response repeats it. */
export interface SessionVisible {
  readonly hasError: boolean;
  readonly sizeInBytes: number;
  readonly highWatermark: number;
  readonly logStartOffset: number;
}

interface CachedPartition {
  request: FetchPartition;
  /** What the client was last told; -1 before the first answer. */
  highWatermark: number;
  logStartOffset: number;
}

interface FetchSession {
  readonly id: number;
  /** A session speaks topic ids or names; a client that switches must start a new one. */
  readonly usesTopicIds: boolean;
  /** The epoch that the next request must carry. */
  epoch: number;
  lastUsedMs: number;
  /** Insertion order is the order of service: partitions that returned data move to the back. */
  readonly partitions: Map<string, CachedPartition>;
}

/** One fetch request's view: which partitions to read and which of the answers to send. */
export interface FetchContext {
  /** For the response; 0 where there is no session. */
  readonly sessionId: number;
  readonly partitions: readonly FetchPartition[];
  /** True when this answer must be sent. Updates the session, so ask once per sent response. */
  include(partition: FetchPartition, answer: SessionVisible): boolean;
}

export type SessionResult = FetchContext | { readonly error: SessionError };
export type SessionError =
  | 'FETCH_SESSION_ID_NOT_FOUND'
  | 'INVALID_FETCH_SESSION_EPOCH'
  | 'FETCH_SESSION_TOPIC_ID_ERROR';

export interface SessionRequest {
  readonly sessionId: number;
  readonly sessionEpoch: number;
  readonly usesTopicIds: boolean;
  readonly partitions: readonly FetchPartition[];
  readonly forgotten: ReadonlyArray<{
    topic: string | undefined;
    topicId: string;
    partition: number;
  }>;
}

const INITIAL_EPOCH = 0;
const FINAL_EPOCH = -1;
const MAX_EPOCH = 0x7fffffff;

export interface FetchSessionLimits {
  readonly maxSessions: number;
  /** Of all sessions together. */
  readonly maxPartitions: number;
  /** A session that was used within this keeps its place. */
  readonly minEvictionMs: number;
}

/** No topic has a longer name, so that nothing of it is kept. */
const LONGEST_NAME = 249;

/** One session may have this part of all partitions, so that it never keeps all others out. */
const SESSIONS_PER_LIMIT = 4;

/**
 * Incremental fetch sessions (KIP-227): a cache of what each consumer is reading, bounded by sessions and by their
 * partitions. Who finds no place fetches without a session.
 */
export class FetchSessionCache {
  private readonly clock: Clock;
  private readonly random: Random;
  private readonly limits: FetchSessionLimits;
  private partitionCount = 0;
  /** Least recently used first. */
  private readonly sessions = new Map<number, FetchSession>();

  constructor(clock: Clock, random: Random, limits: FetchSessionLimits) {
    this.clock = clock;
    this.random = random;
    this.limits = limits;
  }

  get size(): number {
    return this.sessions.size;
  }

  /** Partitions that all sessions hold, and how many they may. */
  get partitions(): { readonly used: number; readonly limit: number } {
    return { used: this.partitionCount, limit: this.limits.maxPartitions };
  }

  /** Applies one request to its session; the caller then reads `partitions` and answers. */
  *resolve(request: SessionRequest, pace: Pace): Steps<SessionResult> {
    const { sessionId, sessionEpoch } = request;
    if (sessionEpoch === FINAL_EPOCH || sessionEpoch === INITIAL_EPOCH) {
      if (sessionId !== 0) this.end(sessionId);
      if (sessionEpoch === FINAL_EPOCH) return full(0, request);
      return yield* this.start(request, pace);
    }
    const session = this.sessions.get(sessionId);
    if (!session) return { error: 'FETCH_SESSION_ID_NOT_FOUND' };
    if (session.epoch !== sessionEpoch) return { error: 'INVALID_FETCH_SESSION_EPOCH' };
    if (session.usesTopicIds !== request.usesTopicIds) {
      return { error: 'FETCH_SESSION_TOPIC_ID_ERROR' };
    }
    this.touch(session);
    session.epoch = sessionEpoch === MAX_EPOCH ? 1 : sessionEpoch + 1;
    for (const wanted of request.partitions) {
      if (pace.isOver()) yield;
      // Somebody else ended it meanwhile.
      if (this.sessions.get(sessionId) !== session) return { error: 'FETCH_SESSION_ID_NOT_FOUND' };
      if (isTooLong(wanted)) {
        this.end(sessionId);
        return { error: 'FETCH_SESSION_ID_NOT_FOUND' };
      }
      const key = partitionKey(session, wanted);
      const cached = session.partitions.get(key);
      if (cached) {
        cached.request = wanted;
      } else {
        if (!this.mayGrow(session)) {
          // The client then starts anew with all its partitions, without a session.
          this.end(sessionId);
          return { error: 'FETCH_SESSION_ID_NOT_FOUND' };
        }
        session.partitions.set(key, newCached(wanted));
        this.partitionCount++;
      }
    }
    // In this order, as in Kafka: what one request both wants and forgets is forgotten.
    for (const gone of request.forgotten) {
      if (pace.isOver()) yield;
      if (this.sessions.get(sessionId) !== session) return { error: 'FETCH_SESSION_ID_NOT_FOUND' };
      if (gone.topic !== undefined && gone.topic.length > LONGEST_NAME) continue;
      if (session.partitions.delete(partitionKey(session, gone))) this.partitionCount--;
    }
    if (session.partitions.size === 0) {
      this.end(sessionId);
      return full(0, request);
    }
    return incremental(session);
  }

  private *start(request: SessionRequest, pace: Pace): Steps<FetchContext> {
    // Counted before it is made, so that others which are being made find it counted.
    const { length } = request.partitions;
    if (request.partitions.some(isTooLong) || !this.makeRoom(length)) return full(0, request);
    this.partitionCount += length;
    const session: FetchSession = {
      id: this.newId(),
      usesTopicIds: request.usesTopicIds,
      epoch: 1,
      lastUsedMs: this.clock.now(),
      partitions: new Map(),
    };
    for (const wanted of request.partitions) {
      session.partitions.set(partitionKey(session, wanted), newCached(wanted));
      if (pace.isOver()) yield;
    }
    // Some were named twice.
    this.partitionCount -= length - session.partitions.size;
    this.sessions.set(session.id, session);
    const context = incremental(session);
    return {
      sessionId: session.id,
      partitions: context.partitions,
      include(partition, answer) {
        context.include(partition, answer);
        return true;
      },
    };
  }

  private makeRoom(partitions: number): boolean {
    const { maxSessions, maxPartitions, minEvictionMs } = this.limits;
    if (partitions > maxPartitions / SESSIONS_PER_LIMIT) return false;
    while (this.sessions.size >= maxSessions || this.partitionCount + partitions > maxPartitions) {
      const oldest = this.sessions.values().next().value;
      if (!oldest || this.clock.now() - oldest.lastUsedMs < minEvictionMs) return false;
      this.end(oldest.id);
    }
    return true;
  }

  private mayGrow(session: FetchSession): boolean {
    const { maxPartitions } = this.limits;
    return (
      session.partitions.size < maxPartitions / SESSIONS_PER_LIMIT &&
      this.partitionCount < maxPartitions
    );
  }

  private end(sessionId: number): void {
    const session = this.sessions.get(sessionId);
    if (!session) return;
    this.sessions.delete(sessionId);
    this.partitionCount -= session.partitions.size;
  }

  private touch(session: FetchSession): void {
    session.lastUsedMs = this.clock.now();
    this.sessions.delete(session.id);
    this.sessions.set(session.id, session);
  }

  private newId(): number {
    for (;;) {
      const id = 1 + this.random.int(MAX_EPOCH - 1);
      if (!this.sessions.has(id)) return id;
    }
  }
}

function full(sessionId: number, request: SessionRequest): FetchContext {
  return { sessionId, partitions: request.partitions, include: () => true };
}

function incremental(session: FetchSession): FetchContext {
  return {
    sessionId: session.id,
    partitions: Array.from(session.partitions.values(), (cached) => cached.request),
    include(partition, answer) {
      const key = partitionKey(session, partition);
      const cached = session.partitions.get(key);
      // Forgotten by a later request while this one was parked.
      if (!cached) return false;
      const changed =
        answer.hasError ||
        answer.sizeInBytes > 0 ||
        cached.highWatermark !== answer.highWatermark ||
        cached.logStartOffset !== answer.logStartOffset;
      // An error is repeated until it goes away: the next good answer must count as a change.
      cached.highWatermark = answer.hasError ? -1 : answer.highWatermark;
      cached.logStartOffset = answer.hasError ? -1 : answer.logStartOffset;
      if (answer.sizeInBytes > 0) {
        session.partitions.delete(key);
        session.partitions.set(key, cached);
      }
      return changed;
    },
  };
}

function isTooLong({ topic }: FetchPartition): boolean {
  return topic !== undefined && topic.length > LONGEST_NAME;
}

function newCached(request: FetchPartition): CachedPartition {
  return { request, highWatermark: -1, logStartOffset: -1 };
}

function partitionKey(
  session: { usesTopicIds: boolean },
  of: { topic: string | undefined; topicId: string; partition: number },
): string {
  return `${session.usesTopicIds ? of.topicId : of.topic}:${of.partition}`;
}
