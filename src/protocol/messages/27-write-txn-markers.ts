import type { MessageOf } from '../schema/index.ts';
import { array, bool, exactInt64, int8, int16, int32, message, string } from '../schema/index.ts';

export const WriteTxnMarkersRequest = message({
  apiKey: 27,
  name: 'WriteTxnMarkers',
  type: 'request',
  validVersions: '0-2',
  flexibleVersions: '1+',
  fields: {
    markers: array('0+', {
      producerId: exactInt64('0+'),
      producerEpoch: int16('0+'),
      transactionResult: bool('0+'),
      topics: array('0+', { name: string('0+'), partitionIndexes: array('0+', 'int32') }),
      coordinatorEpoch: int32('0+'),
      transactionVersion: int8('2+', { ignorable: true }),
    }),
  },
});
export type WriteTxnMarkersRequest = MessageOf<typeof WriteTxnMarkersRequest>;

export const WriteTxnMarkersResponse = message({
  apiKey: 27,
  name: 'WriteTxnMarkers',
  type: 'response',
  validVersions: '0-2',
  flexibleVersions: '1+',
  fields: {
    markers: array('0+', {
      producerId: exactInt64('0+'),
      topics: array('0+', {
        name: string('0+'),
        partitions: array('0+', { partitionIndex: int32('0+'), errorCode: int16('0+') }),
      }),
    }),
  },
});
export type WriteTxnMarkersResponse = MessageOf<typeof WriteTxnMarkersResponse>;
