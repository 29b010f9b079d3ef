import { AssertionFailure } from '../base/assert.ts';
import { HttpBodyTooLarge, type HttpRequest, type HttpResponse } from '../base/http.ts';
import type { Logger } from '../base/logger.ts';
import { HttpError, json, matchPath, type Route } from './route.ts';

/** Finds the route of a request; everything that is not an answer becomes a JSON error. */
export class Router {
  readonly #routes: readonly Route[];
  readonly #logger: Logger;

  constructor(options: { logger: Logger; routes: readonly Route[] }) {
    this.#logger = options.logger;
    this.#routes = options.routes;
  }

  async answer(request: HttpRequest): Promise<HttpResponse> {
    try {
      return await this.#route(request);
    } catch (error) {
      if (error instanceof AssertionFailure) throw error;
      if (error instanceof HttpError) return problem(error);
      if (error instanceof HttpBodyTooLarge) {
        return problem(new HttpError(413, 'BODY_TOO_LARGE', error.message));
      }
      const { method, path } = request;
      this.#logger.error({ error, method, path }, 'an HTTP request failed unexpectedly');
      return problem(new HttpError(500, 'INTERNAL_ERROR', 'The broker failed; its log says why.'));
    }
  }

  async #route(request: HttpRequest): Promise<HttpResponse> {
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    const allowed = new Set<string>();
    for (const route of this.#routes) {
      const params = matchPath(route.path, request.path);
      if (!params) continue;
      if (route.method === method) return route.handle({ ...request, params });
      allowed.add(route.method);
      if (route.method === 'GET') allowed.add('HEAD');
    }
    if (allowed.size === 0) {
      throw new HttpError(404, 'NOT_FOUND', `There is nothing at ${request.path}.`);
    }
    const allow = [...allowed].join(', ');
    const message = `${request.path} knows ${allow}, not ${request.method}.`;
    return json(405, { error: 'METHOD_NOT_ALLOWED', message }, { allow });
  }
}

function problem(error: HttpError): HttpResponse {
  return json(error.status, { error: error.code, message: error.message });
}
