import type { MessageOf } from '../schema/index.ts';
import { array, bytes, errorText, int8, int16, int32, message, string } from '../schema/index.ts';

export const AlterUserScramCredentialsRequest = message({
  apiKey: 51,
  name: 'AlterUserScramCredentials',
  type: 'request',
  validVersions: '0',
  flexibleVersions: '0+',
  fields: {
    deletions: array('0+', { name: string('0+'), mechanism: int8('0+') }),
    upsertions: array('0+', {
      name: string('0+'),
      mechanism: int8('0+'),
      iterations: int32('0+'),
      salt: bytes('0+'),
      saltedPassword: bytes('0+'),
    }),
  },
});
export type AlterUserScramCredentialsRequest = MessageOf<typeof AlterUserScramCredentialsRequest>;

export const AlterUserScramCredentialsResponse = message({
  apiKey: 51,
  name: 'AlterUserScramCredentials',
  type: 'response',
  validVersions: '0',
  flexibleVersions: '0+',
  fields: {
    throttleTimeMs: int32('0+'),
    results: array('0+', {
      user: string('0+'),
      errorCode: int16('0+'),
      errorMessage: errorText('0+', { nullable: '0+' }),
    }),
  },
});
export type AlterUserScramCredentialsResponse = MessageOf<typeof AlterUserScramCredentialsResponse>;
