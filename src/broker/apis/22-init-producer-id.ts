// InitProducerId v0-v4 for idempotent producers: each call gets an id that nobody had before. The
// producer's old id and epoch (v3+, KIP-360) matter only to transactions; both or neither must be there.
//
// Gaps: a transactional id is refused until there are transactions, with TRANSACTIONAL_ID_AUTHORIZATION_FAILED: of
// what this request may answer it is the only error that every client takes as final, and tells. librdkafka asks again
// after any other until the timeout of its init_transactions.
import { type ErrorName, errorCode } from '../../protocol/errors.ts';
import {
  InitProducerIdRequest,
  InitProducerIdResponse,
} from '../../protocol/messages/22-init-producer-id.ts';
import type { ProducerIds } from '../coordinator/producer-ids.ts';
import { type Api, defineApi } from '../network/api.ts';
import { clientOf, quoted } from '../network/client-name.ts';
import type { RequestContext } from '../network/request-context.ts';

export function initProducerIdApi({ producerIds }: { producerIds: ProducerIds }): Api {
  return defineApi({
    request: InitProducerIdRequest,
    response: InitProducerIdResponse,
    versions: { min: 0, max: 4 },
    rights: {
      needs: [
        {
          operation: 'WRITE',
          resource: 'TRANSACTIONAL_ID',
          name: ({ transactionalId }) => transactionalId,
        },
      ],
      asks: [
        { operation: 'IDEMPOTENT_WRITE', resource: 'CLUSTER' },
        { operation: 'WRITE', resource: 'TOPIC' },
      ],
    },
    handle(context, request) {
      if (request.transactionalId === null && !mayWriteIdempotently(context)) {
        return refused('CLUSTER_AUTHORIZATION_FAILED');
      }
      if (request.transactionalId !== null && request.transactionalId !== '') {
        complainOfTransactions(context, request.transactionalId);
        return refused('TRANSACTIONAL_ID_AUTHORIZATION_FAILED');
      }
      // An empty transactional id is no id, as in Kafka.
      if (request.transactionalId === '') {
        return refused('INVALID_REQUEST');
      }
      // An id without its epoch, or the other way round, is nobody's.
      if ((request.producerId === -1) !== (request.producerEpoch === -1)) {
        return refused('INVALID_REQUEST');
      }
      return producerIds
        .next()
        .then((result) =>
          'error' in result
            ? refused(result.error)
            : { errorCode: 0, producerId: result.producerId, producerEpoch: 0 },
        );
    },
    errorResponse: (_context, _request, error) => refused(error.error),
  });
}

/** Since KIP-679 whoever may write to any topic. */
function mayWriteIdempotently(context: RequestContext): boolean {
  return context.authorize('IDEMPOTENT_WRITE', 'CLUSTER') || context.authorizeAny('WRITE', 'TOPIC');
}

function refused(error: ErrorName) {
  return { errorCode: errorCode(error), producerEpoch: -1 };
}

function complainOfTransactions(context: RequestContext, transactionalId: string): void {
  context.complain({
    kind: 'transactional id',
    sentence: `${clientOf(context)} wants transactions with transactional.id=${quoted(transactionalId)}, which this broker does not have: take transactional.id (or processing.guarantee=exactly_once_v2, exactly.once) out of its configuration; enable.idempotence=true works without`,
  });
}
