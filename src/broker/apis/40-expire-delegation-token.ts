// ExpireDelegationToken v0-v2 (KIP-48): refused, as on every plaintext listener.
//
// Gaps: there are no delegation tokens yet; 38-create-delegation-token.ts says why.
import { errorCode } from '../../protocol/errors.ts';
import {
  ExpireDelegationTokenRequest,
  ExpireDelegationTokenResponse,
} from '../../protocol/messages/40-expire-delegation-token.ts';
import { type Api, defineApi } from '../network/api.ts';

export function expireDelegationTokenApi(): Api {
  return defineApi({
    request: ExpireDelegationTokenRequest,
    response: ExpireDelegationTokenResponse,
    versions: { min: 0, max: 2 },
    rights: {},
    handle: () => ({
      errorCode: errorCode('DELEGATION_TOKEN_REQUEST_NOT_ALLOWED'),
      expiryTimestampMs: -1,
    }),
    errorResponse: (_context, _request, error) => ({
      errorCode: errorCode(error.error),
      expiryTimestampMs: -1,
    }),
  });
}
