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
import { joined, type LazyArray, lazily, lazilyOf } from '../../protocol/schema/index.ts';
import type { Controller } from '../controller/controller.ts';
import type { DeleteTopicResult, TopicReference } from '../controller/requests.ts';
import type { ClusterMetadata } from '../metadata/cluster-metadata.ts';
import { type Api, defineApi } from '../network/api.ts';
import type { RequestContext } from '../network/request-context.ts';
import { together } from '../network/rows.ts';
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
    mutations(request) {
      const asked = references(request);
      let sum = 0;
      for (let index = 0; index < asked.length; index++) {
        const reference = referenceOf(asked.at(index));
        if (reference) sum += topicOf(metadata, reference)?.partitions.length ?? 0;
      }
      return sum;
    },
    async handle(context, request) {
      const { slices } = context;
      const refused: WantedTopic[] = [];
      const denied: DeleteTopicResult[] = [];
      const allowed: TopicReference[] = [];
      const asked = references(request);
      for (let index = 0; index < asked.length; index++) {
        const each = asked.at(index);
        const reference = referenceOf(each);
        const denial = reference && denialOf(context, metadata, reference);
        if (!reference) refused.push(each);
        else if (denial) denied.push(denial);
        else allowed.push(reference);
        if (slices.isOver()) await slices.nextTurn();
      }
      const { once, twice } = await namedOnce(context, allowed, dependencies);
      const deleted = await together(context, once, (some) => controller.deleteTopics(some));
      const outcomes = await gathered(context, [deleted, twice, denied]);
      const results = withinTimeout(outcomes, request.timeoutMs, compatibility);
      return {
        responses: joined(
          lazilyOf(results, ({ name, id, error, detail }) => ({
            name,
            topicId: id,
            errorCode: errorCode(error),
            errorMessage: detail,
          })),
          lazily(refused, ({ name, topicId }) => ({
            name,
            topicId,
            errorCode: errorCode('INVALID_REQUEST'),
            errorMessage: 'A topic is named either by its name or by its id.',
          })),
        ),
      };
    },
    errorResponse: (_context, request, error) => ({
      responses: lazilyOf(references(request), ({ name, topicId }) => ({
        name,
        topicId: name === null ? topicId : ZERO_UUID,
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
async function namedOnce(
  { slices }: RequestContext,
  wanted: readonly TopicReference[],
  { metadata, compatibility }: DeleteTopicsDependencies,
): Promise<{ once: readonly TopicReference[]; twice: readonly DeleteTopicResult[] }> {
  if (compatibility.deletedTwice === 'deletes') return { once: wanted, twice: [] };
  const { topics } = metadata.snapshot;
  const mentions = new Map<string, TopicReference[]>();
  for (const reference of wanted) {
    const id = 'id' in reference ? reference.id : topics.get(reference.name)?.id;
    const key = id ?? ('name' in reference ? reference.name : '');
    const known = mentions.get(key);
    if (known) known.push(reference);
    else mentions.set(key, [reference]);
    if (slices.isOver()) await slices.nextTurn();
  }
  const once: TopicReference[] = [];
  const twice: DeleteTopicResult[] = [];
  for (const references of mentions.values()) {
    if (references.length === 1) once.push(references[0]!);
    else twice.push(refusedTwice(references));
    if (slices.isOver()) await slices.nextTurn();
  }
  return { once, twice };
}

/** Named as it was in the request. */
function refusedTwice(references: readonly TopicReference[]): DeleteTopicResult {
  const byName = references.find((each) => 'name' in each);
  const byId = references.find((each) => 'id' in each);
  const name = byName?.name ?? null;
  const id = byId?.id ?? ZERO_UUID;
  return { name, id, error: 'INVALID_REQUEST', detail: 'The request names this topic twice.' };
}

/** Older versions have names only. */
function references({ topicNames, topics }: DeleteTopicsRequest): LazyArray<WantedTopic> {
  const byName = lazily(topicNames, (name) => ({ name, topicId: ZERO_UUID }));
  return joined(
    byName,
    lazily(topics, (topic) => topic),
  );
}

/** Undefined where it is named in neither way, or in both. */
function referenceOf({ name, topicId }: WantedTopic): TopicReference | undefined {
  if ((name === null) === (topicId === ZERO_UUID)) return undefined;
  return name === null ? { id: topicId } : { name };
}

async function gathered(
  { slices }: RequestContext,
  lists: readonly (readonly DeleteTopicResult[])[],
): Promise<readonly DeleteTopicResult[]> {
  const all: DeleteTopicResult[] = [];
  for (const list of lists) {
    for (const each of list) {
      all.push(each);
      if (slices.isOver()) await slices.nextTurn();
    }
  }
  return all;
}
