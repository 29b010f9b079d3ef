import type { MessageOf } from '../schema/index.ts';
import { array, exactInt64, int16, int32, message, string } from '../schema/index.ts';

export const TxnOffsetCommitRequest = message({
  apiKey: 28,
  name: 'TxnOffsetCommit',
  type: 'request',
  validVersions: '0-5',
  flexibleVersions: '3+',
  fields: {
    transactionalId: string('0+'),
    groupId: string('0+'),
    producerId: exactInt64('0+'),
    producerEpoch: int16('0+'),
    generationId: int32('3+', { default: -1 }),
    memberId: string('3+'),
    groupInstanceId: string('3+', { default: null, nullable: '3+' }),
    topics: array('0+', {
      name: string('0+'),
      partitions: array('0+', {
        partitionIndex: int32('0+'),
        committedOffset: exactInt64('0+'),
        committedLeaderEpoch: int32('2+', { default: -1, ignorable: true }),
        committedMetadata: string('0+', { nullable: '0+' }),
      }),
    }),
  },
});
export type TxnOffsetCommitRequest = MessageOf<typeof TxnOffsetCommitRequest>;

export const TxnOffsetCommitResponse = message({
  apiKey: 28,
  name: 'TxnOffsetCommit',
  type: 'response',
  validVersions: '0-5',
  flexibleVersions: '3+',
  fields: {
    throttleTimeMs: int32('0+'),
    topics: array('0+', {
      name: string('0+'),
      partitions: array('0+', { partitionIndex: int32('0+'), errorCode: int16('0+') }),
    }),
  },
});
export type TxnOffsetCommitResponse = MessageOf<typeof TxnOffsetCommitResponse>;
