import { readFileSync } from 'node:fs';
import {
  type Cluster,
  commitOffsets,
  deleteGroups,
  deleteOffsets,
  describeGroups,
  fetchCommitted,
  type GroupDescription,
  listGroups,
  listOffsets,
  OFFSET_SPECS,
  type TopicPartition,
  topicPartitionName,
} from '../../client/index.ts';
import { type ErrorName, errorMessage, KafkaError } from '../../protocol/errors.ts';
import { CliError } from '../failure.ts';
import {
  flagHelp,
  optional,
  type Parsed,
  parseFlags,
  repeated,
  toggle,
  value,
  wholeNumber,
} from '../flags.ts';
import {
  deletedOffsetsTable,
  groupTable,
  memberTable,
  type OffsetRow,
  offsetTable,
  type PlannedOffset,
  resetCsv,
  resetTable,
  stateTable,
} from '../groups-output.ts';
import { inOrder, planReset, type ResetSpec } from '../reset-offsets.ts';
import { parseDateTime, parseDuration, parseResetCsv, parseTopicArgument } from '../reset-spec.ts';
import type { Command, Terminal } from '../terminal.ts';
import { BOOTSTRAP_FLAGS, bootstrapServers, clientSettings, withCluster } from './bootstrap.ts';

const ACTIONS = ['list', 'describe', 'delete', 'reset-offsets', 'delete-offsets'] as const;
type Action = (typeof ACTIONS)[number];

const FLAGS = {
  list: toggle('List the groups.'),
  describe: toggle('Show the offsets and the lag of groups.'),
  delete: toggle('Delete groups, with their offsets.'),
  'reset-offsets': toggle('Move a group without members to other offsets.'),
  'delete-offsets': toggle('Forget the offsets of a group in some topics.'),
  ...BOOTSTRAP_FLAGS,
  group: repeated('group', 'The group. May be given several times, except with --delete-offsets.'),
  'all-groups': toggle('All groups.'),
  topic: repeated('topic', 'With --reset-offsets and --delete-offsets: a topic, or topic:0,1,2.'),
  'all-topics': toggle('With --reset-offsets: all topics that the group has offsets of.'),
  members: toggle('With --describe: the members.'),
  offsets: toggle('With --describe: the offsets, which is the default.'),
  state: optional('states', 'With --describe: the state. With --list: states too, or only these.'),
  type: optional('types', 'With --list: types too, or only these.'),
  verbose: toggle('With --describe --members: the partitions of each.'),
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
  timeout: value('ms', 'How long to wait for a group that is about to settle. Default: 5000.'),
  'command-config': value('file', 'Client properties, for example client.id.'),
} as const;

type GroupFlags = Parsed<typeof FLAGS>;

const HELP = `Lists, describes, resets and deletes consumer groups.

Usage: sluice consumer-groups --list|--describe|--delete|--reset-offsets|--delete-offsets [flags]

${flagHelp(FLAGS)}

  sluice consumer-groups --list --state
  sluice consumer-groups --describe --group readers
  sluice consumer-groups --describe --group readers --members --verbose
  sluice consumer-groups --reset-offsets --group readers --topic chat --to-earliest --execute
  sluice consumer-groups --reset-offsets --group readers --all-topics --to-current --export > saved.csv
`;

/** kafka-consumer-groups.sh */
export const consumerGroups: Command = {
  async run(args, terminal) {
    const { flags, help } = parseFlags(FLAGS, args, { command: 'sluice consumer-groups' });
    if (help) {
      terminal.out(HELP);
      return 0;
    }
    const action = chosenAction(flags);
    checkFlags(flags, action);
    const spec = action === 'reset-offsets' ? resetSpec(flags) : undefined;
    const bootstrap = bootstrapServers(flags, terminal);
    const settings = clientSettings(flags['command-config'], terminal);
    return withCluster(bootstrap, settings, async (cluster) => {
      try {
        return await RUN[action](cluster, flags, terminal, spec);
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error;
        throw new CliError(`Executing consumer group command failed due to ${error.message}`);
      }
    });
  },
};

