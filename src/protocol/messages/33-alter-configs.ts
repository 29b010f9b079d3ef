import type { MessageOf } from '../schema/index.ts';
import { array, bool, errorText, int8, int16, int32, message, string } from '../schema/index.ts';

export const AlterConfigsRequest = message({
  apiKey: 33,
  name: 'AlterConfigs',
  type: 'request',
  validVersions: '0-2',
  flexibleVersions: '2+',
  fields: {
    resources: array('0+', {
      resourceType: int8('0+'),
      resourceName: string('0+'),
      configs: array('0+', { name: string('0+'), value: string('0+', { nullable: '0+' }) }),
    }),
    validateOnly: bool('0+'),
  },
});
export type AlterConfigsRequest = MessageOf<typeof AlterConfigsRequest>;

export const AlterConfigsResponse = message({
  apiKey: 33,
  name: 'AlterConfigs',
  type: 'response',
  validVersions: '0-2',
  flexibleVersions: '2+',
  fields: {
    throttleTimeMs: int32('0+'),
    responses: array('0+', {
      errorCode: int16('0+'),
      errorMessage: errorText('0+', { nullable: '0+' }),
      resourceType: int8('0+'),
      resourceName: string('0+'),
    }),
  },
});
export type AlterConfigsResponse = MessageOf<typeof AlterConfigsResponse>;
