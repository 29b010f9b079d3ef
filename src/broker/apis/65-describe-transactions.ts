// DescribeTransactions v0 (KIP-664), as a broker answers on which there never was a transaction.
//
// Gaps: there are no transactions yet: every id is TRANSACTIONAL_ID_NOT_FOUND.
import { type ErrorName, errorCode } from '../../protocol/errors.ts';
import {
  DescribeTransactionsRequest,
  DescribeTransactionsResponse,
} from '../../protocol/messages/65-describe-transactions.ts';
import { lazily } from '../../protocol/schema/index.ts';
import { type Api, defineApi } from '../network/api.ts';

export function describeTransactionsApi(): Api {
  return defineApi({
    request: DescribeTransactionsRequest,
    response: DescribeTransactionsResponse,
    versions: { min: 0, max: 0 },
    rights: { asks: [{ operation: 'DESCRIBE', resource: 'TRANSACTIONAL_ID' }] },
    handle: (context, request) =>
      rows(request, (id) => {
        const mayDescribe = context.authorize('DESCRIBE', 'TRANSACTIONAL_ID', id);
        if (!mayDescribe) return 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED';
        return id === '' ? 'INVALID_REQUEST' : 'TRANSACTIONAL_ID_NOT_FOUND';
      }),
    errorResponse: (_context, request, { error }) => rows(request, () => error),
  });
}

function rows(
  { transactionalIds }: DescribeTransactionsRequest,
  errorOf: (transactionalId: string) => ErrorName,
) {
  return {
    transactionStates: lazily(transactionalIds, (transactionalId) => ({
      transactionalId,
      errorCode: errorCode(errorOf(transactionalId)),
    })),
  };
}
