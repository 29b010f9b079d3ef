import {
  type Cluster,
  describeGroups,
  fetchCommitted,
  type GroupDescription,
  listOffsets,
  OFFSET_SPECS,
  type TopicPartition,
  topicPartitionName,
} from '../../client/index.ts';
import type { Terminal } from '../terminal.ts';
import { chosenGroups } from './chosen.ts';
import type { GroupFlags } from './flags.ts';
import { inOrder } from './partitions.ts';
import { memberTable, type OffsetRow, offsetTable, stateTable } from './tables.ts';

/** `--describe`: offsets, members or states of groups, a table for each, by the group's name. */
export async function describeAction(
  cluster: Cluster,
  flags: GroupFlags,
  terminal: Terminal,
): Promise<void> {
  const wanted = (await chosenGroups(cluster, flags)).sort();
  for (const group of await describeGroups(cluster, wanted)) {
    if (group.state === 'Dead') {
      terminal.out(`\nError: Consumer group '${group.groupId}' does not exist.\n`);
    } else if (flags.members) {
      announceState(group, terminal);
      // Kafka prints the header of a group without members, too.
      terminal.out(memberTable(memberRows(group), flags.verbose));
    } else if (flags.state !== undefined) {
      announceState(group, terminal);
      terminal.out(stateTable({ ...group, memberCount: group.members.length }, flags.verbose));
    } else {
      const rows = await offsetRows(cluster, group);
      announceState(group, terminal);
      if (rows.length > 0) terminal.out(offsetTable(rows, flags.verbose));
    }
  }
}

/** Says what is unusual about a group that exists. */
function announceState({ groupId, state }: GroupDescription, terminal: Terminal): void {
  if (state === 'Empty') terminal.err(`\nConsumer group '${groupId}' has no active members.\n`);
  else if (state !== 'Stable') {
    terminal.err(`\nWarning: Consumer group '${groupId}' is rebalancing.\n`);
  }
}

function memberRows({ groupId, members }: GroupDescription) {
  return members.map(({ memberId, groupInstanceId, host, clientId, assignment }) => ({
    group: groupId,
    consumerId: memberId,
    groupInstanceId: groupInstanceId ?? '',
    host,
    clientId,
    assignment,
  }));
}

/** Members with partitions first, the busiest before; then offsets that nobody reads on from. */
async function offsetRows(cluster: Cluster, group: GroupDescription): Promise<OffsetRow[]> {
  const committed = await fetchCommitted(cluster, group.groupId, null);
  const offsets = new Map(committed.map((one) => [topicPartitionName(one), one]));
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
    const found = offsets.get(name);
    return {
      group: group.groupId,
      topic,
      partition,
      leaderEpoch: found && found.leaderEpoch >= 0 ? found.leaderEpoch : undefined,
      offset: found?.offset,
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
