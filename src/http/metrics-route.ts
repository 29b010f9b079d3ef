import type { Metrics } from '../base/metrics.ts';
import { exposition } from './exposition.ts';
import type { Route } from './route.ts';

/** What the runtime tells of itself (CPU, memory, event loop, garbage collection), as text. */
export type ProcessMetrics = () => Promise<string>;

/** GET /metrics: the broker's own metrics, then the process's. */
export function metricsRoute(metrics: Metrics, processMetrics: ProcessMetrics): Route {
  return {
    method: 'GET',
    path: '/metrics',
    summary: "Every metric in Prometheus' text format.",
    async handle() {
      return {
        status: 200,
        headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
        body: `${exposition(metrics.all())}${await processMetrics()}`,
      };
    },
  };
}

/** Through prom-client, loaded at the first scrape: at start it would cost more than it is worth. */
export function promClientProcessMetrics(): ProcessMetrics {
  let registry: Promise<{ metrics(): Promise<string> }> | undefined;
  return async () => {
    // By its default export: the bundle gives a CommonJS module no other.
    registry ??= import('prom-client').then(({ default: client }) => {
      const register = new client.Registry();
      client.collectDefaultMetrics({ register });
      return register;
    });
    return (await registry).metrics();
  };
}
