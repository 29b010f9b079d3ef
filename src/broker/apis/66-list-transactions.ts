// ListTransactions v0-v1 (KIP-664, KIP-994), as a broker answers on which there never was a transaction:
// nothing passes any filter, and states that do not exist are named.
//
// Gaps: there are no transactions yet. v2, which filters by a pattern, is not offered.
import { errorCode } from '../../protocol/errors.ts';
import {
  ListTransactionsRequest,
  ListTransactionsResponse,
} from '../../protocol/messages/66-list-transactions.ts';
import { type Api, defineApi } from '../network/api.ts';

const STATES = new Set([
  'Empty',
  'Ongoing',
  'PrepareCommit',
  'PrepareAbort',
  'CompleteCommit',
  'CompleteAbort',
  'Dead',
  'PrepareEpochFence',
]);

export function listTransactionsApi(): Api {
  return defineApi({
    request: ListTransactionsRequest,
    response: ListTransactionsResponse,
    versions: { min: 0, max: 1 },
    rights: {},
    handle: (_context, { stateFilters }) => ({
      errorCode: 0,
      unknownStateFilters: [...new Set(stateFilters)].filter((state) => !STATES.has(state)),
    }),
    errorResponse: (_context, _request, error) => ({ errorCode: errorCode(error.error) }),
  });
}
