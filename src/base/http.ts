import type { Endpoint, Listener } from './network.ts';

/** An HTTP request, taken apart as far as routing needs. */
export interface HttpRequest {
  readonly method: string;
  /** Decoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** The whole body; rejects with HttpBodyTooLarge over `maxBytes`. */
  body(maxBytes: number): Promise<Buffer>;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

export class HttpBodyTooLarge extends Error {
  override name = 'HttpBodyTooLarge';
}

/** A connection whose first bytes are no HTTP, and is closed. */
export interface ForeignConnection {
  readonly remote: Endpoint;
  /** What the server got when it gave up: at least the first bytes, mostly. */
  readonly bytes: Uint8Array;
}

/** Serving HTTP as a port. */
export interface HttpHost {
  /**
   * `handle` must not reject. `onForeign` hears of clients that speak something else. Rejects with
   * Node's error (`code` EADDRINUSE, ...).
   */
  listen(
    at: Endpoint,
    handle: (request: HttpRequest) => Promise<HttpResponse>,
    onForeign?: (connection: ForeignConnection) => void,
  ): Promise<Listener>;
}
