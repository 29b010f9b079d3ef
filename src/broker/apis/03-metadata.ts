// Metadata v0-v13.
//
// Which topics: v0 empty and v1+ null mean all; v10+ can ask by id. A missing topic that is asked for
// by name is created with the broker's defaults when the client and auto.create.topics.enable allow
// it. With compatibility=friendly that is waited for and answered with its leader; Kafkas answer an error
// and let the client ask again, which is what programs stumble over. Brokers are named with the address of the listener that
// the client used; where none is advertised, with the address that the client itself connected to.
import { ZERO_UUID } from '../../base/random.ts';
import type { Compatibility } from '../../config/index.ts';
import { type ErrorName, errorCode } from '../../protocol/errors.ts';
import { MetadataRequest, MetadataResponse } from '../../protocol/messages/03-metadata.ts';
import type { MessageInput } from '../../protocol/schema/index.ts';
import type { Controller } from '../controller/controller.ts';
import { isInternalTopicName, topicNameProblem } from '../controller/topic-name.ts';
import type { ClusterMetadata } from '../metadata/cluster-metadata.ts';
import type {
  ClusterSnapshot,
  PartitionMetadata,
  TopicMetadata,
} from '../metadata/cluster-snapshot.ts';
import { type Api, defineApi } from '../network/api.ts';
import type { RequestContext } from '../network/request-context.ts';
import { brokersFor } from './broker-endpoints.ts';
import { clusterOperations } from './cluster-operations.ts';

type Response = MessageInput<typeof MetadataResponse>;
type TopicRow = NonNullable<Response['topics']>[number];

export interface MetadataDependencies {
  readonly metadata: ClusterMetadata;
  readonly controller: Controller;
  readonly autoCreateTopics: () => boolean;
  readonly compatibility: Compatibility;
}

/** By id only from here on; v10 and v11 have the field, but Kafka refuses to use it (KIP-516). */
const TOPIC_IDS_FROM = 12;
/** v0 says that replicas are missing by an error of the partition; later versions just list them. */
const OFFLINE_REPLICAS_FROM = 5;

export function metadataApi(dependencies: MetadataDependencies): Api {
  const { metadata } = dependencies;
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
    handle(context, request) {
      if (context.apiVersion < TOPIC_IDS_FROM && namesIds(request)) {
        return { clusterId: null, topics: (request.topics ?? []).map(refusedId) };
      }
      const missing = toCreate(dependencies, context, request);
      if (missing.length === 0) return respond(metadata.snapshot, context, request);
      const { allowed, denied } = mayCreate(context, missing);
      if (allowed.length === 0) return respond(metadata.snapshot, context, request, denied);
      return create(dependencies, allowed, context).then((answers) =>
        respond(metadata.snapshot, context, request, new Map([...denied, ...answers])),
      );
    },
    errorResponse: (_context, request, error) => ({
      errorCode: errorCode(error.error),
      topics: (request.topics ?? []).map(({ name, topicId }) =>
        failedTopic(error.error, name, topicId),
      ),
    }),
  });
}

/** Creates missing topics; what is then said of each, by name. */
async function create(
  { controller, compatibility }: MetadataDependencies,
  names: readonly string[],
  context: RequestContext,
): Promise<Outcomes> {
  const { createdByMetadata, refusedCreation } = compatibility;
  const answers = new Map<string, ErrorName>();
  for (const { name, error, detail } of await controller.autoCreateTopics(names)) {
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

function namesIds(request: MetadataRequest): boolean {
  return (request.topics ?? []).some(({ name, topicId }) => name === null || topicId !== ZERO_UUID);
}

function refusedId({ name, topicId }: { name: string | null; topicId: string }): TopicRow {
  return failedTopic('INVALID_REQUEST', name ?? '', topicId);
}

/** Each topic once. Where one is asked for by id, all are: names beside it are not looked at. */
function wantedTopics(request: MetadataRequest): { name: string | null; topicId: string }[] {
  const topics = request.topics ?? [];
  const ids = topics.filter(({ topicId }) => topicId !== ZERO_UUID);
  const wanted = new Map(
    ids.length > 0
      ? ids.map(({ topicId }) => [topicId, { name: null, topicId }])
      : topics.map((topic) => [topic.name, topic]),
  );
  return [...wanted.values()];
}

function wantsAll(context: RequestContext, request: MetadataRequest): boolean {
  return request.topics === null || (context.apiVersion === 0 && request.topics.length === 0);
}

function toCreate(
  { metadata, autoCreateTopics }: MetadataDependencies,
  context: RequestContext,
  request: MetadataRequest,
): string[] {
  if (wantsAll(context, request) || !request.allowAutoTopicCreation) return [];
  const { topics } = metadata.snapshot;
  return wantedTopics(request).flatMap(({ name }) => {
    if (name === null || topics.has(name) || topicNameProblem(name) !== undefined) return [];
    if (!mayDescribe(context, name)) return [];
    return isInternalTopicName(name) || autoCreateTopics() ? [name] : [];
  });
}

function mayDescribe(context: RequestContext, topic: string): boolean {
  return context.authorize('DESCRIBE', 'TOPIC', topic);
}

/** Tells nobody who may not describe a topic whether it is there. */
function respond(
  snapshot: ClusterSnapshot,
  context: RequestContext,
  request: MetadataRequest,
  creations: Outcomes = new Map(),
): Response {
  const topics = wantsAll(context, request)
    ? Array.from(snapshot.topics.values())
        .filter(({ name }) => mayDescribe(context, name))
        .map((topic) => topicRow(topic, context, request))
    : wantedTopics(request).map((wanted) => {
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
    partitions: topic.partitions.map((partition) => partitionRow(partition, context)),
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
