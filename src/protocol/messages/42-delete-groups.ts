import type { MessageOf } from '../schema/index.ts';
import { array, int16, int32, message, string } from '../schema/index.ts';

export const DeleteGroupsRequest = message({
  apiKey: 42,
  name: 'DeleteGroups',
  type: 'request',
  validVersions: '0-2',
  flexibleVersions: '2+',
  fields: { groupsNames: array('0+', 'string') },
});
export type DeleteGroupsRequest = MessageOf<typeof DeleteGroupsRequest>;

export const DeleteGroupsResponse = message({
  apiKey: 42,
  name: 'DeleteGroups',
  type: 'response',
  validVersions: '0-2',
  flexibleVersions: '2+',
  fields: {
    throttleTimeMs: int32('0+'),
    results: array('0+', { groupId: string('0+'), errorCode: int16('0+') }),
  },
});
export type DeleteGroupsResponse = MessageOf<typeof DeleteGroupsResponse>;
