import type { MessageOf } from '../schema/index.ts';
import { array, bytes, int16, int32, int64, message, string } from '../schema/index.ts';

export const CreateDelegationTokenRequest = message({
  apiKey: 38,
  name: 'CreateDelegationToken',
  type: 'request',
  validVersions: '0-3',
  flexibleVersions: '2+',
  fields: {
    ownerPrincipalType: string('3+', { nullable: '3+' }),
    ownerPrincipalName: string('3+', { nullable: '3+' }),
    renewers: array('0+', { principalType: string('0+'), principalName: string('0+') }),
    maxLifetimeMs: int64('0+'),
  },
});
export type CreateDelegationTokenRequest = MessageOf<typeof CreateDelegationTokenRequest>;

export const CreateDelegationTokenResponse = message({
  apiKey: 38,
  name: 'CreateDelegationToken',
  type: 'response',
  validVersions: '0-3',
  flexibleVersions: '2+',
  fields: {
    errorCode: int16('0+'),
    principalType: string('0+'),
    principalName: string('0+'),
    tokenRequesterPrincipalType: string('3+'),
    tokenRequesterPrincipalName: string('3+'),
    issueTimestampMs: int64('0+'),
    expiryTimestampMs: int64('0+'),
    maxTimestampMs: int64('0+'),
    tokenId: string('0+'),
    hmac: bytes('0+'),
    throttleTimeMs: int32('0+'),
  },
});
export type CreateDelegationTokenResponse = MessageOf<typeof CreateDelegationTokenResponse>;
