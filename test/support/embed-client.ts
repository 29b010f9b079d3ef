import { NodeNetwork } from '../../src/base/node/node-network.ts';
import { ManualClock } from '../../src/base/testing/sim-clock.ts';
import { Connection } from '../../src/client/index.ts';
import { processClock } from '../../src/embed/start-broker.ts';
import { errorName } from '../../src/protocol/errors.ts';
import { ProduceRequest, ProduceResponse } from '../../src/protocol/messages/00-produce.ts';
import { FetchRequest, FetchResponse } from '../../src/protocol/messages/01-fetch.ts';
import { MetadataRequest, MetadataResponse } from '../../src/protocol/messages/03-metadata.ts';
import {
  OffsetCommitRequest,
  OffsetCommitResponse,
} from '../../src/protocol/messages/08-offset-commit.ts';
import {
  FindCoordinatorRequest,
  FindCoordinatorResponse,
} from '../../src/protocol/messages/10-find-coordinator.ts';
import { JoinGroupRequest, JoinGroupResponse } from '../../src/protocol/messages/11-join-group.ts';
import {
  LeaveGroupRequest,
  LeaveGroupResponse,
} from '../../src/protocol/messages/13-leave-group.ts';
import { SyncGroupRequest, SyncGroupResponse } from '../../src/protocol/messages/14-sync-group.ts';
import { buildBatch } from '../../src/protocol/records/batch-builder.ts';

const PATIENCE_MS = 10_000;

/**
 * Call it when a file's tests are over: a process that is still there much later has something open,
 * says what, and fails, instead of holding up everybody who runs the tests.
 */
export function endOrFail(): void {
  setTimeout(() => {
    console.error(`still open after the tests: ${process.getActiveResourcesInfo().join(', ')}`);
    process.exit(1);
  }, PATIENCE_MS).unref();
}

/** A member of a group, as its requests name it. */
export interface Membership {
  readonly groupId: string;
  readonly memberId: string;
  readonly generationId: number;
}

const SESSION_TIMEOUT_MS = 10_000;
const REBALANCE_TIMEOUT_MS = 5_000;

/**
 * One connection, one request at a time, errors by name. Its own time stands still until `clock` is
 * advanced: no timeout of the client is why a test passes.
 */
export class EmbedClient {
  readonly clock: ManualClock;
  readonly #connection: Connection;

  private constructor(connection: Connection, clock: ManualClock) {
    this.#connection = connection;
    this.clock = clock;
  }

  static async connect(
    { host, port }: { host: string; port: number },
    clientId = 'app',
  ): Promise<EmbedClient> {
    const clock = new ManualClock(processClock);
    const connection = await Connection.open(
      { network: new NodeNetwork(), clock },
      { host, port },
      { clientId, connectTimeoutMs: 10_000, requestTimeoutMs: 30_000 },
    );
    return new EmbedClient(connection, clock);
  }

  close(): void {
    this.#connection.close();
  }

  get isOpen(): boolean {
    return this.#connection.isOpen;
  }

