import type { MessageOf } from '../schema/index.ts';
import { array, bool, errorText, int8, int16, int32, message, string } from '../schema/index.ts';

export const IncrementalAlterConfigsRequest = message({
  apiKey: 44,
  name: 'IncrementalAlterConfigs',
  type: 'request',
  validVersions: '0-1',
  flexibleVersions: '1+',
  fields: {
    resources: array('0+', {
      resourceType: int8('0+'),
      resourceName: string('0+'),
      configs: array('0+', {
        name: string('0+'),
        configOperation: int8('0+', { about: '0 set, 1 delete, 2 append, 3 subtract.' }),
        value: string('0+', { nullable: '0+' }),
      }),
    }),
    validateOnly: bool('0+'),
  },
});
export type IncrementalAlterConfigsRequest = MessageOf<typeof IncrementalAlterConfigsRequest>;

export const IncrementalAlterConfigsResponse = message({
  apiKey: 44,
  name: 'IncrementalAlterConfigs',
  type: 'response',
  validVersions: '0-1',
  flexibleVersions: '1+',
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
export type IncrementalAlterConfigsResponse = MessageOf<typeof IncrementalAlterConfigsResponse>;
