import { errorCode, errorMessage } from '../../protocol/errors.ts';
import { lazily } from '../../protocol/schema/index.ts';
import { MOST_CONFIGS_PER_RESOURCE } from '../controller/config-validator.ts';
import type { Controller } from '../controller/controller.ts';
import type { AlterConfigsResult, ConfigResource, Outcome } from '../controller/requests.ts';
import type { RequestContext } from '../network/request-context.ts';
import { together } from '../network/rows.ts';
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
  readonly configs: readonly unknown[];
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
    accepted: readonly { resource: ConfigResource; asked: Asked }[],
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
  const { slices } = context;
  const keyOf = ({ resourceType, resourceName }: Asked) => `${resourceType}:${resourceName}`;
  const mentions = new Map<string, number>();
  for (const each of asked) {
    mentions.set(keyOf(each), (mentions.get(keyOf(each)) ?? 0) + 1);
    if (slices.isOver()) await slices.nextTurn();
  }
  const parse = (each: Asked): Parsed<Asked> => {
    if (mentions.get(keyOf(each)) !== 1) {
      return { problem: `Each resource must appear at most once: ${each.resourceName}` };
    }
    if (each.configs.length > MOST_CONFIGS_PER_RESOURCE) {
      return { problem: tooManyConfigs(each) };
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
  };
  const parsed: Parsed<Asked>[] = [];
  const accepted: { resource: ConfigResource; asked: Asked }[] = [];
  /** By the place in `parsed`, where its result is. */
  const places = new Map<number, number>();
  for (const each of asked) {
    const one = parse(each);
    if ('resource' in one) places.set(parsed.length, accepted.push(one) - 1);
    parsed.push(one);
    if (slices.isOver()) await slices.nextTurn();
  }
  const results = await together(context, accepted, alter);
  return lazily(parsed, (each, index) => {
    const { resourceType, resourceName } = asked[index]!;
    if ('problem' in each) {
      return {
        resourceType,
        resourceName,
        errorCode: errorCode('INVALID_REQUEST'),
        errorMessage: each.problem,
      };
    }
    const result = 'outcome' in each ? each.outcome : results[places.get(index) ?? -1];
    return {
      resourceType,
      resourceName,
      errorCode: errorCode(result?.error ?? 'UNKNOWN_SERVER_ERROR'),
      errorMessage: result?.detail ?? null,
    };
  });
}

function tooManyConfigs({ configs: { length } }: Resource): string {
  return `${length} configs of one resource are more than ${MOST_CONFIGS_PER_RESOURCE}`;
}

export function failedResources(asked: readonly Resource[], code: number, message: string | null) {
  return lazily(asked, ({ resourceType, resourceName }) => ({
    resourceType,
    resourceName,
    errorCode: code,
    errorMessage: message,
  }));
}
