import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Endpoint, Network } from '../base/network.ts';
import { endpointText } from '../client/errors.ts';
import { ConfigError } from '../config/index.ts';

const TIMEOUT_MS = 1000;
const DEFAULT_PORT = 2181;

/** What every ZooKeeper answers, be it that it must not say more. */
const QUESTION = Buffer.from('srvr');
const ANSWER_BYTES = 512;

/**
 * Files written for Kafka name an ensemble. Where none answers, this is the single node that it would be
 * without, with a warning; where one does, somebody relies on a cluster: resolves to the sentence that refuses
 * it. Throws ConfigError where the key cannot be read.
 */
export async function checkEnsemble(
  connect: string | null,
  ports: { readonly network: Network; readonly clock: Clock; readonly logger: Logger },
): Promise<string | undefined> {
  const servers = parseEnsemble(connect ?? '');
  if (servers.length === 0) return undefined;
  const found = await Promise.all(servers.map((server) => whatAnswers(server, ports)));
  const isZooKeeper = found.indexOf('zookeeper');
  const at = isZooKeeper < 0 ? found.indexOf('something') : isZooKeeper;
  const server = servers[at];
  if (server) {
    const what = found[at] === 'zookeeper' ? 'a ZooKeeper' : 'something that may be one';
    return `zookeeper.connect is ${connect}, and ${what} answers at ${endpointText(server)}, but this version runs as a single node, of which other brokers would not know; remove zookeeper.connect to keep the metadata beside the data`;
  }
  ports.logger.warn(
    {},
    `zookeeper.connect is ${connect}, where no ZooKeeper answers; none is needed: this broker is a single node and keeps its metadata beside its data`,
  );
  return undefined;
}

/** `host:port`, comma-separated, with a path at the end. */
export function parseEnsemble(text: string): Endpoint[] {
  const [servers = ''] = text.split('/');
  const items = servers.split(',').map((item) => item.trim());
  return items
    .filter((item) => item !== '')
    .map((item) => {
      const match = /^(\[[^\]]+\]|[^:[\]\s]+)(?::(\d{1,5}))?$/.exec(item);
      const port = Number(match?.[2] ?? DEFAULT_PORT);
      if (!match || port < 1 || port > 65_535) {
        throw new ConfigError(
          `zookeeper.connect = ${text} has the entry ${item}; an entry must be host:port, with a port from 1 to 65535`,
        );
      }
      return { host: match[1]!.replace(/^\[|\]$/g, ''), port };
    });
}

async function whatAnswers(
  server: Endpoint,
  { network, clock }: { readonly network: Network; readonly clock: Clock },
): Promise<'nothing' | 'zookeeper' | 'something'> {
  const socket = await network.connect(server, { timeoutMs: TIMEOUT_MS }).catch(() => undefined);
  if (!socket) return 'nothing';
  const text = await new Promise<string>((resolve) => {
    let said = '';
    const timer = clock.after(TIMEOUT_MS, () => resolve(said));
    const done = () => {
      timer.cancel();
      resolve(said);
    };
    socket.start({
      onData(chunk) {
        said += Buffer.from(chunk).toString('latin1');
        if (said.length >= ANSWER_BYTES) done();
      },
      onDrain() {},
      onClose: done,
    });
    socket.write([QUESTION]);
  });
  socket.destroy();
  return /zookeeper|whitelist/i.test(text) ? 'zookeeper' : 'something';
}
