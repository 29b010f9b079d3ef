// FindCoordinator v0-v6: one key up to v3, several from v4 on.
//
// The first use creates __consumer_offsets. With compatibility=friendly it waits for that, so that the
// client's next request finds its group, and for a partition that is being loaded here, for at most
// LOAD_WAIT_MS; Kafkas answer COORDINATOR_NOT_AVAILABLE and let the client come back, and their groups
// COORDINATOR_LOAD_IN_PROGRESS. The endpoint is the one of the listener that the client used.
//
// A transactional id (key type 1) is coordinated here too, where there is no transaction of it: what asks
// about one is answered, and what begins one is refused by InitProducerId.
//
// Gaps: there are no transactions, so no __transaction_state is made. Share groups (key type 2, v6) do not
// exist: INVALID_REQUEST, as Kafka answers where they are switched off.
import type { Clock } from '../../base/clock.ts';
import type { Compatibility } from '../../config/index.ts';
import { type ErrorName, errorCode, errorMessage } from '../../protocol/errors.ts';
import {
  FindCoordinatorRequest,
  FindCoordinatorResponse,
} from '../../protocol/messages/10-find-coordinator.ts';
import { lazily, type MessageInput } from '../../protocol/schema/index.ts';
import type { GroupCoordinator } from '../coordinator/group/group-coordinator.ts';
import { type Api, defineApi } from '../network/api.ts';
import type { RequestContext } from '../network/request-context.ts';
import { denial } from '../security/rights.ts';

type Response = MessageInput<typeof FindCoordinatorResponse>;

export interface CoordinatorEndpoint {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
}

export interface FindCoordinatorDependencies {
  readonly clock: Clock;
  readonly coordinator: GroupCoordinator;
  readonly compatibility: Compatibility;
  /** Makes sure that `__consumer_offsets` exists and has leaders; cheap when it does. */
  readonly ensureOffsetsTopic: () => Promise<'was there' | 'made'>;
  /** The leader of a partition of `__consumer_offsets` as this client reaches it. */
  readonly endpointOf: (
    partition: number,
    context: RequestContext,
  ) => CoordinatorEndpoint | undefined;
  /** This broker as the client reaches it. */
  readonly ownEndpoint: (context: RequestContext) => CoordinatorEndpoint | undefined;
}

const LOAD_WAIT_MS = 1_000;
const KEYS_FROM = 4;
const GROUP = 0;
const TRANSACTION = 1;
const nowhere: CoordinatorEndpoint = { nodeId: -1, host: '', port: -1 };

interface Found extends CoordinatorEndpoint {
  readonly error: ErrorName;
}

export function findCoordinatorApi(dependencies: FindCoordinatorDependencies): Api {
  return defineApi({
    request: FindCoordinatorRequest,
    response: FindCoordinatorResponse,
    versions: { min: 0, max: 6 },
    rights: {
      asks: [
        { operation: 'DESCRIBE', resource: 'GROUP' },
        { operation: 'DESCRIBE', resource: 'TRANSACTIONAL_ID' },
      ],
    },
    async handle(context, request): Promise<Response> {
      const keys = context.apiVersion >= KEYS_FROM ? request.coordinatorKeys : [request.key];
      const problem = denialOf(context, request.keyType);
      const allowed: string[] = [];
      for (const key of keys) {
        if (problem(key) === undefined) allowed.push(key);
        if (context.slices.isOver()) await context.slices.nextTurn();
      }
      const findAllowed = await finder(dependencies, context, request.keyType, allowed);
      const find = (key: string): Found => {
        const error = problem(key);
        return error === undefined ? findAllowed(key) : { ...nowhere, error };
      };
      if (context.apiVersion < KEYS_FROM) return answered(find(request.key));
      return { coordinators: lazily(keys, (key) => ({ key, ...answered(find(key)) })) };
    },
    errorResponse: (context, request, { error }) => {
      const row = answered({ ...nowhere, error });
      if (context.apiVersion < KEYS_FROM) return row;
      return { coordinators: lazily(request.coordinatorKeys, (key) => ({ key, ...row })) };
    },
  });
}

/** Why the client is not told who coordinates a group or a transactional id. */
function denialOf(
  context: RequestContext,
  keyType: number,
): (key: string) => ErrorName | undefined {
  const resource =
    keyType === GROUP ? 'GROUP' : keyType === TRANSACTION ? 'TRANSACTIONAL_ID' : undefined;
  return (key) =>
    resource === undefined || context.authorize('DESCRIBE', resource, key)
      ? undefined
      : denial(resource);
}

async function finder(
  dependencies: FindCoordinatorDependencies,
  context: RequestContext,
  keyType: number,
  keys: readonly string[],
): Promise<(key: string) => Found> {
  const { clock, coordinator, compatibility, endpointOf, ownEndpoint } = dependencies;
  const refuse = (error: ErrorName) => () => ({ ...nowhere, error });
  if (keyType === TRANSACTION) return () => found(ownEndpoint(context));
  if (keyType !== GROUP) return refuse('INVALID_REQUEST');
  if (keys.length === 0) return refuse('COORDINATOR_NOT_AVAILABLE');
  let topic: 'was there' | 'made';
  try {
    topic = await dependencies.ensureOffsetsTopic();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    context.complain({
      kind: 'no offsets topic',
      sentence: `could not create the topic that groups need: ${reason}`,
    });
    return refuse('COORDINATOR_NOT_AVAILABLE');
  }
  const { runtime } = coordinator;
  if (compatibility.missingCoordinator === 'wait') {
    const partitions = new Set<number>();
    for (const key of keys) {
      partitions.add(runtime.partitionFor(key));
      if (context.slices.isOver()) await context.slices.nextTurn();
    }
    await orTimeout(Promise.all([...partitions].map((one) => runtime.whenLoaded(one))), clock);
  } else if (topic === 'made') {
    return refuse(compatibility.missingCoordinator);
  }
  return (key) => found(endpointOf(runtime.partitionFor(key), context));
}

function found(endpoint: CoordinatorEndpoint | undefined): Found {
  if (endpoint === undefined) return { ...nowhere, error: 'COORDINATOR_NOT_AVAILABLE' };
  return { ...endpoint, error: 'NONE' };
}

async function orTimeout(work: Promise<unknown>, clock: Clock): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = clock.after(LOAD_WAIT_MS, resolve);
    const end = () => {
      timer.cancel();
      resolve();
    };
    work.then(end, end);
  });
}

function answered({ error, nodeId, host, port }: Found) {
  return {
    errorCode: errorCode(error),
    errorMessage: error === 'NONE' ? null : errorMessage(error),
    nodeId,
    host,
    port,
  };
}
