// CreateTopics v0-v7. The controller decides; see its requests.ts for the errors of each case.
// v5+ answers with the topic's configs (KIP-525).
import { ZERO_UUID } from '../../base/random.ts';
import type { Compatibility } from '../../config/index.ts';
import { errorCode } from '../../protocol/errors.ts';
import {
  CreateTopicsRequest,
  CreateTopicsResponse,
} from '../../protocol/messages/19-create-topics.ts';
import type { Controller } from '../controller/controller.ts';
import type { ConfigMap } from '../metadata/cluster-snapshot.ts';
import type { Configs } from '../metadata/configs.ts';
import { type Api, defineApi } from '../network/api.ts';
import { oneRowEach, withinTimeout } from './admin-outcomes.ts';

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
    async handle(_context, request) {
      const outcomes = await controller.createTopics(
        request.topics.map((topic) => ({
          name: topic.name,
          partitionCount: topic.numPartitions,
          replicationFactor: topic.replicationFactor,
          assignments: topic.assignments.map(({ partitionIndex, brokerIds }) => ({
            partition: partitionIndex,
            replicas: brokerIds,
          })),
          configs: topic.configs,
        })),
        { validateOnly: request.validateOnly },
      );
      const rows = compatibility.createdTwice === 'one row' ? oneRowEach(outcomes) : outcomes;
      const results = withinTimeout(rows, timeLeft(request, compatibility), compatibility);
      return {
        topics: results.map((result) => ({
          name: result.name,
          topicId: result.topicId,
          errorCode: errorCode(result.error),
          errorMessage: result.detail,
          numPartitions: result.partitionCount,
          replicationFactor: result.replicationFactor,
          configs: result.error === 'NONE' ? configRows(configs, result.configs) : [],
        })),
      };
    },
    errorResponse: (_context, request, error) => ({
      topics: request.topics.map(({ name }) => ({
        name,
        topicId: ZERO_UUID,
        errorCode: errorCode(error.error),
        errorMessage: error.detail,
        configs: [],
      })),
    }),
  });
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
