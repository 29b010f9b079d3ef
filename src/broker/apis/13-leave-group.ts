// LeaveGroup v0-v5. Up to v2 one member leaves and the answer is its error; from v3 on several leave,
// also by instance id alone, and each has a row of its own. v5's reason goes to the log (KIP-800).
//
// Gaps: none.
import { errorCode } from '../../protocol/errors.ts';
import { LeaveGroupRequest, LeaveGroupResponse } from '../../protocol/messages/13-leave-group.ts';
import { lazily } from '../../protocol/schema/index.ts';
import type { GroupCoordinator } from '../coordinator/group/group-coordinator.ts';
import { type Api, defineApi } from '../network/api.ts';

const MEMBERS_FROM = 3;

export function leaveGroupApi({ coordinator }: { coordinator: GroupCoordinator }): Api {
  return defineApi({
    request: LeaveGroupRequest,
    response: LeaveGroupResponse,
    versions: { min: 0, max: 5 },
    rights: { needs: [{ operation: 'READ', resource: 'GROUP', name: ({ groupId }) => groupId }] },
    handle({ apiVersion }, request) {
      const { groupId, memberId } = request;
      const members =
        apiVersion >= MEMBERS_FROM
          ? request.members.map((member) => ({
              memberId: member.memberId,
              instanceId: member.groupInstanceId,
              reason: member.reason,
            }))
          : [{ memberId, instanceId: null, reason: null }];
      const result = coordinator.leave({ groupId, members });
      if (apiVersion < MEMBERS_FROM) {
        const error = result.error === 'NONE' ? result.members[0]?.error : result.error;
        return { errorCode: errorCode(error ?? 'NONE') };
      }
      return {
        errorCode: errorCode(result.error),
        members: lazily(result.members, (member) => ({
          memberId: member.memberId,
          groupInstanceId: member.instanceId,
          errorCode: errorCode(member.error),
        })),
      };
    },
    errorResponse: (_context, _request, { error }) => ({ errorCode: errorCode(error) }),
  });
}
