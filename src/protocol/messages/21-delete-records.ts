import type { MessageOf } from '../schema/index.ts';
import { array, int16, int32, int64, message, string } from '../schema/index.ts';

export const DeleteRecordsRequest = message({
  apiKey: 21,
  name: 'DeleteRecords',
  type: 'request',
  validVersions: '0-2',
  flexibleVersions: '2+',
  fields: {
    topics: array('0+', {
      name: string('0+'),
      partitions: array('0+', {
        partitionIndex: int32('0+'),
        offset: int64('0+', {
          about: 'Everything below it goes; -1 stands for the high watermark.',
        }),
      }),
    }),
    timeoutMs: int32('0+'),
  },
});
export type DeleteRecordsRequest = MessageOf<typeof DeleteRecordsRequest>;

export const DeleteRecordsResponse = message({
  apiKey: 21,
  name: 'DeleteRecords',
  type: 'response',
  validVersions: '0-2',
  flexibleVersions: '2+',
  fields: {
    throttleTimeMs: int32('0+'),
    topics: array('0+', {
      name: string('0+'),
      partitions: array('0+', {
        partitionIndex: int32('0+'),
        lowWatermark: int64('0+'),
        errorCode: int16('0+'),
      }),
    }),
  },
});
export type DeleteRecordsResponse = MessageOf<typeof DeleteRecordsResponse>;
