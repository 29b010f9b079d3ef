import type { SimRandom } from '../../src/base/testing/sim-random.ts';
import { errorName } from '../../src/protocol/errors.ts';
import {
  OffsetCommitRequest,
  OffsetCommitResponse,
} from '../../src/protocol/messages/08-offset-commit.ts';
import {
  OffsetFetchRequest,
  OffsetFetchResponse,
} from '../../src/protocol/messages/09-offset-fetch.ts';
import { JoinGroupRequest, JoinGroupResponse } from '../../src/protocol/messages/11-join-group.ts';
import { HeartbeatRequest, HeartbeatResponse } from '../../src/protocol/messages/12-heartbeat.ts';
import { SyncGroupRequest, SyncGroupResponse } from '../../src/protocol/messages/14-sync-group.ts';
import {
  DescribeGroupsRequest,
  DescribeGroupsResponse,
} from '../../src/protocol/messages/15-describe-groups.ts';
import type { RawClient } from '../support/raw-client.ts';
import { HistoryViolation } from './history.ts';

const COMMITS_PER_GENERATION = 8;
const SESSION_TIMEOUT_MS = 60_000;

interface Generation {
  readonly generation: number;
  readonly assignment: Buffer;
}

/**
 * A group with one member, which joins again and again and commits ever greater offsets. The same
 * member and generation must be known after every kill, with every commit that was acknowledged.
 */
export class GroupLoad {
  readonly groupId: string;
  readonly topic: string;
  generations = 0;
  commits = 0;
  readonly #random: SimRandom;
  #memberId = '';
  /** The generation whose assignment was acknowledged last, and one that was sent without an answer. */
  #acknowledged: Generation | undefined;
  #sent: Generation | undefined;
  #committed = -1;
  #sentCommit = -1;

  constructor(groupId: string, topic: string, random: SimRandom) {
    this.groupId = groupId;
    this.topic = topic;
    this.#random = random;
  }

  /** Joins and commits until the connection ends, and calls back at every acknowledgement. */
  async run(client: RawClient, onAck: () => void): Promise<void> {
    try {
      for (;;) {
        await this.#rejoin(client);
        onAck();
        for (let left = COMMITS_PER_GENERATION; left > 0; left--) {
          await this.#commit(client);
          onAck();
        }
      }
    } catch (error) {
      if (error instanceof Error && error.message === 'closed') return;
      throw error;
    }
  }

  /** After a restart. Throws HistoryViolation when anything acknowledged is not so. */
  async check(client: RawClient): Promise<void> {
    await this.#checkOffset(client);
    await this.#checkMember(client);
  }

  async #rejoin(client: RawClient): Promise<void> {
    const { groupId } = this;
    const joined = await client.call(JoinGroupRequest, JoinGroupResponse, 3, {
      groupId,
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
      rebalanceTimeoutMs: SESSION_TIMEOUT_MS,
      memberId: this.#memberId,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: this.#random.bytes(20) }],
    });
    expectNone('JoinGroup', joined.errorCode);
    if (this.#memberId !== '' && joined.memberId !== this.#memberId) {
      throw new HistoryViolation(`member ${this.#memberId} became ${joined.memberId}`);
    }
    this.#memberId = joined.memberId;
    const { generationId: generation, memberId } = joined;
    if (generation <= (this.#acknowledged?.generation ?? 0)) {
      throw new HistoryViolation(`generation ${generation} came again`);
    }
    const assignment = this.#random.bytes(30);
    this.#sent = { generation, assignment };
    const synced = await client.call(SyncGroupRequest, SyncGroupResponse, 2, {
      groupId,
      generationId: generation,
      memberId,
      assignments: [{ memberId, assignment }],
    });
    expectNone('SyncGroup', synced.errorCode);
    this.#acknowledged = this.#sent;
    this.generations++;
  }

  async #commit(client: RawClient): Promise<void> {
    const offset = ++this.#sentCommit;
    const { topics } = await client.call(OffsetCommitRequest, OffsetCommitResponse, 7, {
      groupId: this.groupId,
      generationIdOrMemberEpoch: this.#acknowledged?.generation ?? -1,
      memberId: this.#memberId,
      topics: [
        {
          name: this.topic,
          partitions: [
            { partitionIndex: 0, committedOffset: offset, committedMetadata: `m${offset}` },
          ],
        },
      ],
    });
    expectNone('OffsetCommit', topics[0]?.partitions[0]?.errorCode ?? -1);
    this.#committed = offset;
    this.commits++;
  }

  async #checkOffset(client: RawClient): Promise<void> {
    const { topics } = await whenLoaded(
      () =>
        client.call(OffsetFetchRequest, OffsetFetchResponse, 5, {
          groupId: this.groupId,
          topics: [{ name: this.topic, partitionIndexes: [0] }],
        }),
      ({ errorCode }) => errorCode,
    );
    const { committedOffset = -2, metadata } = topics[0]?.partitions[0] ?? {};
    if (committedOffset < this.#committed || committedOffset > this.#sentCommit) {
      throw new HistoryViolation(
        `${this.groupId} has committed ${committedOffset}, not ${this.#committed} to ${this.#sentCommit}`,
      );
    }
    if (committedOffset >= 0 && metadata !== `m${committedOffset}`) {
      throw new HistoryViolation(`the commit of ${committedOffset} has metadata ${metadata}`);
    }
    this.#committed = Number(committedOffset);
  }

  async #checkMember(client: RawClient): Promise<void> {
    if (!this.#acknowledged) return;
    const { groups } = await client.call(DescribeGroupsRequest, DescribeGroupsResponse, 4, {
      groups: [this.groupId],
    });
    const group = groups[0];
    const [member] = group?.members ?? [];
    if (group?.groupState !== 'Stable' || member?.memberId !== this.#memberId) {
      throw new HistoryViolation(
        `${this.groupId} is ${group?.groupState} with member ${member?.memberId}, not Stable with ${this.#memberId}`,
      );
    }
    const known = [this.#acknowledged, this.#sent].find((generation) =>
      generation?.assignment.equals(member.memberAssignment),
    );
    if (!known) throw new HistoryViolation(`the member of ${this.groupId} lost its assignment`);
    const { errorCode } = await client.call(HeartbeatRequest, HeartbeatResponse, 3, {
      groupId: this.groupId,
      generationId: known.generation,
      memberId: this.#memberId,
    });
    expectNone(`Heartbeat of generation ${known.generation}`, errorCode);
    this.#acknowledged = known;
    this.#sent = undefined;
  }
}

function expectNone(what: string, code: number): void {
  if (code !== 0) throw new HistoryViolation(`${what} was refused: ${errorName(code)}`);
}

/** Groups are loaded while the broker already answers; clients ask again until they are. */
async function whenLoaded<T>(ask: () => Promise<T>, errorOf: (answer: T) => number): Promise<T> {
  for (;;) {
    const answer = await ask();
    const error = errorName(errorOf(answer));
    if (error === 'NONE') return answer;
    if (error !== 'COORDINATOR_LOAD_IN_PROGRESS' && error !== 'NOT_COORDINATOR') {
      throw new HistoryViolation(`OffsetFetch was refused: ${error}`);
    }
  }
}
