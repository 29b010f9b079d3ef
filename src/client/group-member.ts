import type { Timer } from '../base/clock.ts';
import { decodeVersioned, encodeVersioned } from '../protocol/codec/index.ts';
import { errorName, KafkaError } from '../protocol/errors.ts';
import { JoinGroupRequest, JoinGroupResponse } from '../protocol/messages/11-join-group.ts';
import { HeartbeatRequest, HeartbeatResponse } from '../protocol/messages/12-heartbeat.ts';
import { LeaveGroupRequest, LeaveGroupResponse } from '../protocol/messages/13-leave-group.ts';
import { SyncGroupRequest, SyncGroupResponse } from '../protocol/messages/14-sync-group.ts';
import {
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
} from '../protocol/state-records/consumer-protocol.ts';
import type { TopicPartition } from '../protocol/topic-partition.ts';
import { ASSIGNORS, type Subscriber } from './assignors.ts';
import type { Cluster } from './cluster.ts';
import { mayRetry } from './connection.ts';
import { ClientError } from './errors.ts';

export interface GroupMemberOptions {
  readonly groupId: string;
  readonly groupInstanceId: string | null;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  /** In order of preference: range, roundrobin. */
  readonly assignors: readonly string[];
}

const PROTOCOL_TYPE = 'consumer';
const SUBSCRIPTION_VERSION = 1;
const ASSIGNMENT_VERSION = 1;

/** One member of a consumer group under the classic protocol: joins, syncs, heartbeats, leaves. */
export class GroupMember {
  readonly #cluster: Cluster;
  readonly #options: GroupMemberOptions;
  #memberId = '';
  #generation = -1;
  #needsJoin = true;
  #heartbeat: Timer | undefined;
  #fatal: Error | undefined;
  #hasLeft = false;

  constructor(cluster: Cluster, options: GroupMemberOptions) {
    this.#cluster = cluster;
    this.#options = options;
  }

  get memberId(): string {
    return this.#memberId;
  }

  get generation(): number {
    return this.#generation;
  }

