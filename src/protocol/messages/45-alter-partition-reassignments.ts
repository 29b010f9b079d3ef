import type { MessageOf } from '../schema/index.ts';
import { array, bool, errorText, int16, int32, message, string } from '../schema/index.ts';

export const AlterPartitionReassignmentsRequest = message({
  apiKey: 45,
  name: 'AlterPartitionReassignments',
  type: 'request',
  validVersions: '0-1',
  flexibleVersions: '0+',
  fields: {
    timeoutMs: int32('0+', { default: 60000 }),
    allowReplicationFactorChange: bool('1+', { default: true }),
    topics: array('0+', {
      name: string('0+'),
      partitions: array('0+', {
        partitionIndex: int32('0+'),
        replicas: array('0+', 'int32', { default: null, nullable: '0+' }),
      }),
    }),
  },
});
export type AlterPartitionReassignmentsRequest = MessageOf<
  typeof AlterPartitionReassignmentsRequest
>;

export const AlterPartitionReassignmentsResponse = message({
  apiKey: 45,
  name: 'AlterPartitionReassignments',
  type: 'response',
  validVersions: '0-1',
  flexibleVersions: '0+',
  fields: {
    throttleTimeMs: int32('0+'),
    allowReplicationFactorChange: bool('1+', { default: true, ignorable: true }),
    errorCode: int16('0+'),
    errorMessage: errorText('0+', { nullable: '0+' }),
    responses: array('0+', {
      name: string('0+'),
      partitions: array('0+', {
        partitionIndex: int32('0+'),
        errorCode: int16('0+'),
        errorMessage: errorText('0+', { nullable: '0+' }),
      }),
    }),
  },
});
export type AlterPartitionReassignmentsResponse = MessageOf<
  typeof AlterPartitionReassignmentsResponse
>;
