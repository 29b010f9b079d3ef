import type { MessageOf } from '../schema/index.ts';
import { array, bool, errorText, int8, int16, int32, message, string } from '../schema/index.ts';

export const DescribeClusterRequest = message({
  apiKey: 60,
  name: 'DescribeCluster',
  type: 'request',
  validVersions: '0-2',
  flexibleVersions: '0+',
  fields: {
    includeClusterAuthorizedOperations: bool('0+'),
    endpointType: int8('1+', { about: '1 brokers, 2 controllers.', default: 1 }),
    includeFencedBrokers: bool('2+'),
  },
});
export type DescribeClusterRequest = MessageOf<typeof DescribeClusterRequest>;

export const DescribeClusterResponse = message({
  apiKey: 60,
  name: 'DescribeCluster',
  type: 'response',
  validVersions: '0-2',
  flexibleVersions: '0+',
  fields: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    errorMessage: errorText('0+', { default: null, nullable: '0+' }),
    endpointType: int8('1+', { default: 1 }),
    clusterId: string('0+'),
    controllerId: int32('0+', { default: -1 }),
    brokers: array('0+', {
      brokerId: int32('0+'),
      host: string('0+'),
      port: int32('0+'),
      rack: string('0+', { default: null, nullable: '0+' }),
      isFenced: bool('2+'),
    }),
    clusterAuthorizedOperations: int32('0+', { default: -2147483648 }),
  },
});
export type DescribeClusterResponse = MessageOf<typeof DescribeClusterResponse>;
