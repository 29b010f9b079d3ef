// DeleteGroups v0-v2. Each group once, answered when its tombstones are committed. A group with
// members is NON_EMPTY_GROUP.
//
// Gaps: none.
import { type ErrorName, errorCode } from '../../protocol/errors.ts';
import {
  DeleteGroupsRequest,
  DeleteGroupsResponse,
} from '../../protocol/messages/42-delete-groups.ts';
import { joined, lazily, type MessageInput } from '../../protocol/schema/index.ts';
import type { GroupCoordinator } from '../coordinator/group/group-coordinator.ts';
import { type Api, defineApi } from '../network/api.ts';
import type { RequestContext } from '../network/request-context.ts';
import { together } from '../network/rows.ts';
import { byRight } from './by-right.ts';

type Response = MessageInput<typeof DeleteGroupsResponse>;

export function deleteGroupsApi({ coordinator }: { coordinator: GroupCoordinator }): Api {
  return defineApi({
    request: DeleteGroupsRequest,
    response: DeleteGroupsResponse,
    versions: { min: 0, max: 2 },
    rights: { asks: [{ operation: 'DELETE', resource: 'GROUP' }] },
    async handle(context, request): Promise<Response> {
      const ids = await distinct(context, request.groupsNames);
      const { allowed, denied } = await byRight(context, ids, (id) =>
        context.authorize('DELETE', 'GROUP', id),
      );
      const deleted = await together(context, allowed, (some) =>
        Promise.all(some.map((groupId) => deleteGroup(coordinator, groupId))),
      );
      return {
        results: joined(
          lazily(deleted, ({ groupId, error }) => ({ groupId, errorCode: errorCode(error) })),
          lazily(denied, (groupId) => ({
            groupId,
            errorCode: errorCode('GROUP_AUTHORIZATION_FAILED'),
          })),
        ),
      };
    },
    errorResponse: (_context, request, { error }) => ({
      results: lazily(request.groupsNames, (groupId) => ({
        groupId,
        errorCode: errorCode(error),
      })),
    }),
  });
}

function deleteGroup(
  coordinator: GroupCoordinator,
  groupId: string,
): Promise<{ groupId: string; error: ErrorName }> {
  return new Promise((resolve) => {
    coordinator.deleteGroup(groupId, (error) => resolve({ groupId, error }));
  });
}

async function distinct(
  { slices }: RequestContext,
  names: readonly string[],
): Promise<readonly string[]> {
  const once = new Set<string>();
  for (const name of names) {
    once.add(name);
    if (slices.isOver()) await slices.nextTurn();
  }
  return [...once];
}
