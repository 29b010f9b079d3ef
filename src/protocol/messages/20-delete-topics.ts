import type { MessageOf } from '../schema/index.ts';
import { array, errorText, int16, int32, message, string, uuid } from '../schema/index.ts';

export const DeleteTopicsRequest = message({
  apiKey: 20,
  name: 'DeleteTopics',
  type: 'request',
  validVersions: '0-6',
  flexibleVersions: '4+',
  fields: {
    topics: array('6+', {
      name: string('6+', { default: null, nullable: '6+' }),
      topicId: uuid('6+'),
    }),
    topicNames: array('0-5', 'string', { ignorable: true }),
    timeoutMs: int32('0+'),
  },
});
export type DeleteTopicsRequest = MessageOf<typeof DeleteTopicsRequest>;

export const DeleteTopicsResponse = message({
  apiKey: 20,
  name: 'DeleteTopics',
  type: 'response',
  validVersions: '0-6',
  flexibleVersions: '4+',
  fields: {
    throttleTimeMs: int32('1+', { ignorable: true }),
    responses: array('0+', {
      name: string('0+', { nullable: '6+' }),
      topicId: uuid('6+', { ignorable: true }),
      errorCode: int16('0+'),
      errorMessage: errorText('5+', { default: null, nullable: '5+', ignorable: true }),
    }),
  },
});
export type DeleteTopicsResponse = MessageOf<typeof DeleteTopicsResponse>;
