import { decodeVersioned, encodeVersioned, peekVersion } from '../../../protocol/codec/index.ts';
import {
  GroupMetadataKey,
  GroupMetadataValue,
  OffsetCommitKey,
  OffsetCommitValue,
} from '../../../protocol/state-records/index.ts';
import type { CoordinatorRecord } from '../runtime/coordinator-log.ts';
import type { ClassicGroup } from './classic/classic-group.ts';
import { metadataFor, noBytes } from './classic/member.ts';
import type { CommittedOffset } from './offsets/group-offsets.ts';

/**
 * The records of `__consumer_offsets`, in Kafka's schema and at the versions Kafka writes, so that
 * its own tools and everybody's lag exporters read them.
 */

const GROUP_KEY_VERSION = 2;
const OFFSET_KEY_VERSION = 1;
/** The last version before the flexible one, as Kafka writes it (KIP-915). */
const GROUP_VALUE_VERSION = 3;
const OFFSET_VALUE_VERSION = 3;
/** The only version that can say when the offset expires. */
const OFFSET_VALUE_VERSION_WITH_EXPIRY = 1;

export type RecordKey =
  | { kind: 'group'; groupId: string }
  | { kind: 'offset'; groupId: string; topic: string; partition: number }
  /** Written by a newer Kafka: its next-generation and share groups. */
  | { kind: 'unknown'; version: number };

/** The group as it is now, but with `assignments` by member id. */
export function groupRecord(
  group: ClassicGroup,
  assignments: ReadonlyMap<string, Buffer>,
): CoordinatorRecord {
  const value = encodeVersioned(GroupMetadataValue, GROUP_VALUE_VERSION, {
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
  });
  return { key: groupKey(group.groupId), value };
}

export function groupTombstone(groupId: string): CoordinatorRecord {
  return { key: groupKey(groupId), value: null };
}

export function offsetRecord(
  at: { groupId: string; topic: string; partition: number },
  committed: CommittedOffset,
): CoordinatorRecord {
  const { offset, leaderEpoch, metadata, commitTimestampMs, expireTimestampMs } = committed;
  const version =
    expireTimestampMs === null ? OFFSET_VALUE_VERSION : OFFSET_VALUE_VERSION_WITH_EXPIRY;
  const value = encodeVersioned(OffsetCommitValue, version, {
    offset,
    leaderEpoch,
    metadata,
    commitTimestamp: commitTimestampMs,
    expireTimestamp: expireTimestampMs ?? -1,
  });
  return { key: offsetKey(at), value };
}

export function offsetTombstone(at: {
  groupId: string;
  topic: string;
  partition: number;
}): CoordinatorRecord {
  return { key: offsetKey(at), value: null };
}

/** Throws ProtocolError for bytes that are no key. */
export function decodeKey(key: Buffer): RecordKey {
  const version = peekVersion(key);
  if (version === 0 || version === OFFSET_KEY_VERSION) {
    const { group, topic, partition } = decodeVersioned(OffsetCommitKey, key);
    return { kind: 'offset', groupId: group, topic, partition };
  }
  if (version === GROUP_KEY_VERSION) {
    return { kind: 'group', groupId: decodeVersioned(GroupMetadataKey, key).group };
  }
  return { kind: 'unknown', version };
}

/** Throws ProtocolError for bytes that are no group. Its buffers are slices of `value`. */
export function decodeGroup(value: Buffer): GroupMetadataValue {
  return decodeVersioned(GroupMetadataValue, value);
}

/** Throws ProtocolError for bytes that are no committed offset. */
export function decodeOffset(value: Buffer): CommittedOffset {
  const decoded = decodeVersioned(OffsetCommitValue, value);
  return {
    offset: decoded.offset,
    leaderEpoch: decoded.leaderEpoch,
    metadata: decoded.metadata,
    commitTimestampMs: decoded.commitTimestamp,
    expireTimestampMs: decoded.expireTimestamp === -1 ? null : decoded.expireTimestamp,
  };
}

function groupKey(groupId: string): Buffer {
  return encodeVersioned(GroupMetadataKey, GROUP_KEY_VERSION, { group: groupId });
}

function offsetKey(at: { groupId: string; topic: string; partition: number }): Buffer {
  return encodeVersioned(OffsetCommitKey, OFFSET_KEY_VERSION, {
    group: at.groupId,
    topic: at.topic,
    partition: at.partition,
  });
}
