import type { Logger } from '../base/logger.ts';
import type { Network } from '../base/network.ts';
import type { Listener } from '../config/listeners.ts';
import { isLoopback } from './network/loopback.ts';

/**
 * Looks up the names in `advertised.listeners`, which every client must be able to, and warns about each
 * that this machine does not know. It may be known elsewhere, so that is no error. Never rejects.
 */
export async function checkAdvertisedNames(
  listeners: readonly Listener[],
  network: Network,
  logger: Logger,
): Promise<void> {
  if (!network.resolve) return;
  for (const { name, advertised } of listeners) {
    if (!advertised || isLoopback(advertised.host) || isAddress(advertised.host)) continue;
    const { host, port } = advertised;
    try {
      await network.resolve(host);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
      logger.warn(
        { listener: name, host },
        `advertised.listeners names ${name}://${host}:${port}, and this machine knows no ${host}${code}:` +
          ' clients that do not know it either connect once and then fail; name a host that all of them know',
      );
    }
  }
}

function isAddress(host: string): boolean {
  return host.includes(':') || /^[\d.]+$/.test(host);
}
