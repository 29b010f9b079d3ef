// DescribeAcls v0-v3, as a broker without an authorizer answers: SECURITY_DISABLED.
//
// Gaps: there is no authorizer yet, so nobody's rights are described.
import { errorCode } from '../../protocol/errors.ts';
import {
  DescribeAclsRequest,
  DescribeAclsResponse,
} from '../../protocol/messages/29-describe-acls.ts';
import { type Api, defineApi } from '../network/api.ts';
import { NO_AUTHORIZER } from './no-authorizer.ts';

export function describeAclsApi(): Api {
  return defineApi({
    request: DescribeAclsRequest,
    response: DescribeAclsResponse,
    versions: { min: 0, max: 3 },
    rights: { needs: [{ operation: 'DESCRIBE', resource: 'CLUSTER' }] },
    handle: () => NO_AUTHORIZER,
    errorResponse: (_context, _request, error) => ({
      errorCode: errorCode(error.error),
      errorMessage: error.detail,
    }),
  });
}
