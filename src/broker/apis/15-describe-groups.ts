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
import { lazily } from '../../protocol/schema/index.ts';
import type { GroupCoordinator } from '../coordinator/group/group-coordinator.ts';
import { type Api, defineApi } from '../network/api.ts';
import { lookedUpOnce } from '../network/rows.ts';

const NOT_FOUND_FROM = 6;

export function describeGroupsApi({ coordinator }: { coordinator: GroupCoordinator }): Api {
  return defineApi({
    request: DescribeGroupsRequest,
    response: DescribeGroupsResponse,
    versions: { min: 0, max: 6 },
    rights: { asks: [{ operation: 'DESCRIBE', resource: 'GROUP' }] },
    handle(context, request) {
      const describe = lookedUpOnce((groupId) => coordinator.describe(groupId));
      const groups = lazily(request.groups, (groupId) => {
        if (!context.authorize('DESCRIBE', 'GROUP', groupId)) {
          return { errorCode: errorCode('GROUP_AUTHORIZATION_FAILED'), groupId };
        }
        const group = describe(groupId);
        const isMissing =
          context.apiVersion >= NOT_FOUND_FROM && group.error === 'NONE' && !group.exists;
        return {
          errorCode: errorCode(isMissing ? 'GROUP_ID_NOT_FOUND' : group.error),
          errorMessage: isMissing ? `Group ${groupId} not found.` : null,
          groupId,
          groupState: group.state,
          protocolType: group.protocolType,
          protocolData: group.protocol,
          members: lazily(group.members, (member) => ({
            memberId: member.memberId,
            groupInstanceId: member.instanceId,
            clientId: member.clientId,
            clientHost: member.clientHost,
            memberMetadata: member.metadata,
            memberAssignment: member.assignment,
          })),
          ...(request.includeAuthorizedOperations && group.error === 'NONE' && !isMissing
            ? { authorizedOperations: context.authorizedOperations('GROUP', groupId) }
            : {}),
        };
      });
      return { groups };
    },
    errorResponse: (_context, request, { error }) => ({
      groups: lazily(request.groups, (groupId) => ({ errorCode: errorCode(error), groupId })),
    }),
  });
}
