// DescribeDelegationToken v0-v3 (KIP-48): refused, as on every plaintext listener.
//
// Gaps: there are no delegation tokens yet; 38-create-delegation-token.ts says why.
import { errorCode } from '../../protocol/errors.ts';
import {
  DescribeDelegationTokenRequest,
  DescribeDelegationTokenResponse,
} from '../../protocol/messages/41-describe-delegation-token.ts';
import { type Api, defineApi } from '../network/api.ts';

export function describeDelegationTokenApi(): Api {
  return defineApi({
    request: DescribeDelegationTokenRequest,
    response: DescribeDelegationTokenResponse,
    versions: { min: 0, max: 3 },
    rights: {},
    handle: () => ({ errorCode: errorCode('DELEGATION_TOKEN_REQUEST_NOT_ALLOWED') }),
    errorResponse: (_context, _request, error) => ({ errorCode: errorCode(error.error) }),
  });
}
