// Metadata v0-v13.
//
// Which topics: v0 empty and v1+ null mean all; v10+ can ask by id. A missing topic that is asked for
// by name is created with the broker's defaults when the client and auto.create.topics.enable allow
// it. With compatibility=friendly that is waited for and answered with its leader; Kafkas answer an error
// and let the client ask again, which is what programs stumble over. Brokers are named with the address of the listener that
// the client used; where none is advertised, with the address that the client itself connected to.
import { ZERO_UUID } from '../../base/random.ts';
import type { Pace, Steps } from '../../base/slices.ts';
import type { Compatibility } from '../../config/index.ts';
import { type ErrorName, errorCode } from '../../protocol/errors.ts';
import { MetadataRequest, MetadataResponse } from '../../protocol/messages/03-metadata.ts';
import { type ElementOf, lazily, type MessageInput } from '../../protocol/schema/index.ts';
import type { Controller } from '../controller/controller.ts';
import { isInternalTopicName, topicNameProblem } from '../controller/topic-name.ts';
import type { ClusterMetadata } from '../metadata/cluster-metadata.ts';
import type {
  ClusterSnapshot,
  PartitionMetadata,
  TopicMetadata,
} from '../metadata/cluster-snapshot.ts';
import { type Api, defineApi } from '../network/api.ts';
import { NO_RESPONSE, Pending } from '../network/pending.ts';
import type { RequestContext } from '../network/request-context.ts';
import { eachOf, inSlices, those, together } from '../network/rows.ts';
import { brokersFor } from './broker-endpoints.ts';
import { clusterOperations } from './cluster-operations.ts';

type Response = MessageInput<typeof MetadataResponse>;
type AskedTopic = { readonly name: string | null; readonly topicId: string };
type TopicRow = ElementOf<Response['topics']>;

export interface MetadataDependencies {
  readonly metadata: ClusterMetadata;
  readonly controller: Controller;
  readonly autoCreateTopics: () => boolean;
  readonly compatibility: Compatibility;
}

/** By id only from here on; v10 and v11 have the field, but Kafka refuses to use it (KIP-516). */
const TOPIC_IDS_FROM = 12;
/** From here on there is an error of the request as a whole. */
const ERROR_FROM = 13;
/** v0 says that replicas are missing by an error of the partition; later versions just list them. */
const OFFLINE_REPLICAS_FROM = 5;

export function metadataApi(dependencies: MetadataDependencies): Api {
  return defineApi({
    request: MetadataRequest,
    response: MetadataResponse,
    versions: { min: 0, max: 13 },
    rights: {
      asks: [
        { operation: 'DESCRIBE', resource: 'TOPIC' },
        { operation: 'CREATE', resource: 'CLUSTER' },
        { operation: 'CREATE', resource: 'TOPIC' },
        { operation: 'DESCRIBE', resource: 'CLUSTER' },
      ],
    },
    handle: (context, request) => inSlices(context, answerSteps(dependencies, context, request)),
    errorResponse(context, request, error) {
      // Without a topic to say it of, older versions cannot tell an error from a cluster without topics.
      if (context.apiVersion < ERROR_FROM && (request.topics ?? []).length === 0) {
        const reason = error.detail ?? error.error;
        const sentence = `the metadata of all topics cannot be answered: ${reason}`;
        context.closeConnection({ kind: 'unanswerable', of: error.error, sentence });
        return NO_RESPONSE;
      }
      return {
        errorCode: errorCode(error.error),
        topics: lazily(request.topics ?? [], ({ name, topicId }) =>
          failedTopic(error.error, name, topicId),
        ),
      };
    },
  });
}