function chosenAction(flags: GroupFlags): Action {
  const chosen = ACTIONS.filter((action) => flags[action]);
  if (chosen.length !== 1) {
    throw new CliError(
      'Command must include exactly one action: --list, --describe, --delete, --reset-offsets, --delete-offsets',
    );
  }
  return chosen[0]!;
}

function checkFlags(flags: GroupFlags, action: Action): void {
  const groups = flags.group.length > 0;
  if (groups && flags['all-groups']) {
    throw new CliError(`Option "[group]" can't be used with option "[all-groups]"`);
  }
  if (action !== 'list' && action !== 'delete-offsets' && !groups && !flags['all-groups']) {
    throw new CliError(`Option [${action}] takes one of these options: [all-groups], [group]`);
  }
  if (action === 'delete-offsets' && (flags.group.length !== 1 || flags.topic.length === 0)) {
    throw new CliError('Option [delete-offsets] takes the following options: [topic], [group]');
  }
  if (action === 'delete' && flags.topic.length > 0) {
    throw new CliError(
      'The consumer does not support topic-specific offset deletion from a consumer group.',
    );
  }
  if (action === 'describe') {
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
  if (action === 'reset-offsets' && flags['dry-run'] && flags.execute) {
    throw new CliError('Option [reset-offsets] only accepts one of [execute] and [dry-run]');
  }
}

/** Which one of the ways to reset was asked for. Throws CliError. */
function resetSpec(flags: GroupFlags): ResetSpec {
  const specs: ResetSpec[] = [];
  if (flags['to-earliest']) specs.push({ to: 'earliest' });
  if (flags['to-latest']) specs.push({ to: 'latest' });
  if (flags['to-current']) specs.push({ to: 'current' });
  const given = (name: 'to-offset' | 'shift-by' | 'to-datetime' | 'by-duration' | 'from-file') =>
    flags[name] === undefined ? [] : [flags[name]];
  for (const text of given('to-offset')) {
    specs.push({ to: 'offset', offset: wholeNumber('to-offset', text) });
  }
  for (const text of given('shift-by')) {
    specs.push({ to: 'shift', by: wholeNumber('shift-by', text) });
  }
  for (const text of given('to-datetime')) {
    specs.push({ to: 'time', timestamp: parseDateTime(text) });
  }
  for (const text of given('by-duration')) {
    specs.push({ to: 'time', timestamp: Date.now() - parseDuration(text) });
  }
  for (const path of given('from-file')) {
    const only = flags.group.length === 1 ? flags.group[0] : undefined;
    specs.push({ to: 'plan', plan: parseResetCsv(readPlan(path), only) });
  }
  if (specs.length !== 1) {
    const ways =
      '--to-offset, --to-current, --to-datetime, --from-file, --by-duration, --to-earliest, --to-latest, --shift-by';
    throw new CliError(`--reset-offsets needs exactly one of ${ways}`);
  }
  if (flags.topic.length === 0 && !flags['all-topics'] && specs[0]!.to !== 'plan') {
    throw new CliError('One of the reset scopes should be defined: --all-topics, --topic.');
  }
  return specs[0]!;
}

function readPlan(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError(`--from-file ${path} cannot be read: ${reason}`);
  }
}

type Run = (
  cluster: Cluster,
  flags: GroupFlags,
  terminal: Terminal,
  spec: ResetSpec | undefined,
) => Promise<number>;

