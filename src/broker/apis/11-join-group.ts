// JoinGroup v0-v9. Parks until the rebalance completes, see the coordinator.
//
// v0 has no rebalance timeout: the session timeout stands for it. From v4 on a new dynamic member
// gets MEMBER_ID_REQUIRED and comes back with the id it was given (KIP-394). v5 brings static members
// (KIP-345), v7 the protocol type (KIP-559), v8 the client's reason, which goes to the log (KIP-800),
// v9 a returning static leader that leaves the assignment alone (KIP-814). When the client of a parked
// join disconnects before it knew its member id, that member is removed.
//
// Gaps: none.
import { type ErrorName, errorCode } from '../../protocol/errors.ts';
import { JoinGroupRequest, JoinGroupResponse } from '../../protocol/messages/11-join-group.ts';
import { lazily, type MessageInput } from '../../protocol/schema/index.ts';
import type { GroupCoordinator } from '../coordinator/group/group-coordinator.ts';
import type { JoinResult } from '../coordinator/group/messages.ts';
import { type Api, defineApi } from '../network/api.ts';
import { Pending } from '../network/pending.ts';
import type { RequestContext } from '../network/request-context.ts';

type Response = MessageInput<typeof JoinGroupResponse>;

const MEMBER_ID_REQUIRED_FROM = 4;
const NULL_PROTOCOL_FROM = 7;
const SKIP_ASSIGNMENT_FROM = 9;

export function joinGroupApi({ coordinator }: { coordinator: GroupCoordinator }): Api {
  return defineApi({
    request: JoinGroupRequest,
    response: JoinGroupResponse,
    versions: { min: 0, max: 9 },
    rights: { needs: [{ operation: 'READ', resource: 'GROUP', name: ({ groupId }) => groupId }] },
    handle(context, request) {
      const { apiVersion } = context;
      const pending = new Pending<Response>();
      const abandon = coordinator.join(
        {
          groupId: request.groupId,
          memberId: request.memberId,
          instanceId: request.groupInstanceId,
          clientId: context.clientId,
          clientHost: `/${context.session.remote.host}`,
          sessionTimeoutMs: request.sessionTimeoutMs,
          rebalanceTimeoutMs:
            apiVersion === 0 ? request.sessionTimeoutMs : request.rebalanceTimeoutMs,
          protocolType: request.protocolType,
          protocols: request.protocols,
          memberIdRequired: apiVersion >= MEMBER_ID_REQUIRED_FROM,
          canSkipAssignment: apiVersion >= SKIP_ASSIGNMENT_FROM,
          reason: request.reason,
        },
        (result) => {
          complain(context, request, result);
          pending.complete(respond(result, apiVersion));
        },
      );
      if (!pending.done) context.onClose(abandon);
      return pending;
    },
    errorResponse: ({ apiVersion }, request, { error }) => ({
      errorCode: errorCode(error),
      generationId: -1,
      protocolName: apiVersion >= NULL_PROTOCOL_FROM ? null : '',
      memberId: request.memberId,
    }),
  });
}

/** Of a member's assignors, in a line of the log. */
const MOST_NAMED = 10;

/** Clients show these as names alone, if at all, and are configured wrongly until somebody looks. */
const MISFITS: ReadonlySet<ErrorName> = new Set<ErrorName>([
  'INCONSISTENT_GROUP_PROTOCOL',
  'INVALID_SESSION_TIMEOUT',
  'GROUP_MAX_SIZE_REACHED',
]);

function complain(context: RequestContext, request: JoinGroupRequest, { error }: JoinResult): void {
  if (!MISFITS.has(error)) return;
  const protocols = request.protocols
    .slice(0, MOST_NAMED)
    .map(({ name }) => name)
    .join(', ');
  context.complain({
    kind: 'member refused',
    of: error,
    sentence: `refused a member of group '${request.groupId}': ${error}, with protocol type '${request.protocolType}', assignors ${protocols || 'none'} and a session timeout of ${request.sessionTimeoutMs} ms`,
  });
}

function respond(result: JoinResult, apiVersion: number): Response {
  return {
    errorCode: errorCode(result.error),
    generationId: result.generation,
    protocolType: result.protocolType,
    protocolName: result.protocolName ?? (apiVersion >= NULL_PROTOCOL_FROM ? null : ''),
    leader: result.leader,
    skipAssignment: result.skipAssignment,
    memberId: result.memberId,
    members: lazily(result.members, ({ memberId, instanceId, metadata }) => ({
      memberId,
      groupInstanceId: instanceId,
      metadata,
    })),
  };
}
