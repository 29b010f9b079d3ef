import type { MessageOf } from '../schema/index.ts';
import { array, bool, exactInt64, int16, int32, message, string } from '../schema/index.ts';

export const StopReplicaRequest = message({
  apiKey: 5,
  name: 'StopReplica',
  type: 'request',
  validVersions: '0-4',
  flexibleVersions: '2+',
  fields: {
    controllerId: int32('0+'),
    isKRaftController: bool('4+'),
    controllerEpoch: int32('0+'),
    brokerEpoch: exactInt64('1+', { default: -1, ignorable: true }),
    deletePartitions: bool('0-2'),
    ungroupedPartitions: array('0', { topicName: string('0'), partitionIndex: int32('0') }),
    topics: array('1-2', { name: string('1-2'), partitionIndexes: array('1-2', 'int32') }),
    topicStates: array('3+', {
      topicName: string('3+'),
      partitionStates: array('3+', {
        partitionIndex: int32('3+'),
        leaderEpoch: int32('3+', { default: -1 }),
        deletePartition: bool('3+'),
      }),
    }),
  },
});
export type StopReplicaRequest = MessageOf<typeof StopReplicaRequest>;

export const StopReplicaResponse = message({
  apiKey: 5,
  name: 'StopReplica',
  type: 'response',
  validVersions: '0-4',
  flexibleVersions: '2+',
  fields: {
    errorCode: int16('0+'),
    partitionErrors: array('0+', {
      topicName: string('0+'),
      partitionIndex: int32('0+'),
      errorCode: int16('0+'),
    }),
  },
});
export type StopReplicaResponse = MessageOf<typeof StopReplicaResponse>;
