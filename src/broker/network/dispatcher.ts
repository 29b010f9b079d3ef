import { AssertionFailure } from '../../base/assert.ts';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import { Slices } from '../../base/slices.ts';
import { TurnWatch } from '../../base/turn-watch.ts';
import {
  decodeRequestHeader,
  decodeShort,
  encodeResponseFrame,
  encodeShortResponseFrame,
  TooLargeToDecode,
} from '../../protocol/codec/index.ts';
import { type ErrorName, KafkaError } from '../../protocol/errors.ts';
import { CorruptRecordsError } from '../../protocol/records/record-cursor.ts';
import type { Quotas } from '../quota/quotas.ts';
import type { Authorizer } from '../security/authorizer.ts';
import { CLUSTER_NAME, denial } from '../security/rights.ts';
import type { Answer, Api, ResponseInput } from './api.ts';
import { Charges } from './charges.ts';
import type { Complaint } from './complainer.ts';
import { DecodedBudget } from './decoded-budget.ts';
import { REQUEST_OVERHEAD_BYTES } from './flow-control.ts';
import { defaultNetworkLimits, type NetworkLimits } from './limits.ts';
import { LongAnswers } from './long-answers.ts';
import { LongRequests, tooManyRows } from './long-requests.ts';
import type { ApiMetrics, NetworkMetrics } from './network-metrics.ts';
import { NO_RESPONSE, type NoResponse, Pending } from './pending.ts';
import { causeOf, type Request, type Responder } from './request.ts';
import { unknownApi, unsupportedVersion } from './unsupported.ts';

/** API key, version and correlation id: what every request has. */
const SMALLEST_REQUEST_BYTES = 8;

export interface DispatcherOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: NetworkMetrics;
  /** Shared with whoever else has long work; its own by default. */
  readonly slices?: Slices;
  readonly watch?: TurnWatch;
  readonly limits?: Pick<NetworkLimits, 'maxDecodedBytes' | 'maxResponseBytes'>;
  /** Every API that is answered, in any order. */
  readonly apis: readonly Api[];
  /** Without it everybody may do everything. */
  readonly authorizer?: Authorizer | undefined;
  /** Without it nobody is throttled. */
  readonly quotas?: Quotas | undefined;
}

interface Entry {
  readonly api: Api;
  readonly metrics: ApiMetrics;
}

/**
 * Takes a request apart, asks whether the client may, calls the handler, turns what comes of it into the
 * response's bytes, and charges the client for it.
 */
export class Dispatcher implements Responder {
  readonly authorizer: Authorizer | undefined;
  readonly slices: Slices;
  /** Memory for long requests. */
  readonly decoded: DecodedBudget;
  readonly #watch: TurnWatch;
  readonly #longRequests: LongRequests;
  readonly #longAnswers: LongAnswers;
  readonly #charges: Charges | undefined;
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** By API key. */
  readonly #entries: (Entry | undefined)[] = [];

