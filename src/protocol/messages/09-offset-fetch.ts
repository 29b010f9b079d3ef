import type { MessageOf } from '../schema/index.ts';
import { array, bool, exactInt64, int16, int32, message, string, uuid } from '../schema/index.ts';

export const OffsetFetchRequest = message({
  apiKey: 9,
  name: 'OffsetFetch',
  type: 'request',
  validVersions: '0-10',
  flexibleVersions: '6+',
  fields: {
    groupId: string('0-7'),
    topics: array(
      '0-7',
      { name: string('0-7'), partitionIndexes: array('0-7', 'int32') },
      { nullable: '2-7' },
    ),
    groups: array('8+', {
      groupId: string('8+'),
      memberId: string('9+', { default: null, nullable: '9+', ignorable: true }),
      memberEpoch: int32('9+', { default: -1, ignorable: true }),
      topics: array(
        '8+',
        {
          name: string('8-9', { ignorable: true }),
          topicId: uuid('10+', { ignorable: true }),
          partitionIndexes: array('8+', 'int32'),
        },
        { nullable: '8+' },
      ),
    }),
    requireStable: bool('7+', {
      about: 'Refuse offsets that an open transaction may still change (KIP-447).',
    }),
  },
});
export type OffsetFetchRequest = MessageOf<typeof OffsetFetchRequest>;

export const OffsetFetchResponse = message({
  apiKey: 9,
  name: 'OffsetFetch',
  type: 'response',
  validVersions: '0-10',
  flexibleVersions: '6+',
  fields: {
    throttleTimeMs: int32('3+', { ignorable: true }),
    topics: array('0-7', {
      name: string('0-7'),
      partitions: array('0-7', {
        partitionIndex: int32('0-7'),
        committedOffset: exactInt64('0-7'),
        committedLeaderEpoch: int32('5-7', { default: -1, ignorable: true }),
        metadata: string('0-7', { nullable: '0-7' }),
        errorCode: int16('0-7'),
      }),
    }),
    errorCode: int16('2-7', { ignorable: true }),
    groups: array('8+', {
      groupId: string('8+'),
      topics: array('8+', {
        name: string('8-9', { ignorable: true }),
        topicId: uuid('10+', { ignorable: true }),
        partitions: array('8+', {
          partitionIndex: int32('8+'),
          committedOffset: exactInt64('8+'),
          committedLeaderEpoch: int32('8+', { default: -1, ignorable: true }),
          metadata: string('8+', { nullable: '8+' }),
          errorCode: int16('8+'),
        }),
      }),
      errorCode: int16('8+'),
    }),
  },
});
export type OffsetFetchResponse = MessageOf<typeof OffsetFetchResponse>;
