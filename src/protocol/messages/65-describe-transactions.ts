import type { MessageOf } from '../schema/index.ts';
import { array, exactInt64, int16, int32, message, string } from '../schema/index.ts';

export const DescribeTransactionsRequest = message({
  apiKey: 65,
  name: 'DescribeTransactions',
  type: 'request',
  validVersions: '0',
  flexibleVersions: '0+',
  fields: { transactionalIds: array('0+', 'string') },
});
export type DescribeTransactionsRequest = MessageOf<typeof DescribeTransactionsRequest>;

export const DescribeTransactionsResponse = message({
  apiKey: 65,
  name: 'DescribeTransactions',
  type: 'response',
  validVersions: '0',
  flexibleVersions: '0+',
  fields: {
    throttleTimeMs: int32('0+'),
    transactionStates: array('0+', {
      errorCode: int16('0+'),
      transactionalId: string('0+'),
      transactionState: string('0+'),
      transactionTimeoutMs: int32('0+'),
      transactionStartTimeMs: exactInt64('0+'),
      producerId: exactInt64('0+'),
      producerEpoch: int16('0+'),
      topics: array('0+', { topic: string('0+'), partitions: array('0+', 'int32') }),
    }),
  },
});
export type DescribeTransactionsResponse = MessageOf<typeof DescribeTransactionsResponse>;
