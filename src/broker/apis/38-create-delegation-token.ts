// CreateDelegationToken v0-v3 (KIP-48). A token is asked for on a connection that has logged in; on a
// plaintext listener, the only kind there is, every broker refuses.
//
// Gaps: there is no SASL yet, so nobody can log in and no token can be made.
import { errorCode } from '../../protocol/errors.ts';
import {
  CreateDelegationTokenRequest,
  CreateDelegationTokenResponse,
} from '../../protocol/messages/38-create-delegation-token.ts';
import { type Api, defineApi } from '../network/api.ts';

const REQUESTER_FROM = 3;
const NO_TIMES = { issueTimestampMs: -1, expiryTimestampMs: -1, maxTimestampMs: -1 };

export function createDelegationTokenApi(): Api {
  return defineApi({
    request: CreateDelegationTokenRequest,
    response: CreateDelegationTokenResponse,
    versions: { min: 0, max: 3 },
    rights: {},
    handle({ session, apiVersion }, { ownerPrincipalName, ownerPrincipalType }) {
      const requester = session.principal;
      return {
        errorCode: errorCode('DELEGATION_TOKEN_REQUEST_NOT_ALLOWED'),
        ...NO_TIMES,
        principalType: ownerPrincipalType || requester.type,
        principalName: ownerPrincipalName || requester.name,
        ...(apiVersion >= REQUESTER_FROM && {
          tokenRequesterPrincipalType: requester.type,
          tokenRequesterPrincipalName: requester.name,
        }),
      };
    },
    errorResponse: (_context, _request, error) => ({
      errorCode: errorCode(error.error),
      ...NO_TIMES,
    }),
  });
}
