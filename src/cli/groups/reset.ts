import {
  type Cluster,
  commitOffsets,
  describeGroups,
  fetchCommitted,
  type TopicPartition,
  topicPartitionName,
} from '../../client/index.ts';
import { KafkaError } from '../../protocol/errors.ts';
import { wholeInt64 } from '../flags.ts';
import type { Terminal } from '../terminal.ts';
import { readText } from '../text-file.ts';
import { chosenGroups } from './chosen.ts';
import { chosenScenario, type GroupFlags } from './flags.ts';
import { inOrder, namedPartitions } from './partitions.ts';
import { planReset, type ResetSpec } from './reset-plan.ts';
import { parseDateTime, parseDuration, parseResetCsv } from './reset-spec.ts';
import { type PlannedOffset, resetCsv, resetTable } from './tables.ts';

/** Where `--reset-offsets` is asked to move to, at `nowMs`. Throws CliError. */
export function resetSpec(flags: GroupFlags, nowMs: number): ResetSpec {
  const scenario = chosenScenario(flags);
  const text = String(flags[scenario]);
  switch (scenario) {
    case 'to-earliest':
      return { to: 'earliest' };
    case 'to-latest':
      return { to: 'latest' };
    case 'to-current':
      return { to: 'current' };
    case 'to-offset':
      return { to: 'offset', offset: wholeInt64(scenario, text) };
    case 'shift-by':
      return { to: 'shift', by: wholeInt64(scenario, text) };
    case 'to-datetime':
      return { to: 'time', timestamp: parseDateTime(text) };
    case 'by-duration':
      return { to: 'time', timestamp: nowMs - parseDuration(text) };
    case 'from-file': {
      const only = flags.group.length === 1 ? flags.group[0] : undefined;
      return { to: 'plan', plan: parseResetCsv(readText(text, '--from-file'), only) };
    }
  }
}

/** `--reset-offsets` */
export async function resetAction(
  cluster: Cluster,
  flags: GroupFlags,
  terminal: Terminal,
  spec: ResetSpec,
): Promise<void> {
  if (!flags['dry-run'] && !flags.execute) {
    terminal.err('WARN: No action will be performed as the --execute option is missing.\n');
  }
  const plan = new Map<string, PlannedOffset[]>();
  const groups = await describeGroups(cluster, await chosenGroups(cluster, flags));
  for (const { groupId, state } of groups) {
    if (state !== 'Empty' && state !== 'Dead') {
      terminal.out(
        `\nError: Assignments can only be reset if the group '${groupId}' is inactive, but the current state is ${state}.\n`,
      );
      plan.set(groupId, []);
      continue;
    }
    const partitions = spec.to === 'plan' ? [] : await partitionsToReset(cluster, groupId, flags);
    const planned = await planReset(cluster, groupId, partitions, spec, terminal);
    if (flags.execute) await commitOffsets(cluster, groupId, planned);
    plan.set(groupId, planned);
  }
  terminal.out(flags.export ? `${resetCsv(plan, flags.group.length === 1)}\n` : resetTable(plan));
}

async function partitionsToReset(
  cluster: Cluster,
  groupId: string,
  flags: GroupFlags,
): Promise<TopicPartition[]> {
  if (flags['all-topics']) return inOrder(await fetchCommitted(cluster, groupId, null));
  const { found, missing, absent } = await namedPartitions(cluster, flags.topic);
  const quoted = (names: readonly string[]) => names.map((name) => `"${name}"`).join(', ');
  if (missing.length > 0) {
    const message = `The topics ${quoted(missing)} do not exist`;
    throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', message);
  }
  if (absent.length > 0) {
    const message = `The partitions ${quoted(absent.map(topicPartitionName))} do not exist`;
    throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', message);
  }
  return inOrder(found);
}
