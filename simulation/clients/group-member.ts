import type { SimRandom } from '../../src/base/testing/sim-random.ts';
import { type ErrorName, errorName } from '../../src/protocol/errors.ts';
import {
  OffsetCommitRequest,
  OffsetCommitResponse,
} from '../../src/protocol/messages/08-offset-commit.ts';
import {
  OffsetFetchRequest,
  OffsetFetchResponse,
} from '../../src/protocol/messages/09-offset-fetch.ts';
import {
  FindCoordinatorRequest,
  FindCoordinatorResponse,
} from '../../src/protocol/messages/10-find-coordinator.ts';
import { JoinGroupRequest, JoinGroupResponse } from '../../src/protocol/messages/11-join-group.ts';
import { HeartbeatRequest, HeartbeatResponse } from '../../src/protocol/messages/12-heartbeat.ts';
import {
  LeaveGroupRequest,
  LeaveGroupResponse,
} from '../../src/protocol/messages/13-leave-group.ts';
import { SyncGroupRequest, SyncGroupResponse } from '../../src/protocol/messages/14-sync-group.ts';
import type { GroupHistory } from '../history/group-history.ts';
import type { ClientWorld } from './client-world.ts';
import { Disconnected, type SimClient } from './sim-client.ts';

const SESSION_TIMEOUT_MS = 6000;

/** The member joins again: as itself, or as a new one. */
const REJOIN: readonly ErrorName[] = ['REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION'];

/** One member of a consumer group: joins, divides partitions where it leads, commits, leaves at times. */
export class GroupMember {
  readonly #clients: ClientWorld;
  readonly #history: GroupHistory;
  readonly #name: string;
  readonly #random: SimRandom;
  readonly #partitions: readonly string[];
  #memberId = '';

