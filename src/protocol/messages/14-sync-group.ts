import type { MessageOf } from '../schema/index.ts';
import { array, bytes, int16, int32, message, string } from '../schema/index.ts';

export const SyncGroupRequest = message({
  apiKey: 14,
  name: 'SyncGroup',
  type: 'request',
  validVersions: '0-5',
  flexibleVersions: '4+',
  fields: {
    groupId: string('0+'),
    generationId: int32('0+'),
    memberId: string('0+'),
    groupInstanceId: string('3+', { default: null, nullable: '3+' }),
    protocolType: string('5+', { default: null, nullable: '5+', ignorable: true }),
    protocolName: string('5+', { default: null, nullable: '5+', ignorable: true }),
    assignments: array('0+', { memberId: string('0+'), assignment: bytes('0+') }),
  },
});
export type SyncGroupRequest = MessageOf<typeof SyncGroupRequest>;

export const SyncGroupResponse = message({
  apiKey: 14,
  name: 'SyncGroup',
  type: 'response',
  validVersions: '0-5',
  flexibleVersions: '4+',
  fields: {
    throttleTimeMs: int32('1+', { ignorable: true }),
    errorCode: int16('0+'),
    protocolType: string('5+', { default: null, nullable: '5+', ignorable: true }),
    protocolName: string('5+', { default: null, nullable: '5+', ignorable: true }),
    assignment: bytes('0+'),
  },
});
export type SyncGroupResponse = MessageOf<typeof SyncGroupResponse>;
