import type { Int64 } from '../../../base/int64.ts';
import type { Logger } from '../../../base/logger.ts';
import type { GroupMetadataValue } from '../../../protocol/state-records/index.ts';
import type { LoadedBatch, LoadedRecord } from '../runtime/coordinator-log.ts';
import { ClassicGroup } from './classic/classic-group.ts';
import { keep } from './classic/member.ts';
import { type CommittedOffset, PartitionMap } from './offsets/group-offsets.ts';
import { decodeGroup, decodeKey, decodeOffset } from './records.ts';

/** The last word of the log on one group: its metadata, if it still has any, and its offsets. */
interface ReplayedGroup {
  metadata: GroupMetadataValue | undefined;
  readonly offsets: PartitionMap<CommittedOffset>;
}

/** Offsets of one open transaction; null where it deletes one. */
type OpenOffsets = Map<string, PartitionMap<CommittedOffset | null>>;

const COMMIT_MARKER = 1;

/** Rebuilds the groups of one partition from its log, batch by batch. */
export class Replay {
  readonly #logger: Logger;
  readonly #groups = new Map<string, ReplayedGroup>();
  /** By producer id, then by group. */
  readonly #open = new Map<Int64, OpenOffsets>();
  #unknownCount = 0;
  #unreadableCount = 0;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  add(batch: LoadedBatch): void {
    for (const record of batch.records) {
      if (batch.isControl) this.#endTransaction(batch.producerId, record);
      else this.#addRecord(batch, record);
    }
  }

  /** The groups as they stand at the end; sessions begin anew at `nowMonotonicMs`. */
  groups(now: { wallMs: number; monotonicMs: number }): ClassicGroup[] {
    for (const [producerId, byGroup] of this.#open) {
      for (const groupId of byGroup.keys()) this.#group(groupId);
      this.#logger.info({ producerId }, 'a transaction with offsets is still open');
    }
    if (this.#unknownCount > 0) {
      this.#logger.warn(
        { records: this.#unknownCount },
        'records of a newer version are ignored: groups of another protocol',
      );
    }
    if (this.#unreadableCount > 0) {
      this.#logger.error({ records: this.#unreadableCount }, 'unreadable records are ignored');
    }
    const groups: ClassicGroup[] = [];
    for (const [groupId, replayed] of this.#groups) {
      const group = buildGroup(groupId, replayed.metadata, now);
      for (const [topic, partitions] of replayed.offsets.topics()) {
        for (const [partition, offset] of partitions) {
          group.offsets.committed.set(topic, partition, offset);
        }
      }
      for (const [producerId, byGroup] of this.#open) {
        const open = byGroup.get(groupId);
        if (open !== undefined) group.offsets.transactional.set(producerId, withoutNulls(open));
      }
      if (group.isInLog || !group.offsets.isEmpty) groups.push(group);
    }
    return groups;
  }

  #addRecord(batch: LoadedBatch, record: LoadedRecord): void {
    try {
      this.#apply(batch, record);
    } catch (error) {
      // One bad record must not hide the thousands of good ones behind it.
      if (this.#unreadableCount++ === 0) {
        this.#logger.error({ offset: record.offset, error }, 'a record cannot be read');
      }
    }
  }

  #apply(batch: LoadedBatch, record: LoadedRecord): void {
    if (record.key === null) throw new Error('the record has no key');
    const key = decodeKey(record.key);
    if (key.kind === 'unknown') {
      this.#unknownCount++;
    } else if (key.kind === 'group') {
      const group = this.#group(key.groupId);
      group.metadata = record.value === null ? undefined : ownGroup(decodeGroup(record.value));
    } else {
      const { groupId, topic, partition } = key;
      const offset = record.value === null ? null : decodeOffset(record.value);
      if (batch.isTransactional) {
        this.#openOffsets(batch.producerId, groupId).set(topic, partition, offset);
      } else {
        setOffset(this.#group(groupId).offsets, topic, partition, offset);
      }
    }
  }

  #endTransaction(producerId: Int64, marker: LoadedRecord): void {
    const byGroup = this.#open.get(producerId);
    this.#open.delete(producerId);
    // The key of a marker: version, then type.
    const isCommit =
      marker.key !== null && marker.key.length >= 4 && marker.key.readInt16BE(2) === COMMIT_MARKER;
    if (byGroup === undefined || !isCommit) return;
    for (const [groupId, open] of byGroup) {
      const { offsets } = this.#group(groupId);
      for (const [topic, partitions] of open.topics()) {
        for (const [partition, offset] of partitions) setOffset(offsets, topic, partition, offset);
      }
    }
  }

  #group(groupId: string): ReplayedGroup {
    let group = this.#groups.get(groupId);
    if (group === undefined) {
      group = { metadata: undefined, offsets: new PartitionMap() };
      this.#groups.set(groupId, group);
    }
    return group;
  }

  #openOffsets(producerId: Int64, groupId: string): PartitionMap<CommittedOffset | null> {
    let byGroup = this.#open.get(producerId);
    if (byGroup === undefined) {
      byGroup = new Map();
      this.#open.set(producerId, byGroup);
    }
    let offsets = byGroup.get(groupId);
    if (offsets === undefined) {
      offsets = new PartitionMap();
      byGroup.set(groupId, offsets);
    }
    return offsets;
  }
}

