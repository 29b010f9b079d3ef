import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Endpoint } from '../base/network.ts';
import type { Broker } from '../broker/broker.ts';
import type { Health } from './health-route.ts';

/** A broker's metrics and health over HTTP. */
export interface BrokerHttp {
  readonly endpoints: readonly Endpoint[];
  /** /healthz says so from here on, so that a balancer looks elsewhere. */
  markStopping(): void;
  stop(): Promise<void>;
}

/**
 * Serves a running broker's metrics and health at `listeners`; with none it does nothing. Its code is
 * loaded only here: nobody waits for metrics while a broker starts. Rejects with ConfigError.
 */
export async function serveBrokerHttp(
  listeners: readonly Endpoint[],
  parts: { broker: Broker; clock: Clock; logger: Logger; version?: string },
): Promise<BrokerHttp> {
  let status: 'ok' | 'stopping' = 'ok';
  const markStopping = () => {
    status = 'stopping';
  };
  if (listeners.length === 0) return { endpoints: [], markStopping, stop: async () => {} };
  const [
    { HttpServer },
    { metricsRoute, promClientProcessMetrics },
    { healthRoute },
    { retentionRoute },
    { nodeHttpHost },
  ] = await Promise.all([
    import('./http-server.ts'),
    import('./metrics-route.ts'),
    import('./health-route.ts'),
    import('./retention-route.ts'),
    import('../base/node/node-http.ts'),
  ]);
  const { broker, clock, logger, version } = parts;
  const health = (): Health => {
    const { online, offline } = broker.logDirs();
    const reasons = broker.troubles();
    const isServing = status === 'ok' && online.length > 0;
    const serving = reasons.length > 0 ? 'degraded' : 'ok';
    return {
      status: isServing ? serving : status === 'ok' ? 'failed' : status,
      details: {
        ...(version !== undefined && { version }),
        brokerId: broker.brokerId,
        clusterId: broker.clusterId,
        listeners: broker.listeners,
        ...(offline.length > 0 && { offlineLogDirs: offline }),
        ...(reasons.length > 0 && { reasons }),
      },
    };
  };
  const http = new HttpServer({
    host: nodeHttpHost,
    clock,
    logger,
    routes: [
      metricsRoute(broker.metrics, broker.slices, promClientProcessMetrics()),
      healthRoute(clock, health),
      retentionRoute(broker),
    ],
  });
  const endpoints = await http.start(listeners);
  return { endpoints, markStopping, stop: () => http.stop() };
}
