import type { ErrorName } from '../../../protocol/errors.ts';
import type { ClassicGroup } from './classic/classic-group.ts';
import { metadataFor, noBytes } from './classic/member.ts';
import type {
  DescribedGroup,
  FetchedOffset,
  ListedGroup,
  OffsetFetchRequest,
  OffsetFetchResult,
} from './messages.ts';
import type { CommittedOffset } from './offsets/group-offsets.ts';

export function describe(group: ClassicGroup): DescribedGroup {
  const isStable = group.state === 'Stable';
  const protocol = isStable ? (group.protocolName ?? '') : '';
  return {
    error: 'NONE',
    groupId: group.groupId,
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

export function listed(group: ClassicGroup): ListedGroup {
  const { groupId, state, protocolType } = group;
  return { groupId, state, protocolType: protocolType ?? '', type: 'classic' };
}

/** What the group has committed, for the asked partitions or for all. */
export function fetchOffsets(
  group: ClassicGroup | undefined,
  request: OffsetFetchRequest,
): OffsetFetchResult {
  const source = group === undefined || group.state === 'Dead' ? undefined : group;
  const read = (topic: string, partition: number): FetchedOffset => {
    if (request.requireStable && source?.offsets.isUnstable(topic, partition)) {
      return fetched(partition, undefined, 'UNSTABLE_OFFSET_COMMIT');
    }
    return fetched(partition, source?.offsets.committed.get(topic, partition), 'NONE');
  };
  if (request.topics !== null) {
    return {
      error: 'NONE',
      topics: request.topics.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map((partition) => read(topic, partition)),
      })),
    };
  }
  const topics: OffsetFetchResult['topics'] = [];
  for (const [topic, partitions] of source?.offsets.committed.topics() ?? []) {
    topics.push({ topic, partitions: [...partitions.keys()].map((one) => read(topic, one)) });
  }
  return { error: 'NONE', topics };
}

function fetched(
  partition: number,
  committed: CommittedOffset | undefined,
  error: ErrorName,
): FetchedOffset {
  return {
    partition,
    offset: committed?.offset ?? -1,
    leaderEpoch: committed?.leaderEpoch ?? -1,
    metadata: committed?.metadata ?? '',
    error,
  };
}