function* answerSteps(
  dependencies: MetadataDependencies,
  context: RequestContext,
  request: MetadataRequest,
): Steps<Response | Pending<Response>> {
  const { metadata } = dependencies;
  const { slices } = context;
  const asked = request.topics ?? [];
  if (context.apiVersion < TOPIC_IDS_FROM) {
    const withId = yield* those(slices, asked, namesId);
    if (withId.length > 0) return { clusterId: null, topics: lazily(asked, refusedId) };
  }
  const wanted = wantsAll(context, request) ? null : yield* wantedTopics(slices, asked);
  const missing = yield* those(
    slices,
    wanted ?? [],
    (topic) => request.allowAutoTopicCreation && isToCreate(dependencies, context, topic),
  );
  const names = missing.map(({ name }) => name ?? '');
  const { allowed, denied } = mayCreate(context, names);
  if (allowed.length === 0) return respond(metadata.snapshot, context, request, wanted, denied);
  const pending = new Pending<Response>();
  create(dependencies, allowed, context).then(
    (answers) => {
      const outcomes = new Map([...denied, ...answers]);
      pending.complete(respond(metadata.snapshot, context, request, wanted, outcomes));
    },
    (error: unknown) => pending.fail(error),
  );
  return pending;
}

/** Creates missing topics; what is then said of each, by name. */
async function create(
  { controller, compatibility }: MetadataDependencies,
  names: readonly string[],
  context: RequestContext,
): Promise<Outcomes> {
  const { createdByMetadata, refusedCreation } = compatibility;
  const answers = new Map<string, ErrorName>();
  const outcomes = await together(context, names, (some) => controller.autoCreateTopics(some));
  for (const { name, error, detail } of outcomes) {
    const isTold = createdByMetadata === 'wait' || (!isThere(error) && refusedCreation === 'told');
    answers.set(name, isTold ? error : createdByMetadata);
    if (isThere(error)) continue;
    const reason = detail === null ? error : `${error}, ${detail}`;
    context.complain({
      kind: 'topic not created',
      of: error,
      sentence: `could not create topic ${name}, which a client asked for: ${reason}`,
    });
  }
  return answers;
}

/** With no right to make topics in the cluster, that to make each one counts. */
function mayCreate(
  context: RequestContext,
  names: readonly string[],
): { allowed: readonly string[]; denied: Outcomes } {
  if (context.authorize('CREATE', 'CLUSTER')) return { allowed: names, denied: new Map() };
  const isAllowed = (name: string) => context.authorize('CREATE', 'TOPIC', name);
  const denied = names.filter((name) => !isAllowed(name));
  return {
    allowed: names.filter(isAllowed),
    denied: new Map(denied.map((name) => [name, 'TOPIC_AUTHORIZATION_FAILED'])),
  };
}

type Outcomes = ReadonlyMap<string, ErrorName>;

/** Also where somebody else was faster. */
function isThere(error: ErrorName): boolean {
  return error === 'NONE' || error === 'TOPIC_ALREADY_EXISTS';
}

function namesId({ name, topicId }: AskedTopic): boolean {
  return name === null || topicId !== ZERO_UUID;
}

function refusedId({ name, topicId }: { name: string | null; topicId: string }): TopicRow {
  return failedTopic('INVALID_REQUEST', name ?? '', topicId);
}

/** Each topic once. Where one is asked for by id, all are: names beside it are not looked at. */
function* wantedTopics(pace: Pace, topics: readonly AskedTopic[]): Steps<AskedTopic[]> {
  const withId = yield* those(pace, topics, ({ topicId }) => topicId !== ZERO_UUID);
  const asked = withId.length > 0 ? withId : topics;
  const wanted = new Map<string | null, AskedTopic>();
  for (const { name, topicId } of asked) {
    if (withId.length > 0) wanted.set(topicId, { name: null, topicId });
    else wanted.set(name, { name, topicId });
    if (pace.isOver()) yield;
  }
  return yield* eachOf(pace, wanted.values(), (topic) => topic);
}

function wantsAll(context: RequestContext, request: MetadataRequest): boolean {
  return request.topics === null || (context.apiVersion === 0 && request.topics.length === 0);
}

