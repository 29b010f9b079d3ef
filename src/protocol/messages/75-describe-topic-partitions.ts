import type { MessageOf } from '../schema/index.ts';
import { array, bool, int16, int32, message, string, struct, uuid } from '../schema/index.ts';

export const DescribeTopicPartitionsRequest = message({
  apiKey: 75,
  name: 'DescribeTopicPartitions',
  type: 'request',
  validVersions: '0',
  flexibleVersions: '0+',
  fields: {
    topics: array('0+', { name: string('0+') }),
    responsePartitionLimit: int32('0+', { default: 2000 }),
    cursor: struct(
      '0+',
      { topicName: string('0+'), partitionIndex: int32('0+') },
      { default: null, nullable: '0+' },
    ),
  },
});
export type DescribeTopicPartitionsRequest = MessageOf<typeof DescribeTopicPartitionsRequest>;

export const DescribeTopicPartitionsResponse = message({
  apiKey: 75,
  name: 'DescribeTopicPartitions',
  type: 'response',
  validVersions: '0',
  flexibleVersions: '0+',
  fields: {
    throttleTimeMs: int32('0+', { ignorable: true }),
    topics: array('0+', {
      errorCode: int16('0+'),
      name: string('0+', { nullable: '0+' }),
      topicId: uuid('0+', { ignorable: true }),
      isInternal: bool('0+', { ignorable: true }),
      partitions: array('0+', {
        errorCode: int16('0+'),
        partitionIndex: int32('0+'),
        leaderId: int32('0+'),
        leaderEpoch: int32('0+', { default: -1, ignorable: true }),
        replicaNodes: array('0+', 'int32'),
        isrNodes: array('0+', 'int32'),
        eligibleLeaderReplicas: array('0+', 'int32', { default: null, nullable: '0+' }),
        lastKnownElr: array('0+', 'int32', { default: null, nullable: '0+' }),
        offlineReplicas: array('0+', 'int32', { ignorable: true }),
      }),
      topicAuthorizedOperations: int32('0+', { default: -2147483648 }),
    }),
    nextCursor: struct(
      '0+',
      { topicName: string('0+'), partitionIndex: int32('0+') },
      { default: null, nullable: '0+' },
    ),
  },
});
export type DescribeTopicPartitionsResponse = MessageOf<typeof DescribeTopicPartitionsResponse>;
