import type { ErrorName } from '../../../protocol/errors.ts';
import { metadataFor } from './classic/member.ts';
import type { Group } from './group.ts';
import { noBytes } from './keep.ts';
import type { DescribedGroup, ListedGroup } from './messages.ts';

export function describe({ id: groupId, protocol: group }: Group): DescribedGroup {
  const isStable = group.state === 'Stable';
  const protocol = isStable ? (group.protocolName ?? '') : '';
  return {
    error: 'NONE',
    groupId,
    state: group.state,
    protocolType: group.protocolType ?? '',
    protocol,
    members: [...group.members.values()].map((member) => ({
      memberId: member.memberId,
      instanceId: member.instanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      metadata: isStable ? metadataFor(member, protocol) : noBytes,
      assignment: isStable ? member.assignment : noBytes,
    })),
    exists: group.state !== 'Dead',
  };
}

/** A group that is not there: by name 'Dead', or undescribable because of `error`. */
export function describeAbsent(groupId: string, error: ErrorName = 'NONE'): DescribedGroup {
  const state = error === 'NONE' ? 'Dead' : '';
  return { error, groupId, state, protocolType: '', protocol: '', members: [], exists: false };
}

export function listed({ id: groupId, protocol }: Group): ListedGroup {
  const { state, protocolType, kind } = protocol;
  return { groupId, state, protocolType: protocolType ?? '', type: kind };
}
