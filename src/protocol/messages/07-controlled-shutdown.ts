import type { MessageOf } from '../schema/index.ts';
import { array, exactInt64, int16, int32, message, string } from '../schema/index.ts';

export const ControlledShutdownRequest = message({
  apiKey: 7,
  name: 'ControlledShutdown',
  type: 'request',
  validVersions: '0-3',
  flexibleVersions: '3+',
  fields: {
    brokerId: int32('0+'),
    brokerEpoch: exactInt64('2+', { default: -1, ignorable: true }),
  },
});
export type ControlledShutdownRequest = MessageOf<typeof ControlledShutdownRequest>;

export const ControlledShutdownResponse = message({
  apiKey: 7,
  name: 'ControlledShutdown',
  type: 'response',
  validVersions: '0-3',
  flexibleVersions: '3+',
  fields: {
    errorCode: int16('0+'),
    remainingPartitions: array('0+', { topicName: string('0+'), partitionIndex: int32('0+') }),
  },
});
export type ControlledShutdownResponse = MessageOf<typeof ControlledShutdownResponse>;
