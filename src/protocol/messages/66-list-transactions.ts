import type { MessageOf } from '../schema/index.ts';
import { array, exactInt64, int16, int32, int64, message, string } from '../schema/index.ts';

export const ListTransactionsRequest = message({
  apiKey: 66,
  name: 'ListTransactions',
  type: 'request',
  validVersions: '0-2',
  flexibleVersions: '0+',
  fields: {
    stateFilters: array('0+', 'string'),
    producerIdFilters: array('0+', 'exactInt64'),
    durationFilter: int64('1+', { default: -1 }),
    transactionalIdPattern: string('2+', { default: null, nullable: '2+' }),
  },
});
export type ListTransactionsRequest = MessageOf<typeof ListTransactionsRequest>;

export const ListTransactionsResponse = message({
  apiKey: 66,
  name: 'ListTransactions',
  type: 'response',
  validVersions: '0-2',
  flexibleVersions: '0+',
  fields: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    unknownStateFilters: array('0+', 'string'),
    transactionStates: array('0+', {
      transactionalId: string('0+'),
      producerId: exactInt64('0+'),
      transactionState: string('0+'),
    }),
  },
});
export type ListTransactionsResponse = MessageOf<typeof ListTransactionsResponse>;
