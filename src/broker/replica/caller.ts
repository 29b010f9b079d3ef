import type { ErrorName } from '../../protocol/errors.ts';
import type { Operation } from '../security/rights.ts';

/**
 * Whoever wants records taken or handed out, in whatever protocol: a principal, by what it may do, and a client
 * that may go away. A request of Kafka's protocol is one (RequestContext).
 */
export interface Caller {
  /** Whether its principal may do this to the topic of this name. */
  authorize(operation: Operation, resource: 'TOPIC', name: string): boolean;
  /** Calls back if the client goes away before it is answered; at once where it has gone. */
  onClose(callback: () => void): void;
  /**
   * The error of one partition, `about` which, whose work failed with `error`; what is not the client's to know is
   * logged.
   */
  rowError(error: unknown, about: string): ErrorName;
}
