import type { RequestContext } from '../network/request-context.ts';

/** What the client may do to the cluster (KIP-430); nothing is told to one that may not describe it. */
export function clusterOperations(context: RequestContext): number {
  return context.authorize('DESCRIBE', 'CLUSTER') ? context.authorizedOperations('CLUSTER') : 0;
}
