import type { MessageOf } from '../schema/index.ts';
import {
  array,
  errorText,
  exactInt64,
  int16,
  int32,
  int64,
  message,
  string,
} from '../schema/index.ts';

export const DescribeProducersRequest = message({
  apiKey: 61,
  name: 'DescribeProducers',
  type: 'request',
  validVersions: '0',
  flexibleVersions: '0+',
  fields: { topics: array('0+', { name: string('0+'), partitionIndexes: array('0+', 'int32') }) },
});
export type DescribeProducersRequest = MessageOf<typeof DescribeProducersRequest>;

export const DescribeProducersResponse = message({
  apiKey: 61,
  name: 'DescribeProducers',
  type: 'response',
  validVersions: '0',
  flexibleVersions: '0+',
  fields: {
    throttleTimeMs: int32('0+'),
    topics: array('0+', {
      name: string('0+'),
      partitions: array('0+', {
        partitionIndex: int32('0+'),
        errorCode: int16('0+'),
        errorMessage: errorText('0+', { default: null, nullable: '0+' }),
        activeProducers: array('0+', {
          producerId: exactInt64('0+'),
          producerEpoch: int32('0+'),
          lastSequence: int32('0+', { default: -1 }),
          lastTimestamp: exactInt64('0+', { default: -1 }),
          coordinatorEpoch: int32('0+'),
          currentTxnStartOffset: int64('0+', { default: -1 }),
        }),
      }),
    }),
  },
});
export type DescribeProducersResponse = MessageOf<typeof DescribeProducersResponse>;