const RUN: Readonly<Record<Action, Run>> = {
  async list(cluster, flags, terminal) {
    const { state, type } = flags;
    if (state === undefined && type === undefined) {
      for (const groupId of await consumerGroupIds(cluster)) terminal.out(`${groupId}\n`);
      return 0;
    }
    const states = names('state', state, STATES);
    const types = names('type', type, TYPES).map((one) => one.toLowerCase());
    const groups = await listGroups(cluster, { states, types });
    const wanted = groups.filter(
      (group) =>
        isConsumerGroup(group) &&
        (states.length === 0 || states.includes(group.state)) &&
        (types.length === 0 || types.includes(group.type.toLowerCase())),
    );
    terminal.out(
      groupTable(sortedGroups(wanted), { type: type !== undefined, state: state !== undefined }),
    );
    return 0;
  },

  async describe(cluster, flags, terminal) {
    const groups = await describeGroups(cluster, await chosenGroups(cluster, flags));
    let code = 0;
    for (const group of groups) {
      const rows =
        flags.members || flags.state !== undefined ? [] : await offsetRows(cluster, group);
      const count = flags.members ? group.members.length : flags.state ? 1 : rows.length;
      const show = announceState(group, count, terminal);
      if (group.state === 'Dead') code = 1;
      if (flags.members) {
        const members = group.members.map((member) => ({
          group: group.groupId,
          consumerId: member.memberId,
          groupInstanceId: member.groupInstanceId ?? '',
          host: member.host,
          clientId: member.clientId,
          assignment: member.assignment,
        }));
        // Kafka prints the header of an empty group, and even that of one that does not exist.
        terminal.out(memberTable(members, flags.verbose));
      } else if (show && flags.state !== undefined) {
        terminal.out(
          stateTable({
            group: group.groupId,
            coordinator: group.coordinator,
            assignor: group.assignor,
            state: group.state,
            memberCount: group.members.length,
          }),
        );
      } else if (show) terminal.out(offsetTable(rows));
    }
    return code;
  },

  async delete(cluster, flags, terminal) {
    const outcomes = await deleteGroups(cluster, await chosenGroups(cluster, flags));
    const deleted = [...outcomes].filter(([, error]) => error === 'NONE').map(([group]) => group);
    const failed = [...outcomes].filter(([, error]) => error !== 'NONE');
    if (failed.length === 0) {
      terminal.out(
        `Deletion of requested consumer groups ('${deleted.join("', '")}') was successful.\n`,
      );
      return 0;
    }
    terminal.out('\nError: Deletion of some consumer groups failed:\n');
    for (const [group, error] of failed) {
      terminal.out(`* Group '${group}' could not be deleted due to: ${error}: ${reason(error)}\n`);
    }
    if (deleted.length > 0) {
      terminal.out(
        `\nThese consumer groups were deleted successfully: '${deleted.join("', '")}'\n`,
      );
    }
    return 1;
  },

  async 'reset-offsets'(cluster, flags, terminal, spec) {
    if (!flags['dry-run'] && !flags.execute) {
      terminal.err('WARN: No action will be performed as the --execute option is missing.\n');
    }
    const plan = new Map<string, PlannedOffset[]>();
    let code = 0;
    for (const { groupId, state } of await describeGroups(
      cluster,
      await chosenGroups(cluster, flags),
    )) {
      if (state !== 'Empty' && state !== 'Dead') {
        terminal.out(
          `\nError: Assignments can only be reset if the group '${groupId}' is inactive, but the current state is ${state}.\n`,
        );
        plan.set(groupId, []);
        code = 1;
        continue;
      }
      const partitions = await partitionsToReset(cluster, groupId, flags);
      const planned = await planReset(cluster, groupId, partitions, spec!, terminal);
      if (flags.execute) await commitOffsets(cluster, groupId, planned);
      plan.set(groupId, planned);
    }
    terminal.out(flags.export ? `${resetCsv(plan, flags.group.length === 1)}\n` : resetTable(plan));
    return code;
  },

  async 'delete-offsets'(cluster, flags, terminal) {
    const groupId = flags.group[0]!;
    const { found, missing } = await namedPartitions(cluster, flags.topic);
    const results: (TopicPartition & { status: string })[] = missing.map((topic) => ({
      topic,
      partition: -1,
      status: `Error: :${reason('UNKNOWN_TOPIC_OR_PARTITION')}`,
    }));
    let failure: ErrorName = missing.length > 0 ? 'UNKNOWN_TOPIC_OR_PARTITION' : 'NONE';
    try {
      for (const { topic, partition, error } of await deleteOffsets(cluster, groupId, found)) {
        const status = error === 'NONE' ? 'Successful' : `Error: :${reason(error)}`;
        if (error !== 'NONE') failure = error;
        results.push({ topic, partition, status });
      }
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      failure = error.error;
      const status = `Error: :${error.message}`;
      results.push(...found.map(({ topic, partition }) => ({ topic, partition, status })));
    }
    terminal.out(
      failure === 'NONE'
        ? `Request succeed for deleting offsets with topic ${flags.topic.join(', ')} group ${groupId}\n`
        : `\nError: ${deleteOffsetsFailure(failure, groupId)}\n`,
    );
    terminal.out(deletedOffsetsTable(inOrder(results)));
    return failure === 'NONE' ? 0 : 1;
  },
};

