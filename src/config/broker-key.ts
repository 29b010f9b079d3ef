import { BROKER_KEYS } from './broker-keys/index.ts';
import type { ConfigKey } from './key.ts';

const LISTENER_PREFIX = /^listener\.name\.[^.]+\.(?:[^.]+\.)?/;

/** The key of a name, also of one with a listener's prefix: listener.name.external.ssl.protocol. */
export function brokerKey(name: string): ConfigKey | undefined {
  if (Object.hasOwn(BROKER_KEYS, name)) return BROKER_KEYS[name];
  if (!name.startsWith('listener.name.')) return undefined;
  const withoutListener = name.replace(/^listener\.name\.[^.]+\./, '');
  if (Object.hasOwn(BROKER_KEYS, withoutListener)) return BROKER_KEYS[withoutListener];
  const withoutMechanism = name.replace(LISTENER_PREFIX, '');
  return Object.hasOwn(BROKER_KEYS, withoutMechanism) ? BROKER_KEYS[withoutMechanism] : undefined;
}
