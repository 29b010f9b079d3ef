import type { MessageOf } from '../schema/index.ts';
import { array, bool, exactInt64, int16, int32, message, string } from '../schema/index.ts';

const addPartitionsToTxnTopic = { name: string('0+'), partitions: array('0+', 'int32') };

export const AddPartitionsToTxnRequest = message({
  apiKey: 24,
  name: 'AddPartitionsToTxn',
  type: 'request',
  validVersions: '0-5',
  flexibleVersions: '3+',
  fields: {
    transactions: array('4+', {
      transactionalId: string('4+'),
      producerId: exactInt64('4+'),
      producerEpoch: int16('4+'),
      verifyOnly: bool('4+'),
      topics: array('4+', addPartitionsToTxnTopic),
    }),
    v3AndBelowTransactionalId: string('0-3'),
    v3AndBelowProducerId: exactInt64('0-3'),
    v3AndBelowProducerEpoch: int16('0-3'),
    v3AndBelowTopics: array('0-3', addPartitionsToTxnTopic),
  },
});
export type AddPartitionsToTxnRequest = MessageOf<typeof AddPartitionsToTxnRequest>;

const addPartitionsToTxnPartitionResult = {
  partitionIndex: int32('0+'),
  partitionErrorCode: int16('0+'),
};

const addPartitionsToTxnTopicResult = {
  name: string('0+'),
  resultsByPartition: array('0+', addPartitionsToTxnPartitionResult),
};

export const AddPartitionsToTxnResponse = message({
  apiKey: 24,
  name: 'AddPartitionsToTxn',
  type: 'response',
  validVersions: '0-5',
  flexibleVersions: '3+',
  fields: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('4+', { ignorable: true }),
    resultsByTransaction: array('4+', {
      transactionalId: string('4+'),
      topicResults: array('4+', addPartitionsToTxnTopicResult),
    }),
    resultsByTopicV3AndBelow: array('0-3', addPartitionsToTxnTopicResult),
  },
});
export type AddPartitionsToTxnResponse = MessageOf<typeof AddPartitionsToTxnResponse>;
