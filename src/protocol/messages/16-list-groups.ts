import type { MessageOf } from '../schema/index.ts';
import { array, int16, int32, message, string } from '../schema/index.ts';

export const ListGroupsRequest = message({
  apiKey: 16,
  name: 'ListGroups',
  type: 'request',
  validVersions: '0-5',
  flexibleVersions: '3+',
  fields: { statesFilter: array('4+', 'string'), typesFilter: array('5+', 'string') },
});
export type ListGroupsRequest = MessageOf<typeof ListGroupsRequest>;

export const ListGroupsResponse = message({
  apiKey: 16,
  name: 'ListGroups',
  type: 'response',
  validVersions: '0-5',
  flexibleVersions: '3+',
  fields: {
    throttleTimeMs: int32('1+', { ignorable: true }),
    errorCode: int16('0+'),
    groups: array('0+', {
      groupId: string('0+'),
      protocolType: string('0+'),
      groupState: string('4+', { ignorable: true }),
      groupType: string('5+', { ignorable: true }),
    }),
  },
});
export type ListGroupsResponse = MessageOf<typeof ListGroupsResponse>;
