import type { MessageOf } from '../schema/index.ts';
import { array, bytes, int16, int32, int64, message, string } from '../schema/index.ts';

export const DescribeDelegationTokenRequest = message({
  apiKey: 41,
  name: 'DescribeDelegationToken',
  type: 'request',
  validVersions: '0-3',
  flexibleVersions: '2+',
  fields: {
    owners: array(
      '0+',
      { principalType: string('0+'), principalName: string('0+') },
      { nullable: '0+' },
    ),
  },
});
export type DescribeDelegationTokenRequest = MessageOf<typeof DescribeDelegationTokenRequest>;

export const DescribeDelegationTokenResponse = message({
  apiKey: 41,
  name: 'DescribeDelegationToken',
  type: 'response',
  validVersions: '0-3',
  flexibleVersions: '2+',
  fields: {
    errorCode: int16('0+'),
    tokens: array('0+', {
      principalType: string('0+'),
      principalName: string('0+'),
      tokenRequesterPrincipalType: string('3+'),
      tokenRequesterPrincipalName: string('3+'),
      issueTimestamp: int64('0+'),
      expiryTimestamp: int64('0+'),
      maxTimestamp: int64('0+'),
      tokenId: string('0+'),
      hmac: bytes('0+'),
      renewers: array('0+', { principalType: string('0+'), principalName: string('0+') }),
    }),
    throttleTimeMs: int32('0+'),
  },
});
export type DescribeDelegationTokenResponse = MessageOf<typeof DescribeDelegationTokenResponse>;
