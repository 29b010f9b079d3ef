// ListGroups v0-v5: the groups that this broker coordinates. v4 filters by state, v5 by type, both
// without regard to case; every group is of type 'classic'. While a partition is still being loaded the
// answer carries COORDINATOR_LOAD_IN_PROGRESS beside the groups known so far.
//
// Gaps: none.
import { errorCode } from '../../protocol/errors.ts';
import { ListGroupsRequest, ListGroupsResponse } from '../../protocol/messages/16-list-groups.ts';
import type { GroupCoordinator } from '../coordinator/group/group-coordinator.ts';
import { type Api, defineApi } from '../network/api.ts';

export function listGroupsApi({ coordinator }: { coordinator: GroupCoordinator }): Api {
  return defineApi({
    request: ListGroupsRequest,
    response: ListGroupsResponse,
    versions: { min: 0, max: 5 },
    rights: {
      asks: [
        { operation: 'DESCRIBE', resource: 'CLUSTER' },
        { operation: 'DESCRIBE', resource: 'GROUP' },
      ],
    },
    handle(context, { statesFilter, typesFilter }) {
      const { error, groups } = coordinator.list({ states: statesFilter, types: typesFilter });
      const isAllowed = context.authorize('DESCRIBE', 'CLUSTER')
        ? () => true
        : ({ groupId }: { groupId: string }) => context.authorize('DESCRIBE', 'GROUP', groupId);
      return {
        errorCode: errorCode(error),
        groups: groups.filter(isAllowed).map(({ groupId, protocolType, state, type }) => ({
          groupId,
          protocolType,
          groupState: state,
          groupType: type,
        })),
      };
    },
    errorResponse: (_context, _request, { error }) => ({ errorCode: errorCode(error) }),
  });
}
