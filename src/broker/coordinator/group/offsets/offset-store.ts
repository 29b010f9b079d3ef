import type { ErrorName } from '../../../../protocol/errors.ts';
import type { CoordinatorRecord } from '../../runtime/coordinator-log.ts';
import { restartSession } from '../classic/answers.ts';
import type { ClassicGroup } from '../classic/classic-group.ts';
import type { Shard } from '../group-shard.ts';
import { MAX_TOMBSTONES_PER_APPEND } from '../limits.ts';
import type { OffsetCommitRequest, OffsetDeleteRequest, OffsetDeleteResult } from '../messages.ts';
import type { GroupCoordinatorPorts } from '../ports.ts';
import { groupTombstone, offsetRecord, offsetTombstone } from '../records.ts';
import { offsetWriteError } from '../write-errors.ts';
import { checkCommit, committedOffset } from './commit.ts';
import { expiredOffsets, isDisposable } from './expiry.ts';
import type { TopicPartition } from './group-offsets.ts';

/**
 * Commits, expires and deletes the offsets of one shard's groups, and deletes groups. Whatever it
 * writes takes effect when it is committed to the log, in the log's order.
 */
export class OffsetStore {
  readonly #shard: Shard;
  readonly #ports: GroupCoordinatorPorts;

  constructor(shard: Shard, ports: GroupCoordinatorPorts) {
    this.#shard = shard;
    this.#ports = ports;
  }

