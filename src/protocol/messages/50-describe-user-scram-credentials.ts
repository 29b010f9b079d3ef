import type { MessageOf } from '../schema/index.ts';
import { array, errorText, int8, int16, int32, message, string } from '../schema/index.ts';

export const DescribeUserScramCredentialsRequest = message({
  apiKey: 50,
  name: 'DescribeUserScramCredentials',
  type: 'request',
  validVersions: '0',
  flexibleVersions: '0+',
  fields: { users: array('0+', { name: string('0+') }, { nullable: '0+' }) },
});
export type DescribeUserScramCredentialsRequest = MessageOf<
  typeof DescribeUserScramCredentialsRequest
>;

export const DescribeUserScramCredentialsResponse = message({
  apiKey: 50,
  name: 'DescribeUserScramCredentials',
  type: 'response',
  validVersions: '0',
  flexibleVersions: '0+',
  fields: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    errorMessage: errorText('0+', { nullable: '0+' }),
    results: array('0+', {
      user: string('0+'),
      errorCode: int16('0+'),
      errorMessage: errorText('0+', { nullable: '0+' }),
      credentialInfos: array('0+', { mechanism: int8('0+'), iterations: int32('0+') }),
    }),
  },
});
export type DescribeUserScramCredentialsResponse = MessageOf<
  typeof DescribeUserScramCredentialsResponse
>;
