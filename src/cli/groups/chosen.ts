import { type Cluster, listGroups } from '../../client/index.ts';
import type { GroupFlags } from './flags.ts';

/** Connect's workers and the like are groups too, but not of consumers. */
export function isConsumerGroup({ protocolType }: { protocolType: string }): boolean {
  return protocolType === 'consumer' || protocolType === '';
}

export function sortedGroups<G extends { groupId: string }>(groups: readonly G[]): G[] {
  return [...groups].sort((a, b) => (a.groupId < b.groupId ? -1 : 1));
}

/** The ids of all groups of consumers, in order. */
export async function consumerGroupIds(cluster: Cluster): Promise<string[]> {
  const groups = (await listGroups(cluster)).filter(isConsumerGroup);
  return sortedGroups(groups).map(({ groupId }) => groupId);
}

/** The groups that the command line names, each once, in its order; or all. */
export async function chosenGroups(cluster: Cluster, flags: GroupFlags): Promise<string[]> {
  return flags['all-groups'] ? consumerGroupIds(cluster) : [...new Set(flags.group)];
}