const STATES = [
  'PreparingRebalance',
  'CompletingRebalance',
  'Stable',
  'Dead',
  'Empty',
  'Assigning',
  'Reconciling',
] as const;
const TYPES = ['Classic', 'Consumer', 'Share'] as const;

/** A list of words in any case; alone the flag means all. Throws CliError. */
function names(flag: string, given: string | true | undefined, known: readonly string[]): string[] {
  if (given === undefined || given === true || given === '') return [];
  return given.split(',').map((word) => {
    const plain = word.trim().toLowerCase().replace(/_/g, '');
    const found = known.find((name) => name.toLowerCase() === plain);
    if (found === undefined) {
      throw new CliError(`Invalid ${flag} list '${given}'. Valid are: ${known.join(', ')}`);
    }
    return found;
  });
}

/** Connect's workers and the like are groups too, but not of consumers. */
function isConsumerGroup({ protocolType }: { protocolType: string }): boolean {
  return protocolType === 'consumer' || protocolType === '';
}

function sortedGroups<G extends { groupId: string }>(groups: readonly G[]): G[] {
  return [...groups].sort((a, b) => (a.groupId < b.groupId ? -1 : 1));
}

async function consumerGroupIds(cluster: Cluster): Promise<string[]> {
  const groups = (await listGroups(cluster)).filter(isConsumerGroup);
  return sortedGroups(groups).map(({ groupId }) => groupId);
}

async function chosenGroups(cluster: Cluster, flags: GroupFlags): Promise<string[]> {
  return flags['all-groups'] ? consumerGroupIds(cluster) : [...new Set(flags.group)].sort();
}

/** Whether there is something to show; says why not, and what is unusual. */
function announceState(group: GroupDescription, rows: number, terminal: Terminal): boolean {
  const { groupId, state } = group;
  if (state === 'Dead') {
    terminal.out(`\nError: Consumer group '${groupId}' does not exist.\n`);
    return false;
  }
  if (state === 'Empty') terminal.err(`\nConsumer group '${groupId}' has no active members.\n`);
  else if (state !== 'Stable') {
    terminal.err(`\nWarning: Consumer group '${groupId}' is rebalancing.\n`);
  }
  return rows > 0;
}

