import type { MessageOf } from '../schema/index.ts';
import { array, errorText, int8, int16, int32, message, string } from '../schema/index.ts';

export const CreateAclsRequest = message({
  apiKey: 30,
  name: 'CreateAcls',
  type: 'request',
  validVersions: '0-3',
  flexibleVersions: '2+',
  fields: {
    creations: array('0+', {
      resourceType: int8('0+'),
      resourceName: string('0+'),
      resourcePatternType: int8('1+', { default: 3 }),
      principal: string('0+'),
      host: string('0+'),
      operation: int8('0+'),
      permissionType: int8('0+'),
    }),
  },
});
export type CreateAclsRequest = MessageOf<typeof CreateAclsRequest>;

export const CreateAclsResponse = message({
  apiKey: 30,
  name: 'CreateAcls',
  type: 'response',
  validVersions: '0-3',
  flexibleVersions: '2+',
  fields: {
    throttleTimeMs: int32('0+'),
    results: array('0+', {
      errorCode: int16('0+'),
      errorMessage: errorText('0+', { nullable: '0+' }),
    }),
  },
});
export type CreateAclsResponse = MessageOf<typeof CreateAclsResponse>;
