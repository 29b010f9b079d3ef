import { decodeVersioned, encodeVersioned, peekVersion } from '../../../protocol/codec/index.ts';
import {
  GroupMetadataKey,
  GroupMetadataValue,
  OffsetCommitKey,
  OffsetCommitValue,
} from '../../../protocol/state-records/index.ts';
import type { TopicPartition } from '../../../protocol/topic-partition.ts';
import type { CoordinatorRecord } from '../runtime/coordinator-log.ts';
import { keep } from './keep.ts';
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

/** A record in our own terms. A null is a tombstone. */
export type GroupRecord =
  | { kind: 'group'; groupId: string; metadata: GroupMetadataValue | null }
  | {
      kind: 'offset';
      groupId: string;
      topic: string;
      partition: number;
      committed: CommittedOffset | null;
    };

export function encode(record: GroupRecord): CoordinatorRecord {
  if (record.kind === 'group') {
    const { groupId, metadata } = record;
    return metadata === null ? groupTombstone(groupId) : groupRecord(groupId, metadata);
  }
  const { committed } = record;
  return committed === null ? offsetTombstone(record) : offsetRecord(record, committed);
}

/**
 * Undefined for a record that only a newer Kafka knows; throws ProtocolError for bytes that are no
 * record. What it returns outlives the buffers, which are only lent.
 */
export function decode(key: Buffer, value: Buffer | null): GroupRecord | undefined {
  const decoded = decodeKey(key);
  switch (decoded.kind) {
    case 'unknown':
      return undefined;
    case 'group': {
      const { groupId } = decoded;
      return {
        kind: 'group',
        groupId,
        metadata: value === null ? null : ownGroup(decodeGroup(value)),
      };
    }
    case 'offset': {
      const { groupId, topic, partition } = decoded;
      const committed = value === null ? null : decodeOffset(value);
      return { kind: 'offset', groupId, topic, partition, committed };
    }
  }
}

export function groupRecord(groupId: string, metadata: GroupMetadataValue): CoordinatorRecord {
  const value = encodeVersioned(GroupMetadataValue, GROUP_VALUE_VERSION, metadata);
  return { key: groupKey(groupId), value };
}

export function groupTombstone(groupId: string): CoordinatorRecord {
  return { key: groupKey(groupId), value: null };
}

export function offsetRecord(
  at: TopicPartition & { groupId: string },
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

export function offsetTombstone(at: TopicPartition & { groupId: string }): CoordinatorRecord {
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

function ownGroup(metadata: GroupMetadataValue): GroupMetadataValue {
  for (const member of metadata.members) {
    member.subscription = keep(member.subscription);
    member.assignment = keep(member.assignment);
  }
  return metadata;
}

function groupKey(groupId: string): Buffer {
  return encodeVersioned(GroupMetadataKey, GROUP_KEY_VERSION, { group: groupId });
}

function offsetKey(at: TopicPartition & { groupId: string }): Buffer {
  return encodeVersioned(OffsetCommitKey, OFFSET_KEY_VERSION, {
    group: at.groupId,
    topic: at.topic,
    partition: at.partition,
  });
}