  /** The error of the partition's answer. */
  async produce(topic: string, values: readonly string[], partition = 0): Promise<string> {
    const answer = await this.#connection.call(
      ProduceRequest,
      ProduceResponse,
      produceRequest(topic, values, { partition, acks: -1 }),
      { maxVersion: 12 },
    );
    return errorName(answer.responses[0]?.partitionResponses[0]?.errorCode ?? -1);
  }

  /** Sends without waiting for an answer, and there is none (acks=0). */
  fire(topic: string, values: readonly string[]): void {
    const request = produceRequest(topic, values, { partition: 0, acks: 0 });
    void this.#connection.send(ProduceRequest, request, { maxVersion: 12 });
  }

  /** The errors of the topics. */
  async metadata(...topics: string[]): Promise<string[]> {
    const answer = await this.#connection.call(
      MetadataRequest,
      MetadataResponse,
      { topics: topics.map((name) => ({ name })), allowAutoTopicCreation: false },
      { maxVersion: 12 },
    );
    return answer.topics.map(({ errorCode }) => errorName(errorCode));
  }

  /** A fetch of partition 0 of each, in the session when there is one; it does not wait. */
  async fetch(
    topics: readonly string[],
    session: { id: number; epoch: number } = { id: 0, epoch: -1 },
    version = 12,
  ) {
    const { responses, errorCode, sessionId } = await this.#connection.call(
      FetchRequest,
      FetchResponse,
      {
        replicaId: -1,
        maxWaitMs: 0,
        minBytes: 1,
        maxBytes: 1_000_000,
        sessionId: session.id,
        sessionEpoch: session.epoch,
        topics: topics.map((topic) => ({
          topic,
          partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000_000 }],
        })),
      },
      { maxVersion: version },
    );
    return {
      error: errorName(errorCode),
      sessionId,
      topics: responses.flatMap(({ topic, partitions }) =>
        partitions.map((row) => ({ topic, error: errorName(row.errorCode) })),
      ),
    };
  }

  /** Makes sure that the group has its coordinator. */
  async findCoordinator(groupId: string): Promise<void> {
    await this.#connection.call(FindCoordinatorRequest, FindCoordinatorResponse, {
      keyType: 0,
      coordinatorKeys: [groupId],
    });
  }

  /** Joins, and gets an answer when the group's members are known. */
  async enter(groupId: string): Promise<Membership> {
    // Below v4 a member gets its id with the first join.
    const { errorCode, memberId, generationId } = await this.#connection.call(
      JoinGroupRequest,
      JoinGroupResponse,
      {
        groupId,
        sessionTimeoutMs: SESSION_TIMEOUT_MS,
        rebalanceTimeoutMs: REBALANCE_TIMEOUT_MS,
        memberId: '',
        protocolType: 'consumer',
        protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
      },
      { maxVersion: 3 },
    );
    if (errorCode !== 0) throw new Error(errorName(errorCode));
    return { groupId, memberId, generationId };
  }

  /** Joins as the group's only member, and gets its assignment. */
  async join(groupId: string): Promise<Membership> {
    await this.findCoordinator(groupId);
    const member = await this.enter(groupId);
    const { memberId, generationId } = member;
    const { errorCode } = await this.#connection.call(
      SyncGroupRequest,
      SyncGroupResponse,
      { groupId, generationId, memberId, assignments: [{ memberId, assignment: Buffer.alloc(0) }] },
      { maxVersion: 2 },
    );
    if (errorCode !== 0) throw new Error(errorName(errorCode));
    return member;
  }

  async leave({ groupId, memberId }: Membership): Promise<string> {
    const answer = await this.#connection.call(
      LeaveGroupRequest,
      LeaveGroupResponse,
      { groupId, memberId },
      { maxVersion: 2 },
    );
    return errorName(answer.errorCode);
  }

  /** Commits for partition 0, as a member or from outside the group. */
  async commit(who: Membership | string, topic: string, committedOffset: number): Promise<string> {
    const member =
      typeof who === 'string'
        ? { groupId: who, memberId: '', generationIdOrMemberEpoch: -1 }
        : { ...who, generationIdOrMemberEpoch: who.generationId };
    const partition = { partitionIndex: 0, committedOffset, committedMetadata: null };
    const { groupId, memberId, generationIdOrMemberEpoch } = member;
    const answer = await this.#connection.call(
      OffsetCommitRequest,
      OffsetCommitResponse,
      {
        groupId,
        memberId,
        generationIdOrMemberEpoch,
        topics: [{ name: topic, partitions: [partition] }],
      },
      { maxVersion: 9 },
    );
    return errorName(answer.topics[0]?.partitions[0]?.errorCode ?? -1);
  }
}

function produceRequest(
  topic: string,
  values: readonly string[],
  { partition, acks }: { partition: number; acks: number },
) {
  const records = buildBatch(values.map((value) => ({ key: 'k', value })));
  const topicData = [{ name: topic, partitionData: [{ index: partition, records }] }];
  return { acks, timeoutMs: 1_000, topicData };
}
