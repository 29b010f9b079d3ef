// CreateAcls v0-v3, as a broker without an authorizer answers: SECURITY_DISABLED for each.
//
// Gaps: there is no authorizer yet, so no ACL is taken.
import { errorCode } from '../../protocol/errors.ts';
import { CreateAclsRequest, CreateAclsResponse } from '../../protocol/messages/30-create-acls.ts';
import { type Api, defineApi } from '../network/api.ts';
import { NO_AUTHORIZER } from './no-authorizer.ts';

export function createAclsApi(): Api {
  return defineApi({
    request: CreateAclsRequest,
    response: CreateAclsResponse,
    versions: { min: 0, max: 3 },
    rights: { needs: [{ operation: 'ALTER', resource: 'CLUSTER' }] },
    handle: (_context, { creations }) => ({ results: creations.map(() => NO_AUTHORIZER) }),
    errorResponse: (_context, { creations }, error) => ({
      results: creations.map(() => ({
        errorCode: errorCode(error.error),
        errorMessage: error.detail,
      })),
    }),
  });
}
