// Fetch v0-v18 for consumers.
//
// A fetch session (KIP-227) resolves to partitions, which are read in order until the response is
// full. Enough bytes, an error or a diverging epoch answer at once; else the fetch is parked on every
// partition and on the clock, and reads again when it wakes (replica/fetch). Records leave as the bytes that are in the
// log. v0-v3 get the old message formats, converted; below v10 a client cannot read zstd (KIP-110).
//
// Gaps: followers (replica id >= 0) are refused with NOT_LEADER_OR_FOLLOWER until there is replication;
// preferred_read_replica is always -1; tiered storage does not exist.
import { ZERO_UUID } from '../../base/random.ts';
import type { Pace, Steps } from '../../base/slices.ts';
import type { WorkThread } from '../../base/work-thread.ts';
import type { LoopAllowance } from '../../compression/index.ts';
import type { Compatibility } from '../../config/index.ts';
import { type ErrorName, errorCode } from '../../protocol/errors.ts';
import { FetchRequest, FetchResponse } from '../../protocol/messages/01-fetch.ts';
import { lazily, type MessageInput } from '../../protocol/schema/index.ts';
import { type Api, defineApi } from '../network/api.ts';
import { Pending } from '../network/pending.ts';
import type { RequestContext } from '../network/request-context.ts';
import { inSlices, toPending } from '../network/rows.ts';
import { type FetchDone, type FetchParts, fetchRecords } from '../replica/fetch.ts';
import {
  type ConversionRules,
  Converter,
  convertFetched,
  ZSTD_FROM,
} from '../replica/fetch-conversion.ts';
import { type FetchedPartition, failedFetch } from '../replica/fetch-reader.ts';
import type {
  FetchContext,
  FetchPartition,
  FetchSessionCache,
  SessionResult,
} from '../replica/fetch-session.ts';
import type { TopicTraffic } from '../replica/topic-traffic.ts';
import { lastMentions } from './last-mentions.ts';

type Response = MessageInput<typeof FetchResponse>;

export interface FetchDependencies extends FetchParts {
  readonly sessions: FetchSessionCache;
  readonly compatibility: Compatibility;
  readonly traffic: TopicTraffic;
  /** Where much is converted, and how much of it may be elsewhere. */
  readonly work: WorkThread;
  readonly allowance: LoopAllowance;
  /** A topic's configs, for clients that need their records converted. */
  readonly conversionRules: (topic: string) => ConversionRules;
}

const TOPIC_IDS_FROM = 13;
const SESSIONS_FROM = 7;
/** Before KIP-74 a batch larger than the limit was cut short, and the consumer complained. */
const WHOLE_BATCH_FROM = 3;

export function fetchApi(dependencies: FetchDependencies): Api {
  return defineApi({
    request: FetchRequest,
    response: FetchResponse,
    versions: { min: 0, max: 18 },
    rights: {
      asks: [
        { operation: 'READ', resource: 'TOPIC' },
        { operation: 'CLUSTER_ACTION', resource: 'CLUSTER' },
      ],
    },
    quota: 'fetch',
    handle(context, request) {
      const steps = resolveSession(dependencies, context, request);
      const { done, value } = steps.next();
      if (done) return fetch(context, request, value);
      return inSlices(
        context,
        (function* () {
          return fetch(context, request, yield* steps);
        })(),
      );
    },
    errorResponse: (context, request, error) => failure(context, request, error.error),
  });

  function fetch(
    context: RequestContext,
    request: FetchRequest,
    session: SessionResult,
  ): Response | Pending<Response> {
    if ('error' in session) return { errorCode: errorCode(session.error), sessionId: 0 };
    const answer = new FetchAnswer(dependencies, context, session);
    const { partitions } = session;
    if (isFollower(request)) {
      const error = followerError(context);
      answer.fetched(partitions.map((each) => failedFetch(each, error)));
      return answer.pending;
    }
    const { minBytes, maxBytes, maxWaitMs } = request;
    const options = {
      caller: context,
      partitions,
      byTopicId: context.apiVersion >= TOPIC_IDS_FROM,
      isolation: request.isolationLevel === 1 ? 'read_committed' : 'read_uncommitted',
      minBytes,
      maxBytes,
      maxWaitMs,
      minOneBatch: context.apiVersion >= WHOLE_BATCH_FROM,
    } as const;
    fetchRecords(dependencies, options, answer);
    return answer.pending;
  }
}

