// DescribeGroups v0-v6. A group that does not exist is 'Dead' without an error; v6 adds
// GROUP_ID_NOT_FOUND and a sentence to it. Metadata and assignments only show while the group is
// stable. Authorized operations (v3+) come on request.
//
// Gaps: none.
import { errorCode } from '../../protocol/errors.ts';
import {
  DescribeGroupsRequest,
  DescribeGroupsResponse,
} from '../../protocol/messages/15-describe-groups.ts';
import type { GroupCoordinator } from '../coordinator/group/group-coordinator.ts';
import { type Api, defineApi } from '../network/api.ts';

const NOT_FOUND_FROM = 6;
/** READ, DELETE and DESCRIBE, as bits by operation code (KIP-430); groups have no configs in Kafka 3.9. */
const GROUP_OPERATIONS = (1 << 3) | (1 << 6) | (1 << 8);

export function describeGroupsApi({ coordinator }: { coordinator: GroupCoordinator }): Api {
  return defineApi({
    request: DescribeGroupsRequest,
    response: DescribeGroupsResponse,
    versions: { min: 0, max: 6 },
    handle({ apiVersion }, request) {
      const groups = request.groups.map((groupId) => {
        const group = coordinator.describe(groupId);
        const isMissing = apiVersion >= NOT_FOUND_FROM && group.error === 'NONE' && !group.exists;
        return {
          errorCode: errorCode(isMissing ? 'GROUP_ID_NOT_FOUND' : group.error),
          errorMessage: isMissing ? `Group ${groupId} not found.` : null,
          groupId,
          groupState: group.state,
          protocolType: group.protocolType,
          protocolData: group.protocol,
          members: group.members.map((member) => ({
            memberId: member.memberId,
            groupInstanceId: member.instanceId,
            clientId: member.clientId,
            clientHost: member.clientHost,
            memberMetadata: member.metadata,
            memberAssignment: member.assignment,
          })),
          ...(request.includeAuthorizedOperations && group.error === 'NONE' && !isMissing
            ? { authorizedOperations: GROUP_OPERATIONS }
            : {}),
        };
      });
      return { groups };
    },
    errorResponse: (_context, request, { error }) => ({
      groups: request.groups.map((groupId) => ({ errorCode: errorCode(error), groupId })),
    }),
  });
}