  /** One error per entry. Answers during the call when nothing is to be written. */
  commit(request: OffsetCommitRequest, answer: (errors: ErrorName[]) => void): void {
    const { entries } = request;
    const refuse = (error: ErrorName) => answer(entries.map(() => error));
    const existing = this.#shard.groups.get(request.groupId);
    const error = checkCommit(existing, request);
    if (error !== 'NONE') {
      refuse(error);
      return;
    }
    const group = existing ?? this.#shard.findOrCreate(request.groupId);
    if (group === undefined) {
      refuse('COORDINATOR_NOT_AVAILABLE');
      return;
    }
    const member = group.members.get(request.memberId);
    // A commit is a sign of life.
    if (member !== undefined) restartSession(member, this.#shard.now());

    const limit = this.#ports.config().offsetMetadataMaxBytes;
    const nowWallMs = this.#ports.clock.now();
    const retentionTimeMs = request.retentionTimeMs;
    const writes = entries
      .filter(({ metadata }) => metadata.length <= limit)
      .map((entry) => ({
        topic: entry.topic,
        partition: entry.partition,
        committed: committedOffset(entry, { nowWallMs, retentionTimeMs }),
      }));
    if (writes.length === 0) {
      refuse('OFFSET_METADATA_TOO_LARGE');
      return;
    }
    const { groupId } = group;
    const records = writes.map(({ topic, partition, committed }) =>
      offsetRecord({ groupId, topic, partition }, committed),
    );
    for (const { topic, partition } of writes) group.offsets.begin(topic, partition);
    this.#append(records, (outcome) => {
      for (const { topic, partition, committed } of writes) {
        group.offsets.end(topic, partition);
        if (outcome === 'NONE') group.offsets.committed.set(topic, partition, committed);
      }
      const shared = offsetWriteError(outcome);
      answer(
        entries.map(({ metadata }) =>
          metadata.length <= limit ? shared : 'OFFSET_METADATA_TOO_LARGE',
        ),
      );
    });
  }

  /** Deletes a group that has no members, with its offsets. */
  deleteGroup(groupId: string, answer: (error: ErrorName) => void): void {
    const group = this.#shard.groups.get(groupId);
    if (group === undefined || group.state === 'Dead') {
      answer('GROUP_ID_NOT_FOUND');
      return;
    }
    if (group.state !== 'Empty') {
      answer('NON_EMPTY_GROUP');
      return;
    }
    const all = [...group.offsets.partitions()];
    this.#remove(group, all, true, answer);
  }

  deleteOffsets(request: OffsetDeleteRequest, answer: (result: OffsetDeleteResult) => void): void {
    const group = this.#shard.groups.get(request.groupId);
    if (group === undefined || group.state === 'Dead') {
      answer({ error: 'GROUP_ID_NOT_FOUND', topics: [] });
      return;
    }
    // Only a consumer group's subscriptions tell which topics are in use.
    if (group.state !== 'Empty' && !group.isConsumerGroup) {
      answer({ error: 'NON_EMPTY_GROUP', topics: [] });
      return;
    }
    const isInUse = (topic: string) => group.state !== 'Empty' && group.isSubscribedTo(topic);
    const going = new Map<string, TopicPartition>();
    const topics: { topic: string; inUse: boolean; partitions: readonly number[] }[] = [];
    for (const { topic, partitions } of request.topics) {
      const inUse = isInUse(topic);
      topics.push({ topic, inUse, partitions });
      for (const partition of inUse ? [] : partitions) {
        if (group.offsets.committed.get(topic, partition) === undefined) continue;
        going.set(`${partition} ${topic}`, { topic, partition });
      }
    }
    const partitions = [...going.values()];
    const last = partitions.length > 0 && isDisposable(group, partitions);
    this.#remove(group, partitions, last, (error) =>
      answer({
        error: 'NONE',
        topics: topics.map(({ topic, inUse, partitions: asked }) => ({
          topic,
          partitions: asked.map((partition) => ({
            partition,
            error: inUse ? 'GROUP_SUBSCRIBED_TO_TOPIC' : error,
          })),
        })),
      }),
    );
  }

  /** Drops offsets past their retention, and the groups that nothing is left of. */
  expire(): void {
    const retentionMs = this.#ports.config().offsetsRetentionMs;
    const nowWallMs = this.#ports.clock.now();
    for (const group of [...this.#shard.groups.values()]) {
      if (group.state === 'Dead') continue;
      const going = expiredOffsets(group, { nowWallMs, retentionMs });
      const isLast = isDisposable(group, going);
      if (going.length === 0 && !isLast) continue;
      this.#ports.logger.info(
        { group: group.groupId, offsets: going.length, groupToo: isLast },
        going.length > 0 ? 'offsets have expired' : 'forgot an empty group without offsets',
      );
      this.#remove(group, going, isLast, (error) => {
        if (error === 'NONE') return;
        this.#ports.logger.warn(
          { group: group.groupId, error },
          'expired offsets could not be removed; it is tried again at the next check',
        );
      });
    }
  }

  /** Drops what groups committed for partitions that are gone; resolves when it is written. */
  async dropPartitions(topic: string, partitions: readonly number[] | 'all'): Promise<void> {
    const removals: Promise<void>[] = [];
    for (const group of [...this.#shard.groups.values()]) {
      if (group.state === 'Dead') continue;
      const committed = group.offsets.committed.ofTopic(topic);
      const gone = [...(committed?.keys() ?? [])]
        .filter((partition) => partitions === 'all' || partitions.includes(partition))
        .map((partition) => ({ topic, partition }));
      if (gone.length === 0) continue;
      const withGroup = isDisposable(group, gone);
      // A log that fails meanwhile has taken its groups offline: there is nobody to wait for.
      removals.push(
        new Promise((resolve) => this.#remove(group, gone, withGroup, () => resolve())),
      );
    }
    await Promise.all(removals);
  }

  /**
   * Writes tombstones for the offsets and, `withGroup`, for the group. While they are on their way
   * such a group is Dead, so that nobody joins what is about to go.
   */
  #remove(
    group: ClassicGroup,
    partitions: readonly TopicPartition[],
    withGroup: boolean,
    answer: (error: ErrorName) => void,
  ): void {
    const { groupId } = group;
    const stateSinceMs = group.stateSinceMs;
    const writes: { record: CoordinatorRecord; at: TopicPartition | undefined }[] = partitions.map(
      ({ topic, partition }) => ({
        record: offsetTombstone({ groupId, topic, partition }),
        at: { topic, partition },
      }),
    );
    if (withGroup && group.isInLog) {
      writes.push({ record: groupTombstone(groupId), at: undefined });
    }
    if (withGroup) group.transitionTo('Dead', this.#ports.clock.now());

    let left = Math.ceil(writes.length / MAX_TOMBSTONES_PER_APPEND);
    let failure: ErrorName = 'NONE';
    const finish = () => {
      if (withGroup && failure === 'NONE') {
        this.#shard.forget(group);
      } else if (withGroup && this.#shard.groups.get(groupId) === group) {
        group.transitionTo('Empty', this.#ports.clock.now());
        group.stateSinceMs = stateSinceMs;
      }
      answer(offsetWriteError(failure));
    };
    if (left === 0) {
      finish();
      return;
    }
    for (let start = 0; start < writes.length; start += MAX_TOMBSTONES_PER_APPEND) {
      const chunk = writes.slice(start, start + MAX_TOMBSTONES_PER_APPEND);
      this.#append(
        chunk.map(({ record }) => record),
        (error) => {
          if (error !== 'NONE') failure = error;
          else for (const { at } of chunk) this.#bury(group, at);
          left--;
          if (left === 0) finish();
        },
      );
    }
  }

  #bury(group: ClassicGroup, at: TopicPartition | undefined): void {
    if (at === undefined) group.isInLog = false;
    else group.offsets.committed.delete(at.topic, at.partition);
  }

  #append(records: CoordinatorRecord[], done: (error: ErrorName) => void): void {
    const { log, clock } = this.#ports;
    log.append(this.#shard.partition, records, clock.now(), ({ error }) => done(error));
  }
}
