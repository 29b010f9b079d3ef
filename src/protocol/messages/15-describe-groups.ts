import type { MessageOf } from '../schema/index.ts';
import { array, bool, bytes, errorText, int16, int32, message, string } from '../schema/index.ts';

export const DescribeGroupsRequest = message({
  apiKey: 15,
  name: 'DescribeGroups',
  type: 'request',
  validVersions: '0-6',
  flexibleVersions: '5+',
  fields: { groups: array('0+', 'string'), includeAuthorizedOperations: bool('3+') },
});
export type DescribeGroupsRequest = MessageOf<typeof DescribeGroupsRequest>;

export const DescribeGroupsResponse = message({
  apiKey: 15,
  name: 'DescribeGroups',
  type: 'response',
  validVersions: '0-6',
  flexibleVersions: '5+',
  fields: {
    throttleTimeMs: int32('1+', { ignorable: true }),
    groups: array('0+', {
      errorCode: int16('0+'),
      errorMessage: errorText('6+', { default: null, nullable: '6+' }),
      groupId: string('0+'),
      groupState: string('0+'),
      protocolType: string('0+'),
      protocolData: string('0+'),
      members: array('0+', {
        memberId: string('0+'),
        groupInstanceId: string('4+', { default: null, nullable: '4+', ignorable: true }),
        clientId: string('0+'),
        clientHost: string('0+'),
        memberMetadata: bytes('0+'),
        memberAssignment: bytes('0+'),
      }),
      authorizedOperations: int32('3+', {
        about: 'A bit per operation; the default says that nobody asked.',
        default: -2147483648,
      }),
    }),
  },
});
export type DescribeGroupsResponse = MessageOf<typeof DescribeGroupsResponse>;
