import type { MessageOf } from '../schema/index.ts';
import { array, exactInt64, int16, int32, message, string, uuid } from '../schema/index.ts';

export const OffsetCommitRequest = message({
  apiKey: 8,
  name: 'OffsetCommit',
  type: 'request',
  validVersions: '0-10',
  flexibleVersions: '8+',
  fields: {
    groupId: string('0+'),
    generationIdOrMemberEpoch: int32('1+', {
      about: '-1 for a commit from outside the group.',
      default: -1,
      ignorable: true,
    }),
    memberId: string('1+', { ignorable: true }),
    groupInstanceId: string('7+', { default: null, nullable: '7+' }),
    retentionTimeMs: exactInt64('2-4', {
      about: '-1 means the retention of the broker; later versions leave it to the broker.',
      default: -1,
      ignorable: true,
    }),
    topics: array('0+', {
      name: string('0-9', { ignorable: true }),
      topicId: uuid('10+', { ignorable: true }),
      partitions: array('0+', {
        partitionIndex: int32('0+'),
        committedOffset: exactInt64('0+'),
        committedLeaderEpoch: int32('6+', { default: -1, ignorable: true }),
        commitTimestamp: exactInt64('1', { default: -1 }),
        committedMetadata: string('0+', { nullable: '0+' }),
      }),
    }),
  },
});
export type OffsetCommitRequest = MessageOf<typeof OffsetCommitRequest>;

export const OffsetCommitResponse = message({
  apiKey: 8,
  name: 'OffsetCommit',
  type: 'response',
  validVersions: '0-10',
  flexibleVersions: '8+',
  fields: {
    throttleTimeMs: int32('3+', { ignorable: true }),
    topics: array('0+', {
      name: string('0-9', { ignorable: true }),
      topicId: uuid('10+', { ignorable: true }),
      partitions: array('0+', { partitionIndex: int32('0+'), errorCode: int16('0+') }),
    }),
  },
});
export type OffsetCommitResponse = MessageOf<typeof OffsetCommitResponse>;
