import type { RequestContext } from '../network/request-context.ts';

/** What the client may do to the cluster (KIP-430); a client that may not describe it learns nothing. */
export function clusterOperations(context: RequestContext): number {
  return context.authorize('DESCRIBE', 'CLUSTER') ? context.authorizedOperations('CLUSTER') : 0;
}
