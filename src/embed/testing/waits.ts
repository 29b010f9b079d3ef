import type { BrokerParts } from '../../broker/broker-apis.ts';
import type { Partition } from '../../broker/replica/partition.ts';
import type { Activity } from './activity.ts';
import type { ApiName } from './api-name.ts';
import type { RequestCounts } from './request-counts.ts';
import {
  hasRecordsFrom,
  partitionsOf,
  type StoredRecord,
  storedRecords,
  visibleOffsets,
} from './stored-records.ts';

/** How long a wait may take, in real milliseconds. */
export interface WaitOptions {
  /** 4,000 by default. */
  readonly timeoutMs?: number;
}

export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Dead';

/** A consumer group as the broker sees it. */
export interface GroupView {
  readonly groupId: string;
  readonly state: GroupState;
  readonly members: readonly {
    readonly memberId: string;
    readonly clientId: string;
    readonly clientHost: string;
  }[];
}

/**
 * Waits that look when the broker does something, and never sleep. Each rejects with WaitTimeoutError
 * when its time is over, and says what was there instead.
 */
export interface Waits {
  /** Until the topic exists. */
  waitForTopic(topic: string, options?: WaitOptions): Promise<void>;
  /** Until at least `count` records can be read from the topic; all that are there. */
  waitForRecords(topic: string, count: number, options?: WaitOptions): Promise<StoredRecord[]>;
  /** Until the group is in this state, with this many members if you say so. */
  waitForGroup(
    groupId: string,
    state: GroupState,
    options?: WaitOptions & { readonly members?: number },
  ): Promise<GroupView>;
  /** Until the group has committed the end of every partition of the topic that has records. */
  waitForConsumed(groupId: string, topic: string, options?: WaitOptions): Promise<void>;
  /** Until `count` requests of an API have come since the start or the last `reset()`. */
  waitForRequests(
    api: ApiName,
    count: number,
    options?: WaitOptions & { readonly clientId?: string },
  ): Promise<void>;
}

/** Below the five seconds after which vitest and jest give up on a test, and say nothing. */
const DEFAULT_TIMEOUT_MS = 4_000;

/**
 * The waits of one broker.
 * @internal
 */
