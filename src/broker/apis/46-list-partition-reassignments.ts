// ListPartitionReassignments v0 (KIP-455). One broker has nowhere to move a replica to, so nothing is
// ever under way; topic descriptions of newer tools ask all the same.
import { errorCode } from '../../protocol/errors.ts';
import {
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsResponse,
} from '../../protocol/messages/46-list-partition-reassignments.ts';
import { type Api, defineApi } from '../network/api.ts';

export function listPartitionReassignmentsApi(): Api {
  return defineApi({
    request: ListPartitionReassignmentsRequest,
    response: ListPartitionReassignmentsResponse,
    versions: { min: 0, max: 0 },
    rights: { needs: [{ operation: 'DESCRIBE', resource: 'CLUSTER' }] },
    handle: () => ({ errorMessage: null, topics: [] }),
    errorResponse: (_context, _request, error) => ({
      errorCode: errorCode(error.error),
      errorMessage: error.detail,
    }),
  });
}
