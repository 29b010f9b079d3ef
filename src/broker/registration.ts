import type { BrokerConfig } from '../config/index.ts';
import type { BrokerNode } from '../coordination/znodes.ts';

/**
 * What this broker tells of itself: the endpoints it advertises. An empty host stands for "the address
 * that the client itself reached", port 0 for the port it reached.
 */
export function brokerRegistration(config: BrokerConfig, timestampMs: number): BrokerNode {
  return {
    endpoints: config.parsedListeners.map(({ name, protocol, host, port, advertised }) => ({
      listener: name,
      securityProtocol: protocol,
      host: advertised?.host ?? (isEveryAddress(host) ? '' : host),
      port: advertised?.port ?? port,
    })),
    rack: config.brokerRack,
    jmxPort: -1,
    timestampMs,
  };
}

function isEveryAddress(host: string): boolean {
  return host === '' || host === '0.0.0.0' || host === '::';
}
