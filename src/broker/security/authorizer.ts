import type { Endpoint } from '../../base/network.ts';
import type { Principal } from './principal.ts';
import type { Operation, ResourceType } from './rights.ts';

/** Who wants to do something, and from where: ACLs look at both. */
export interface Requester {
  readonly principal: Principal;
  readonly remote: Endpoint;
}

/**
 * Who may do what. It is asked for every topic of every request, and so answers at once. A broker without
 * one asks nobody: everybody may do everything.
 */
export interface Authorizer {
  authorize(
    requester: Requester,
    operation: Operation,
    resource: ResourceType,
    name: string,
  ): boolean;
  /** Whether there is a resource of this type that the requester may do this to (KIP-679). */
  authorizeAny(requester: Requester, operation: Operation, resource: ResourceType): boolean;
  /** For clients that want to know all they may do to it (see operationBits); none of it is a refusal. */
  authorizedOperations(requester: Requester, resource: ResourceType, name: string): number;
}
