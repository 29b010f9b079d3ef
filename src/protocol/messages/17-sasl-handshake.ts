import type { MessageOf } from '../schema/index.ts';
import { array, int16, message, string } from '../schema/index.ts';

export const SaslHandshakeRequest = message({
  apiKey: 17,
  name: 'SaslHandshake',
  type: 'request',
  validVersions: '0-1',
  flexibleVersions: 'none',
  fields: { mechanism: string('0+') },
});
export type SaslHandshakeRequest = MessageOf<typeof SaslHandshakeRequest>;

export const SaslHandshakeResponse = message({
  apiKey: 17,
  name: 'SaslHandshake',
  type: 'response',
  validVersions: '0-1',
  flexibleVersions: 'none',
  fields: { errorCode: int16('0+'), mechanisms: array('0+', 'string') },
});
export type SaslHandshakeResponse = MessageOf<typeof SaslHandshakeResponse>;
