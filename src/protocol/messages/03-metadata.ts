import type { MessageOf } from '../schema/index.ts';
import { array, bool, int16, int32, message, string, uuid } from '../schema/index.ts';

export const MetadataRequest = message({
  apiKey: 3,
  name: 'Metadata',
  type: 'request',
  validVersions: '0-13',
  flexibleVersions: '9+',
  fields: {
    topics: array(
      '0+',
      { topicId: uuid('10+', { ignorable: true }), name: string('0+', { nullable: '10+' }) },
      { about: 'Null, or empty at version 0, asks for all topics.', nullable: '1+' },
    ),
    allowAutoTopicCreation: bool('4+', {
      about: 'Below version 4 it is always allowed.',
      default: true,
    }),
    includeClusterAuthorizedOperations: bool('8-10'),
    includeTopicAuthorizedOperations: bool('8+'),
  },
});
export type MetadataRequest = MessageOf<typeof MetadataRequest>;

export const MetadataResponse = message({
  apiKey: 3,
  name: 'Metadata',
  type: 'response',
  validVersions: '0-13',
  flexibleVersions: '9+',
  fields: {
    throttleTimeMs: int32('3+', { ignorable: true }),
    brokers: array('0+', {
      nodeId: int32('0+'),
      host: string('0+', {
        about: 'As this client can reach the broker: that of the listener it came through.',
      }),
      port: int32('0+'),
      rack: string('1+', { default: null, nullable: '1+', ignorable: true }),
    }),
    clusterId: string('2+', { default: null, nullable: '2+', ignorable: true }),
    controllerId: int32('1+', { default: -1, ignorable: true }),
    topics: array('0+', {
      errorCode: int16('0+'),
      name: string('0+', { nullable: '12+' }),
      topicId: uuid('10+', { ignorable: true }),
      isInternal: bool('1+', { ignorable: true }),
      partitions: array('0+', {
        errorCode: int16('0+'),
        partitionIndex: int32('0+'),
        leaderId: int32('0+'),
        leaderEpoch: int32('7+', { default: -1, ignorable: true }),
        replicaNodes: array('0+', 'int32'),
        isrNodes: array('0+', 'int32'),
        offlineReplicas: array('5+', 'int32', { ignorable: true }),
      }),
      topicAuthorizedOperations: int32('8+', { default: -2147483648 }),
    }),
    clusterAuthorizedOperations: int32('8-10', {
      about: 'A bit per operation; the default says that nobody asked.',
      default: -2147483648,
    }),
    errorCode: int16('13+', { ignorable: true }),
  },
});
export type MetadataResponse = MessageOf<typeof MetadataResponse>;
