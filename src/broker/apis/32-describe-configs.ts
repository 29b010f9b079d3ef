// DescribeConfigs v0-v4 for topics and this broker: every key with its value, source and synonyms,
// also those that nobody set. Sensitive values are null. Broker loggers (type 8, KIP-412): the one level
// that the log has.
//
// Gaps: client metrics (type 16) are refused with INVALID_REQUEST, as in ZooKeeper mode.

import type { Logger } from '../../base/logger.ts';
import type { DescribedConfig } from '../../config/index.ts';
import { type ErrorName, errorCode, errorMessage } from '../../protocol/errors.ts';
import {
  DescribeConfigsRequest,
  DescribeConfigsResponse,
} from '../../protocol/messages/32-describe-configs.ts';
import { lazily } from '../../protocol/schema/index.ts';
import { topicNameProblem } from '../controller/topic-name.ts';
import type { ClusterMetadata } from '../metadata/cluster-metadata.ts';
import { topicConfigOf } from '../metadata/cluster-snapshot.ts';
import type { Configs } from '../metadata/configs.ts';
import { type Api, defineApi } from '../network/api.ts';
import type { RequestContext } from '../network/request-context.ts';
import { lookedUpOnce, rowOf } from '../network/rows.ts';
import { describeLoggers } from './broker-logger.ts';
import { configDenial, parseResource } from './config-resources.ts';

export interface DescribeConfigsDependencies {
  readonly brokerId: number;
  readonly metadata: ClusterMetadata;
  readonly configs: Configs;
  readonly logger: Logger;
}

interface Failed {
  readonly error: ErrorName;
  readonly detail: string | null;
}

type Question = DescribeConfigsRequest['resources'][number];

export function describeConfigsApi(dependencies: DescribeConfigsDependencies): Api {
  return defineApi({
    request: DescribeConfigsRequest,
    response: DescribeConfigsResponse,
    versions: { min: 0, max: 4 },
    rights: {
      asks: [
        { operation: 'DESCRIBE_CONFIGS', resource: 'CLUSTER' },
        { operation: 'DESCRIBE_CONFIGS', resource: 'TOPIC' },
      ],
    },
    handle(context, request) {
      // What names all keys of a resource is looked up once, however often it is asked for.
      const describeWhole = lookedUpOnce((key) => {
        const at = key.indexOf(':');
        const resourceType = Number(key.slice(0, at));
        const resourceName = key.slice(at + 1);
        return describe(dependencies, { resourceType, resourceName, configurationKeys: null });
      });
      const find = (question: Question) =>
        question.configurationKeys === null
          ? describeWhole(`${question.resourceType}:${question.resourceName}`)
          : describe(dependencies, question);
      return {
        results: lazily(request.resources, (question) => {
          const found = rowOf<ReturnType<typeof describe> | Failed>(
            context,
            () => `resource ${question.resourceName}`,
            () => denied(context, question) ?? find(question),
            (error) => ({ error, detail: null }),
          );
          const failed = 'error' in found;
          return {
            resourceType: question.resourceType,
            resourceName: question.resourceName,
            errorCode: failed ? errorCode(found.error) : 0,
            errorMessage: failed ? found.detail : null,
            configs: failed
              ? []
              : lazily(found.configs, (entry) => row(entry, request, context.apiVersion)),
          };
        }),
      };
    },
    errorResponse: (_context, request, error) => ({
      results: lazily(request.resources, ({ resourceType, resourceName }) => ({
        resourceType,
        resourceName,
        errorCode: errorCode(error.error),
        errorMessage: error.detail,
        configs: [],
      })),
    }),
  });
}

function denied(
  context: RequestContext,
  { resourceType, resourceName }: Question,
): Failed | undefined {
  const error = configDenial(context, 'DESCRIBE_CONFIGS', resourceType, resourceName);
  return error && { error, detail: errorMessage(error) };
}

function describe(
  { brokerId, metadata, configs, logger }: DescribeConfigsDependencies,
  { resourceType, resourceName, configurationKeys }: Question,
):
  | { configs: DescribedConfig[] }
  | {
      error: 'INVALID_REQUEST' | 'INVALID_TOPIC_EXCEPTION' | 'UNKNOWN_TOPIC_OR_PARTITION';
      detail: string | null;
    } {
  const parsed = parseResource(resourceType, resourceName, brokerId);
  if ('problem' in parsed) return { error: 'INVALID_REQUEST', detail: parsed.problem };
  const { resource } = parsed;
  if (resource.type === 'broker-logger') {
    return { configs: describeLoggers(logger, configurationKeys) };
  }
  const { name } = resource;
  if (resource.type === 'broker') {
    return {
      configs:
        name === ''
          ? configs.describeBrokerDefaults(configurationKeys)
          : configs.describeBroker(configurationKeys),
    };
  }
  const { snapshot } = metadata;
  if (!snapshot.topics.has(name)) {
    const problem = topicNameProblem(name);
    return problem === undefined
      ? { error: 'UNKNOWN_TOPIC_OR_PARTITION', detail: null }
      : { error: 'INVALID_TOPIC_EXCEPTION', detail: problem };
  }
  return { configs: configs.describeTopic(topicConfigOf(snapshot, name), configurationKeys) };
}

function row(entry: DescribedConfig, request: DescribeConfigsRequest, version: number) {
  return {
    name: entry.name,
    value: entry.value,
    readOnly: entry.readOnly,
    ...(version === 0 && { isDefault: entry.isDefault }),
    configSource: entry.configSource,
    isSensitive: entry.isSensitive,
    synonyms: request.includeSynonyms ? entry.synonyms : [],
    configType: entry.configType,
    documentation: request.includeDocumentation ? entry.documentation : null,
  };
}
