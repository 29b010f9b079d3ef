import { errorCode, errorMessage } from '../../protocol/errors.ts';
import type { Controller } from '../controller/controller.ts';
import type { AlterConfigsResult, ConfigResource, Outcome } from '../controller/requests.ts';
import type { RequestContext } from '../network/request-context.ts';
import { configDenial, parseResource } from './config-resources.ts';

export interface AlterDependencies {
  readonly controller: Controller;
  readonly brokerId: number;
}

/** What both APIs ask of each resource. */
export const ALTER_RIGHTS = {
  asks: [
    { operation: 'ALTER_CONFIGS', resource: 'CLUSTER' },
    { operation: 'ALTER_CONFIGS', resource: 'TOPIC' },
  ],
} as const;

interface Resource {
  readonly resourceType: number;
  readonly resourceName: string;
}

type Parsed<Asked> =
  | { readonly problem: string }
  | { readonly outcome: Outcome }
  | { readonly resource: ConfigResource; readonly asked: Asked };

/**
 * The common part of both ways to alter configs: refuses what cannot be meant (an unknown type, a
 * resource twice), hands the rest to the controller, and puts the answers in the request's order.
 */
export async function alterResources<Asked extends Resource>(
  context: RequestContext,
  brokerId: number,
  asked: readonly Asked[],
  alter: (
    accepted: { resource: ConfigResource; asked: Asked }[],
  ) => Promise<readonly AlterConfigsResult[]>,
  {
    problemOf = () => undefined,
    alterLoggers,
  }: {
    readonly problemOf?: (asked: Asked) => string | undefined;
    /** What becomes of log levels; without it they are refused. */
    readonly alterLoggers?: (asked: Asked) => Outcome;
  } = {},
) {
  const keys = asked.map(({ resourceType, resourceName }) => `${resourceType}:${resourceName}`);
  const parsed = asked.map((each, index): Parsed<Asked> => {
    const key = keys[index]!;
    if (keys.indexOf(key) !== keys.lastIndexOf(key)) {
      return { problem: `Each resource must appear at most once: ${each.resourceName}` };
    }
    const problem = problemOf(each);
    if (problem !== undefined) return { problem };
    const result = parseResource(each.resourceType, each.resourceName, brokerId);
    if ('problem' in result) return result;
    const error = configDenial(context, 'ALTER_CONFIGS', each.resourceType, each.resourceName);
    if (error) return { outcome: { error, detail: errorMessage(error) } };
    const { resource } = result;
    if (resource.type !== 'broker-logger') return { resource, asked: each };
    if (alterLoggers) return { outcome: alterLoggers(each) };
    return { problem: 'Log levels are altered with IncrementalAlterConfigs only' };
  });
  const accepted = parsed.filter((each) => 'resource' in each);
  const results = [...(await alter(accepted))];
  return parsed.map((each, index) => {
    const { resourceType, resourceName } = asked[index]!;
    if ('problem' in each) {
      return {
        resourceType,
        resourceName,
        errorCode: errorCode('INVALID_REQUEST'),
        errorMessage: each.problem,
      };
    }
    const result = 'outcome' in each ? each.outcome : results.shift();
    return {
      resourceType,
      resourceName,
      errorCode: errorCode(result?.error ?? 'UNKNOWN_SERVER_ERROR'),
      errorMessage: result?.detail ?? null,
    };
  });
}

export function failedResources(asked: readonly Resource[], code: number, message: string | null) {
  return asked.map(({ resourceType, resourceName }) => ({
    resourceType,
    resourceName,
    errorCode: code,
    errorMessage: message,
  }));
}
