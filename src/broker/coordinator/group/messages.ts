import type { Int64 } from '../../../base/int64.ts';
import type { ErrorName } from '../../../protocol/errors.ts';
import type { LazyArray } from '../../../protocol/schema/index.ts';
import type { TopicPartition } from '../../../protocol/topic-partition.ts';

/**
 * Questions to the group coordinator and its answers, free of wire versions: the handlers translate.
 * An `instanceId` is KIP-345's `group.instance.id`; null for a dynamic member.
 */

export interface NamedProtocol {
  name: string;
  /** Opaque to the broker; copied when it is kept. */
  metadata: Buffer;
}

export interface JoinRequest {
  groupId: string;
  /** '' when the member has no id yet. */
  memberId: string;
  instanceId: string | null;
  clientId: string;
  clientHost: string;
  sessionTimeoutMs: number;
  /** The session timeout for JoinGroup v0, which has no such field. */
  rebalanceTimeoutMs: number;
  protocolType: string;
  protocols: readonly NamedProtocol[];
  /** JoinGroup v4+: a new dynamic member must come back with the id it is given (KIP-394). */
  memberIdRequired: boolean;
  /** JoinGroup v9+: the leader understands `skipAssignment` (KIP-814). */
  canSkipAssignment: boolean;
  /** KIP-800; only logged. */
  reason: string | null;
}

export interface JoinedMember {
  memberId: string;
  instanceId: string | null;
  metadata: Buffer;
}

export interface JoinResult {
  error: ErrorName;
  memberId: string;
  /** -1 on an error. */
  generation: number;
  protocolType: string | null;
  protocolName: string | null;
  /** Member id of the leader; '' on an error. */
  leader: string;
  skipAssignment: boolean;
  /** Only the leader gets the members. */
  members: readonly JoinedMember[];
}

export interface SyncRequest {
  groupId: string;
  generation: number;
  memberId: string;
  instanceId: string | null;
  /** KIP-559, v5+; null means unchecked. */
  protocolType: string | null;
  protocolName: string | null;
  assignments: readonly { memberId: string; assignment: Buffer }[];
}

export interface SyncResult {
  error: ErrorName;
  protocolType: string | null;
  protocolName: string | null;
  assignment: Buffer;
}

export interface HeartbeatRequest {
  groupId: string;
  generation: number;
  memberId: string;
  instanceId: string | null;
}

export interface LeavingMember {
  /** '' to remove a static member by its instance id alone. */
  memberId: string;
  instanceId: string | null;
  reason: string | null;
}

export interface LeaveRequest {
  groupId: string;
  members: readonly LeavingMember[];
}

export interface LeaveResult {
  /** On an error `members` is empty. */
  error: ErrorName;
  members: { memberId: string; instanceId: string | null; error: ErrorName }[];
}

export interface OffsetCommitEntry extends TopicPartition {
  offset: Int64;
  /** -1 when unknown. */
  leaderEpoch: number;
  metadata: string;
  /** v1 only; undefined means now. */
  commitTimestampMs?: Int64;
}

export interface OffsetCommitRequest {
  groupId: string;
  /** -1 for a commit from outside the group's generations. */
  generation: number;
  memberId: string;
  instanceId: string | null;
  /** v2-4: how long to keep the offsets; undefined leaves it to the broker. */
  retentionTimeMs?: Int64;
  entries: readonly OffsetCommitEntry[];
  /** v9+ says GROUP_ID_NOT_FOUND where older versions say ILLEGAL_GENERATION. */
  knowsGroupIdNotFound: boolean;
}

export interface OffsetFetchTopic {
  topic: string;
  partitions: readonly number[];
}

export interface OffsetFetchRequest {
  groupId: string;
  /** null asks for everything the group has committed. */
  topics: readonly OffsetFetchTopic[] | null;
  /** v7+: answer UNSTABLE_OFFSET_COMMIT where an open transaction holds an offset back. */
  requireStable: boolean;
}

export interface FetchedOffset {
  partition: number;
  /** -1 when nothing is committed. */
  offset: Int64;
  leaderEpoch: number;
  metadata: string;
  error: ErrorName;
}

/** Rows are looked up as they are asked for. */
export interface OffsetFetchResult {
  error: ErrorName;
  topics: LazyArray<{ topic: string; partitions: LazyArray<FetchedOffset> }>;
}

export interface DescribedMember {
  memberId: string;
  instanceId: string | null;
  clientId: string;
  clientHost: string;
  /** Empty unless the group is stable, like `assignment`. */
  metadata: Buffer;
  assignment: Buffer;
}

export interface DescribedGroup {
  error: ErrorName;
  groupId: string;
  /** 'Dead' for a group that does not exist; '' on an error. */
  state: string;
  protocolType: string;
  /** The chosen protocol; '' unless the group is stable. */
  protocol: string;
  members: DescribedMember[];
  /** False when there is no such group: v6+ answers GROUP_ID_NOT_FOUND then. */
  exists: boolean;
}

export interface ListedGroup {
  groupId: string;
  protocolType: string;
  state: string;
  /** The kind of its protocol, such as 'classic'. */
  type: string;
}

export interface OffsetDeleteRequest {
  groupId: string;
  topics: readonly OffsetFetchTopic[];
}

export interface OffsetDeleteResult {
  /** On an error `topics` is empty. */
  error: ErrorName;
  topics: { topic: string; partitions: { partition: number; error: ErrorName }[] }[];
}

/** One row for the lag metric. */
export interface CommittedOffsetView extends TopicPartition {
  groupId: string;
  state: string;
  /** Beyond 2^53, which is beyond every log, the farthest number. */
  committedOffset: number;
}
