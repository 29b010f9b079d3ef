import type { MessageOf } from '../schema/index.ts';
import { array, errorText, int8, int16, int32, message, string } from '../schema/index.ts';

export const ElectLeadersRequest = message({
  apiKey: 43,
  name: 'ElectLeaders',
  type: 'request',
  validVersions: '0-2',
  flexibleVersions: '2+',
  fields: {
    electionType: int8('1+'),
    topicPartitions: array(
      '0+',
      { topic: string('0+'), partitions: array('0+', 'int32') },
      { nullable: '0+' },
    ),
    timeoutMs: int32('0+', { default: 60000 }),
  },
});
export type ElectLeadersRequest = MessageOf<typeof ElectLeadersRequest>;

export const ElectLeadersResponse = message({
  apiKey: 43,
  name: 'ElectLeaders',
  type: 'response',
  validVersions: '0-2',
  flexibleVersions: '2+',
  fields: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('1+'),
    replicaElectionResults: array('0+', {
      topic: string('0+'),
      partitionResult: array('0+', {
        partitionId: int32('0+'),
        errorCode: int16('0+'),
        errorMessage: errorText('0+', { nullable: '0+' }),
      }),
    }),
  },
});
export type ElectLeadersResponse = MessageOf<typeof ElectLeadersResponse>;