function isToCreate(
  { metadata, autoCreateTopics }: MetadataDependencies,
  context: RequestContext,
  { name }: AskedTopic,
): boolean {
  if (name === null || metadata.snapshot.topics.has(name)) return false;
  if (topicNameProblem(name) !== undefined || !mayDescribe(context, name)) return false;
  return isInternalTopicName(name) || autoCreateTopics();
}

function mayDescribe(context: RequestContext, topic: string): boolean {
  return context.authorize('DESCRIBE', 'TOPIC', topic);
}

/** Tells nobody who may not describe a topic whether it is there. */
function respond(
  snapshot: ClusterSnapshot,
  context: RequestContext,
  request: MetadataRequest,
  asked: readonly AskedTopic[] | null,
  creations: Outcomes,
): Response {
  const topics = !asked
    ? lazily(
        Array.from(snapshot.topics.values()).filter(({ name }) => mayDescribe(context, name)),
        (topic) => topicRow(topic, context, request),
      )
    : lazily(asked, (wanted) => {
        const byId = wanted.name === null;
        const topic = byId
          ? snapshot.topicsById.get(wanted.topicId)
          : snapshot.topics.get(wanted.name ?? '');
        const name = topic?.name ?? wanted.name;
        if (name !== null && !mayDescribe(context, name)) return deniedTopic(wanted);
        const answer = creations.get(wanted.name ?? '') ?? 'NONE';
        if (topic && isThere(answer)) return topicRow(topic, context, request);
        if (byId) return failedTopic('UNKNOWN_TOPIC_ID', null, wanted.topicId);
        return failedTopic(absence(wanted.name ?? '', creations), wanted.name, ZERO_UUID);
      });
  return {
    brokers: brokersFor(snapshot, context),
    clusterId: snapshot.clusterId,
    controllerId: snapshot.controllerId,
    topics,
    ...(request.includeClusterAuthorizedOperations && {
      clusterAuthorizedOperations: clusterOperations(context),
    }),
  };
}

/** Why a topic that was asked for by name is not there. */
function absence(name: string, creations: Outcomes): ErrorName {
  if (topicNameProblem(name) !== undefined) return 'INVALID_TOPIC_EXCEPTION';
  const creation = creations.get(name);
  if (creation === undefined) return 'UNKNOWN_TOPIC_OR_PARTITION';
  // Somebody else removed it meanwhile: the client will ask again and find out.
  return isThere(creation) ? 'LEADER_NOT_AVAILABLE' : creation;
}

function topicRow(
  topic: TopicMetadata,
  context: RequestContext,
  request: MetadataRequest,
): TopicRow {
  return {
    errorCode: 0,
    name: topic.name,
    topicId: topic.id,
    isInternal: topic.internal,
    partitions: lazily(topic.partitions, (partition) => partitionRow(partition, context)),
    ...(request.includeTopicAuthorizedOperations && {
      topicAuthorizedOperations: context.authorizedOperations('TOPIC', topic.name),
    }),
  };
}

function partitionRow(partition: PartitionMetadata, context: RequestContext) {
  const error: ErrorName =
    partition.leader < 0
      ? 'LEADER_NOT_AVAILABLE'
      : partition.offlineReplicas.length > 0 && context.apiVersion < 1
        ? 'REPLICA_NOT_AVAILABLE'
        : 'NONE';
  return {
    errorCode: errorCode(error),
    partitionIndex: partition.index,
    leaderId: partition.leader,
    leaderEpoch: partition.leaderEpoch,
    replicaNodes: partition.replicas,
    isrNodes: partition.isr,
    ...(context.apiVersion >= OFFLINE_REPLICAS_FROM && {
      offlineReplicas: partition.offlineReplicas,
    }),
  };
}

function deniedTopic({ name, topicId }: { name: string | null; topicId: string }): TopicRow {
  return { ...failedTopic('TOPIC_AUTHORIZATION_FAILED', name, topicId), isInternal: false };
}

function failedTopic(error: ErrorName, name: string | null, topicId: string): TopicRow {
  const isInternal = name !== null && isInternalTopicName(name);
  return { errorCode: errorCode(error), name, topicId, isInternal, partitions: [] };
}
