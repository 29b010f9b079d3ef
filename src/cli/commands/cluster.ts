import { CliError } from '../failure.ts';
import { value } from '../flags.ts';
import { tool } from '../tool.ts';
import { BOOTSTRAP_FLAGS, bootstrapServers, clientSettings, withCluster } from './bootstrap.ts';

const FLAGS = {
  ...BOOTSTRAP_FLAGS,
  config: value('file', 'Client properties, for example client.id.'),
  b: value('host:port,...', 'The short form of --bootstrap-server.', true),
  c: value('file', 'The short form of --config.', true),
} as const;

/** kafka-cluster.sh */
export const clusterCommand = tool({
  name: 'cluster',
  about: 'Tells the id of the cluster.',
  usage: 'cluster-id [flags]',
  flags: FLAGS,
  examples: ['cluster-id', 'cluster-id --bootstrap-server localhost:9092'],
  allowRest: true,
  async run(flags, terminal, rest) {
    const [command, ...others] = rest;
    if (command !== 'cluster-id' || others.length > 0) {
      throw new CliError(
        command === undefined || others.length > 0
          ? 'cluster takes exactly one action: cluster-id'
          : `${command} is not an action of cluster; there is cluster-id`,
      );
    }
    const bootstrap = flags.b ?? bootstrapServers(flags, terminal);
    const settings = clientSettings(flags.config ?? flags.c, terminal);
    return withCluster(bootstrap, settings, async (cluster) => {
      const { clusterId } = await cluster.retry(() => cluster.metadata([]));
      terminal.out(
        clusterId === null
          ? 'No cluster ID found. The Kafka version is probably too old.\n'
          : `Cluster ID: ${clusterId}\n`,
      );
      return 0;
    });
  },
});
