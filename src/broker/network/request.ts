import { assert } from '../../base/assert.ts';
import type { LongWork, Slices, Steps, StepsReceiver } from '../../base/slices.ts';
import type { TurnCause } from '../../base/turn-watch.ts';
import type { ErrorName } from '../../protocol/errors.ts';
import type { Authorizer } from '../security/authorizer.ts';
import {
  CLUSTER_NAME,
  type Operation,
  operationBits,
  type ResourceType,
} from '../security/rights.ts';
import type { Api, ResponseInput } from './api.ts';
import type { Complaint, ComplaintRequest } from './complainer.ts';
import type { DecodedMemory } from './decoded-budget.ts';
import type { NoResponse, PendingReceiver } from './pending.ts';
import type { RequestContext } from './request-context.ts';
import type { Session } from './session.ts';

/** What a request needs of the connection that it came on. */
export interface RequestPort {
  readonly session: Session;
  /** The bytes of the answer are there, or it has none. */
  onAnswered(request: Request): void;
  /** A request began to wait for something. */
  onParked(request: Request): void;
  /** Takes memory for an answer, as much of it as there should be; how much that is. */
  reserveForAnswer(wantedBytes: number): number;
  giveReserved(bytes: number): void;
  /** Takes `bytes` more for an answer that holds `heldBytes`; false where they are not left. */
  growAnswer(heldBytes: number, bytes: number): boolean;
  /** The request takes up so many bytes more, now that it is decoded. */
  holdDecoded(bytes: number): void;
  /** No later request is handled until the returned function is called. */
  hold(): () => void;
  /** Nobody looks at the request's bytes any more. */
  releaseFrame(frame: Buffer): void;
  /** One warning in the log that names the client and its request. */
  complain(complaint: Complaint, request: Request): void;
  /**
   * The same, then the end of the connection. Answers before this request still go out; it and those after
   * it can't have one.
   */
  refuse(complaint: Complaint, request: Request): void;
}

/** What a request has used up, see Charges. */
export interface Meter {
  readonly beganAtMs: number;
  /** Undefined while the handler works on it for the first time. */
  busyMs: number | undefined;
  readonly mutations: number;
}

/** Makes the bytes of an answer of what a handler says. */
export interface Responder {
  /** Undefined where everybody may do everything. */
  readonly authorizer: Authorizer | undefined;
  /** The turn's share for long work. */
  readonly slices: Slices;
  respond(request: Request, response: ResponseInput | NoResponse): void;
  fail(request: Request, error: unknown): void;
  rowError(request: Request, error: unknown, about: string): ErrorName;
}

/**
 * Where an answer is:
 * - open: the handler has not answered. To answered, or abandoned.
 * - answered: its bytes (none for acks=0) wait for the answers before it, then for the socket. To finished.
 * - abandoned: nobody waits for it any more. Final, but the frame stays the handler's until it answers.
 * - finished: sent, or lost with its connection. Final.
 */
export type RequestState = 'open' | 'answered' | 'abandoned' | 'finished';

/** So many rows are usual: a request that has no more of them never waits for others. */
const FREE_STEPS = 256;

const NO_CHUNKS: readonly Buffer[] = [];

/**
 * A request and the place of its answer in the order of its connection's answers: one object, since
 * there is one of it for each small request.
 */
export class Request implements RequestContext, LongWork, PendingReceiver<ResponseInput> {
  readonly receivedAtMs: number;
  readonly requestSize: number;
  /** The next request of the connection. */
  next: Request | undefined = undefined;
  state: RequestState = 'open';
  /** The bytes of the answer, length included; meaningful once answered. */
  chunks: readonly Buffer[] = NO_CHUNKS;
  responseSize = 0;
  /** What of the decoded request is counted as in flight, beside its bytes. */
  decodedBytes = 0;
  /** Of a long request: what it takes up when it is decoded. */
  decodedMemory: DecodedMemory | undefined = undefined;
  throttleMs = 0;
  /** Only where there are quotas. */
  meter: Meter | undefined = undefined;

  apiKey = -1;
  apiVersion = -1;
  correlationId = 0;
  clientId = '';
  /** Set by the dispatcher when it knows: what to encode the answer with. */
  api: Api | undefined = undefined;
  body: unknown = undefined;

  readonly #port: RequestPort;
  readonly #responder: Responder;
  readonly #frame: Buffer;
  #reservedBytes = 0;
  #freeSteps = FREE_STEPS;
  #onClose: (() => void)[] | undefined = undefined;
  #onSent: (() => void)[] | undefined = undefined;

  constructor(
    port: RequestPort,
    responder: Responder,
    frame: Buffer,
    size: number,
    receivedAtMs: number,
  ) {
    this.#port = port;
    this.#responder = responder;
    this.#frame = frame;
    this.requestSize = size;
    this.receivedAtMs = receivedAtMs;
  }

