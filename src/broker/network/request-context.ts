import type { LongWork } from '../../base/slices.ts';
import type { TurnCause } from '../../base/turn-watch.ts';
import type { ErrorName } from '../../protocol/errors.ts';
import type { Operation, ResourceType } from '../security/rights.ts';
import type { Complaint } from './complainer.ts';
import type { Session } from './session.ts';

/**
 * One request on its way through the broker. Buffers in the decoded request are slices of the
 * request's frame, which goes back to its pool once the response has been sent.
 */
export interface RequestContext {
  /** Who asks. */
  readonly session: Session;
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly correlationId: number;
  /** The client's own name for itself; '' where it gave none. */
  readonly clientId: string;
  /** Clock.monotonicMs() when the request was complete. */
  readonly receivedAtMs: number;
  /** Size of the request, without its length bytes. */
  readonly requestSize: number;
  /** The turn's share for long work: what a request with many rows asks after each of them. */
  readonly slices: LongWork;
  /** Whose work it is, for who measures it. */
  readonly cause: TurnCause;
  /** True once nobody waits for the answer: the client went away, or the broker cut it off. */
  readonly abandoned: boolean;
  /**
   * Calls back if the request is abandoned before it is answered. Whoever parks a request uses it
   * to let go of it; the answer is then ignored.
   */
  onClose(callback: () => void): void;
  /** Calls back once, when the answer has been sent or will never be: buffers in it are free again. */
  onSent(callback: () => void): void;
  /** Whether the client may do this to the cluster. What an API asks stands in its declaration. */
  authorize(operation: Operation, resource: 'CLUSTER'): boolean;
  /** Whether it may do this to the topic, group or transactional id of this name. */
  authorize(
    operation: Operation,
    resource: Exclude<ResourceType, 'CLUSTER'>,
    name: string,
  ): boolean;
  /** Whether there is any resource of this type that it may do this to. */
  authorizeAny(operation: Operation, resource: Exclude<ResourceType, 'CLUSTER'>): boolean;
  /** All that the client may do to the cluster, as KIP-430 has it: a bit at each operation's code. */
  authorizedOperations(resource: 'CLUSTER'): number;
  /** All that it may do to the topic, group or transactional id of this name. */
  authorizedOperations(resource: Exclude<ResourceType, 'CLUSTER'>, name: string): number;
  /**
   * How large the answer should be at most, `wantedBytes` or less where the broker holds much already.
   * It counts as held from now on, until the answer is there, `releaseAnswer`, or the next call.
   */
  reserveAnswer(wantedBytes: number): number;
  /** The answer is not being made now: the request waits for something. */
  releaseAnswer(): void;
  /**
   * Until the returned function is called, once, no later request of the connection is handled: for a
   * handler that needs several turns before what it does has its place in the order.
   */
  hold(): () => void;
  /** After the answer nothing more is read from this connection for `ms` (KIP-219). */
  throttle(ms: number): void;
  /**
   * The error of one row, `about` which thing, whose work failed with `error`; what is not the client's to
   * know is logged. For {@link rowOf} and its like: the other rows have their own.
   */
  rowError(error: unknown, about: string): ErrorName;
  /** One warning in the log that names the client and its request, unless it had many of this kind lately. */
  complain(complaint: Complaint): void;
  /** Ends the connection with one log line that says why; this request gets no answer. */
  closeConnection(complaint: Complaint): void;
}
