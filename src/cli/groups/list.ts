import { type Cluster, listGroups } from '../../client/index.ts';
import { CliError } from '../failure.ts';
import type { Terminal } from '../terminal.ts';
import { consumerGroupIds, isConsumerGroup, sortedGroups } from './chosen.ts';
import type { GroupFlags } from './flags.ts';
import { groupTable } from './tables.ts';

const STATES = [
  'PreparingRebalance',
  'CompletingRebalance',
  'Stable',
  'Dead',
  'Empty',
  'Assigning',
  'Reconciling',
];
const TYPES = ['Consumer', 'Classic'];

/** `--list`, with the states and types that were asked for. Throws CliError. */
export async function listAction(
  cluster: Cluster,
  { state, type }: GroupFlags,
  terminal: Terminal,
): Promise<void> {
  if (state === undefined && type === undefined) {
    for (const groupId of await consumerGroupIds(cluster)) terminal.out(`${groupId}\n`);
    return;
  }
  const states = names('state', state, STATES);
  const types = names('types', type, TYPES).map((one) => one.toLowerCase());
  const groups = await listGroups(cluster, { states, types });
  // An old broker does not know the filters.
  const wanted = groups.filter(
    (group) =>
      isConsumerGroup(group) &&
      (states.length === 0 || states.includes(group.state)) &&
      (types.length === 0 || types.includes(group.type.toLowerCase())),
  );
  terminal.out(
    groupTable(sortedGroups(wanted), { type: type !== undefined, state: state !== undefined }),
  );
}

/** A list of words in any case; alone the flag means all. Throws CliError. */
function names(what: string, given: string | true | undefined, known: readonly string[]): string[] {
  if (given === undefined || given === true || given === '') return [];
  return given.split(',').map((word) => {
    const plain = word.trim().toLowerCase().replace(/_/g, '');
    const found = known.find((name) => name.toLowerCase() === plain);
    if (found === undefined) {
      throw new CliError(
        `Invalid ${what} list '${given}'. Valid ${what === 'state' ? 'states' : what} are: ${known.join(', ')}`,
      );
    }
    return found;
  });
}
