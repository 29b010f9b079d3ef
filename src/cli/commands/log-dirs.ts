import { describeLogDirs, type LogDirDescription } from '../../client/admin/log-dirs.ts';
import { topicPartitionName } from '../../client/index.ts';
import { clientSettings, DEFAULT_BOOTSTRAP, withCluster } from '../bootstrap-servers.ts';
import { CliError } from '../failure.ts';
import { toggle, value } from '../flags.ts';
import { tool } from '../tool.ts';

// --broker-list means something else here than for the other tools, so the flags are its own.
const FLAGS = {
  describe: toggle('Show what lies in the data directories, and how large it is.'),
  'bootstrap-server': value(
    'host:port,...',
    `The brokers to ask first; one that answers is enough. Default: ${DEFAULT_BOOTSTRAP}.`,
  ),
  'topic-list': value('topic,...', 'Only these topics.'),
  'broker-list': value('id,...', 'Only these brokers.'),
  'command-config': value('file', 'Client properties, for example client.id.'),
} as const;

/** kafka-log-dirs.sh */
export const logDirs = tool({
  name: 'log-dirs',
  about: 'Tells in JSON what lies in the data directories of brokers, and how large it is.',
  usage: '--describe [flags]',
  flags: FLAGS,
  examples: ['--describe', '--describe --topic-list orders,logs'],
  async run(flags, terminal) {
    if (!flags.describe) throw new CliError('Missing required argument "[describe]"');
    const topics = listed(flags['topic-list']);
    const wanted = listed(flags['broker-list']);
    const settings = clientSettings(flags['command-config'], terminal);
    const bootstrap = flags['bootstrap-server'] ?? DEFAULT_BOOTSTRAP;
    return withCluster(bootstrap, settings, async (cluster) => {
      const { brokers } = await cluster.retry(() => cluster.metadata([]));
      const known = brokers.map(({ id }) => String(id));
      const missing = wanted.filter((id) => !known.includes(id));
      if (missing.length > 0) {
        throw new CliError(
          `The given brokers do not exist from --broker-list: ${missing.join(',')}. Current existent brokers: ${known.join(',')}`,
        );
      }
      const ids = wanted.length === 0 ? known : [...new Set(wanted)];
      terminal.out('Querying brokers for log directories information\n');
      const found: [number, LogDirDescription[]][] = [];
      for (const id of ids) found.push([Number(id), await describeLogDirs(cluster, Number(id))]);
      terminal.out(`Received log directory information from brokers ${ids.join(',')}\n`);
      terminal.out(logDirsJson(found, new Set(topics)));
      return 0;
    });
  },
});

function listed(text: string | undefined): string[] {
  return (text ?? '').split(',').filter((one) => one !== '');
}

/** One line; with `topics` only theirs, unless that is empty. */
export function logDirsJson(
  brokers: readonly (readonly [number, readonly LogDirDescription[]])[],
  topics: ReadonlySet<string>,
): string {
  const text = JSON.stringify({
    brokers: brokers.map(([broker, dirs]) => ({
      broker,
      logDirs: dirs.map(({ path, error, replicas }) => ({
        partitions: replicas
          .filter(({ topic }) => topics.size === 0 || topics.has(topic))
          .map(({ topic, partition, size, offsetLag, isFuture }) => ({
            partition: topicPartitionName({ topic, partition }),
            size,
            offsetLag,
            isFuture,
          })),
        error: error === 'NONE' ? null : error,
        logDir: path,
      })),
    })),
    version: 1,
  });
  return `${text}\n`;
}
