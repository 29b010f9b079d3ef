import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Endpoint, Network } from '../../base/network.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { NetworkLimits } from './limits.ts';
import type { NetworkMetrics } from './network-metrics.ts';

export interface NetworkServerOptions {
  readonly clock: Clock;
  readonly network: Network;
  readonly logger: Logger;
  readonly dispatcher: Dispatcher;
  readonly limits: NetworkLimits;
  readonly metrics: NetworkMetrics;
}

/** All listeners of a broker with their connections. */
export class NetworkServer {
  constructor(_options: NetworkServerOptions) {
    throw new Error('not written yet');
  }

  get connectionCount(): number {
    return 0;
  }

  /**
   * Accepts connections at `host` and `port` (0 picks a free port); the address that it then listens
   * on. Rejects with Node's error (`code` EADDRINUSE, EACCES, ...).
   */
  async listen(_listener: { name: string; host: string; port: number }): Promise<Endpoint> {
    throw new Error('not written yet');
  }

  /**
   * Stops accepting and reading, lets requests in flight be answered for at most `graceMs`, then cuts
   * off what is left: parked requests get their `onClose`. Resolves when all connections are closed.
   */
  async shutdown(_options: { graceMs: number }): Promise<void> {}
}
