import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';

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

/** Incremental fetch sessions (KIP-227): a bounded cache of what each consumer is reading. */
export class FetchSessionCache {
  private readonly clock: Clock;
  private readonly random: Random;
  private readonly maxSessions: number;
  private readonly evictionMs: number;
  /** Least recently used first. */
  private readonly sessions = new Map<number, FetchSession>();

  constructor(
    clock: Clock,
    random: Random,
    limits: { maxSessions: number; minEvictionMs: number },
  ) {
    this.clock = clock;
    this.random = random;
    this.maxSessions = limits.maxSessions;
    this.evictionMs = limits.minEvictionMs;
  }

  get size(): number {
    return this.sessions.size;
  }

  /** Applies one request to its session; the caller then reads `partitions` and answers. */
  resolve(request: SessionRequest): SessionResult {
    const { sessionId, sessionEpoch } = request;
    if (sessionEpoch === FINAL_EPOCH || sessionEpoch === INITIAL_EPOCH) {
      if (sessionId !== 0) this.sessions.delete(sessionId);
      if (sessionEpoch === FINAL_EPOCH) return full(0, request);
      return this.start(request);
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
      const key = partitionKey(session, wanted);
      const cached = session.partitions.get(key);
      if (cached) cached.request = wanted;
      else session.partitions.set(key, newCached(wanted));
    }
    // In this order, as in Kafka: what one request both wants and forgets is forgotten.
    for (const gone of request.forgotten) session.partitions.delete(partitionKey(session, gone));
    if (session.partitions.size === 0) {
      this.sessions.delete(sessionId);
      return full(0, request);
    }
    return incremental(session);
  }

  private start(request: SessionRequest): FetchContext {
    if (!this.makeRoom()) return full(0, request);
    const session: FetchSession = {
      id: this.newId(),
      usesTopicIds: request.usesTopicIds,
      epoch: 1,
      lastUsedMs: this.clock.now(),
      partitions: new Map(),
    };
    for (const wanted of request.partitions) {
      session.partitions.set(partitionKey(session, wanted), newCached(wanted));
    }
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

  private makeRoom(): boolean {
    if (this.sessions.size < this.maxSessions) return true;
    const oldest = this.sessions.values().next().value;
    if (!oldest || this.clock.now() - oldest.lastUsedMs < this.evictionMs) return false;
    this.sessions.delete(oldest.id);
    return true;
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

function newCached(request: FetchPartition): CachedPartition {
  return { request, highWatermark: -1, logStartOffset: -1 };
}

function partitionKey(
  session: { usesTopicIds: boolean },
  of: { topic: string | undefined; topicId: string; partition: number },
): string {
  return `${session.usesTopicIds ? of.topicId : of.topic}:${of.partition}`;
}
