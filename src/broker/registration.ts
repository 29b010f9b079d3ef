import type { Clock } from '../base/clock.ts';
import type { BrokerConfig } from '../config/index.ts';
import type { Store } from '../coordination/store.ts';
import { isStoreError } from '../coordination/store.ts';
import { brokerNode, PERSISTENT_PATHS } from '../coordination/znodes.ts';

/**
 * Makes this broker known: its ephemeral node under /brokers/ids with the endpoints it advertises. An
 * empty host stands for "the address that the client itself reached", port 0 for the one it reached.
 */
export async function registerBroker(
  store: Store,
  brokerId: number,
  config: BrokerConfig,
  clock: Clock,
): Promise<void> {
  for (const path of PERSISTENT_PATHS) {
    try {
      await store.create(path, null);
    } catch (error) {
      if (!isStoreError(error, 'NODE_EXISTS')) throw error;
    }
  }
  const data = brokerNode.encode({
    endpoints: config.parsedListeners.map(({ name, protocol, host, port, advertised }) => ({
      listener: name,
      securityProtocol: protocol,
      host: advertised?.host ?? (isEveryAddress(host) ? '' : host),
      port: advertised?.port ?? port,
    })),
    rack: config.brokerRack,
    jmxPort: -1,
    timestampMs: clock.now(),
  });
  await store.create(brokerNode.path(brokerId), data, 'ephemeral');
}

function isEveryAddress(host: string): boolean {
  return host === '' || host === '0.0.0.0' || host === '::';
}
