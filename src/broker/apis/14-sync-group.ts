// SyncGroup v0-v5. Parks until the leader's assignment is committed. From v5 on the member says which
// protocol it believes in, and a missing or other one is INCONSISTENT_GROUP_PROTOCOL (KIP-559).
//
// Gaps: none.
import { errorCode } from '../../protocol/errors.ts';
import { SyncGroupRequest, SyncGroupResponse } from '../../protocol/messages/14-sync-group.ts';
import type { MessageInput } from '../../protocol/schema/index.ts';
import type { GroupCoordinator } from '../coordinator/group/group-coordinator.ts';
import { type Api, defineApi } from '../network/api.ts';
import { Pending } from '../network/pending.ts';

type Response = MessageInput<typeof SyncGroupResponse>;

const PROTOCOL_FROM = 5;

export function syncGroupApi({ coordinator }: { coordinator: GroupCoordinator }): Api {
  return defineApi({
    request: SyncGroupRequest,
    response: SyncGroupResponse,
    versions: { min: 0, max: 5 },
    rights: { needs: [{ operation: 'READ', resource: 'GROUP', name: ({ groupId }) => groupId }] },
    handle({ apiVersion }, request) {
      const { protocolType, protocolName } = request;
      if (apiVersion >= PROTOCOL_FROM && (protocolType === null || protocolName === null)) {
        return { errorCode: errorCode('INCONSISTENT_GROUP_PROTOCOL') };
      }
      const pending = new Pending<Response>();
      coordinator.sync(
        {
          groupId: request.groupId,
          generation: request.generationId,
          memberId: request.memberId,
          instanceId: request.groupInstanceId,
          protocolType,
          protocolName,
          assignments: request.assignments,
        },
        (result) =>
          pending.complete({
            errorCode: errorCode(result.error),
            protocolType: result.protocolType,
            protocolName: result.protocolName,
            assignment: result.assignment,
          }),
      );
      return pending;
    },
    errorResponse: (_context, _request, { error }) => ({ errorCode: errorCode(error) }),
  });
}
