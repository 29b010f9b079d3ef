import { BOOTSTRAP_FLAGS } from '../bootstrap-servers.ts';
import { CliError } from '../failure.ts';
import { optional, type Parsed, repeated, toggle, value } from '../flags.ts';

/** What `consumer-groups` can be told to do; exactly one of them. */
export const ACTIONS = ['list', 'describe', 'delete', 'reset-offsets', 'delete-offsets'] as const;
export type Action = (typeof ACTIONS)[number];

export const FLAGS = {
  list: toggle('List the groups.'),
  describe: toggle('Show the offsets and the lag of groups.'),
  delete: toggle('Delete groups, with their offsets.'),
  'reset-offsets': toggle('Move groups without members to other offsets.'),
  'delete-offsets': toggle('Forget the offsets of a group in some topics.'),
  ...BOOTSTRAP_FLAGS,
  group: repeated('group', 'The group. May be given several times, except with --delete-offsets.'),
  'all-groups': toggle('All groups.'),
  topic: repeated('topic', 'With --reset-offsets and --delete-offsets: a topic, or topic:0,1,2.'),
  'all-topics': toggle('With --reset-offsets: all topics that the group has offsets of.'),
  members: toggle('With --describe: the members.'),
  offsets: toggle('With --describe: the offsets, which is the default.'),
  state: optional('states', 'With --describe: the state. With --list: states too, or only these.'),
  type: optional('types', 'With --list: types too, or only these: classic, consumer.'),
  verbose: toggle('With --describe: more columns, such as the partitions of each member.'),
  'to-earliest': toggle('Reset to the oldest record.'),
  'to-latest': toggle('Reset to the end.'),
  'to-current': toggle('Reset to the committed offset: with --export, a way to save it.'),
  'to-offset': value('offset', 'Reset to this offset.'),
  'shift-by': value('count', 'Reset by so many records, forward or (negative) back.'),
  'to-datetime': value('time', 'Reset to a time: YYYY-MM-DDTHH:mm:SS.sss, in UTC.'),
  'by-duration': value('duration', 'Reset to so long ago: PnDTnHnMnS.'),
  'from-file': value('file', 'Reset to what --export wrote.'),
  'dry-run': toggle('Only show the new offsets. This is what happens without --execute, too.'),
  execute: toggle('Really reset.'),
  export: toggle('Show the new offsets as CSV.'),
  timeout: value(
    'ms',
    'How long to try again where a coordinator is not ready yet. Default: 5000.',
  ),
  'command-config': value('file', 'Client properties, for example client.id.'),
  'new-consumer': toggle('From before Kafka 2.0: without effect.', true),
} as const;

export type GroupFlags = Parsed<typeof FLAGS>;

/** The ways to say where to, in the order in which Kafka's tool names them. */
const SCENARIOS = [
  'to-offset',
  'to-current',
  'to-datetime',
  'from-file',
  'by-duration',
  'to-earliest',
  'to-latest',
  'shift-by',
] as const;
export type Scenario = (typeof SCENARIOS)[number];

/** The one action of the command line. Throws CliError. */
export function chosenAction(flags: GroupFlags): Action {
  const [action, ...others] = ACTIONS.filter((one) => flags[one]);
  if (action === undefined || others.length > 0) {
    throw new CliError(
      `Command must include exactly one action: ${ACTIONS.map((one) => `--${one}`).join(', ')}`,
    );
  }
  return action;
}

/** Throws CliError for flags that do not go together, in Kafka's sentences. */
export function checkFlags(flags: GroupFlags, action: Action): void {
  const groups = flags.group.length > 0;
  if (groups && flags['all-groups']) {
    throw new CliError(`Option "[group]" can't be used with option "[all-groups]"`);
  }
  if (action === 'reset-offsets' && flags['dry-run'] && flags.execute) {
    throw new CliError('Option [reset-offsets] only accepts one of [execute] and [dry-run]');
  }
  if (action !== 'list' && action !== 'delete-offsets' && !groups && !flags['all-groups']) {
    throw new CliError(`Option [${action}] takes one of these options: [group], [all-groups]`);
  }
  if (action === 'delete-offsets' && (flags.group.length !== 1 || flags.topic.length === 0)) {
    throw new CliError('Option [delete-offsets] takes the following options: [group], [topic]');
  }
  if (action === 'delete' && flags.topic.length > 0) {
    throw new CliError(
      'The consumer does not support topic-specific offset deletion from a consumer group.',
    );
  }
  if (action === 'describe') checkDescribe(flags);
}

function checkDescribe(flags: GroupFlags): void {
  const views = [flags.members, flags.offsets, flags.state !== undefined].filter(Boolean);
  if (views.length > 1) {
    throw new CliError(
      'Option [describe] takes at most one of these options: [members], [offsets], [state]',
    );
  }
  if (typeof flags.state === 'string') {
    throw new CliError('Option [describe] does not take a value for [state]');
  }
}

/** The one way to reset that was asked for. Throws CliError. */
export function chosenScenario(flags: GroupFlags): Scenario {
  const [scenario, other] = SCENARIOS.filter(
    (one) => flags[one] !== undefined && flags[one] !== false,
  );
  if (scenario === undefined) {
    throw new CliError(
      `Option '[reset-offsets]' requires one of the following scenarios: [${SCENARIOS.map((one) => `[${one}]`).join(', ')}]`,
    );
  }
  if (other !== undefined) {
    throw new CliError(`Option "[${scenario}]" can't be used with option "[${other}]"`);
  }
  if (flags.topic.length === 0 && !flags['all-topics'] && scenario !== 'from-file') {
    throw new CliError('One of the reset scopes should be defined: --all-topics, --topic.');
  }
  return scenario;
}
