import { errorName, KafkaError } from '../../protocol/errors.ts';
import {
  DescribeConfigsRequest,
  DescribeConfigsResponse,
} from '../../protocol/messages/32-describe-configs.ts';
import {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
} from '../../protocol/messages/44-incremental-alter-configs.ts';
import type { Cluster } from '../cluster.ts';

/** The protocol's numbers of what has configs. */
export const RESOURCE_TYPES = { topic: 2, broker: 4, brokerLogger: 8 } as const;

export interface ConfigResource {
  readonly type: keyof typeof RESOURCE_TYPES;
  readonly name: string;
}

export interface ConfigEntry {
  readonly name: string;
  /** null where it is not set or must not be shown. */
  readonly value: string | null;
  readonly readOnly: boolean;
  readonly isDefault: boolean;
  readonly isSensitive: boolean;
  /** 1 topic, 2 this broker, 3 all brokers, 4 its file, 5 default. */
  readonly source: number;
  readonly synonyms: readonly { name: string; value: string | null; source: number }[];
}

const DEFAULT_SOURCE = 5;

/** Throws KafkaError for the first resource that fails. In the order of `resources`. */
export async function describeConfigs(
  cluster: Cluster,
  resources: readonly ConfigResource[],
  options: { includeSynonyms?: boolean } = {},
): Promise<ConfigEntry[][]> {
  if (resources.length === 0) return [];
  const found = await cluster.retry(async () => {
    const broker = resources.find(({ type, name }) => type !== 'topic' && name !== '');
    const connection = broker ? await cluster.broker(Number(broker.name)) : await cluster.any();
    const answer = await connection.call(DescribeConfigsRequest, DescribeConfigsResponse, {
      resources: resources.map(({ type, name }) => ({
        resourceType: RESOURCE_TYPES[type],
        resourceName: name,
        configurationKeys: null,
      })),
      includeSynonyms: options.includeSynonyms ?? false,
    });
    const all: ConfigEntry[][] = [];
    for (const { type, name } of resources) {
      const result = answer.results.find(
        ({ resourceType, resourceName }) =>
          resourceType === RESOURCE_TYPES[type] && resourceName === name,
      );
      if (!result) throw new KafkaError('UNKNOWN_SERVER_ERROR', `no configs of ${type} ${name}`);
      const error = errorOf(result);
      // Waiting for a topic that nobody creates is of no use.
      if (error?.error === 'UNKNOWN_TOPIC_OR_PARTITION') return error;
      if (error) throw error;
      all.push(
        result.configs.map((config) => ({
          name: config.name,
          value: config.value,
          readOnly: config.readOnly,
          isSensitive: config.isSensitive,
          isDefault:
            config.configSource < 0 ? config.isDefault : config.configSource === DEFAULT_SOURCE,
          source: config.configSource,
          synonyms: config.synonyms,
        })),
      );
    }
    return all;
  });
  if (found instanceof KafkaError) throw found;
  return found;
}

function errorOf(result: {
  errorCode: number;
  errorMessage: string | null;
}): KafkaError | undefined {
  if (result.errorCode === 0) return undefined;
  return new KafkaError(errorName(result.errorCode), result.errorMessage);
}

/** The operations of IncrementalAlterConfigs. */
export const CONFIG_OPERATIONS = { set: 0, delete: 1, append: 2, subtract: 3 } as const;

export interface ConfigOperation {
  readonly name: string;
  readonly operation: keyof typeof CONFIG_OPERATIONS;
  readonly value?: string;
}

/** All operations on the resource or none. Throws KafkaError. */
export async function alterConfigs(
  cluster: Cluster,
  resource: ConfigResource,
  operations: readonly ConfigOperation[],
): Promise<void> {
  const refused = await cluster.retry(async () => {
    const toBroker = resource.type !== 'topic' && resource.name !== '';
    const connection = toBroker
      ? await cluster.broker(Number(resource.name))
      : await cluster.controller();
    const answer = await connection.call(
      IncrementalAlterConfigsRequest,
      IncrementalAlterConfigsResponse,
      {
        resources: [
          {
            resourceType: RESOURCE_TYPES[resource.type],
            resourceName: resource.name,
            configs: operations.map(({ name, operation, value }) => ({
              name,
              configOperation: CONFIG_OPERATIONS[operation],
              value: value ?? null,
            })),
          },
        ],
      },
    );
    const error = answer.responses.map(errorOf).find((one) => one !== undefined);
    if (error && error.error !== 'UNKNOWN_TOPIC_OR_PARTITION') throw error;
    return error;
  });
  if (refused) throw refused;
}
