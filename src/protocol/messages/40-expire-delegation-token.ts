import type { MessageOf } from '../schema/index.ts';
import { bytes, int16, int32, int64, message } from '../schema/index.ts';

export const ExpireDelegationTokenRequest = message({
  apiKey: 40,
  name: 'ExpireDelegationToken',
  type: 'request',
  validVersions: '0-2',
  flexibleVersions: '2+',
  fields: { hmac: bytes('0+'), expiryTimePeriodMs: int64('0+') },
});
export type ExpireDelegationTokenRequest = MessageOf<typeof ExpireDelegationTokenRequest>;

export const ExpireDelegationTokenResponse = message({
  apiKey: 40,
  name: 'ExpireDelegationToken',
  type: 'response',
  validVersions: '0-2',
  flexibleVersions: '2+',
  fields: {
    errorCode: int16('0+'),
    expiryTimestampMs: int64('0+'),
    throttleTimeMs: int32('0+'),
  },
});
export type ExpireDelegationTokenResponse = MessageOf<typeof ExpireDelegationTokenResponse>;
