import { NodeClock } from '../base/node/node-clock.ts';
import { NodeNetwork } from '../base/node/node-network.ts';
import { NodeRandom } from '../base/node/node-random.ts';
import { Cluster, parseBootstrap } from '../client/index.ts';
import type { ConfigTexts } from '../config/index.ts';
import { CliError } from './failure.ts';
import { value, wholeNumber } from './flags.ts';
import type { Terminal } from './terminal.ts';
import { readProperties } from './text-file.ts';

export const DEFAULT_BOOTSTRAP = 'localhost:9092';

/** How to reach the cluster: the same for every command. */
export const BOOTSTRAP_FLAGS = {
  'bootstrap-server': value(
    'host:port,...',
    `The brokers to ask first; one that answers is enough. Default: ${DEFAULT_BOOTSTRAP}.`,
  ),
  'broker-list': value('host:port,...', 'The older name of --bootstrap-server.', true),
  zookeeper: value('host:port', 'From before Kafka 2.2.', true),
} as const;

interface BootstrapValues {
  readonly 'bootstrap-server': string | undefined;
  readonly 'broker-list': string | undefined;
  readonly zookeeper: string | undefined;
}

/** The addresses to ask, with one warning line where an older flag was used. */
export function bootstrapServers(flags: BootstrapValues, terminal: Terminal): string {
  const given = flags['bootstrap-server'];
  if (given !== undefined) return given;
  if (flags['broker-list'] !== undefined) {
    terminal.err('WARNING: --broker-list is deprecated; use --bootstrap-server.\n');
    return flags['broker-list'];
  }
  if (flags.zookeeper !== undefined) {
    terminal.err(
      `WARNING: --zookeeper is not used any more; asking the broker at ${DEFAULT_BOOTSTRAP}. Use --bootstrap-server.\n`,
    );
  }
  return DEFAULT_BOOTSTRAP;
}

export interface ClusterSettings {
  readonly clientId?: string;
  readonly requestTimeoutMs?: number;
  readonly retryTimeoutMs?: number;
}

/** Runs `use` with a client of the cluster and closes it afterwards. */
export async function withCluster<T>(
  bootstrap: string,
  settings: ClusterSettings,
  use: (cluster: Cluster) => Promise<T>,
): Promise<T> {
  const ports = { network: new NodeNetwork(), clock: new NodeClock(), random: new NodeRandom() };
  const cluster = new Cluster(ports, { ...settings, bootstrap: parseBootstrap(bootstrap) });
  try {
    return await use(cluster);
  } finally {
    await cluster.close();
  }
}

/** A properties file that a flag names; nothing without the flag. Throws CliError. */
export function propertiesFile(flag: string, path: string | undefined): ConfigTexts {
  return readProperties(path, `--${flag}`);
}

/** What --command-config may set. */
const COMMAND_KEYS = new Set([
  'client.id',
  'request.timeout.ms',
  'default.api.timeout.ms',
  'bootstrap.servers',
  'security.protocol',
]);

/** The settings of a tool's client from its --command-config. Throws CliError. */
export function clientSettings(path: string | undefined, terminal: Terminal): ClusterSettings {
  const texts = propertiesFile('command-config', path);
  warnAboutUnknown(terminal, texts, COMMAND_KEYS);
  requirePlaintext(texts);
  const timeout = texts['default.api.timeout.ms'] ?? texts['request.timeout.ms'];
  return {
    clientId: texts['client.id'] ?? 'adminclient',
    ...(timeout === undefined
      ? {}
      : { retryTimeoutMs: wholeNumber('command-config', timeout, { atLeast: 1 }) }),
  };
}

/** Better a clear refusal than a connection without the security that was asked for. */
export function requirePlaintext(texts: ConfigTexts): void {
  const protocol = texts['security.protocol'];
  if (protocol !== undefined && protocol !== 'PLAINTEXT') {
    throw new CliError(`security.protocol = ${protocol} is not supported yet, only PLAINTEXT`);
  }
}

/** The sentence for keys of a client's properties that have no meaning here. */
export function warnAboutUnknown(
  terminal: Terminal,
  texts: ConfigTexts,
  known: ReadonlySet<string>,
): void {
  const unknown = Object.keys(texts).filter((name) => !known.has(name));
  if (unknown.length > 0) {
    terminal.err(`WARNING: without effect here: ${unknown.sort().join(', ')}\n`);
  }
}
