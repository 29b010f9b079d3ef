import { join, resolve } from 'node:path';
import { nodeFileSystem } from '../../base/node/node-file-system.ts';
import { NodeFolderLocker } from '../../base/node/node-folder-locker.ts';
import { encodeMetaProperties, META_PROPERTIES_FILE } from '../../storage/dirs/meta-properties.ts';
import { makeFolderDurably, replaceFileSync } from '../../storage/files/atomic-file.ts';
import { readBrokerConfig } from '../broker-file.ts';
import { CliError } from '../failure.ts';
import { flagHelp, parseFlags, repeated, toggle, value } from '../flags.ts';
import type { Command } from '../terminal.ts';

const FLAGS = {
  'cluster-id': value('id', 'The id of the new cluster, as random-uuid makes one. Short: -t.'),
  config: value('file', 'The server.properties of the broker. Short: -c.'),
  'ignore-formatted': toggle('Leave folders alone that have an id. Short: -g.'),
  standalone: toggle('Accepted: a node always stands alone here. Short: -s.'),
  'release-version': value('version', 'Accepted, without effect. Short: -r.'),
  feature: repeated('name=level', 'Accepted, without effect. Short: -f.'),
  'initial-controllers': value('controllers', 'Accepted, without effect. Short: -I.'),
  'no-initial-controllers': toggle('Accepted, without effect. Short: -N.'),
} as const;

const SHORT: Readonly<Record<string, string>> = {
  '-t': '--cluster-id',
  '-c': '--config',
  '-g': '--ignore-formatted',
  '-s': '--standalone',
  '-r': '--release-version',
  '-f': '--feature',
  '-I': '--initial-controllers',
  '-N': '--no-initial-controllers',
};

const HELP = `Gives the data directories of a new broker the id of their cluster, as kafka-storage.sh does. A broker
that starts without it makes one by itself.

Usage: kafka-storage.sh format -t <cluster id> -c <server.properties> [flags]

${flagHelp(FLAGS)}
`;

/** `kafka-storage.sh format`: what KRaft's runbooks do before the first start. */
export const storageFormat: Command = {
  async run(args, terminal) {
    const words = args.map((word) => SHORT[word] ?? word);
    const { flags, help } = parseFlags(FLAGS, words, { command: 'kafka-storage.sh format' });
    if (help) {
      terminal.out(HELP);
      return 0;
    }
    const clusterId = flags['cluster-id'];
    if (clusterId === undefined || !isUuid(clusterId)) {
      throw new CliError(
        `--cluster-id${clusterId === undefined ? ' is missing' : ` ${clusterId} is no id of a cluster`}; take one of kafka-storage.sh random-uuid`,
      );
    }
    if (flags.config === undefined) throw new CliError('--config is missing: name the broker file');
    const { nodeId, logDirList } = readBrokerConfig(flags.config, [], '--config').config;
    const isFormatted = (folder: string) =>
      nodeFileSystem.stat(join(folder, META_PROPERTIES_FILE)) !== undefined;
    const formatted = logDirList.filter(isFormatted);
    if (formatted.length > 0 && !flags['ignore-formatted']) {
      throw new CliError(
        `${formatted.join(', ')} ${formatted.length === 1 ? 'has' : 'have'} an id already; --ignore-formatted leaves what has one alone`,
      );
    }
    for (const folder of logDirList) {
      if (isFormatted(folder)) {
        terminal.out(`${folder} has an id already and is left alone.\n`);
        continue;
      }
      makeFolderDurably(nodeFileSystem, folder);
      const lock = await new NodeFolderLocker({ program: 'kafka-storage.sh' }).lock(folder);
      try {
        const meta = encodeMetaProperties({
          version: 1,
          nodeId: nodeId === -1 ? undefined : nodeId,
          clusterId,
          directoryId: undefined,
        });
        replaceFileSync(nodeFileSystem, resolve(folder, META_PROPERTIES_FILE), meta);
      } finally {
        await lock.release();
      }
      terminal.out(`Formatting ${folder} with cluster id ${clusterId}.\n`);
    }
    return 0;
  },
};

/** 16 bytes as Kafka writes them, or in hexadecimal with hyphens. */
function isUuid(text: string): boolean {
  return (
    /^[A-Za-z0-9_-]{22}$/.test(text) || /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)
  );
}
