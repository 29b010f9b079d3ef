import type { MessageOf } from '../schema/index.ts';
import { bytes, int16, int32, int64, message } from '../schema/index.ts';

export const RenewDelegationTokenRequest = message({
  apiKey: 39,
  name: 'RenewDelegationToken',
  type: 'request',
  validVersions: '0-2',
  flexibleVersions: '2+',
  fields: { hmac: bytes('0+'), renewPeriodMs: int64('0+') },
});
export type RenewDelegationTokenRequest = MessageOf<typeof RenewDelegationTokenRequest>;

export const RenewDelegationTokenResponse = message({
  apiKey: 39,
  name: 'RenewDelegationToken',
  type: 'response',
  validVersions: '0-2',
  flexibleVersions: '2+',
  fields: {
    errorCode: int16('0+'),
    expiryTimestampMs: int64('0+'),
    throttleTimeMs: int32('0+'),
  },
});
export type RenewDelegationTokenResponse = MessageOf<typeof RenewDelegationTokenResponse>;
