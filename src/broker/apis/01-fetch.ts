// Fetch v0-v18 for consumers.
//
// A fetch session (KIP-227) resolves to partitions, which are read in order until the response is
// full. Enough bytes, an error or a diverging epoch answer at once; else the fetch is parked on every
// partition and on the clock, and reads again when it wakes. Records leave as the bytes that are in the
// log. v0-v3 get the old message formats, converted; below v10 a client cannot read zstd (KIP-110).
//
// Gaps: followers (replica id >= 0) are refused with NOT_LEADER_OR_FOLLOWER until there is replication;
// preferred_read_replica is always -1; tiered storage does not exist.
import type { Clock } from '../../base/clock.ts';
import { ZERO_UUID } from '../../base/random.ts';
import type { Compatibility } from '../../config/index.ts';
import { type ErrorName, errorCode } from '../../protocol/errors.ts';
import { FetchRequest, FetchResponse } from '../../protocol/messages/01-fetch.ts';
import type { MessageInput } from '../../protocol/schema/index.ts';
import type { ClusterMetadata } from '../metadata/cluster-metadata.ts';
import { type Api, defineApi } from '../network/api.ts';
import { Pending } from '../network/pending.ts';
import type { RequestContext } from '../network/request-context.ts';
import { type ConversionRules, convertFetched, ZSTD_FROM } from '../replica/fetch-conversion.ts';
import {
  type FetchedPartition,
  type FetchLimits,
  type FetchTarget,
  failedFetch,
  readPartitions,
} from '../replica/fetch-reader.ts';
import type { FetchContext, FetchPartition, FetchSessionCache } from '../replica/fetch-session.ts';
import { ParkedFetch } from '../replica/parked-fetch.ts';
import { Partition } from '../replica/partition.ts';
import type { Partitions } from '../replica/partitions.ts';
import type { TopicTraffic } from '../replica/topic-traffic.ts';
import { lastMentions } from './last-mentions.ts';

type Response = MessageInput<typeof FetchResponse>;

export interface FetchDependencies {
  readonly clock: Clock;
  readonly partitions: Partitions;
  readonly metadata: ClusterMetadata;
  readonly sessions: FetchSessionCache;
  readonly compatibility: Compatibility;
  readonly traffic: TopicTraffic;
  /** fetch.max.bytes: the most that one response carries, whatever the client asks for. */
  readonly maxBytes: () => number;
  /** A topic's configs, for clients that need their records converted. */
  readonly conversionRules: (topic: string) => ConversionRules;
}

const TOPIC_IDS_FROM = 13;
const SESSIONS_FROM = 7;

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
      const session = resolveSession(dependencies, context, request);
      if ('error' in session) return { errorCode: errorCode(session.error), sessionId: 0 };
      return new Fetch(dependencies, context, request, session).start();
    },
    errorResponse: (context, request, error) => failure(context, request, error.error),
  });
}

/** One request under way: reads, perhaps waits, reads again, answers. */
class Fetch {
  readonly #dependencies: FetchDependencies;
  readonly #context: RequestContext;
  readonly #session: FetchContext;
  readonly #limits: FetchLimits;
  readonly #minBytes: number;
  readonly #maxWaitMs: number;
  /** What a follower gets in every row; undefined for a consumer. */
  readonly #followerError: ErrorName | undefined;
  readonly #pending = new Pending<Response>();

