import type { MessageOf } from '../schema/index.ts';
import { array, errorText, int8, int16, int32, message, string } from '../schema/index.ts';

export const FindCoordinatorRequest = message({
  apiKey: 10,
  name: 'FindCoordinator',
  type: 'request',
  validVersions: '0-6',
  flexibleVersions: '3+',
  fields: {
    key: string('0-3'),
    keyType: int8('1+', { about: '0 a group, 1 a transactional id, 2 a share group partition.' }),
    coordinatorKeys: array('4+', 'string'),
  },
});
export type FindCoordinatorRequest = MessageOf<typeof FindCoordinatorRequest>;

export const FindCoordinatorResponse = message({
  apiKey: 10,
  name: 'FindCoordinator',
  type: 'response',
  validVersions: '0-6',
  flexibleVersions: '3+',
  fields: {
    throttleTimeMs: int32('1+', { ignorable: true }),
    errorCode: int16('0-3'),
    errorMessage: errorText('1-3', { nullable: '1-3', ignorable: true }),
    nodeId: int32('0-3'),
    host: string('0-3'),
    port: int32('0-3'),
    coordinators: array('4+', {
      key: string('4+'),
      nodeId: int32('4+'),
      host: string('4+'),
      port: int32('4+'),
      errorCode: int16('4+'),
      errorMessage: errorText('4+', { nullable: '4+', ignorable: true }),
    }),
  },
});
export type FindCoordinatorResponse = MessageOf<typeof FindCoordinatorResponse>;
