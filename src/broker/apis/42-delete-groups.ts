// DeleteGroups v0-v2. Each group once, answered when its tombstones are committed. A group with
// members is NON_EMPTY_GROUP.
//
// Gaps: none.
import { errorCode } from '../../protocol/errors.ts';
import {
  DeleteGroupsRequest,
  DeleteGroupsResponse,
} from '../../protocol/messages/42-delete-groups.ts';
import type { MessageInput } from '../../protocol/schema/index.ts';
import type { GroupCoordinator } from '../coordinator/group/group-coordinator.ts';
import { type Api, defineApi } from '../network/api.ts';
import { Pending } from '../network/pending.ts';
import { byRight } from './by-right.ts';

type Response = MessageInput<typeof DeleteGroupsResponse>;

export function deleteGroupsApi({ coordinator }: { coordinator: GroupCoordinator }): Api {
  return defineApi({
    request: DeleteGroupsRequest,
    response: DeleteGroupsResponse,
    versions: { min: 0, max: 2 },
    rights: { asks: [{ operation: 'DELETE', resource: 'GROUP' }] },
    handle(context, request) {
      const { allowed: groupIds, denied } = byRight([...new Set(request.groupsNames)], (id) =>
        context.authorize('DELETE', 'GROUP', id),
      );
      const deniedRows = denied.map((groupId) => ({
        groupId,
        errorCode: errorCode('GROUP_AUTHORIZATION_FAILED'),
      }));
      if (groupIds.length === 0) return { results: deniedRows };
      const pending = new Pending<Response>();
      const codes = new Map<string, number>();
      for (const groupId of groupIds) {
        coordinator.deleteGroup(groupId, (error) => {
          codes.set(groupId, errorCode(error));
          if (codes.size < groupIds.length) return;
          pending.complete({
            results: [
              ...groupIds.map((id) => ({ groupId: id, errorCode: codes.get(id) ?? 0 })),
              ...deniedRows,
            ],
          });
        });
      }
      return pending;
    },
    errorResponse: (_context, request, { error }) => ({
      results: request.groupsNames.map((groupId) => ({ groupId, errorCode: errorCode(error) })),
    }),
  });
}
