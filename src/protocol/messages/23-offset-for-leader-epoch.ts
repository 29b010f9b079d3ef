import type { MessageOf } from '../schema/index.ts';
import { array, int16, int32, int64, message, string } from '../schema/index.ts';

export const OffsetForLeaderEpochRequest = message({
  apiKey: 23,
  name: 'OffsetForLeaderEpoch',
  type: 'request',
  validVersions: '0-4',
  flexibleVersions: '4+',
  fields: {
    replicaId: int32('3+', { default: -2, ignorable: true }),
    topics: array('0+', {
      topic: string('0+'),
      partitions: array('0+', {
        partition: int32('0+'),
        currentLeaderEpoch: int32('2+', { default: -1, ignorable: true }),
        leaderEpoch: int32('0+'),
      }),
    }),
  },
});
export type OffsetForLeaderEpochRequest = MessageOf<typeof OffsetForLeaderEpochRequest>;

export const OffsetForLeaderEpochResponse = message({
  apiKey: 23,
  name: 'OffsetForLeaderEpoch',
  type: 'response',
  validVersions: '0-4',
  flexibleVersions: '4+',
  fields: {
    throttleTimeMs: int32('2+', { ignorable: true }),
    topics: array('0+', {
      topic: string('0+'),
      partitions: array('0+', {
        errorCode: int16('0+'),
        partition: int32('0+'),
        leaderEpoch: int32('1+', { default: -1, ignorable: true }),
        endOffset: int64('0+', {
          about: 'The first offset after the epoch, or -1 where the epoch is unknown.',
          default: -1,
        }),
      }),
    }),
  },
});
export type OffsetForLeaderEpochResponse = MessageOf<typeof OffsetForLeaderEpochResponse>;
