import { ClientError } from '../../client/index.ts';
import {
  BOOTSTRAP_FLAGS,
  bootstrapServers,
  clientSettings,
  withCluster,
} from '../bootstrap-servers.ts';
import { value } from '../flags.ts';
import { KAFKA_APIS } from '../kafka-apis.ts';
import { tool } from '../tool.ts';

const FLAGS = {
  ...BOOTSTRAP_FLAGS,
  'command-config': value('file', 'Client properties, for example client.id.'),
} as const;

/** kafka-broker-api-versions.sh */
export const brokerApiVersions = tool({
  name: 'broker-api-versions',
  about:
    "Lists the APIs and versions that each broker offers, and which Kafka's newest clients use.",
  usage: '[flags]',
  flags: FLAGS,
  examples: ['', '--bootstrap-server localhost:9092'],
  async run(flags, terminal) {
    const settings = clientSettings(flags['command-config'], terminal);
    return withCluster(bootstrapServers(flags, terminal), settings, async (cluster) => {
      const { brokers } = await cluster.retry(() => cluster.metadata([]));
      for (const { id, host, port, rack } of brokers) {
        const node = `${host}:${port} (id: ${id} rack: ${rack} isFenced: false)`;
        try {
          terminal.out(`${node} -> ${versionLines((await cluster.broker(id)).apiRanges)}\n`);
        } catch (error) {
          if (!(error instanceof ClientError)) throw error;
          terminal.out(`${node} -> ERROR: ${error.message}\n`);
        }
      }
      return 0;
    });
  },
});

/** In parentheses, one API per line. */
export function versionLines(
  ranges: ReadonlyMap<number, { readonly min: number; readonly max: number }>,
): string {
  const forClients = [...KAFKA_APIS.values()].filter((api) => api.forClients);
  const keys = new Set([...ranges.keys(), ...forClients.map(({ key }) => key)]);
  const lines = [...keys]
    .sort((a, b) => a - b)
    .map((key) => {
      const known = KAFKA_APIS.get(key);
      const offered = ranges.get(key);
      const name = `${known?.name ?? 'UNKNOWN'}(${key}): `;
      if (!offered) return `${name}UNSUPPORTED`;
      const { min, max } = offered;
      const range = `${name}${min === max ? min : `${min} to ${max}`}`;
      if (!known) return range;
      if (known.newest < min) return `${range} [unusable: node too new]`;
      return `${range} [usable: ${Math.min(known.newest, max)}]`;
    });
  return `(\n\t${lines.join(',\n\t')}\n)`;
}
