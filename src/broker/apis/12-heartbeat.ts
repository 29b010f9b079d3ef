// Heartbeat v0-v4. Answered at once, from memory. While the group's partition is being loaded the
// answer is NONE, since sessions begin anew when it is there.
//
// Gaps: none.
import { errorCode } from '../../protocol/errors.ts';
import { HeartbeatRequest, HeartbeatResponse } from '../../protocol/messages/12-heartbeat.ts';
import type { GroupCoordinator } from '../coordinator/group/group-coordinator.ts';
import { type Api, defineApi } from '../network/api.ts';

export function heartbeatApi({ coordinator }: { coordinator: GroupCoordinator }): Api {
  return defineApi({
    request: HeartbeatRequest,
    response: HeartbeatResponse,
    versions: { min: 0, max: 4 },
    rights: { needs: [{ operation: 'READ', resource: 'GROUP', name: ({ groupId }) => groupId }] },
    handle(_context, { groupId, generationId, memberId, groupInstanceId }) {
      const error = coordinator.heartbeat({
        groupId,
        generation: generationId,
        memberId,
        instanceId: groupInstanceId,
      });
      return { errorCode: errorCode(error) };
    },
    errorResponse: (_context, _request, { error }) => ({ errorCode: errorCode(error) }),
  });
}
