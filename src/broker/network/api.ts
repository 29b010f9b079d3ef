import type { KafkaError } from '../../protocol/errors.ts';
import type { Fields, InputOf, ValueOf } from '../../protocol/schema/fields.ts';
import type { MessageSchema } from '../../protocol/schema/index.ts';
import type { QuotaKind } from '../quota/quotas.ts';
import type { Right } from '../security/rights.ts';
import type { NoResponse, Pending } from './pending.ts';
import type { RequestContext } from './request-context.ts';

/**
 * How a handler answers: at once (the cheap way, no promise is made), through a Pending that it or
 * someone else completes, or through a promise.
 */
export type Answer<Response> =
  | Response
  | NoResponse
  | Pending<Response>
  | Promise<Response | NoResponse>;

export interface VersionRange {
  readonly min: number;
  readonly max: number;
}

/** A right to one resource. */
export interface NeededRight<Request> extends Right {
  /** Which resource the request is about; null where this one needs no right. Not for the cluster: there is one. */
  name?(request: Request): string | null;
}

/** What a client must be allowed to do. */
export interface Rights<Request> {
  /**
   * For the request as a whole: asked before the handler is called, and the first one that is denied makes
   * the error response.
   */
  readonly needs?: readonly NeededRight<Request>[];
  /**
   * What the handler asks by `context.authorize`, of each thing that is named or found: what is denied has an
   * error in its row, or is left out.
   */
  readonly asks?: readonly Right[];
}

/** What one handler file declares. */
export interface ApiDeclaration<Q extends Fields, S extends Fields> {
  readonly request: MessageSchema<Q>;
  readonly response: MessageSchema<S>;
  /** The versions that are advertised and accepted; contiguous. */
  readonly versions: VersionRange;
  readonly rights: Rights<ValueOf<Q>>;
  /** What it counts against beside the broker's time. */
  readonly quota?: Exclude<QuotaKind, 'request'>;
  /** For `controllerMutation`: how many partitions the request would make or remove. */
  mutations?(request: ValueOf<Q>): number;
  handle(context: RequestContext, request: ValueOf<Q>): Answer<InputOf<S>>;
  /**
   * The response that carries `error` where this API has its error codes. Called for a KafkaError that
   * the handler throws, and with UNKNOWN_SERVER_ERROR for everything else it throws.
   */
  errorResponse(
    context: RequestContext,
    request: ValueOf<Q>,
    error: KafkaError,
  ): InputOf<S> | NoResponse;
  /**
   * Answers a request of a version outside `versions`, whose body can't be read, at the version it
   * names. Without it the connection is closed, as Kafka does for all but ApiVersions.
   */
  answerUnsupportedVersion?(context: RequestContext): { version: number; response: InputOf<S> };
}

/** An API with its types erased: what the dispatcher's table holds. */
export interface Api {
  readonly key: number;
  readonly name: string;
  readonly request: MessageSchema;
  readonly response: MessageSchema;
  readonly versions: VersionRange;
  /** What ApiVersions names as the lowest version, where that is not the lowest accepted one. */
  readonly advertisedMin?: number;
  readonly rights: Rights<unknown>;
  readonly quota: QuotaKind;
  mutations?(request: unknown): number;
  handle(context: RequestContext, request: unknown): Answer<ResponseInput>;
  errorResponse(
    context: RequestContext,
    request: unknown,
    error: KafkaError,
  ): ResponseInput | NoResponse;
  answerUnsupportedVersion?(context: RequestContext): { version: number; response: ResponseInput };
}

/** A response in the shape that its own schema encodes; `defineApi` ties the two together. */
export type ResponseInput = InputOf<Fields>;

/** Declares an API: `defineApi({ request: FetchRequest, response: FetchResponse, ... })`. */
export function defineApi<Q extends Fields, S extends Fields>(
  declaration: ApiDeclaration<Q, S>,
): Api {
  const { request, response } = declaration;
  if (
    request.type !== 'request' ||
    response.type !== 'response' ||
    request.apiKey !== response.apiKey
  ) {
    throw new Error(`${request.name} and ${response.name} are not the messages of one API`);
  }
  return { quota: 'request', ...declaration, key: request.apiKey, name: request.name };
}
