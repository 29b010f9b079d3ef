import type { GroupMetadataValue } from '../../../../protocol/state-records/index.ts';
import { noBytes } from '../keep.ts';
import type { Step } from '../step.ts';
import type { ClassicGroup } from './classic-group.ts';
import { metadataFor } from './member.ts';

/** The group as its record tells it, with `assignments` by member id. */
export function snapshot(
  group: ClassicGroup,
  assignments: ReadonlyMap<string, Buffer>,
): GroupMetadataValue {
  return {
    protocolType: group.protocolType ?? '',
    generation: group.generation,
    protocol: group.protocolName,
    leader: group.leaderId,
    currentStateTimestamp: group.stateSinceMs ?? -1,
    members: [...group.members.values()].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.instanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      rebalanceTimeout: member.rebalanceTimeoutMs,
      sessionTimeout: member.sessionTimeoutMs,
      subscription: metadataFor(member, group.protocolName ?? ''),
      assignment: assignments.get(member.memberId) ?? noBytes,
    })),
  };
}

/** After a load: the group goes on from what is stored, and the sessions of its members begin anew. */
export function revive(group: ClassicGroup, { now }: Step): void {
  const { stored } = group;
  group.stateSinceMs = now.wallMs;
  if (stored === undefined) return;
  group.generation = stored.generation;
  group.protocolType = stored.protocolType === '' ? null : stored.protocolType;
  group.protocolName = stored.protocol;
  group.stateSinceMs =
    stored.currentStateTimestamp === -1 ? undefined : stored.currentStateTimestamp;
  for (const member of stored.members) {
    const { memberId, groupInstanceId, sessionTimeout, rebalanceTimeout } = member;
    // What is on disk is not to be trusted with an invariant.
    if (group.members.has(memberId)) continue;
    if (groupInstanceId !== null && group.staticMembers.has(groupInstanceId)) continue;
    group.add({
      memberId,
      instanceId: groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      // Version 0 has no rebalance timeout: the session timeout stood for it.
      rebalanceTimeoutMs: rebalanceTimeout === -1 ? sessionTimeout : rebalanceTimeout,
      sessionTimeoutMs: sessionTimeout,
      protocols: [{ name: stored.protocol ?? '', metadata: member.subscription }],
      assignment: member.assignment,
      joining: undefined,
      syncing: undefined,
      isNew: false,
      deadlineMs: now.monotonicMs + sessionTimeout,
    });
  }
  if (stored.leader !== null && group.members.has(stored.leader)) group.leaderId = stored.leader;
  if (group.members.size > 0) group.state = 'Stable';
  group.refreshSubscribedTopics();
}
