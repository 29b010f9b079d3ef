// DescribeUserScramCredentials v0 (KIP-554): no user has a password here, so each that is asked for is
// RESOURCE_NOT_FOUND, and null or an empty list, which asks for all, finds none.
//
// Gaps: there is no SASL yet, and so no credential can be set (AlterUserScramCredentials is not offered).

import type { Steps } from '../../base/slices.ts';
import { errorCode } from '../../protocol/errors.ts';
import {
  DescribeUserScramCredentialsRequest,
  DescribeUserScramCredentialsResponse,
} from '../../protocol/messages/50-describe-user-scram-credentials.ts';
import { lazily, type MessageInput } from '../../protocol/schema/index.ts';
import { type Api, defineApi } from '../network/api.ts';
import type { RequestContext } from '../network/request-context.ts';
import { counted, inSlices } from '../network/rows.ts';

export function describeUserScramCredentialsApi(): Api {
  return defineApi({
    request: DescribeUserScramCredentialsRequest,
    response: DescribeUserScramCredentialsResponse,
    versions: { min: 0, max: 0 },
    rights: { needs: [{ operation: 'DESCRIBE', resource: 'CLUSTER' }] },
    handle: (context, request) => inSlices(context, steps(context, request)),
    errorResponse: (_context, _request, error) => ({
      errorCode: errorCode(error.error),
      errorMessage: error.detail,
    }),
  });
}

function* steps(
  { slices }: RequestContext,
  { users }: DescribeUserScramCredentialsRequest,
): Steps<MessageInput<typeof DescribeUserScramCredentialsResponse>> {
  const mentions = yield* counted(slices, users ?? [], ({ name }) => name);
  return {
    errorCode: 0,
    errorMessage: null,
    results: lazily([...mentions], ([user, count]) => {
      const isTwice = count > 1;
      return {
        user,
        errorCode: errorCode(isTwice ? 'DUPLICATE_RESOURCE' : 'RESOURCE_NOT_FOUND'),
        errorMessage: isTwice
          ? `The request names the user "${user}" twice.`
          : `The user "${user}" has no SCRAM credentials.`,
      };
    }),
  };
}
