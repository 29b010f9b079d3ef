import type { BrokerMetadata, Cluster } from '../../client/index.ts';
import {
  BOOTSTRAP_FLAGS,
  bootstrapServers,
  clientSettings,
  withCluster,
} from '../bootstrap-servers.ts';
import { CliError } from '../failure.ts';
import { toggle, value, wholeNumber } from '../flags.ts';
import type { Terminal } from '../terminal.ts';
import { tool } from '../tool.ts';

const FLAGS = {
  ...BOOTSTRAP_FLAGS,
  config: value('file', 'Client properties, for example client.id.'),
  'include-fenced-brokers': toggle('With list-endpoints: fenced brokers, too.'),
  id: value('id', 'With unregister: the broker.'),
  b: value('host:port,...', 'The short form of --bootstrap-server.', true),
  c: value('file', 'The short form of --config.', true),
  i: value('id', 'The short form of --id.', true),
} as const;

const ACTIONS = ['cluster-id', 'list-endpoints', 'unregister'] as const;
const UNREGISTER_BROKER_KEY = 64;

/** kafka-cluster.sh */
export const clusterCommand = tool({
  name: 'cluster',
  about: 'Tells the id of the cluster, or where its brokers are.',
  usage: 'cluster-id|list-endpoints|unregister [flags]',
  flags: FLAGS,
  examples: ['cluster-id', 'list-endpoints --bootstrap-server localhost:9092'],
  notes: `unregister asks like Kafka's tool; a broker of Sluice leaves the cluster when it stops, so there
is nothing to unregister, and the tool says so.`,
  allowRest: true,
  async run(flags, terminal, rest) {
    const action = ACTIONS.find((one) => one === rest[0]);
    if (!action || rest.length > 1) {
      throw new CliError(
        rest.length === 1
          ? `${rest[0]} is not an action of cluster; there are ${ACTIONS.join(', ')}`
          : `cluster takes exactly one action: ${ACTIONS.join(', ')}`,
      );
    }
    const id = flags.id ?? flags.i;
    if (action === 'unregister') {
      if (id === undefined) throw new CliError('unregister needs --id <id>');
      wholeNumber('id', id, { atLeast: 0 });
    }
    const bootstrap = flags.b ?? bootstrapServers(flags, terminal);
    const settings = clientSettings(flags.config ?? flags.c, terminal);
    return withCluster(bootstrap, settings, async (cluster) => {
      if (action === 'unregister') return refuseUnregister(cluster, terminal);
      const { clusterId, brokers } = await cluster.retry(() => cluster.metadata([]));
      if (action === 'list-endpoints') terminal.out(endpointTable(brokers));
      else if (clusterId === null) {
        terminal.out('No cluster ID found. The Kafka version is probably too old.\n');
      } else terminal.out(`Cluster ID: ${clusterId}\n`);
      return 0;
    });
  },
});

async function refuseUnregister(cluster: Cluster, terminal: Terminal): Promise<number> {
  const { apiRanges } = await cluster.any();
  if (apiRanges.has(UNREGISTER_BROKER_KEY)) {
    throw new CliError("this is a cluster of Kafka's KRaft mode: unregister with Kafka's own tool");
  }
  terminal.out('The target cluster does not support the broker unregistration API.\n');
  return 0;
}

/** A row for each broker. Brokers that clients hear of are never fenced. */
export function endpointTable(brokers: readonly BrokerMetadata[]): string {
  const widest = (texts: readonly (string | null)[], otherwise: number) => {
    const lengths = texts.flatMap((text) => (text === null ? [] : [text.length]));
    return lengths.length === 0 ? otherwise : Math.max(...lengths);
  };
  const host = widest(
    brokers.map((broker) => broker.host),
    100,
  );
  const rack = widest(
    brokers.map((broker) => broker.rack),
    10,
  );
  const widths = [10, host, 10, rack, 10, 15];
  const line = (cells: readonly unknown[]) =>
    `${cells.map((cell, index) => String(cell).padEnd(widths[index]!)).join(' ')}\n`;
  return [
    line(['ID', 'HOST', 'PORT', 'RACK', 'STATE', 'ENDPOINT_TYPE']),
    ...brokers.map((one) => line([one.id, one.host, one.port, one.rack, 'unfenced', 'broker'])),
  ].join('');
}
