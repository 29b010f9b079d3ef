import type { MessageOf } from '../schema/index.ts';
import { bytes, errorText, int16, int64, message } from '../schema/index.ts';

export const SaslAuthenticateRequest = message({
  apiKey: 36,
  name: 'SaslAuthenticate',
  type: 'request',
  validVersions: '0-2',
  flexibleVersions: '2+',
  fields: { authBytes: bytes('0+') },
});
export type SaslAuthenticateRequest = MessageOf<typeof SaslAuthenticateRequest>;

export const SaslAuthenticateResponse = message({
  apiKey: 36,
  name: 'SaslAuthenticate',
  type: 'response',
  validVersions: '0-2',
  flexibleVersions: '2+',
  fields: {
    errorCode: int16('0+'),
    errorMessage: errorText('0+', { nullable: '0+' }),
    authBytes: bytes('0+'),
    sessionLifetimeMs: int64('1+', { ignorable: true }),
  },
});
export type SaslAuthenticateResponse = MessageOf<typeof SaslAuthenticateResponse>;