  /** The group is rebalancing, or this member is not in it. Throws where it can never be again. */
  get needsJoin(): boolean {
    if (this.#fatal) throw this.#fatal;
    return this.#needsJoin;
  }

  /** Joins and resolves to the partitions that are this member's until `needsJoin`. */
  async join(topics: readonly string[]): Promise<TopicPartition[]> {
    this.#stopHeartbeat();
    while (!this.#hasLeft) {
      const joined = await this.#cluster.retryAtCoordinator(this.#options.groupId, (coordinator) =>
        coordinator
          .call(
            JoinGroupRequest,
            JoinGroupResponse,
            {
              groupId: this.#options.groupId,
              sessionTimeoutMs: this.#options.sessionTimeoutMs,
              rebalanceTimeoutMs: this.#options.rebalanceTimeoutMs,
              memberId: this.#memberId,
              groupInstanceId: this.#options.groupInstanceId,
              protocolType: PROTOCOL_TYPE,
              protocols: this.#options.assignors.map((name) => ({
                name,
                metadata: encodeVersioned(ConsumerProtocolSubscription, SUBSCRIPTION_VERSION, {
                  topics: [...topics].sort(),
                }),
              })),
            },
            { timeoutMs: this.#options.rebalanceTimeoutMs + 5000 },
          )
          .then((answer) => throwRetriable(answer)),
      );
      const error = errorName(joined.errorCode);
      if (error === 'MEMBER_ID_REQUIRED') {
        this.#memberId = joined.memberId;
        continue;
      }
      if (error === 'UNKNOWN_MEMBER_ID') {
        this.#memberId = '';
        continue;
      }
      if (error === 'REBALANCE_IN_PROGRESS') continue;
      if (error !== 'NONE') throw new KafkaError(error);
      this.#memberId = joined.memberId;
      this.#generation = joined.generationId;
      this.#needsJoin = false;
      const assignments =
        joined.leader === joined.memberId && !joined.skipAssignment
          ? await this.#assign(joined.protocolName ?? '', joined.members)
          : [];
      const assigned = await this.#sync(joined.protocolName ?? '', assignments);
      if (assigned && !this.#hasLeft) {
        this.#scheduleHeartbeat();
        return assigned;
      }
    }
    return [];
  }

  /** Says goodbye so that the group need not wait for the session to end; errors do not matter. */
  async leave(): Promise<void> {
    this.#hasLeft = true;
    this.#stopHeartbeat();
    // A static member stays known until its session ends, so that it can come back unnoticed.
    if (this.#memberId === '' || this.#options.groupInstanceId !== null) return;
    const memberId = this.#memberId;
    this.#memberId = '';
    this.#needsJoin = true;
    try {
      const coordinator = await this.#cluster.coordinator(this.#options.groupId);
      await coordinator.call(LeaveGroupRequest, LeaveGroupResponse, (version) =>
        version >= 3
          ? { groupId: this.#options.groupId, members: [{ memberId }] }
          : { groupId: this.#options.groupId, memberId },
      );
    } catch (error) {
      if (!(error instanceof ClientError || error instanceof KafkaError)) throw error;
    }
  }

  /** A commit or heartbeat found the group elsewhere. */
  onGroupError(error: KafkaError): void {
    if (error.error === 'UNKNOWN_MEMBER_ID') this.#memberId = '';
    if (error.error === 'FENCED_INSTANCE_ID') this.#fatal = error;
    this.#needsJoin = true;
    this.#stopHeartbeat();
  }

  /** The leader's work: who gets which partitions. */
  async #assign(
    protocolName: string,
    members: readonly { memberId: string; metadata: Buffer }[],
  ): Promise<{ memberId: string; assignment: Buffer }[]> {
    const assignor = ASSIGNORS[protocolName];
    if (!assignor) throw new ClientError(`the group chose the unknown assignor ${protocolName}`);
    const subscribers: Subscriber[] = members.map(({ memberId, metadata }) => ({
      memberId,
      topics: decodeVersioned(ConsumerProtocolSubscription, metadata, { newerAsHighest: true })
        .topics,
    }));
    const topics = [...new Set(subscribers.flatMap((subscriber) => subscriber.topics))];
    const metadata = await this.#cluster.metadata(topics);
    const counts = new Map(
      metadata.topics.map(({ name, partitions }) => [name, partitions.length]),
    );
    return [...assignor(subscribers, counts)].map(([memberId, partitions]) => ({
      memberId,
      assignment: encodeVersioned(ConsumerProtocolAssignment, ASSIGNMENT_VERSION, {
        assignedPartitions: byTopic(partitions).map(({ topic, partitions: numbers }) => ({
          topic,
          partitions: numbers,
        })),
      }),
    }));
  }

  /** undefined: the group moved on meanwhile. */
  async #sync(
    protocolName: string,
    assignments: { memberId: string; assignment: Buffer }[],
  ): Promise<TopicPartition[] | undefined> {
    const coordinator = await this.#cluster.coordinator(this.#options.groupId);
    const synced = await coordinator.call(
      SyncGroupRequest,
      SyncGroupResponse,
      {
        groupId: this.#options.groupId,
        generationId: this.#generation,
        memberId: this.#memberId,
        groupInstanceId: this.#options.groupInstanceId,
        protocolType: PROTOCOL_TYPE,
        protocolName,
        assignments,
      },
      { timeoutMs: this.#options.rebalanceTimeoutMs + 5000 },
    );
    const error = errorName(synced.errorCode);
    if (error === 'NONE') {
      if (synced.assignment.length === 0) return [];
      const { assignedPartitions } = decodeVersioned(
        ConsumerProtocolAssignment,
        synced.assignment,
        { newerAsHighest: true },
      );
      return assignedPartitions.flatMap(({ topic, partitions }) =>
        partitions.map((partition) => ({ topic, partition })),
      );
    }
    if (error === 'UNKNOWN_MEMBER_ID') this.#memberId = '';
    const again = ['REBALANCE_IN_PROGRESS', 'UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION'];
    const failure = new KafkaError(error);
    if (!again.includes(error) && !failure.retriable) throw failure;
    this.#cluster.forgetCoordinator(this.#options.groupId);
    return undefined;
  }

  #scheduleHeartbeat(): void {
    this.#heartbeat = this.#cluster.ports.clock.after(this.#options.heartbeatIntervalMs, () => {
      void this.#beat();
    });
  }

  async #beat(): Promise<void> {
    const generationId = this.#generation;
    try {
      const coordinator = await this.#cluster.coordinator(this.#options.groupId);
      const answer = await coordinator.call(HeartbeatRequest, HeartbeatResponse, {
        groupId: this.#options.groupId,
        generationId,
        memberId: this.#memberId,
        groupInstanceId: this.#options.groupInstanceId,
      });
      if (generationId !== this.#generation || !this.#heartbeat) return;
      if (answer.errorCode !== 0) throw new KafkaError(errorName(answer.errorCode));
    } catch (error) {
      if (generationId !== this.#generation || !this.#heartbeat) return;
      if (mayRetry(error) && !isGroupError(error)) {
        this.#cluster.forgetCoordinator(this.#options.groupId);
      } else if (error instanceof KafkaError) return this.onGroupError(error);
      else this.#fatal = error instanceof Error ? error : new Error(String(error));
    }
    this.#scheduleHeartbeat();
  }

  #stopHeartbeat(): void {
    this.#heartbeat?.cancel();
    this.#heartbeat = undefined;
  }
}

/** The group, not the way to it, is the matter: the member has to join again. */
function isGroupError(error: unknown): boolean {
  return error instanceof KafkaError && error.error === 'REBALANCE_IN_PROGRESS';
}

function throwRetriable<T extends { errorCode: number }>(answer: T): T {
  const error = new KafkaError(errorName(answer.errorCode));
  if (answer.errorCode !== 0 && error.retriable && !isGroupError(error)) throw error;
  return answer;
}

/** Groups partitions by topic, in the order in which they come. */
export function byTopic(
  partitions: Iterable<TopicPartition>,
): { topic: string; partitions: number[] }[] {
  const topics = new Map<string, number[]>();
  for (const { topic, partition } of partitions) {
    const numbers = topics.get(topic);
    if (numbers) numbers.push(partition);
    else topics.set(topic, [partition]);
  }
  return [...topics].map(([topic, numbers]) => ({ topic, partitions: numbers }));
}
