import type { Metrics } from '../base/metrics.ts';
import { type LongWork, promised } from '../base/slices.ts';
import { exposition } from './exposition.ts';
import type { Route } from './route.ts';

/** What the runtime tells of itself (CPU, memory, event loop, garbage collection), as text. */
export type ProcessMetrics = () => Promise<string>;

/** GET /metrics: the broker's own metrics, then the process's. Whoever asks while they are collected gets the same. */
export function metricsRoute(
  metrics: Metrics,
  slices: LongWork,
  processMetrics: ProcessMetrics,
): Route {
  let underWay: Promise<string> | undefined;
  const collect = async () => {
    const own = await promised(slices, exposition(metrics.all(), slices));
    return `${own}${await processMetrics()}`;
  };
  return {
    method: 'GET',
    path: '/metrics',
    summary: "Every metric in Prometheus' text format.",
    async handle() {
      underWay ??= collect().finally(() => {
        underWay = undefined;
      });
      return {
        status: 200,
        headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
        body: await underWay,
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
