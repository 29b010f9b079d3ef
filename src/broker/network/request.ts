import { assert } from '../../base/assert.ts';
import type { ErrorName } from '../../protocol/errors.ts';
import type { Api, ResponseInput } from './api.ts';
import type { Connection } from './connection.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { NoResponse, PendingReceiver } from './pending.ts';
import type { RequestContext } from './request-context.ts';

/**
 * Where an answer is:
 * - open: the handler has not answered. To answered, or abandoned.
 * - answered: its bytes (none for acks=0) wait for the answers before it, then for the socket. To finished.
 * - abandoned: nobody waits for it any more. Final, but the frame stays the handler's until it answers.
 * - finished: sent, or lost with its connection. Final.
 */
export type RequestState = 'open' | 'answered' | 'abandoned' | 'finished';

const NO_CHUNKS: readonly Buffer[] = [];

/**
 * A request and the place of its answer in the order of its connection's answers: one object, since
 * there is one of it for each small request.
 */
export class Request implements RequestContext, PendingReceiver<ResponseInput> {
  readonly connection: Connection;
  readonly receivedAtMs: number;
  readonly requestSize: number;
  /** The next request of the connection. */
  next: Request | undefined = undefined;
  state: RequestState = 'open';
  /** The bytes of the answer, length included; meaningful once answered. */
  chunks: readonly Buffer[] = NO_CHUNKS;
  responseSize = 0;
  throttleMs = 0;

  apiKey = -1;
  apiVersion = -1;
  correlationId = 0;
  clientId = '';
  /** Set by the dispatcher when it knows: what to encode the answer with. */
  api: Api | undefined = undefined;
  body: unknown = undefined;

  readonly #dispatcher: Dispatcher;
  readonly #frame: Buffer;
  #references = 1;
  #reservedBytes = 0;
  #onClose: (() => void)[] | undefined = undefined;
  #onSent: (() => void)[] | undefined = undefined;

  constructor(
    connection: Connection,
    dispatcher: Dispatcher,
    frame: Buffer,
    size: number,
    receivedAtMs: number,
  ) {
    this.connection = connection;
    this.#dispatcher = dispatcher;
    this.#frame = frame;
    this.requestSize = size;
    this.receivedAtMs = receivedAtMs;
  }

  /** The request's bytes without its length. */
  get bytes(): Buffer {
    return this.#frame.length === this.requestSize
      ? this.#frame
      : this.#frame.subarray(0, this.requestSize);
  }

  get abandoned(): boolean {
    return this.state === 'abandoned';
  }

  /** Someone wants to know when the client goes away: the answer waits for something. */
  get parked(): boolean {
    return this.state === 'open' && this.#onClose !== undefined;
  }

  onClose(callback: () => void): void {
    if (this.state === 'abandoned') {
      callback();
      return;
    }
    if (this.#onClose) this.#onClose.push(callback);
    else this.#onClose = [callback];
    this.connection.onParked(this);
  }

  onSent(callback: () => void): void {
    if (this.state === 'abandoned' || this.state === 'finished') callback();
    else if (this.#onSent) this.#onSent.push(callback);
    else this.#onSent = [callback];
  }

  reserveAnswer(wantedBytes: number): number {
    this.releaseAnswer();
    if (this.state !== 'open') return wantedBytes;
    this.#reservedBytes = this.connection.reserveForAnswer(wantedBytes);
    return this.#reservedBytes;
  }

  releaseAnswer(): void {
    const bytes = this.takeReserved();
    if (bytes > 0) this.connection.giveReserved(bytes);
  }

  /** What is reserved for the answer, and from now on no longer is. */
  takeReserved(): number {
    const bytes = this.#reservedBytes;
    this.#reservedBytes = 0;
    return bytes;
  }

  retain(): void {
    assert(this.#references > 0, 'a frame is not retained after its last release');
    this.#references++;
  }

  release(): void {
    assert(this.#references > 0, 'a frame is released once for each reference');
    this.#references--;
    if (this.#references === 0) this.connection.releaseFrame(this.#frame);
  }

  hold(): () => void {
    return this.connection.hold();
  }

  throttle(ms: number): void {
    this.throttleMs = Math.max(this.throttleMs, ms);
  }

  rowError(error: unknown, about: string): ErrorName {
    return this.#dispatcher.rowError(this, error, about);
  }

  closeConnection(reason: string): void {
    this.connection.refuse(reason, this);
  }

  respond(response: ResponseInput | NoResponse): void {
    this.#dispatcher.respond(this, response);
  }

  fail(error: unknown): void {
    this.#dispatcher.fail(this, error);
  }

  /** Takes the answer's bytes; after it was abandoned only lets go of the frame. */
  answer(chunks: readonly Buffer[] = NO_CHUNKS): void {
    if (this.state === 'abandoned') {
      this.release();
      return;
    }
    assert(this.state === 'open', 'a request is answered once');
    this.state = 'answered';
    this.#onClose = undefined;
    this.chunks = chunks;
    let size = 0;
    for (let index = 0; index < chunks.length; index++) size += chunks[index]!.length;
    this.responseSize = size;
    this.connection.onAnswered(this);
  }

  /** The answer has been sent, or is lost with its connection. */
  finish(): void {
    assert(this.state === 'answered', 'only an answered request finishes');
    this.state = 'finished';
    this.chunks = NO_CHUNKS;
    this.#notifySent();
    this.release();
  }

  /** Nobody waits any more. The frame is released only by the handler's answer: it may still use it. */
  abandon(): void {
    if (this.state === 'answered') {
      this.finish();
      return;
    }
    assert(this.state === 'open', 'a finished request is not abandoned');
    this.state = 'abandoned';
    const callbacks = this.#onClose;
    this.#onClose = undefined;
    if (callbacks) for (const callback of callbacks) callback();
    this.#notifySent();
  }

  #notifySent(): void {
    const callbacks = this.#onSent;
    this.#onSent = undefined;
    if (callbacks) for (const callback of callbacks) callback();
  }
}