/** The answer of one request: the part that its session has to hear, in the form that its version knows. */
class FetchAnswer implements FetchDone {
  readonly pending = new Pending<Response>();
  readonly #dependencies: FetchDependencies;
  readonly #context: RequestContext;
  readonly #session: FetchContext;

  constructor(dependencies: FetchDependencies, context: RequestContext, session: FetchContext) {
    this.#dependencies = dependencies;
    this.#context = context;
    this.#session = session;
  }

  fetched(partitions: readonly FetchedPartition[]): void {
    this.#context.onSent(() => {
      for (const each of partitions) each.release();
    });
    if (this.#context.apiVersion >= ZSTD_FROM) this.#tell(partitions);
    else void this.#convertAll(partitions);
  }

  #tell(partitions: readonly FetchedPartition[]): void {
    const steps = this.#answer(partitions);
    const { done, value } = steps.next();
    if (done) this.pending.complete(value);
    else inSlices(this.#context, steps).deliverTo(toPending(this.pending));
  }

  /** One after the other, so that not much of it is held at a time. */
  async #convertAll(partitions: readonly FetchedPartition[]): Promise<void> {
    const { work, allowance } = this.#dependencies;
    const converter = new Converter(work, allowance, () => !this.#context.abandoned);
    const converted: FetchedPartition[] = [];
    for (const each of partitions) converted.push(await this.#converted(each, converter));
    this.#tell(converted);
  }

  failed(error: unknown): void {
    this.pending.fail(error);
  }

  async #converted(fetched: FetchedPartition, converter: Converter): Promise<FetchedPartition> {
    const { request } = fetched;
    try {
      const rules = this.#dependencies.conversionRules(request.topic ?? '');
      return await convertFetched(fetched, this.#context.apiVersion, rules, converter);
    } catch (error) {
      fetched.release();
      const { topic, topicId, partition } = request;
      return failedFetch(
        request,
        this.#context.rowError(error, `${topic ?? topicId}-${partition}`),
      );
    }
  }

  *#answer(fetched: readonly FetchedPartition[]): Steps<Response> {
    const version = this.#context.apiVersion;
    const rows = new Map<string, TopicRow>();
    for (const each of fetched) {
      if (this.#context.slices.isOver()) yield;
      const { request } = each;
      if (!this.#session.include(request, visible(each))) {
        each.release();
        continue;
      }
      const key = version >= TOPIC_IDS_FROM ? request.topicId : (request.topic ?? '');
      let row = rows.get(key);
      if (!row) {
        row = { topic: request.topic ?? '', topicId: request.topicId, partitions: [] };
        rows.set(key, row);
      }
      row.partitions.push(partitionRow(each));
      if (each.sizeInBytes > 0)
        this.#dependencies.traffic.of(row.topic).bytesOut += each.sizeInBytes;
    }
    return { sessionId: this.#session.sessionId, responses: [...rows.values()] };
  }
}

function isFollower({ replicaId, replicaState }: FetchRequest): boolean {
  return Math.max(replicaId, replicaState.replicaId) >= 0;
}

function followerError(context: RequestContext): ErrorName {
  return context.authorize('CLUSTER_ACTION', 'CLUSTER')
    ? 'NOT_LEADER_OR_FOLLOWER'
    : 'TOPIC_AUTHORIZATION_FAILED';
}

type TopicRow = { topic: string; topicId: string; partitions: ReturnType<typeof partitionRow>[] };

function visible(each: FetchedPartition) {
  return {
    hasError: each.error !== 'NONE' || each.divergingEpoch !== undefined,
    sizeInBytes: each.sizeInBytes,
    highWatermark: each.highWatermark,
    logStartOffset: each.logStartOffset,
  };
}

function partitionRow(each: FetchedPartition) {
  return {
    partitionIndex: each.request.partition,
    errorCode: errorCode(each.error),
    highWatermark: each.highWatermark,
    lastStableOffset: each.lastStableOffset,
    logStartOffset: each.logStartOffset,
    abortedTransactions: each.abortedTransactions,
    records: each.buffers,
    ...(each.divergingEpoch && { divergingEpoch: each.divergingEpoch }),
  };
}

/** A request of more partitions gets each of them once: every mention would read the log anew. */
const MANY_PARTITIONS = 1000;

function* hasMany({ topics }: FetchRequest, pace: Pace): Steps<boolean> {
  if (topics.length > MANY_PARTITIONS) return true;
  let count = 0;
  for (const { partitions } of topics) {
    count += partitions.length;
    if (pace.isOver()) yield;
  }
  return count > MANY_PARTITIONS;
}

function* resolveSession(
  { metadata, sessions, compatibility }: FetchDependencies,
  context: RequestContext,
  request: FetchRequest,
): Steps<SessionResult> {
  const { slices } = context;
  const usesTopicIds = context.apiVersion >= TOPIC_IDS_FROM;
  const { topicsById } = metadata.snapshot;
  const topics =
    compatibility.lastMentionOnly.has('Fetch') || (yield* hasMany(request, slices))
      ? yield* lastMentions(slices, request.topics, {
          key: ({ topic, topicId }) => (usesTopicIds ? topicId : topic),
          partitions: ({ partitions }) => partitions,
          index: ({ partition }) => partition,
          withPartitions: (topic, partitions) => ({ ...topic, partitions }),
        })
      : request.topics;
  const partitions: FetchPartition[] = [];
  for (const { topic, topicId, partitions: asked } of topics) {
    const name = usesTopicIds ? topicsById.get(topicId)?.name : topic;
    for (const wanted of asked) {
      partitions.push({
        topic: name,
        topicId: usesTopicIds ? topicId : ZERO_UUID,
        partition: wanted.partition,
        fetchOffset: wanted.fetchOffset,
        maxBytes: wanted.partitionMaxBytes,
        // Any negative epoch means none in this API, as in Kafka; in others only -1 does.
        currentLeaderEpoch: Math.max(-1, wanted.currentLeaderEpoch),
        lastFetchedEpoch: wanted.lastFetchedEpoch,
      });
      if (slices.isOver()) yield;
    }
    if (slices.isOver()) yield;
  }
  const forgotten: { topic: string; topicId: string; partition: number }[] = [];
  for (const { topic, topicId, partitions: gone } of request.forgottenTopicsData) {
    for (const partition of gone) {
      forgotten.push({ topic, topicId, partition });
      if (slices.isOver()) yield;
    }
    if (slices.isOver()) yield;
  }
  const sessionless = context.apiVersion < SESSIONS_FROM;
  const asked = {
    sessionId: sessionless ? 0 : request.sessionId,
    sessionEpoch: sessionless ? -1 : request.sessionEpoch,
    usesTopicIds,
    partitions,
    forgotten,
  };
  return yield* sessions.resolve(asked, slices);
}

/** Before v7 there is no error for the whole response: each partition carries it. */
function failure(context: RequestContext, request: FetchRequest, error: ErrorName): Response {
  const code = errorCode(error);
  if (context.apiVersion >= SESSIONS_FROM) return { errorCode: code, sessionId: 0 };
  return {
    responses: lazily(request.topics, ({ topic, partitions }) => ({
      topic,
      partitions: lazily(partitions, ({ partition }) => ({
        partitionIndex: partition,
        errorCode: code,
        highWatermark: -1,
        records: [],
      })),
    })),
  };
}
