import type { MessageOf } from '../schema/index.ts';
import { array, int16, int32, message, string } from '../schema/index.ts';

export const OffsetDeleteRequest = message({
  apiKey: 47,
  name: 'OffsetDelete',
  type: 'request',
  validVersions: '0',
  flexibleVersions: 'none',
  fields: {
    groupId: string('0+'),
    topics: array('0+', {
      name: string('0+'),
      partitions: array('0+', { partitionIndex: int32('0+') }),
    }),
  },
});
export type OffsetDeleteRequest = MessageOf<typeof OffsetDeleteRequest>;

export const OffsetDeleteResponse = message({
  apiKey: 47,
  name: 'OffsetDelete',
  type: 'response',
  validVersions: '0',
  flexibleVersions: 'none',
  fields: {
    errorCode: int16('0+'),
    throttleTimeMs: int32('0+', { ignorable: true }),
    topics: array('0+', {
      name: string('0+'),
      partitions: array('0+', { partitionIndex: int32('0+'), errorCode: int16('0+') }),
    }),
  },
});
export type OffsetDeleteResponse = MessageOf<typeof OffsetDeleteResponse>;