  constructor(
    dependencies: FetchDependencies,
    context: RequestContext,
    request: FetchRequest,
    session: FetchContext,
  ) {
    this.#dependencies = dependencies;
    this.#context = context;
    this.#session = session;
    this.#limits = {
      maxBytes: Math.min(request.maxBytes, dependencies.maxBytes()),
      isolation: request.isolationLevel === 1 ? 'read_committed' : 'read_uncommitted',
      // Before KIP-74 a batch larger than the limit was cut short, and the consumer complained.
      minOneBatch: context.apiVersion >= 3,
      errorOf: (error, request) => this.#errorOf(error, request),
    };
    this.#minBytes = Math.min(request.minBytes, this.#limits.maxBytes);
    this.#maxWaitMs = request.maxWaitMs;
    this.#followerError = isFollower(request) ? followerError(context) : undefined;
  }

  start(): Response | Pending<Response> {
    const fetched = this.#read();
    if (fetched instanceof Promise) {
      fetched.then(
        (late) => this.#complete(this.#answerOrPark(late)),
        (error) => this.#pending.fail(error),
      );
      return this.#pending;
    }
    return this.#answerOrPark(fetched) ?? this.#pending;
  }

  /** Where many clients don't take their answers this one becomes smaller, and the next goes on there. */
  #read(): FetchedPartition[] | Promise<FetchedPartition[]> {
    let wantedBytes = 0;
    for (const { maxBytes } of this.sessionPartitions) wantedBytes += Math.max(0, maxBytes);
    const granted = this.#context.reserveAnswer(Math.min(wantedBytes, this.#limits.maxBytes));
    return readPartitions(this.#targets(), { ...this.#limits, maxBytes: granted });
  }

  /** The answer, or undefined when the request is now parked. */
  #answerOrPark(fetched: readonly FetchedPartition[]): Response | undefined {
    const { maxBytes } = this.#limits;
    let sizeInBytes = 0;
    let urgent = this.#maxWaitMs <= 0 || fetched.length === 0;
    for (const each of fetched) {
      // Where a limit ended the read, that much is there: waiting would bring no more of it.
      const atHand = each.isCut ? Math.min(each.request.maxBytes, maxBytes) : 0;
      sizeInBytes += Math.max(atHand, each.sizeInBytes + each.oversizedFirstBatchBytes);
      urgent ||= each.error !== 'NONE' || each.divergingEpoch !== undefined;
    }
    if (urgent || sizeInBytes >= this.#minBytes) return this.#answer(fetched);
    for (const each of fetched) each.release();
    this.#context.releaseAnswer();
    const waitFor = this.#targets()
      .map(({ partition }) => partition)
      .filter((partition) => partition instanceof Partition);
    const parked = new ParkedFetch(
      this.#dependencies.clock,
      waitFor,
      { missingBytes: this.#minBytes - sizeInBytes, maxWaitMs: this.#maxWaitMs },
      () => this.#readAgain(),
    );
    this.#context.onClose(() => parked.cancel());
    return undefined;
  }

  #readAgain(): void {
    const fetched = this.#read();
    if (fetched instanceof Promise) {
      fetched.then(
        (late) => this.#complete(this.#answer(late)),
        (error) => this.#pending.fail(error),
      );
    } else {
      this.#complete(this.#answer(fetched));
    }
  }

  #complete(response: Response | undefined): void {
    if (response) this.#pending.complete(response);
  }

  #targets(): FetchTarget[] {
    const { sessionPartitions } = this;
    return sessionPartitions.map((request) => ({
      request,
      partition: this.#followerError ?? this.#find(request),
    }));
  }

  private get sessionPartitions(): readonly FetchPartition[] {
    return this.#session.partitions;
  }

  #find(request: FetchPartition): Partition | ErrorName {
    const { metadata, partitions } = this.#dependencies;
    let { topic } = request;
    if (this.#context.apiVersion >= TOPIC_IDS_FROM) {
      // By id each time: the topic may have been deleted and made anew since the session began.
      topic = metadata.snapshot.topicsById.get(request.topicId)?.name;
      if (topic === undefined) return 'UNKNOWN_TOPIC_ID';
    }
    const name = topic ?? '';
    if (!this.#context.authorize('READ', 'TOPIC', name)) return 'TOPIC_AUTHORIZATION_FAILED';
    return partitions.get(name, request.partition) ?? partitions.absence(name, request.partition);
  }

  #errorOf(error: unknown, { topic, topicId, partition }: FetchPartition): ErrorName {
    return this.#context.rowError(error, `${topic ?? topicId}-${partition}`);
  }

  #converted(fetched: FetchedPartition): FetchedPartition {
    const { request } = fetched;
    try {
      const rules = this.#dependencies.conversionRules(request.topic ?? '');
      return convertFetched(fetched, this.#context.apiVersion, rules);
    } catch (error) {
      fetched.release();
      return failedFetch(request, this.#errorOf(error, request));
    }
  }

  #answer(fetched: readonly FetchedPartition[]): Response {
    const version = this.#context.apiVersion;
    const rows = new Map<string, TopicRow>();
    for (const raw of fetched) {
      const each = version < ZSTD_FROM ? this.#converted(raw) : raw;
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
    this.#context.onSent(() => {
      for (const each of fetched) each.release();
    });
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

function resolveSession(
  { metadata, sessions, compatibility }: FetchDependencies,
  context: RequestContext,
  request: FetchRequest,
) {
  const usesTopicIds = context.apiVersion >= TOPIC_IDS_FROM;
  const { topicsById } = metadata.snapshot;
  const topics = compatibility.lastMentionOnly.has('Fetch')
    ? lastMentions(request.topics, {
        key: ({ topic, topicId }) => (usesTopicIds ? topicId : topic),
        partitions: ({ partitions }) => partitions,
        index: ({ partition }) => partition,
        withPartitions: (topic, partitions) => ({ ...topic, partitions }),
      })
    : request.topics;
  const partitions = topics.flatMap(({ topic, topicId, partitions }) => {
    const name = usesTopicIds ? topicsById.get(topicId)?.name : topic;
    return partitions.map((wanted) => ({
      topic: name,
      topicId: usesTopicIds ? topicId : ZERO_UUID,
      partition: wanted.partition,
      fetchOffset: wanted.fetchOffset,
      maxBytes: wanted.partitionMaxBytes,
      // Any negative epoch means none in this API, as in Kafka; in others only -1 does.
      currentLeaderEpoch: Math.max(-1, wanted.currentLeaderEpoch),
      lastFetchedEpoch: wanted.lastFetchedEpoch,
    }));
  });
  const forgotten = request.forgottenTopicsData.flatMap(({ topic, topicId, partitions }) =>
    partitions.map((partition) => ({ topic, topicId, partition })),
  );
  const sessionless = context.apiVersion < SESSIONS_FROM;
  return sessions.resolve({
    sessionId: sessionless ? 0 : request.sessionId,
    sessionEpoch: sessionless ? -1 : request.sessionEpoch,
    usesTopicIds,
    partitions,
    forgotten,
  });
}

/** Before v7 there is no error for the whole response: each partition carries it. */
function failure(context: RequestContext, request: FetchRequest, error: ErrorName): Response {
  const code = errorCode(error);
  if (context.apiVersion >= SESSIONS_FROM) return { errorCode: code, sessionId: 0 };
  return {
    responses: request.topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(({ partition }) => ({
        partitionIndex: partition,
        errorCode: code,
        highWatermark: -1,
        records: [],
      })),
    })),
  };
}
