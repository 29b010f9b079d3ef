import { KafkaError } from '../../protocol/errors.ts';
import { bootstrapServers, clientSettings, withCluster } from '../bootstrap-servers.ts';
import { wholeNumber } from '../flags.ts';
import { deleteAction, deleteOffsetsAction } from '../groups/delete.ts';
import { describeAction } from '../groups/describe.ts';
import { checkFlags, chosenAction, FLAGS } from '../groups/flags.ts';
import { listAction } from '../groups/list.ts';
import { resetAction, resetSpec } from '../groups/reset.ts';
import { tool } from '../tool.ts';

const DEFAULT_TIMEOUT_MS = 5000;

/** kafka-consumer-groups.sh */
export const consumerGroups = tool({
  name: 'consumer-groups',
  about: 'Lists, describes, resets and deletes consumer groups.',
  usage: '--list|--describe|--delete|--reset-offsets|--delete-offsets [flags]',
  flags: FLAGS,
  examples: [
    '--list --state',
    '--describe --group readers',
    '--describe --group readers --members --verbose',
    '--reset-offsets --group readers --topic chat --to-earliest --execute',
    '--reset-offsets --group readers --all-topics --to-current --export > saved.csv',
  ],
  notes: `What the broker answers, a refusal too, is printed and ends with exit code 0, as with Kafka's
tool; exit code 1 means that nothing was asked or nobody answered.`,
  async run(flags, terminal) {
    const action = chosenAction(flags);
    checkFlags(flags, action);
    // A bad file or time is found before anything is asked.
    const spec = action === 'reset-offsets' ? resetSpec(flags, Date.now()) : undefined;
    const timeout = flags.timeout ?? String(DEFAULT_TIMEOUT_MS);
    const settings = {
      retryTimeoutMs: wholeNumber('timeout', timeout, { atLeast: 1 }),
      ...clientSettings(flags['command-config'], terminal),
    };
    return withCluster(bootstrapServers(flags, terminal), settings, async (cluster) => {
      try {
        if (action === 'list') await listAction(cluster, flags, terminal);
        else if (action === 'describe') await describeAction(cluster, flags, terminal);
        else if (action === 'delete') await deleteAction(cluster, flags, terminal);
        else if (action === 'delete-offsets') await deleteOffsetsAction(cluster, flags, terminal);
        else if (spec) await resetAction(cluster, flags, terminal, spec);
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error;
        terminal.out(`\nError: Executing consumer group command failed due to ${error.message}\n`);
      }
      return 0;
    });
  },
});
