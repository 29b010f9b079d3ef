import type { Endpoint } from '../base/network.ts';
import { type BrokerConfig, ConfigError, loadBrokerConfig } from '../config/index.ts';
import type { BrokerOptions, KafkaConfig } from './options.ts';

const DEFAULT_HOST = '127.0.0.1';

/**
 * The broker's config as the options ask for it, with `folder` as its data's place. Throws ConfigError
 * where the options contradict each other, or a value is not allowed.
 */
export function settingsOf(
  options: BrokerOptions,
  folder: string,
): { config: BrokerConfig; warnings: readonly string[] } {
  const { config = {} } = options;
  for (const key of ['log.dirs', 'log.dir']) {
    if (key in config) {
      throw new ConfigError(`${key} = ${config[key]}: say data: { folder: '...' } instead`);
    }
  }
  return loadBrokerConfig({
    listeners: listeners(options),
    'http.listeners': httpListeners(options),
    ...texts(config),
    'log.dirs': folder,
  });
}

function listeners({ port, host, config = {} }: BrokerOptions): string {
  if ('listeners' in config && (port !== undefined || host !== undefined)) {
    throw new ConfigError(`listeners = ${config['listeners']}: leave port and host out then`);
  }
  return `PLAINTEXT://${authority({ host: host ?? DEFAULT_HOST, port: port ?? 0 })}`;
}

function httpListeners({ host, http, config = {} }: BrokerOptions): string {
  if (http === undefined || http === false) return '';
  if ('http.listeners' in config) {
    throw new ConfigError(`http.listeners = ${config['http.listeners']}: leave http out then`);
  }
  const at = http === true ? {} : http;
  const endpoint = { host: at.host ?? host ?? DEFAULT_HOST, port: at.port ?? 0 };
  return `http://${authority(endpoint)}`;
}

function texts(config: KafkaConfig): Record<string, string> {
  return Object.fromEntries(Object.entries(config).map(([key, value]) => [key, String(value)]));
}

/** `host:port`, as URLs and clients write it. */
export function authority({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** An address that a client on this machine can connect to. */
export function reachable({ host, port }: Endpoint): Endpoint {
  if (host === '' || host === '0.0.0.0') return { host: '127.0.0.1', port };
  return { host: host === '::' ? '::1' : host, port };
}
