// InitProducerId v0-v4 for idempotent producers: each call gets an id that nobody had before. The
// producer's old id and epoch (v3+, KIP-360) matter only to transactions; both or neither must be there.
//
// Gaps: a transactional id is refused with the fatal
// INVALID_REQUEST until there are transactions, so that such a client fails at once and does not retry.
import { errorCode } from '../../protocol/errors.ts';
import {
  InitProducerIdRequest,
  InitProducerIdResponse,
} from '../../protocol/messages/22-init-producer-id.ts';
import type { ProducerIds } from '../coordinator/producer-ids.ts';
import { type Api, defineApi } from '../network/api.ts';

export function initProducerIdApi({ producerIds }: { producerIds: ProducerIds }): Api {
  return defineApi({
    request: InitProducerIdRequest,
    response: InitProducerIdResponse,
    versions: { min: 0, max: 4 },
    handle(_context, request) {
      if (request.transactionalId !== null) {
        return { errorCode: errorCode('INVALID_REQUEST'), producerEpoch: -1 };
      }
      // An id without its epoch, or the other way round, is nobody's.
      if ((request.producerId === -1) !== (request.producerEpoch === -1)) {
        return { errorCode: errorCode('INVALID_REQUEST'), producerEpoch: -1 };
      }
      return producerIds
        .next()
        .then((result) =>
          'error' in result
            ? { errorCode: errorCode(result.error), producerEpoch: -1 }
            : { errorCode: 0, producerId: result.producerId, producerEpoch: 0 },
        );
    },
    errorResponse: (_context, _request, error) => ({
      errorCode: errorCode(error.error),
      producerEpoch: -1,
    }),
  });
}