  get session(): Session {
    return this.#port.session;
  }

  /** What a log line says of it; undefined where its API is not known. */
  get described(): ComplaintRequest | undefined {
    if (this.apiKey < 0) return undefined;
    return { api: this.api?.name ?? this.apiKey, apiVersion: this.apiVersion };
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
    this.#port.onParked(this);
  }

  onSent(callback: () => void): void {
    if (this.state === 'abandoned' || this.state === 'finished') callback();
    else if (this.#onSent) this.#onSent.push(callback);
    else this.#onSent = [callback];
  }

  authorize(operation: Operation, resource: ResourceType, name = CLUSTER_NAME): boolean {
    const { authorizer } = this.#responder;
    return (
      authorizer === undefined || authorizer.authorize(this.session, operation, resource, name)
    );
  }

  authorizeAny(operation: Operation, resource: ResourceType): boolean {
    const { authorizer } = this.#responder;
    return authorizer === undefined || authorizer.authorizeAny(this.session, operation, resource);
  }

  authorizedOperations(resource: ResourceType, name = CLUSTER_NAME): number {
    const { authorizer } = this.#responder;
    return authorizer === undefined
      ? operationBits(resource, () => true)
      : authorizer.authorizedOperations(this.session, resource, name);
  }

  get slices(): LongWork {
    return this;
  }

  isOver(): boolean {
    if (this.#freeSteps === 0) return this.#responder.slices.isOver();
    this.#freeSteps--;
    return false;
  }

  nextTurn(): Promise<void> {
    return this.#responder.slices.nextTurn();
  }

  run<Result>(steps: Steps<Result>, receiver: StepsReceiver<Result>, cause: TurnCause): void {
    this.#responder.slices.run(steps, receiver, cause);
  }

  get cause(): TurnCause {
    return { of: this.api?.name ?? String(this.apiKey), step: 'handle', clientId: this.clientId };
  }

  /** It takes up so much, now that it is decoded. */
  countDecoded(bytes: number): void {
    this.decodedBytes = bytes;
    this.#port.holdDecoded(bytes);
  }

  /** Takes `bytes` more for the answer; false where they are not left. */
  growAnswer(bytes: number): boolean {
    if (!this.#port.growAnswer(this.#reservedBytes, bytes)) return false;
    this.#reservedBytes += bytes;
    return true;
  }

  /** What is reserved for the answer so far. */
  get reservedBytes(): number {
    return this.#reservedBytes;
  }

  reserveAnswer(wantedBytes: number): number {
    this.releaseAnswer();
    if (this.state !== 'open') return wantedBytes;
    this.#reservedBytes = this.#port.reserveForAnswer(wantedBytes);
    return this.#reservedBytes;
  }

  releaseAnswer(): void {
    const bytes = this.takeReserved();
    if (bytes > 0) this.#port.giveReserved(bytes);
  }

  /** What is reserved for the answer, and from now on no longer is. */
  takeReserved(): number {
    const bytes = this.#reservedBytes;
    this.#reservedBytes = 0;
    return bytes;
  }

  hold(): () => void {
    return this.#port.hold();
  }

  throttle(ms: number): void {
    this.throttleMs = Math.max(this.throttleMs, ms);
  }

  rowError(error: unknown, about: string): ErrorName {
    return this.#responder.rowError(this, error, about);
  }

  complain(complaint: Complaint): void {
    this.#port.complain(complaint, this);
  }

  closeConnection(complaint: Complaint): void {
    this.#port.refuse(complaint, this);
  }

  respond(response: ResponseInput | NoResponse): void {
    this.#responder.respond(this, response);
  }

  fail(error: unknown): void {
    this.#responder.fail(this, error);
  }

  /** Takes the answer's bytes; after it was abandoned only lets go of the frame. */
  answer(chunks: readonly Buffer[] = NO_CHUNKS): void {
    this.decodedMemory?.release();
    if (this.state === 'abandoned') {
      this.#port.releaseFrame(this.#frame);
      return;
    }
    assert(this.state === 'open', 'a request is answered once');
    this.state = 'answered';
    this.#onClose = undefined;
    this.chunks = chunks;
    let size = 0;
    for (let index = 0; index < chunks.length; index++) size += chunks[index]!.length;
    this.responseSize = size;
    this.#port.onAnswered(this);
  }

  /** The answer has been sent, or is lost with its connection. */
  finish(): void {
    assert(this.state === 'answered', 'only an answered request finishes');
    this.state = 'finished';
    this.chunks = NO_CHUNKS;
    this.#notifySent();
    this.#port.releaseFrame(this.#frame);
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

/** Whose work it is, for the figures about the event loop. */
export function causeOf(request: Request, api: Api, step: TurnCause['step']): TurnCause {
  return { of: api.name, step, clientId: request.clientId };
}
