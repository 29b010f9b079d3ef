import type { MessageOf } from '../schema/index.ts';
import {
  array,
  bool,
  errorText,
  int8,
  int16,
  int32,
  message,
  string,
  uuid,
} from '../schema/index.ts';

export const CreateTopicsRequest = message({
  apiKey: 19,
  name: 'CreateTopics',
  type: 'request',
  validVersions: '0-7',
  flexibleVersions: '5+',
  fields: {
    topics: array('0+', {
      name: string('0+'),
      numPartitions: int32('0+', {
        about: '-1 for the default of the broker, or with an assignment.',
      }),
      replicationFactor: int16('0+', {
        about: '-1 for the default of the broker, or with an assignment.',
      }),
      assignments: array('0+', { partitionIndex: int32('0+'), brokerIds: array('0+', 'int32') }),
      configs: array('0+', { name: string('0+'), value: string('0+', { nullable: '0+' }) }),
    }),
    timeoutMs: int32('0+', { default: 60000 }),
    validateOnly: bool('1+'),
  },
});
export type CreateTopicsRequest = MessageOf<typeof CreateTopicsRequest>;

export const CreateTopicsResponse = message({
  apiKey: 19,
  name: 'CreateTopics',
  type: 'response',
  validVersions: '0-7',
  flexibleVersions: '5+',
  fields: {
    throttleTimeMs: int32('2+', { ignorable: true }),
    topics: array('0+', {
      name: string('0+'),
      topicId: uuid('7+', { ignorable: true }),
      errorCode: int16('0+'),
      errorMessage: errorText('1+', { nullable: '0+', ignorable: true }),
      topicConfigErrorCode: int16('5+', { ignorable: true, tag: 0, taggedVersions: '5+' }),
      numPartitions: int32('5+', { default: -1, ignorable: true }),
      replicationFactor: int16('5+', { default: -1, ignorable: true }),
      configs: array(
        '5+',
        {
          name: string('5+'),
          value: string('5+', { nullable: '5+' }),
          readOnly: bool('5+'),
          configSource: int8('5+', { default: -1, ignorable: true }),
          isSensitive: bool('5+'),
        },
        { nullable: '5+', ignorable: true },
      ),
    }),
  },
});
export type CreateTopicsResponse = MessageOf<typeof CreateTopicsResponse>;