  constructor(clients: ClientWorld, history: GroupHistory, name: string) {
    this.#clients = clients;
    this.#history = history;
    this.#name = name;
    this.#random = clients.random.fork();
    const [topic] = clients.topics;
    this.#partitions = Array.from(
      { length: topic?.partitionCount ?? 0 },
      (_, partition) => `${topic?.name}/${partition}`,
    );
  }

  start(): void {
    this.#clients.actor(this.#name, async (client) => {
      await this.#findCoordinator(client);
      while (this.#clients.isBusy && !client.isClosed) {
        const joined = await this.#join(client);
        if (joined) await this.#work(client, joined);
      }
      return this.#clients.isBusy ? 'again' : 'done';
    });
  }

  async #findCoordinator(client: SimClient): Promise<void> {
    const found = await client.call(FindCoordinatorRequest, FindCoordinatorResponse, 2, {
      key: this.#history.groupId,
    });
    const error = errorName(found.errorCode);
    if (error !== 'NONE') this.#clients.refused('FindCoordinator', error);
  }

  /** The generation and what this member owns in it; undefined where it must join again. */
  async #join(
    client: SimClient,
  ): Promise<{ generation: number; owned: readonly string[] } | undefined> {
    const { groupId } = this.#history;
    const joined = await client.call(JoinGroupRequest, JoinGroupResponse, 5, {
      groupId,
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
      rebalanceTimeoutMs: 3000,
      memberId: this.#memberId,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: Buffer.from(this.#name) }],
    });
    const error = errorName(joined.errorCode);
    if (error === 'MEMBER_ID_REQUIRED') {
      this.#memberId = joined.memberId;
      return undefined;
    }
    if (error !== 'NONE') return this.#rejoinAfter('JoinGroup', error);
    this.#memberId = joined.memberId;
    const { generationId: generation, memberId } = joined;
    const isLeader = joined.leader === memberId;
    const assignment = isLeader
      ? this.#divide(joined.members.map((one) => one.memberId))
      : undefined;
    if (assignment) this.#history.giving(generation, assignment);
    const synced = await client.call(SyncGroupRequest, SyncGroupResponse, 3, {
      groupId,
      generationId: generation,
      memberId,
      assignments: [...(assignment ?? [])].map(([member, partitions]) => ({
        memberId: member,
        assignment: Buffer.from(partitions.join()),
      })),
    });
    const syncError = errorName(synced.errorCode);
    if (syncError !== 'NONE') return this.#rejoinAfter('SyncGroup', syncError);
    const owned = synced.assignment.toString().split(',').filter(Boolean);
    this.#history.owns(generation, memberId, owned);
    this.#clients.counts.generations++;
    return { generation, owned };
  }

  #divide(members: readonly string[]): Map<string, string[]> {
    const assignment = new Map<string, string[]>(members.map((member) => [member, []]));
    const sorted = [...members].sort();
    for (const [index, partition] of this.#partitions.entries()) {
      assignment.get(sorted[index % sorted.length]!)!.push(partition);
    }
    return assignment;
  }

  async #work(
    client: SimClient,
    { generation, owned }: { generation: number; owned: readonly string[] },
  ): Promise<void> {
    const random = this.#random;
    const { groupId } = this.#history;
    const memberId = this.#memberId;
    for (let left = 5 + random.int(60); left > 0 && this.#clients.isBusy; left--) {
      await this.#clients.sleep(random.float() * 100);
      if (owned.length > 0 && random.chance(0.7)) {
        if (!(await this.#commit(client, generation, random.pick(owned)))) return;
        continue;
      }
      const { errorCode } = await client.call(HeartbeatRequest, HeartbeatResponse, 3, {
        groupId,
        generationId: generation,
        memberId,
      });
      const error = errorName(errorCode);
      if (error !== 'NONE') {
        this.#rejoinAfter('Heartbeat', error);
        return;
      }
    }
    if (random.chance(0.5)) return;
    const { errorCode } = await client.call(LeaveGroupRequest, LeaveGroupResponse, 3, {
      groupId,
      members: [{ memberId }],
    });
    const error = errorName(errorCode);
    if (error !== 'NONE') this.#rejoinAfter('LeaveGroup', error);
    this.#memberId = '';
    await this.#clients.sleep(random.float() * 300);
  }

  /** False where the member must join again. */
  async #commit(client: SimClient, generation: number, partition: string): Promise<boolean> {
    const [topic = '', index = ''] = partition.split('/');
    const offset = this.#history.committing(partition);
    const { topics } = await client.call(OffsetCommitRequest, OffsetCommitResponse, 7, {
      groupId: this.#history.groupId,
      generationIdOrMemberEpoch: generation,
      memberId: this.#memberId,
      topics: [
        {
          name: topic,
          partitions: [
            {
              partitionIndex: Number(index),
              committedOffset: offset,
              committedMetadata: `m${offset}`,
            },
          ],
        },
      ],
    });
    const error = errorName(topics[0]?.partitions[0]?.errorCode ?? -1);
    if (error !== 'NONE') {
      this.#rejoinAfter('OffsetCommit', error);
      return false;
    }
    this.#history.committed(partition, offset);
    this.#clients.counts.commits++;
    return true;
  }

  #rejoinAfter(what: string, error: ErrorName): undefined {
    if (REJOIN.includes(error)) return undefined;
    if (error === 'UNKNOWN_MEMBER_ID') {
      this.#memberId = '';
      return undefined;
    }
    return this.#clients.refused(`${what} of ${this.#name}`, error);
  }
}

/** What the broker says is committed, held against what was acknowledged. */
export async function checkCommits(
  clients: ClientWorld,
  client: SimClient,
  history: GroupHistory,
): Promise<void> {
  for (const partition of history.partitions) {
    const [name = '', index = ''] = partition.split('/');
    const acknowledged = history.acknowledged(partition);
    const { topics, errorCode } = await client.call(OffsetFetchRequest, OffsetFetchResponse, 5, {
      groupId: history.groupId,
      topics: [{ name, partitionIndexes: [Number(index)] }],
    });
    const error = errorName(errorCode);
    if (error === 'COORDINATOR_LOAD_IN_PROGRESS' || error === 'NOT_COORDINATOR') {
      throw new Disconnected(error);
    }
    if (error !== 'NONE') clients.refused('OffsetFetch', error);
    history.found(partition, Number(topics[0]?.partitions[0]?.committedOffset ?? -2), acknowledged);
  }
}
