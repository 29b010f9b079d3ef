// ListGroups v0-v5: the groups that this broker coordinates. v4 filters by state, v5 by type, both
// without regard to case; every group is of type 'classic'. While a partition is still being loaded the
// answer carries COORDINATOR_LOAD_IN_PROGRESS beside the groups known so far.
//
// Gaps: none.

import type { Pace, Steps } from '../../base/slices.ts';
import { errorCode } from '../../protocol/errors.ts';
import { ListGroupsRequest, ListGroupsResponse } from '../../protocol/messages/16-list-groups.ts';
import { lazily, type MessageInput } from '../../protocol/schema/index.ts';
import type { GroupCoordinator } from '../coordinator/group/group-coordinator.ts';
import type { ListedGroup } from '../coordinator/group/messages.ts';
import { type Api, defineApi } from '../network/api.ts';
import type { RequestContext } from '../network/request-context.ts';
import { counted, inSlices, those } from '../network/rows.ts';

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
    handle: (context, request) => inSlices(context, listSteps(coordinator, context, request)),
    errorResponse: (_context, _request, { error }) => ({ errorCode: errorCode(error) }),
  });
}

function* listSteps(
  coordinator: GroupCoordinator,
  context: RequestContext,
  { statesFilter, typesFilter }: ListGroupsRequest,
): Steps<MessageInput<typeof ListGroupsResponse>> {
  const { slices } = context;
  const states = yield* lowerCase(slices, statesFilter);
  const types = yield* lowerCase(slices, typesFilter);
  const isAllAllowed = context.authorize('DESCRIBE', 'CLUSTER');
  const isListed = ({ groupId, state, type }: ListedGroup) =>
    (states.size === 0 || states.has(state.toLowerCase())) &&
    (types.size === 0 || types.has(type)) &&
    (isAllAllowed || context.authorize('DESCRIBE', 'GROUP', groupId));
  const groups = yield* those(slices, coordinator.list(), isListed);
  return {
    errorCode: errorCode(coordinator.listError),
    groups: lazily(groups, ({ groupId, protocolType, state, type }) => ({
      groupId,
      protocolType,
      groupState: state,
      groupType: type,
    })),
  };
}

function lowerCase(pace: Pace, names: readonly string[]): Steps<ReadonlyMap<string, number>> {
  return counted(pace, names, (name) => name.toLowerCase());
}
