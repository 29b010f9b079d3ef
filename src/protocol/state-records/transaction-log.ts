import type { MessageOf } from '../schema/index.ts';
import { array, exactInt64, int8, int16, int32, message, string } from '../schema/index.ts';

export const TransactionLogKey = message({
  name: 'TransactionLogKey',
  type: 'data',
  validVersions: '0',
  flexibleVersions: 'none',
  fields: { transactionalId: string('0') },
});
export type TransactionLogKey = MessageOf<typeof TransactionLogKey>;

export const TransactionLogValue = message({
  name: 'TransactionLogValue',
  type: 'data',
  validVersions: '0-1',
  flexibleVersions: '1+',
  fields: {
    producerId: exactInt64('0+'),
    previousProducerId: exactInt64('1+', { default: -1, tag: 0, taggedVersions: '1+' }),
    nextProducerId: exactInt64('1+', { default: -1, tag: 1, taggedVersions: '1+' }),
    producerEpoch: int16('0+'),
    transactionTimeoutMs: int32('0+'),
    transactionStatus: int8('0+', {
      about:
        '0 empty, 1 ongoing, 2 and 3 preparing commit and abort, 4 and 5 complete, 6 dead, 7 preparing to fence.',
    }),
    transactionPartitions: array(
      '0+',
      { topic: string('0+'), partitionIds: array('0+', 'int32') },
      { nullable: '0+' },
    ),
    transactionLastUpdateTimestampMs: exactInt64('0+'),
    transactionStartTimestampMs: exactInt64('0+'),
    clientTransactionVersion: int16('1+', { tag: 2, taggedVersions: '1+' }),
  },
});
export type TransactionLogValue = MessageOf<typeof TransactionLogValue>;
