import type { MessageOf } from '../schema/index.ts';
import {
  array,
  bool,
  exactInt64,
  int8,
  int16,
  int32,
  message,
  string,
  uuid,
} from '../schema/index.ts';

const leaderAndIsrPartitionState = {
  topicName: string('0-1', { ignorable: true }),
  partitionIndex: int32('0+'),
  controllerEpoch: int32('0+'),
  leader: int32('0+'),
  leaderEpoch: int32('0+'),
  isr: array('0+', 'int32'),
  partitionEpoch: int32('0+'),
  replicas: array('0+', 'int32'),
  addingReplicas: array('3+', 'int32', { ignorable: true }),
  removingReplicas: array('3+', 'int32', { ignorable: true }),
  isNew: bool('1+', { ignorable: true }),
  leaderRecoveryState: int8('6+'),
};

export const LeaderAndIsrRequest = message({
  apiKey: 4,
  name: 'LeaderAndIsr',
  type: 'request',
  validVersions: '0-7',
  flexibleVersions: '4+',
  fields: {
    controllerId: int32('0+'),
    isKRaftController: bool('7+'),
    controllerEpoch: int32('0+'),
    brokerEpoch: exactInt64('2+', { default: -1, ignorable: true }),
    type: int8('5+'),
    ungroupedPartitionStates: array('0-1', leaderAndIsrPartitionState),
    topicStates: array('2+', {
      topicName: string('2+'),
      topicId: uuid('5+', { ignorable: true }),
      partitionStates: array('2+', leaderAndIsrPartitionState),
    }),
    liveLeaders: array('0+', { brokerId: int32('0+'), hostName: string('0+'), port: int32('0+') }),
  },
});
export type LeaderAndIsrRequest = MessageOf<typeof LeaderAndIsrRequest>;

const leaderAndIsrPartitionError = {
  topicName: string('0-4', { ignorable: true }),
  partitionIndex: int32('0+'),
  errorCode: int16('0+'),
};

export const LeaderAndIsrResponse = message({
  apiKey: 4,
  name: 'LeaderAndIsr',
  type: 'response',
  validVersions: '0-7',
  flexibleVersions: '4+',
  fields: {
    errorCode: int16('0+'),
    partitionErrors: array('0-4', leaderAndIsrPartitionError),
    topics: array('5+', {
      topicId: uuid('5+'),
      partitionErrors: array('5+', leaderAndIsrPartitionError),
    }),
  },
});
export type LeaderAndIsrResponse = MessageOf<typeof LeaderAndIsrResponse>;
