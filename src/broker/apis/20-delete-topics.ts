// DeleteTopics v0-v6, by name or (v6) by id. Answered when the files are gone; with the compatibility of a
// Kafka with ZooKeeper when the topic is hidden, so that its name stays taken for a while. What is named
// twice is deleted, or refused as by KRaft.
import { ZERO_UUID } from '../../base/random.ts';
import type { Compatibility } from '../../config/index.ts';
import { errorCode } from '../../protocol/errors.ts';
import {
  DeleteTopicsRequest,
  DeleteTopicsResponse,
} from '../../protocol/messages/20-delete-topics.ts';
import type { Controller } from '../controller/controller.ts';
import type { DeleteTopicResult, TopicReference } from '../controller/requests.ts';
import type { ClusterMetadata } from '../metadata/cluster-metadata.ts';
import { type Api, defineApi } from '../network/api.ts';
import type { RequestContext } from '../network/request-context.ts';
import { withinTimeout } from './admin-outcomes.ts';

type WantedTopic = DeleteTopicsRequest['topics'][number];

export interface DeleteTopicsDependencies {
  readonly controller: Controller;
  readonly metadata: ClusterMetadata;
  readonly compatibility: Compatibility;
}

export function deleteTopicsApi(dependencies: DeleteTopicsDependencies): Api {
  const { controller, metadata, compatibility } = dependencies;
  return defineApi({
    request: DeleteTopicsRequest,
    response: DeleteTopicsResponse,
    versions: { min: 0, max: 6 },
    rights: {
      asks: [
        { operation: 'DELETE', resource: 'TOPIC' },
        { operation: 'DESCRIBE', resource: 'TOPIC' },
      ],
    },
    quota: 'controllerMutation',
    mutations: (request) =>
      references(request).reduce(
        (sum, reference) => sum + (topicOf(metadata, reference)?.partitions.length ?? 0),
        0,
      ),
    async handle(context, request) {
      const isRefused = (topic: WantedTopic) =>
        (topic.name === null) === (topic.topicId === ZERO_UUID);
      const refused = request.topics.filter(isRefused);
      const topics = request.topics.filter((topic) => !isRefused(topic));
      const denied: DeleteTopicResult[] = [];
      const allowed = references({ ...request, topics }).filter((reference) => {
        const denial = denialOf(context, metadata, reference);
        if (denial) denied.push(denial);
        return !denial;
      });
      const { once, twice } = namedOnce(allowed, dependencies);
      const outcomes = [...(await controller.deleteTopics(once)), ...twice, ...denied];
      const results = withinTimeout(outcomes, request.timeoutMs, compatibility);
      return {
        responses: [
          ...results.map(({ name, id, error, detail }) => ({
            name,
            topicId: id,
            errorCode: errorCode(error),
            errorMessage: detail,
          })),
          ...refused.map(({ name, topicId }) => ({
            name,
            topicId,
            errorCode: errorCode('INVALID_REQUEST'),
            errorMessage: 'A topic is named either by its name or by its id.',
          })),
        ],
      };
    },
    errorResponse: (_context, request, error) => ({
      responses: references(request).map((topic) => ({
        name: 'name' in topic ? topic.name : null,
        topicId: 'id' in topic ? topic.id : ZERO_UUID,
        errorCode: errorCode(error.error),
        errorMessage: error.detail,
      })),
    }),
  });
}

function topicOf({ snapshot }: ClusterMetadata, reference: TopicReference) {
  return 'id' in reference
    ? snapshot.topicsById.get(reference.id)
    : snapshot.topics.get(reference.name);
}

/** Who may not describe a topic is not told the name that belongs to its id. */
function denialOf(
  context: RequestContext,
  metadata: ClusterMetadata,
  reference: TopicReference,
): DeleteTopicResult | undefined {
  const name = 'id' in reference ? topicOf(metadata, reference)?.name : reference.name;
  if (name === undefined || context.authorize('DELETE', 'TOPIC', name)) return undefined;
  const isHidden = 'id' in reference && !context.authorize('DESCRIBE', 'TOPIC', name);
  return {
    name: isHidden ? null : name,
    id: 'id' in reference ? reference.id : ZERO_UUID,
    error: 'TOPIC_AUTHORIZATION_FAILED',
    detail: null,
  };
}

/** What may be deleted, and the refusals of topics that are named twice, by name or by id. */
function namedOnce(
  wanted: readonly TopicReference[],
  { metadata, compatibility }: DeleteTopicsDependencies,
): { once: readonly TopicReference[]; twice: readonly DeleteTopicResult[] } {
  if (compatibility.deletedTwice === 'deletes') return { once: wanted, twice: [] };
  const { topics } = metadata.snapshot;
  const mentions = new Map<string, TopicReference[]>();
  for (const reference of wanted) {
    const id = 'id' in reference ? reference.id : topics.get(reference.name)?.id;
    const key = id ?? ('name' in reference ? reference.name : '');
    const known = mentions.get(key);
    if (known) known.push(reference);
    else mentions.set(key, [reference]);
  }
  const once: TopicReference[] = [];
  const twice: DeleteTopicResult[] = [];
  for (const references of mentions.values()) {
    if (references.length === 1) once.push(...references);
    else twice.push(refusedTwice(references));
  }
  return { once, twice };
}

/** Named as it was in the request. */
function refusedTwice(references: readonly TopicReference[]): DeleteTopicResult {
  const name = references.flatMap((each) => ('name' in each ? [each.name] : []))[0] ?? null;
  const id = references.flatMap((each) => ('id' in each ? [each.id] : []))[0] ?? ZERO_UUID;
  return { name, id, error: 'INVALID_REQUEST', detail: 'The request names this topic twice.' };
}

function references(request: DeleteTopicsRequest): TopicReference[] {
  return [
    ...request.topicNames.map((name) => ({ name })),
    ...request.topics.map(({ name, topicId }) => (name === null ? { id: topicId } : { name })),
  ];
}
