import type { HttpRequest, HttpResponse } from '../base/http.ts';

/** One thing the HTTP interface can do, declared once. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `/healthz`, or with named segments `/topics/:topic`. */
  readonly path: string;
  /** One sentence, for the reference. */
  readonly summary: string;
  handle(request: RoutedRequest): HttpResponse | Promise<HttpResponse>;
}

export interface RoutedRequest extends HttpRequest {
  /** What stood in the place of the path's named segments. */
  readonly params: Readonly<Record<string, string>>;
}

/** A problem that the client is told of: `{ "error": code, "message": sentence }`. */
export class HttpError extends Error {
  override name = 'HttpError';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export function json(
  status: number,
  value: unknown,
  headers?: Record<string, string>,
): HttpResponse {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: `${JSON.stringify(value)}\n`,
  };
}

/** What a path pattern takes out of a path; undefined where it does not match. */
export function matchPath(pattern: string, path: string): Record<string, string> | undefined {
  const wanted = pattern.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, segment] of wanted.entries()) {
    const value = given[index] ?? '';
    if (!segment.startsWith(':')) {
      if (segment !== value) return undefined;
    } else {
      if (value === '') return undefined;
      params[segment.slice(1)] = value;
    }
  }
  return params;
}
