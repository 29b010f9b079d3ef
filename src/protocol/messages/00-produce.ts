import type { MessageOf } from '../schema/index.ts';
import {
  array,
  errorText,
  int16,
  int32,
  int64,
  message,
  records,
  string,
  struct,
  uuid,
} from '../schema/index.ts';

export const ProduceRequest = message({
  apiKey: 0,
  name: 'Produce',
  type: 'request',
  validVersions: '0-13',
  flexibleVersions: '9+',
  fields: {
    transactionalId: string('3+', { default: null, nullable: '3+' }),
    acks: int16('0+', {
      about: '-1 waits for all in-sync replicas, 1 for the leader, 0 gets no response at all.',
    }),
    timeoutMs: int32('0+'),
    topicData: array('0+', {
      name: string('0-12', { ignorable: true }),
      topicId: uuid('13+', { ignorable: true }),
      partitionData: array('0+', {
        index: int32('0+'),
        records: records('0+', {
          about: 'Exactly one batch of format v2 from version 3 on; a legacy message set before.',
          nullable: '0+',
        }),
      }),
    }),
  },
});
export type ProduceRequest = MessageOf<typeof ProduceRequest>;

export const ProduceResponse = message({
  apiKey: 0,
  name: 'Produce',
  type: 'response',
  validVersions: '0-13',
  flexibleVersions: '9+',
  fields: {
    responses: array('0+', {
      name: string('0-12', { ignorable: true }),
      topicId: uuid('13+', { ignorable: true }),
      partitionResponses: array('0+', {
        index: int32('0+'),
        errorCode: int16('0+'),
        baseOffset: int64('0+', { about: 'The offset of the first record, or -1 with an error.' }),
        logAppendTimeMs: int64('2+', {
          about:
            'The broker time of the append, or -1 where the topic keeps the times of the producer.',
          default: -1,
          ignorable: true,
        }),
        logStartOffset: int64('5+', { default: -1, ignorable: true }),
        recordErrors: array(
          '8+',
          {
            batchIndex: int32('8+'),
            batchIndexErrorMessage: errorText('8+', { default: null, nullable: '8+' }),
          },
          { ignorable: true },
        ),
        errorMessage: errorText('8+', { default: null, nullable: '8+', ignorable: true }),
        currentLeader: struct(
          '10+',
          { leaderId: int32('10+', { default: -1 }), leaderEpoch: int32('10+', { default: -1 }) },
          { tag: 0, taggedVersions: '10+' },
        ),
      }),
    }),
    throttleTimeMs: int32('1+', { ignorable: true }),
    nodeEndpoints: array(
      '10+',
      {
        nodeId: int32('10+'),
        host: string('10+'),
        port: int32('10+'),
        rack: string('10+', { default: null, nullable: '10+' }),
      },
      { tag: 0, taggedVersions: '10+' },
    ),
  },
});
export type ProduceResponse = MessageOf<typeof ProduceResponse>;
