// DeleteAcls v0-v3, as a broker without an authorizer answers: SECURITY_DISABLED for each filter.
//
// Gaps: there is no authorizer yet, so there are no ACLs to delete.
import { errorCode } from '../../protocol/errors.ts';
import { DeleteAclsRequest, DeleteAclsResponse } from '../../protocol/messages/31-delete-acls.ts';
import { type Api, defineApi } from '../network/api.ts';
import { NO_AUTHORIZER } from './no-authorizer.ts';

export function deleteAclsApi(): Api {
  return defineApi({
    request: DeleteAclsRequest,
    response: DeleteAclsResponse,
    versions: { min: 0, max: 3 },
    rights: { needs: [{ operation: 'ALTER', resource: 'CLUSTER' }] },
    handle: (_context, { filters }) => ({ filterResults: filters.map(() => NO_AUTHORIZER) }),
    errorResponse: (_context, { filters }, error) => ({
      filterResults: filters.map(() => ({
        errorCode: errorCode(error.error),
        errorMessage: error.detail,
      })),
    }),
  });
}
