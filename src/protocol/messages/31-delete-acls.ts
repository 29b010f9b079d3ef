import type { MessageOf } from '../schema/index.ts';
import { array, errorText, int8, int16, int32, message, string } from '../schema/index.ts';

export const DeleteAclsRequest = message({
  apiKey: 31,
  name: 'DeleteAcls',
  type: 'request',
  validVersions: '0-3',
  flexibleVersions: '2+',
  fields: {
    filters: array('0+', {
      resourceTypeFilter: int8('0+'),
      resourceNameFilter: string('0+', { nullable: '0+' }),
      patternTypeFilter: int8('1+', { default: 3 }),
      principalFilter: string('0+', { nullable: '0+' }),
      hostFilter: string('0+', { nullable: '0+' }),
      operation: int8('0+'),
      permissionType: int8('0+'),
    }),
  },
});
export type DeleteAclsRequest = MessageOf<typeof DeleteAclsRequest>;

export const DeleteAclsResponse = message({
  apiKey: 31,
  name: 'DeleteAcls',
  type: 'response',
  validVersions: '0-3',
  flexibleVersions: '2+',
  fields: {
    throttleTimeMs: int32('0+'),
    filterResults: array('0+', {
      errorCode: int16('0+'),
      errorMessage: errorText('0+', { nullable: '0+' }),
      matchingAcls: array('0+', {
        errorCode: int16('0+'),
        errorMessage: errorText('0+', { nullable: '0+' }),
        resourceType: int8('0+'),
        resourceName: string('0+'),
        patternType: int8('1+', { default: 3 }),
        principal: string('0+'),
        host: string('0+'),
        operation: int8('0+'),
        permissionType: int8('0+'),
      }),
    }),
  },
});
export type DeleteAclsResponse = MessageOf<typeof DeleteAclsResponse>;
