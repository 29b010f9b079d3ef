import type { MessageOf } from '../schema/index.ts';
import { int16, int32, message, string } from '../schema/index.ts';

export const HeartbeatRequest = message({
  apiKey: 12,
  name: 'Heartbeat',
  type: 'request',
  validVersions: '0-4',
  flexibleVersions: '4+',
  fields: {
    groupId: string('0+'),
    generationId: int32('0+'),
    memberId: string('0+'),
    groupInstanceId: string('3+', { default: null, nullable: '3+' }),
  },
});
export type HeartbeatRequest = MessageOf<typeof HeartbeatRequest>;

export const HeartbeatResponse = message({
  apiKey: 12,
  name: 'Heartbeat',
  type: 'response',
  validVersions: '0-4',
  flexibleVersions: '4+',
  fields: { throttleTimeMs: int32('1+', { ignorable: true }), errorCode: int16('0+') },
});
export type HeartbeatResponse = MessageOf<typeof HeartbeatResponse>;
