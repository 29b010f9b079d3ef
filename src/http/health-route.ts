import type { Clock } from '../base/clock.ts';
import { json, type Route } from './route.ts';

export interface Health {
  /** `ok` serves clients; `starting` and `stopping` answer 503 so that a balancer looks elsewhere. */
  readonly status: 'starting' | 'ok' | 'stopping' | 'failed';
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
      return json(status === 'ok' ? 200 : 503, { status, uptimeSeconds, ...details }, headers);
    },
  };
}
