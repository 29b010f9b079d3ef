import { listGroups } from '../../client/index.ts';
import {
  BOOTSTRAP_FLAGS,
  bootstrapServers,
  clientSettings,
  withCluster,
} from '../bootstrap-servers.ts';
import { CliError } from '../failure.ts';
import { toggle, value } from '../flags.ts';
import { sortedGroups } from '../groups/chosen.ts';
import { kindTable } from '../groups/tables.ts';
import { tool } from '../tool.ts';

const FLAGS = {
  ...BOOTSTRAP_FLAGS,
  list: toggle('List the groups.'),
  'group-type': value('type', 'Only groups of this type: classic or consumer.'),
  protocol: value('protocol', 'Only groups of this protocol, for example consumer.'),
  consumer: toggle('Only groups of consumers, of either type.'),
  share: toggle('Only share groups: there are none here.'),
  'command-config': value('file', 'Client properties, for example client.id.'),
} as const;

/** kafka-groups.sh */
export const groups = tool({
  name: 'groups',
  about: 'Lists the groups of all kinds: of consumers, of Connect workers, and others.',
  usage: '--list [flags]',
  flags: FLAGS,
  examples: ['--list', '--list --consumer', '--list --group-type classic'],
  async run(flags, terminal) {
    if (!flags.list) throw new CliError('Command must include exactly one action: --list.');
    const settings = clientSettings(flags['command-config'], terminal);
    return withCluster(bootstrapServers(flags, terminal), settings, async (cluster) => {
      const type = flags['group-type']?.toLowerCase();
      const found = (await listGroups(cluster)).filter(
        (group) =>
          (type === undefined || group.type.toLowerCase() === type) &&
          (flags.protocol === undefined || group.protocolType === flags.protocol) &&
          (!flags.consumer || group.protocolType === 'consumer' || group.protocolType === '') &&
          !flags.share,
      );
      terminal.out(kindTable(sortedGroups(found)));
      return 0;
    });
  },
});
