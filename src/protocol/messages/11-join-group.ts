import type { MessageOf } from '../schema/index.ts';
import { array, bool, bytes, int16, int32, message, string } from '../schema/index.ts';

export const JoinGroupRequest = message({
  apiKey: 11,
  name: 'JoinGroup',
  type: 'request',
  validVersions: '0-9',
  flexibleVersions: '6+',
  fields: {
    groupId: string('0+'),
    sessionTimeoutMs: int32('0+'),
    rebalanceTimeoutMs: int32('1+', {
      about: 'Version 0 uses the session timeout instead.',
      default: -1,
      ignorable: true,
    }),
    memberId: string('0+', { about: 'Empty for a member that joins for the first time.' }),
    groupInstanceId: string('5+', { default: null, nullable: '5+' }),
    protocolType: string('0+'),
    protocols: array('0+', { name: string('0+'), metadata: bytes('0+') }),
    reason: string('8+', { default: null, nullable: '8+', ignorable: true }),
  },
});
export type JoinGroupRequest = MessageOf<typeof JoinGroupRequest>;

export const JoinGroupResponse = message({
  apiKey: 11,
  name: 'JoinGroup',
  type: 'response',
  validVersions: '0-9',
  flexibleVersions: '6+',
  fields: {
    throttleTimeMs: int32('2+', { ignorable: true }),
    errorCode: int16('0+'),
    generationId: int32('0+', { default: -1 }),
    protocolType: string('7+', { default: null, nullable: '7+', ignorable: true }),
    protocolName: string('0+', { nullable: '7+' }),
    leader: string('0+'),
    skipAssignment: bool('9+', {
      about: 'The leader keeps the assignment it has: a static leader came back (KIP-814).',
    }),
    memberId: string('0+'),
    members: array('0+', {
      memberId: string('0+'),
      groupInstanceId: string('5+', { default: null, nullable: '5+', ignorable: true }),
      metadata: bytes('0+'),
    }),
  },
});
export type JoinGroupResponse = MessageOf<typeof JoinGroupResponse>;
