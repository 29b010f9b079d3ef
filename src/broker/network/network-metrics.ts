import type { Metrics } from '../../base/metrics.ts';

/** Counts what goes through the network layer, by API. */
export class NetworkMetrics {
  constructor(_metrics: Metrics) {}
}
