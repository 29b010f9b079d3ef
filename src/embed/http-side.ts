import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Endpoint } from '../base/network.ts';
import type { Broker } from '../broker/broker.ts';

export interface HttpSide {
  readonly endpoints: readonly Endpoint[];
  /** /healthz says so from here on. */
  markStopping(): void;
  stop(): Promise<void>;
}

/** Serves the broker's metrics and health at `listeners`, as in `http.listeners`. */
export async function serveHttp(
  listeners: string,
  { broker, clock, logger }: { broker: Broker; clock: Clock; logger: Logger },
): Promise<HttpSide> {
  const [
    { HttpServer },
    { metricsRoute, promClientProcessMetrics },
    { healthRoute },
    { nodeHttpHost },
  ] = await Promise.all([
    import('../http/http-server.ts'),
    import('../http/metrics-route.ts'),
    import('../http/health-route.ts'),
    import('../base/node/node-http.ts'),
  ]);
  let status: 'ok' | 'stopping' = 'ok';
  const details = {
    brokerId: broker.brokerId,
    clusterId: broker.clusterId,
    listeners: broker.listeners,
  };
  const http = new HttpServer({
    host: nodeHttpHost,
    logger,
    routes: [
      metricsRoute(broker.metrics, promClientProcessMetrics()),
      healthRoute(clock, () => ({ status, details })),
    ],
  });
  const endpoints = await http.start(listeners);
  return {
    endpoints,
    markStopping() {
      status = 'stopping';
    },
    stop: () => http.stop(),
  };
}
