import type { Clock } from '../base/clock.ts';
import { json, type Route } from './route.ts';

export interface Health {
  /**
   * `ok` serves clients, and so does `degraded`, with reasons: a restart would not help it. `stopping` answers
   * 503 so that a balancer looks elsewhere.
   */
  readonly status: 'ok' | 'degraded' | 'stopping' | 'failed';
  /** What else is worth telling: version, broker id, listeners, reasons. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** GET /healthz: 200 while clients are served, else 503; the details either way. */
export function healthRoute(clock: Clock, health: () => Health): Route {
  const startedMs = clock.monotonicMs();
  return {
    method: 'GET',
    path: '/healthz',
    summary: 'Whether the broker serves clients.',
    handle() {
      const { status, details } = health();
      const uptimeSeconds = Math.floor((clock.monotonicMs() - startedMs) / 1000);
      const headers = { 'cache-control': 'no-store' };
      const isServing = status === 'ok' || status === 'degraded';
      return json(isServing ? 200 : 503, { status, uptimeSeconds, ...details }, headers);
    },
  };
}
