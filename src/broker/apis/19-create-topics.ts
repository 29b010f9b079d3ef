// CreateTopics v0-v7. The controller decides; see its requests.ts for the errors of each case.
// v5+ answers with the topic's configs (KIP-525).
import { ZERO_UUID } from '../../base/random.ts';
import type { Compatibility } from '../../config/index.ts';
import { errorCode, errorMessage, KafkaError } from '../../protocol/errors.ts';
import {
  CreateTopicsRequest,
  CreateTopicsResponse,
} from '../../protocol/messages/19-create-topics.ts';
import { joined, lazily, lazilyOf } from '../../protocol/schema/index.ts';
import type { Controller } from '../controller/controller.ts';
import { MOST_PARTITIONS_PER_REQUEST } from '../controller/creation-plan.ts';
import type { CreateTopic, CreateTopicResult } from '../controller/requests.ts';
import { failed } from '../controller/topic-creation.ts';
import type { ConfigMap } from '../metadata/cluster-snapshot.ts';
import type { Configs } from '../metadata/configs.ts';
import { type Api, defineApi } from '../network/api.ts';
import type { RequestContext } from '../network/request-context.ts';
import { togetherByName } from '../network/rows.ts';
import { oneRowEach, withinTimeout } from './admin-outcomes.ts';
import { byRight } from './by-right.ts';

export interface CreateTopicsDependencies {
  readonly controller: Controller;
  readonly configs: Configs;
  readonly compatibility: Compatibility;
}

export function createTopicsApi({
  controller,
  configs,
  compatibility,
}: CreateTopicsDependencies): Api {
  return defineApi({
    request: CreateTopicsRequest,
    response: CreateTopicsResponse,
    versions: { min: 0, max: 7 },
    rights: {
      asks: [
        { operation: 'CREATE', resource: 'CLUSTER' },
        { operation: 'CREATE', resource: 'TOPIC' },
        { operation: 'DESCRIBE_CONFIGS', resource: 'TOPIC' },
      ],
    },
    quota: 'controllerMutation',
    mutations: ({ topics, validateOnly }) =>
      validateOnly ? 0 : topics.reduce((sum, topic) => sum + partitionsOf(topic, configs), 0),
    async handle(context, request) {
      const { allowed, denied } = await mayCreate(context, request.topics);
      checkCount(allowed, configs);
      const outcomes = await togetherByName(
        context,
        allowed,
        (some) =>
          controller.createTopics(some.map(asWanted), { validateOnly: request.validateOnly }),
        { nameOf: ({ name }) => name, twice: namedTwice },
      );
      const rows =
        compatibility.createdTwice === 'one row' ? await oneRowEach(context, outcomes) : outcomes;
      const results = withinTimeout(rows, timeLeft(request, compatibility), compatibility);
      return {
        topics: joined(
          lazilyOf(results, (result) => ({
            name: result.name,
            topicId: result.topicId,
            errorCode: errorCode(result.error),
            errorMessage: result.detail,
            ...(result.error === 'NONE' && !mayDescribeConfigs(context, result.name)
              ? { topicConfigErrorCode: errorCode('TOPIC_AUTHORIZATION_FAILED'), configs: [] }
              : {
                  numPartitions: result.partitionCount,
                  replicationFactor: result.replicationFactor,
                  configs: result.error === 'NONE' ? configRows(configs, result.configs) : [],
                }),
          })),
          lazily(denied, ({ name }) => ({
            name,
            topicId: ZERO_UUID,
            errorCode: errorCode('TOPIC_AUTHORIZATION_FAILED'),
            errorMessage: errorMessage('TOPIC_AUTHORIZATION_FAILED'),
            configs: [],
          })),
        ),
      };
    },
    errorResponse: (_context, request, error) => ({
      topics: lazily(request.topics, ({ name }) => ({
        name,
        topicId: ZERO_UUID,
        errorCode: errorCode(error.error),
        errorMessage: error.detail,
        configs: [],
      })),
    }),
  });
}

/** So many go to the controller in one piece. */
const FEW_TOPICS = 200;

type WantedTopic = CreateTopicsRequest['topics'][number];

function asWanted(topic: WantedTopic): CreateTopic {
  return {
    name: topic.name,
    partitionCount: topic.numPartitions,
    replicationFactor: topic.replicationFactor,
    assignments: topic.assignments.map(({ partitionIndex, brokerIds }) => ({
      partition: partitionIndex,
      replicas: brokerIds,
    })),
    configs: topic.configs,
  };
}

/** The controller looks at the partitions of what it gets at once; here at those of the whole request. */
function checkCount(topics: readonly WantedTopic[], configs: Configs): void {
  // Few topics are the controller's to refuse, row by row.
  if (topics.length <= FEW_TOPICS) return;
  let count = 0;
  for (const topic of topics) {
    count += partitionsOf(topic, configs);
    if (count <= MOST_PARTITIONS_PER_REQUEST) continue;
    const detail = 'Excessively large number of partitions per request.';
    throw new KafkaError('POLICY_VIOLATION', detail);
  }
}

function namedTwice({ name }: WantedTopic): CreateTopicResult {
  const detail = 'Found multiple entries for this topic.';
  return failed(name, { error: 'INVALID_REQUEST', detail });
}

/** With no right to make topics in the cluster, that to make each one counts. */
async function mayCreate(
  context: RequestContext,
  topics: readonly WantedTopic[],
): Promise<{ allowed: readonly WantedTopic[]; denied: readonly WantedTopic[] }> {
  if (context.authorize('CREATE', 'CLUSTER')) return { allowed: topics, denied: [] };
  return byRight(context, topics, ({ name }) => context.authorize('CREATE', 'TOPIC', name));
}

/** Only clients that may ask for a topic's configuration learn what it became. */
function mayDescribeConfigs(context: RequestContext, topic: string): boolean {
  return context.authorize('DESCRIBE_CONFIGS', 'TOPIC', topic);
}

/** How many partitions a topic asks for; -1 leaves that to the broker. */
function partitionsOf({ numPartitions, assignments }: WantedTopic, { broker }: Configs): number {
  if (assignments.length > 0) return assignments.length;
  return numPartitions === -1 ? broker.numPartitions : Math.max(0, numPartitions);
}

/** With ZooKeeper a mere check takes no time. */
function timeLeft(
  { timeoutMs, validateOnly }: CreateTopicsRequest,
  { withoutTimeout }: Compatibility,
): number {
  return validateOnly && withoutTimeout !== 'every row' ? 1 : timeoutMs;
}

function configRows(configs: Configs, overrides: ConfigMap) {
  return configs.describeTopic(overrides).map((entry) => ({
    name: entry.name,
    value: entry.value,
    readOnly: entry.readOnly,
    configSource: entry.configSource,
    isSensitive: entry.isSensitive,
  }));
}