export function waitsFor(parts: BrokerParts, activity: Activity, counts: RequestCounts): Waits {
  const { metadata, coordinator } = parts;

  const timeoutOf = ({ timeoutMs = DEFAULT_TIMEOUT_MS }: WaitOptions) => timeoutMs;

  const seenTopic = (topic: string): string => {
    if (metadata.snapshot.topics.has(topic)) {
      const ends = partitionsOf(parts, topic).map(
        (each) =>
          `${topic}-${each.index} has offsets ${each.log.logStartOffset} to ${each.visibleEnd('read_committed')}`,
      );
      return ends.join(', ');
    }
    const names = [...metadata.snapshot.topics.values()].filter(({ internal }) => !internal);
    return `there is no topic ${topic}; ${listed(
      'topics',
      names.map(({ name }) => name),
    )}`;
  };

  const groupOf = (groupId: string): GroupView => {
    const { state, members } = coordinator.describe(groupId);
    return {
      groupId,
      // '' stands for a group whose coordinator is not there yet.
      state: (state || 'Dead') as GroupState,
      members: members.map(({ memberId, clientId, clientHost }) => ({
        memberId,
        clientId,
        clientHost,
      })),
    };
  };

  const seenGroup = (groupId: string): string => {
    const all = [...coordinator.list()];
    if (!all.some((each) => each.groupId === groupId)) {
      const names = all.map((each) => `${each.groupId} (${each.state})`);
      return `there is no group ${groupId}; ${listed('groups', names)}`;
    }
    const { state, members } = groupOf(groupId);
    const clients = members.map(({ clientId }) => clientId).join(', ');
    return `it is ${state} with ${members.length} members${clients && ` (${clients})`}`;
  };

  const committedOf = (groupId: string, topic: string): Map<number, number> => {
    const committed = new Map<number, number>();
    for (const each of coordinator.committedOffsets()) {
      if (each.groupId === groupId && each.topic === topic) {
        committed.set(each.partition, each.committedOffset);
      }
    }
    return committed;
  };

  /** The partitions whose end the group has not committed. */
  const behind = (
    groupId: string,
    topic: string,
  ): { partition: Partition; index: number; committed: number; end: number }[] => {
    const committed = committedOf(groupId, topic);
    return partitionsOf(parts, topic)
      .filter((each) => visibleOffsets(each) > 0)
      .map((each) => ({
        partition: each,
        index: each.index,
        committed: committed.get(each.index) ?? -1,
        end: each.visibleEnd('read_committed'),
      }))
      .filter(({ committed: at, end }) => at < end);
  };

  return {
    async waitForTopic(topic, options = {}) {
      const since = counts.mark();
      await activity.until(() => metadata.snapshot.topics.get(topic), {
        what: `topic ${topic}`,
        seen: () => `${seenTopic(topic)}; ${counts.since(since)}`,
        timeoutMs: timeoutOf(options),
      });
    },

    waitForRecords(topic, count, options = {}) {
      const since = counts.mark();
      let found = 0;
      return activity.until(
        async () => {
          const partitions = partitionsOf(parts, topic);
          const most = partitions.reduce((sum, each) => sum + visibleOffsets(each), 0);
          if (partitions.length === 0 || most < count) {
            found = most;
            return undefined;
          }
          const records = await storedRecords(parts, topic);
          found = records.length;
          return found >= count ? records : undefined;
        },
        {
          what: `${count} records in ${topic}`,
          seen: () => `${found} came; ${seenTopic(topic)}; ${counts.since(since)}`,
          timeoutMs: timeoutOf(options),
        },
      );
    },

    waitForGroup(groupId, state, options = {}) {
      const since = counts.mark();
      const { members } = options;
      return activity.until(
        () => {
          const group = groupOf(groupId);
          const isIt =
            group.state === state && (members ?? group.members.length) === group.members.length;
          return isIt ? group : undefined;
        },
        {
          what: `group ${groupId} being ${state}${members === undefined ? '' : ` with ${members} members`}`,
          seen: () => `${seenGroup(groupId)}; ${counts.since(since)}`,
          timeoutMs: timeoutOf(options),
        },
      );
    },

    async waitForConsumed(groupId, topic, options = {}) {
      const since = counts.mark();
      await activity.until(
        async () => {
          if (!metadata.snapshot.topics.has(topic)) return undefined;
          const late = behind(groupId, topic);
          // Behind the last record may lie markers of transactions, which not every client commits.
          const open = await Promise.all(
            late.map(({ partition, committed }) => hasRecordsFrom(partition, committed)),
          );
          return open.includes(true) ? undefined : true;
        },
        {
          what: `group ${groupId} having consumed ${topic}`,
          seen: () => {
            const late = behind(groupId, topic).map(({ index, committed, end }) =>
              committed < 0
                ? `nothing is committed for ${topic}-${index}, which ends at ${end}`
                : `${committed} of ${end} is committed for ${topic}-${index}`,
            );
            const how = metadata.snapshot.topics.has(topic) ? late.join(', ') : seenTopic(topic);
            return `${seenGroup(groupId)}; ${how || 'the topic is empty'}; ${counts.since(since)}`;
          },
          timeoutMs: timeoutOf(options),
        },
      );
    },

    async waitForRequests(api, count, options = {}) {
      const { clientId } = options;
      await activity.until(() => (counts.of(api, clientId) >= count ? true : undefined), {
        what: `${count} ${api} requests${clientId === undefined ? '' : ` of ${clientId}`}`,
        seen: () => counts.since(new Map()),
        timeoutMs: timeoutOf(options),
      });
    },
  };
}

function listed(what: string, names: readonly string[]): string {
  return names.length === 0 ? `there are no ${what}` : `${what}: ${names.join(', ')}`;
}