/** Members with partitions first, the busiest before; then offsets that nobody reads on from. */
async function offsetRows(cluster: Cluster, group: GroupDescription): Promise<OffsetRow[]> {
  if (group.state === 'Dead') return [];
  const committed = await fetchCommitted(cluster, group.groupId, null);
  const offsets = new Map(committed.map((one) => [topicPartitionName(one), one.offset]));
  const members = group.members
    .filter(({ assignment }) => assignment.length > 0)
    .sort((a, b) => b.assignment.length - a.assignment.length);
  const assigned = members.flatMap((member) =>
    inOrder(member.assignment).map((partition) => ({ partition, member })),
  );
  const taken = new Set(assigned.map(({ partition }) => topicPartitionName(partition)));
  const free = inOrder(committed.filter((one) => !taken.has(topicPartitionName(one))));
  const all = [...assigned, ...free.map((partition) => ({ partition, member: undefined }))];
  const ends = await endOffsets(
    cluster,
    all.map(({ partition }) => partition),
  );
  return all.map(({ partition: { topic, partition }, member }) => {
    const name = topicPartitionName({ topic, partition });
    return {
      group: group.groupId,
      topic,
      partition,
      offset: offsets.get(name),
      logEndOffset: ends.get(name),
      consumerId: member?.memberId,
      host: member?.host,
      clientId: member?.clientId,
    };
  });
}

/** Without those of topics that are gone. */
async function endOffsets(
  cluster: Cluster,
  partitions: readonly TopicPartition[],
): Promise<Map<string, number>> {
  const topics = [...new Set(partitions.map(({ topic }) => topic))];
  const metadata = await cluster.metadata(topics);
  const known = new Set(
    metadata.topics.flatMap((topic) =>
      topic.partitions.map(({ partition }) => topicPartitionName({ topic: topic.name, partition })),
    ),
  );
  const found = await listOffsets(
    cluster,
    partitions
      .filter((partition) => known.has(topicPartitionName(partition)))
      .map(({ topic, partition }) => ({ topic, partition, timestamp: OFFSET_SPECS.latest })),
  );
  return new Map([...found].map(([name, { offset }]) => [name, offset]));
}

async function partitionsToReset(
  cluster: Cluster,
  groupId: string,
  flags: GroupFlags,
): Promise<TopicPartition[]> {
  if (flags['all-topics']) return inOrder(await fetchCommitted(cluster, groupId, null));
  const { found, missing } = await namedPartitions(cluster, flags.topic);
  if (missing.length > 0) {
    throw new CliError(
      `Executing consumer group command failed due to topic ${missing.join(', ')}: ${reason('UNKNOWN_TOPIC_OR_PARTITION')}`,
    );
  }
  return inOrder(found);
}

/** `topic` and `topic:0,1` as partitions, and the topics that do not exist. */
async function namedPartitions(
  cluster: Cluster,
  topics: readonly string[],
): Promise<{ found: TopicPartition[]; missing: string[] }> {
  const wanted = topics.map(parseTopicArgument);
  const metadata = await cluster.metadata([...new Set(wanted.map(({ topic }) => topic))]);
  const found: TopicPartition[] = [];
  const missing: string[] = [];
  for (const { topic, partitions } of wanted) {
    const known = metadata.topics.find(({ name }) => name === topic);
    if (known?.error !== 'NONE') missing.push(topic);
    else {
      const numbers = partitions ?? known.partitions.map(({ partition }) => partition);
      found.push(...numbers.map((partition) => ({ topic, partition })));
    }
  }
  return { found, missing };
}

function deleteOffsetsFailure(error: ErrorName, groupId: string): string {
  switch (error) {
    case 'INVALID_GROUP_ID':
      return `'${groupId}' is not valid.`;
    case 'GROUP_ID_NOT_FOUND':
      return `'${groupId}' does not exist.`;
    case 'GROUP_AUTHORIZATION_FAILED':
      return `Access to '${groupId}' is not authorized.`;
    case 'NON_EMPTY_GROUP':
      return `Deleting offsets of a consumer group '${groupId}' is forbidden if the group is not empty.`;
    case 'GROUP_SUBSCRIBED_TO_TOPIC':
    case 'TOPIC_AUTHORIZATION_FAILED':
    case 'UNKNOWN_TOPIC_OR_PARTITION':
      return 'Encounter some partition level error, see the follow-up details:';
    default:
      return `Encounter some unknown error: ${error}`;
  }
}

function reason(error: ErrorName): string {
  return errorMessage(error);
}
