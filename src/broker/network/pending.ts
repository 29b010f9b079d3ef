import { assert } from '../../base/assert.ts';

/** What a handler returns or completes with when the client expects no bytes (Produce with acks=0). */
export const NO_RESPONSE: unique symbol = Symbol('no response');
export type NoResponse = typeof NO_RESPONSE;

/**
 * An answer that comes later without a promise: the handler returns it and someone completes it, once,
 * before or after that. Completing it after the client went away does nothing.
 */
export class Pending<Response> {
  #outcome: { response: Response | NoResponse } | { error: unknown } | undefined;
  #receiver: PendingReceiver<Response> | undefined;

  get done(): boolean {
    return this.#outcome !== undefined;
  }

  complete(response: Response | NoResponse): void {
    assert(this.#outcome === undefined, 'a request is answered once');
    this.#outcome = { response };
    this.#receiver?.respond(response);
  }

  /** As if the handler had thrown `error`. */
  fail(error: unknown): void {
    assert(this.#outcome === undefined, 'a request is answered once');
    this.#outcome = { error };
    this.#receiver?.fail(error);
  }

  /** For the dispatcher, which is told at once if the answer is there already. */
  deliverTo(receiver: PendingReceiver<Response>): void {
    assert(this.#receiver === undefined, 'a pending answer has one receiver');
    this.#receiver = receiver;
    const outcome = this.#outcome;
    if (!outcome) return;
    if ('error' in outcome) receiver.fail(outcome.error);
    else receiver.respond(outcome.response);
  }
}

export interface PendingReceiver<Response> {
  respond(response: Response | NoResponse): void;
  fail(error: unknown): void;
}
