import type { MessageOf } from '../schema/index.ts';
import { array, int16, int32, message, string } from '../schema/index.ts';

export const LeaveGroupRequest = message({
  apiKey: 13,
  name: 'LeaveGroup',
  type: 'request',
  validVersions: '0-5',
  flexibleVersions: '4+',
  fields: {
    groupId: string('0+'),
    memberId: string('0-2'),
    members: array('3+', {
      memberId: string('3+'),
      groupInstanceId: string('3+', { default: null, nullable: '3+' }),
      reason: string('5+', {
        about: 'For logs only (KIP-800).',
        default: null,
        nullable: '5+',
        ignorable: true,
      }),
    }),
  },
});
export type LeaveGroupRequest = MessageOf<typeof LeaveGroupRequest>;

export const LeaveGroupResponse = message({
  apiKey: 13,
  name: 'LeaveGroup',
  type: 'response',
  validVersions: '0-5',
  flexibleVersions: '4+',
  fields: {
    throttleTimeMs: int32('1+', { ignorable: true }),
    errorCode: int16('0+'),
    members: array('3+', {
      memberId: string('3+'),
      groupInstanceId: string('3+', { nullable: '3+' }),
      errorCode: int16('3+'),
    }),
  },
});
export type LeaveGroupResponse = MessageOf<typeof LeaveGroupResponse>;
