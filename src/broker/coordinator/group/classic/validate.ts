import type { ErrorName } from '../../../../protocol/errors.ts';
import type { ClassicGroup } from './classic-group.ts';

/**
 * Whether the ids belong to a member: FENCED_INSTANCE_ID when another member id has taken over the
 * instance (KIP-345), UNKNOWN_MEMBER_ID when there is no such member.
 */
export function checkMember(
  group: ClassicGroup,
  ids: { memberId: string; instanceId: string | null },
): ErrorName {
  if (ids.instanceId !== null) {
    const current = group.staticMembers.get(ids.instanceId);
    if (current === undefined) return 'UNKNOWN_MEMBER_ID';
    if (current !== ids.memberId) return 'FENCED_INSTANCE_ID';
  }
  return group.members.has(ids.memberId) ? 'NONE' : 'UNKNOWN_MEMBER_ID';
}

/** The same, and the generation must be the current one. */
export function checkMemberOfGeneration(
  group: ClassicGroup,
  ids: { memberId: string; instanceId: string | null; generation: number },
): ErrorName {
  const error = checkMember(group, ids);
  if (error !== 'NONE') return error;
  return ids.generation === group.generation ? 'NONE' : 'ILLEGAL_GENERATION';
}
