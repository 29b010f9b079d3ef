import type { MessageOf } from '../schema/index.ts';
import { array, bool, errorText, int16, int32, message, string } from '../schema/index.ts';

export const CreatePartitionsRequest = message({
  apiKey: 37,
  name: 'CreatePartitions',
  type: 'request',
  validVersions: '0-3',
  flexibleVersions: '2+',
  fields: {
    topics: array('0+', {
      name: string('0+'),
      count: int32('0+'),
      assignments: array('0+', { brokerIds: array('0+', 'int32') }, { nullable: '0+' }),
    }),
    timeoutMs: int32('0+'),
    validateOnly: bool('0+'),
  },
});
export type CreatePartitionsRequest = MessageOf<typeof CreatePartitionsRequest>;

export const CreatePartitionsResponse = message({
  apiKey: 37,
  name: 'CreatePartitions',
  type: 'response',
  validVersions: '0-3',
  flexibleVersions: '2+',
  fields: {
    throttleTimeMs: int32('0+'),
    results: array('0+', {
      name: string('0+'),
      errorCode: int16('0+'),
      errorMessage: errorText('0+', { default: null, nullable: '0+' }),
    }),
  },
});
export type CreatePartitionsResponse = MessageOf<typeof CreatePartitionsResponse>;