function setOffset(
  offsets: PartitionMap<CommittedOffset>,
  topic: string,
  partition: number,
  offset: CommittedOffset | null,
): void {
  if (offset === null) offsets.delete(topic, partition);
  else offsets.set(topic, partition, offset);
}

function withoutNulls(open: PartitionMap<CommittedOffset | null>): PartitionMap<CommittedOffset> {
  const offsets = new PartitionMap<CommittedOffset>();
  for (const [topic, partitions] of open.topics()) {
    for (const [partition, offset] of partitions) setOffset(offsets, topic, partition, offset);
  }
  return offsets;
}

/** Copies of the buffers: the record's own are only lent. */
function ownGroup(metadata: GroupMetadataValue): GroupMetadataValue {
  for (const member of metadata.members) {
    member.subscription = keep(member.subscription);
    member.assignment = keep(member.assignment);
  }
  return metadata;
}

function buildGroup(
  groupId: string,
  metadata: GroupMetadataValue | undefined,
  now: { wallMs: number; monotonicMs: number },
): ClassicGroup {
  const group = new ClassicGroup(groupId, now.wallMs);
  if (metadata === undefined) return group;
  group.isInLog = true;
  group.generation = metadata.generation;
  group.protocolType = metadata.protocolType === '' ? null : metadata.protocolType;
  group.protocolName = metadata.protocol;
  group.stateSinceMs =
    metadata.currentStateTimestamp === -1 ? undefined : metadata.currentStateTimestamp;
  for (const member of metadata.members) {
    const { memberId, groupInstanceId } = member;
    // What is on disk is not to be trusted with an invariant.
    if (group.members.has(memberId)) continue;
    if (groupInstanceId !== null && group.staticMembers.has(groupInstanceId)) continue;
    group.add({
      memberId: member.memberId,
      instanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      // Version 0 has no rebalance timeout: the session timeout stood for it.
      rebalanceTimeoutMs:
        member.rebalanceTimeout === -1 ? member.sessionTimeout : member.rebalanceTimeout,
      sessionTimeoutMs: member.sessionTimeout,
      protocols: [{ name: metadata.protocol ?? '', metadata: member.subscription }],
      assignment: member.assignment,
      joining: undefined,
      syncing: undefined,
      isNew: false,
      deadlineMs: now.monotonicMs + member.sessionTimeout,
    });
  }
  if (metadata.leader !== null && group.members.has(metadata.leader)) {
    group.leaderId = metadata.leader;
  }
  if (group.members.size > 0) group.state = 'Stable';
  group.refreshSubscribedTopics();
  return group;
}
