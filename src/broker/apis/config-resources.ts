import type { ErrorName } from '../../protocol/errors.ts';
import type { ConfigResource } from '../controller/requests.ts';
import type { RequestContext } from '../network/request-context.ts';

/** ConfigResource.Type on the wire. */
export const TOPIC = 2;
export const BROKER = 4;
export const BROKER_LOGGER = 8;

/** The log levels of this broker, which are no configs: they last until it stops. */
export interface BrokerLoggerResource {
  readonly type: 'broker-logger';
}

/** What the request means, or the sentence that says why it means nothing here. */
export function parseResource(
  type: number,
  name: string,
  brokerId: number,
): { resource: ConfigResource | BrokerLoggerResource } | { problem: string } {
  if (type === TOPIC) return { resource: { type: 'topic', name } };
  if (type === BROKER) {
    if (name === '' || name === String(brokerId)) return { resource: { type: 'broker', name } };
    return {
      problem: `Unexpected broker id, expected ${brokerId} or empty string, but received ${name}`,
    };
  }
  if (type === BROKER_LOGGER) {
    if (name === String(brokerId)) return { resource: { type: 'broker-logger' } };
    return { problem: `Unexpected broker id, expected ${brokerId}, but received ${name}` };
  }
  return { problem: `Resource type ${type} has no configs here` };
}

/** The configs of topics belong to them, all others to the cluster; what there is not needs no right. */
export function configDenial(
  context: RequestContext,
  operation: 'DESCRIBE_CONFIGS' | 'ALTER_CONFIGS',
  type: number,
  name: string,
): ErrorName | undefined {
  if (type === TOPIC) {
    return context.authorize(operation, 'TOPIC', name) ? undefined : 'TOPIC_AUTHORIZATION_FAILED';
  }
  if (type !== BROKER && type !== BROKER_LOGGER) return undefined;
  return context.authorize(operation, 'CLUSTER') ? undefined : 'CLUSTER_AUTHORIZATION_FAILED';
}
