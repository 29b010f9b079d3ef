import type { MessageOf } from '../schema/index.ts';
import { array, errorText, int16, int32, message, string } from '../schema/index.ts';

export const ListPartitionReassignmentsRequest = message({
  apiKey: 46,
  name: 'ListPartitionReassignments',
  type: 'request',
  validVersions: '0',
  flexibleVersions: '0+',
  fields: {
    timeoutMs: int32('0+', { default: 60000 }),
    topics: array(
      '0+',
      { name: string('0+'), partitionIndexes: array('0+', 'int32') },
      { default: null, nullable: '0+' },
    ),
  },
});
export type ListPartitionReassignmentsRequest = MessageOf<typeof ListPartitionReassignmentsRequest>;

export const ListPartitionReassignmentsResponse = message({
  apiKey: 46,
  name: 'ListPartitionReassignments',
  type: 'response',
  validVersions: '0',
  flexibleVersions: '0+',
  fields: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    errorMessage: errorText('0+', { nullable: '0+' }),
    topics: array('0+', {
      name: string('0+'),
      partitions: array('0+', {
        partitionIndex: int32('0+'),
        replicas: array('0+', 'int32'),
        addingReplicas: array('0+', 'int32'),
        removingReplicas: array('0+', 'int32'),
      }),
    }),
  },
});
export type ListPartitionReassignmentsResponse = MessageOf<
  typeof ListPartitionReassignmentsResponse
>;