  constructor(options: DispatcherOptions) {
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#watch = options.watch ?? new TurnWatch(options.clock, options.logger);
    this.slices = options.slices ?? new Slices(options.clock, this.#watch);
    const { maxDecodedBytes, maxResponseBytes } = options.limits ?? defaultNetworkLimits;
    this.decoded = new DecodedBudget(options.clock, {
      maxBytes: maxDecodedBytes,
      maxBytesPerRequest: maxDecodedBytes / 2,
    });
    this.#longRequests = new LongRequests(this.slices, this.decoded);
    this.#longAnswers = new LongAnswers(this.slices, maxResponseBytes);
    this.authorizer = options.authorizer;
    this.#charges = options.quotas && new Charges(options.quotas, options.clock);
    for (const api of options.apis) {
      if (this.#entries[api.key]) throw new Error(`two handlers for ${api.name}`);
      this.#entries[api.key] = { api, metrics: options.metrics.api(api.name) };
    }
  }

  dispatch(request: Request): void {
    const { bytes } = request;
    if (bytes.length < SMALLEST_REQUEST_BYTES) {
      const sentence = `a request of ${bytes.length} bytes has no header`;
      refuse(request, { kind: 'no header', sentence });
      return;
    }
    request.apiKey = bytes.readInt16BE(0);
    request.apiVersion = bytes.readInt16BE(2);
    const entry = this.#entries[request.apiKey];
    if (!entry) {
      refuse(request, unknownApi(request));
      return;
    }
    const { api } = entry;
    request.api = api;
    entry.metrics.requested(request.requestSize);
    try {
      const header = decodeRequestHeader(bytes);
      request.correlationId = header.correlationId;
      request.clientId = header.clientId ?? '';
      request.session.clientId = request.clientId;
      if (request.apiVersion < api.versions.min || request.apiVersion > api.versions.max) {
        this.#unsupportedVersion(request, api);
        return;
      }
      const decoded = decodeShort(api.request, request.apiVersion, bytes, header.bodyOffset);
      if (!decoded) {
        this.#decodeLong(request, api, header.bodyOffset);
        return;
      }
      request.body = decoded.body;
      // What little there is has its place in the overhead of each request.
      if (decoded.heapBytes > REQUEST_OVERHEAD_BYTES) request.countDecoded(decoded.heapBytes);
    } catch (error) {
      this.#unreadable(request, api, error);
      return;
    }
    this.#handle(request, api);
  }

  /** Over as many turns as it takes; what the client sends after it waits. */
  #decodeLong(request: Request, api: Api, offset: number): void {
    const goOn = request.hold();
    this.#longRequests.decode(request, api, offset, {
      done: (body) => {
        request.body = body;
        this.#handle(request, api);
        goOn();
      },
      failed: (error) => {
        this.#unreadable(request, api, error);
        goOn();
      },
      refused: (complaint) => {
        refuse(request, complaint);
        goOn();
      },
      dropped: () => {
        request.answer();
        goOn();
      },
    });
  }

  #unreadable(request: Request, api: Api, error: unknown): void {
    if (error instanceof AssertionFailure) throw error;
    if (error instanceof TooLargeToDecode) {
      refuse(request, tooManyRows(api, error));
      return;
    }
    const sentence = `the bytes of a request can't be read: ${textOf(error)}`;
    refuse(request, { kind: 'unreadable request', of: api.name, sentence });
  }

  #handle(request: Request, api: Api): void {
    const beganMs = this.#clock.monotonicMs();
    this.#callHandler(request, api);
    const ms = this.#clock.monotonicMs() - beganMs;
    if (ms >= 1) this.#watch.observe(ms, causeOf(request, api, 'handle'));
  }

  #callHandler(request: Request, api: Api): void {
    let answer: Answer<ResponseInput>;
    try {
      this.#charges?.begin(request, api);
      if (this.authorizer && this.#isDenied(request, api)) return;
      answer = api.handle(request, request.body);
    } catch (error) {
      this.fail(request, error);
      return;
    }
    if (answer instanceof Pending) answer.deliverTo(request);
    else if (answer instanceof Promise) this.#await(request, api, answer);
    else this.respond(request, answer);
    this.#charges?.handled(request);
  }

  /** Whether the client lacks a right that the request as a whole needs; then it is answered. */
  #isDenied(request: Request, api: Api): boolean {
    for (const { operation, resource, name } of api.rights.needs ?? []) {
      const named = name ? name(request.body) : CLUSTER_NAME;
      if (named === null || request.authorize(operation, resource, named)) continue;
      this.fail(request, new KafkaError(denial(resource)));
      return true;
    }
    return false;
  }

  /** Encodes the answer; a request that nobody waits for is only let go. */
  respond(request: Request, response: ResponseInput | NoResponse): void {
    this.#respond(request, response, 'answer');
  }

  #respond(request: Request, response: ResponseInput | NoResponse, kind: 'answer' | 'error'): void {
    const { api } = request;
    if (request.abandoned || !api) {
      request.answer();
      return;
    }
    if (response === NO_RESPONSE) {
      this.#answered(request, api);
      this.#charges?.charge(request, api, 0);
      request.answer();
      return;
    }
    if (hasError(response)) this.#entries[api.key]?.metrics.failed();
    let chunks: Buffer[] | undefined;
    try {
      const { apiVersion, correlationId } = request;
      chunks = encodeShortResponseFrame(api.response, apiVersion, correlationId, response);
      if (chunks) {
        const throttleTimeMs = this.#charge(request, api, chunks);
        if (throttleTimeMs > 0) {
          chunks = this.#encode(request, api, request.apiVersion, { ...response, throttleTimeMs });
        }
      }
    } catch (error) {
      this.#notEncoded(request, error, kind);
      return;
    }
    if (chunks) {
      this.#answered(request, api);
      request.answer(chunks);
    } else {
      this.#encodeLong(request, api, response, kind);
    }
  }

  /** Over as many turns as it takes, into memory that is reserved first; what the client sent after it waits. */
  #encodeLong(
    request: Request,
    api: Api,
    response: ResponseInput,
    kind: 'answer' | 'error',
    isCharged = false,
  ): void {
    const goOn = request.hold();
    this.#longAnswers.encode(request, api, response, {
      done: (chunks) => {
        const throttleTimeMs = isCharged ? 0 : this.#charge(request, api, chunks);
        if (throttleTimeMs > 0) {
          this.#encodeLong(request, api, { ...response, throttleTimeMs }, kind, true);
        } else {
          this.#answered(request, api);
          request.answer(chunks);
        }
        goOn();
      },
      failed: (error) => {
        this.#notEncoded(request, error, kind);
        goOn();
      },
      dropped: () => {
        request.answer();
        goOn();
      },
    });
  }

  /** For how many milliseconds the client is throttled. */
  #charge(request: Request, api: Api, chunks: readonly Buffer[]): number {
    return this.#charges?.charge(request, api, sizeOf(chunks)) ?? 0;
  }

  #answered(request: Request, api: Api): void {
    this.#entries[api.key]?.metrics.answered(this.#clock.monotonicMs() - request.receivedAtMs);
  }

  #notEncoded(request: Request, error: unknown, kind: 'answer' | 'error'): void {
    if (kind === 'error') this.#unanswerable(request, error, 'the response could not be encoded');
    else this.fail(request, error);
  }

  /** Answers with what a handler threw: a KafkaError as it is, anything else without its text. */
  fail(request: Request, error: unknown): void {
    if (error instanceof AssertionFailure) throw error;
    const { api } = request;
    if (request.abandoned || !api) {
      request.answer();
      return;
    }
    const expected = error instanceof KafkaError;
    if (!expected) {
      const fields = { error, api: api.name, apiVersion: request.apiVersion };
      this.#logger.error(
        { ...fields, clientId: request.clientId },
        'a request failed unexpectedly',
      );
    }
    let response: ResponseInput | NoResponse;
    try {
      const shown = expected ? error : new KafkaError('UNKNOWN_SERVER_ERROR');
      response = api.errorResponse(request, request.body, shown);
    } catch (second) {
      this.#unanswerable(request, second, 'the error response could not be made');
      return;
    }
    // Errors below the top level are not seen by `hasError`; this one is known.
    if (response === NO_RESPONSE || !hasError(response)) this.#entries[api.key]?.metrics.failed();
    this.#respond(request, response, 'error');
  }

  /** What a row answers whose work threw `error`. */
  rowError(request: Request, error: unknown, about: string): ErrorName {
    if (error instanceof AssertionFailure) throw error;
    if (error instanceof KafkaError) return error.error;
    const { api, apiVersion, clientId } = request;
    const name = api?.name ?? String(request.apiKey);
    if (error instanceof CorruptRecordsError) {
      request.complain({
        kind: 'unreadable records',
        of: about,
        sentence: `cannot answer ${name} for ${about}, whose records cannot be read: ${error.message}; dump-log shows where`,
      });
      return 'CORRUPT_MESSAGE';
    }
    const fields = { error, api: name, apiVersion, about, clientId };
    if (isSystemError(error)) {
      this.#logger.error(fields, 'a row of a request failed at the disk');
      return 'KAFKA_STORAGE_ERROR';
    }
    this.#logger.error(fields, 'a row of a request failed unexpectedly');
    return 'UNKNOWN_SERVER_ERROR';
  }

  #encode(request: Request, api: Api, version: number, response: ResponseInput): Buffer[] {
    return encodeResponseFrame(api.response, version, request.correlationId, response);
  }

  #await(request: Request, api: Api, answer: Promise<ResponseInput | NoResponse>): void {
    const ended = this.#watch.underWay(causeOf(request, api, 'handle'));
    answer.then(
      (response) => {
        ended();
        this.respond(request, response);
      },
      (error: unknown) => {
        ended();
        this.fail(request, error);
      },
    );
  }

  #unsupportedVersion(request: Request, api: Api): void {
    if (!api.answerUnsupportedVersion) {
      refuse(request, unsupportedVersion(request, api));
      return;
    }
    const { version, response } = api.answerUnsupportedVersion(request);
    this.#entries[api.key]?.metrics.failed();
    request.answer(this.#encode(request, api, version, response));
  }

  #unanswerable(request: Request, error: unknown, what: string): void {
    if (error instanceof AssertionFailure) throw error;
    const fields = { error, api: request.api?.name, apiVersion: request.apiVersion };
    this.#logger.error({ ...fields, clientId: request.clientId }, what);
    refuse(request, { kind: 'unanswerable', sentence: what });
  }
}

/** What ApiVersions advertises for `apis`, by key. */
export function supportedVersions(
  apis: readonly Api[],
): { apiKey: number; minVersion: number; maxVersion: number }[] {
  return apis
    .map((api) => ({
      apiKey: api.key,
      minVersion: api.advertisedMin ?? api.versions.min,
      maxVersion: api.versions.max,
    }))
    .sort((a, b) => a.apiKey - b.apiKey);
}

/** Ends the connection, and lets go of the frame, which no handler uses. */
function refuse(request: Request, complaint: Complaint): void {
  request.closeConnection(complaint);
  request.answer();
}

/** What the operating system answered: it has a code and the call. */
function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && 'syscall' in error;
}

function sizeOf(chunks: readonly Buffer[]): number {
  return chunks.reduce((sum, { length }) => sum + length, 0);
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function hasError(response: ResponseInput): boolean {
  return 'errorCode' in response && typeof response['errorCode'] === 'number'
    ? response['errorCode'] !== 0
    : false;
}
