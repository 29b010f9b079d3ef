import type { MessageOf } from '../schema/index.ts';
import { array, exactInt64, int8, int16, int32, int64, message, string } from '../schema/index.ts';

export const ListOffsetsRequest = message({
  apiKey: 2,
  name: 'ListOffsets',
  type: 'request',
  validVersions: '0-11',
  flexibleVersions: '6+',
  fields: {
    replicaId: int32('0+', {
      about: 'The follower that asks, -1 for a consumer, -2 for debugging.',
    }),
    isolationLevel: int8('2+'),
    topics: array('0+', {
      name: string('0+'),
      partitions: array('0+', {
        partitionIndex: int32('0+'),
        currentLeaderEpoch: int32('4+', { default: -1, ignorable: true }),
        timestamp: exactInt64('0+', {
          about:
            '-1 latest, -2 earliest, -3 of the largest timestamp, -4 earliest local, -5 latest in tiered storage.',
        }),
        maxNumOffsets: int32('0', { default: 1 }),
      }),
    }),
    timeoutMs: int32('10+', { ignorable: true }),
  },
});
export type ListOffsetsRequest = MessageOf<typeof ListOffsetsRequest>;

export const ListOffsetsResponse = message({
  apiKey: 2,
  name: 'ListOffsets',
  type: 'response',
  validVersions: '0-11',
  flexibleVersions: '6+',
  fields: {
    throttleTimeMs: int32('2+', { ignorable: true }),
    topics: array('0+', {
      name: string('0+'),
      partitions: array('0+', {
        partitionIndex: int32('0+'),
        errorCode: int16('0+'),
        oldStyleOffsets: array('0', 'int64', { about: 'The starts of segments, newest first.' }),
        timestamp: exactInt64('1+', { default: -1 }),
        offset: int64('1+', { default: -1 }),
        leaderEpoch: int32('4+', { default: -1 }),
      }),
    }),
  },
});
export type ListOffsetsResponse = MessageOf<typeof ListOffsetsResponse>;
