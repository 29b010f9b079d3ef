import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Api } from './api.ts';
import type { NetworkMetrics } from './network-metrics.ts';

export interface DispatcherOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: NetworkMetrics;
  /** Every API that is answered, in any order. */
  readonly apis: readonly Api[];
}

/** Takes a request apart, calls its handler, and turns what comes of it into the response's bytes. */
export class Dispatcher {
  constructor(_options: DispatcherOptions) {}
}

/** What ApiVersions advertises for `apis`, by key. */
export function supportedVersions(
  apis: readonly Api[],
): { apiKey: number; minVersion: number; maxVersion: number }[] {
  return apis
    .map((api) => ({ apiKey: api.key, minVersion: api.versions.min, maxVersion: api.versions.max }))
    .sort((a, b) => a.apiKey - b.apiKey);
}
