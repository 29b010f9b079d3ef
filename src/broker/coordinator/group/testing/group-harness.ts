import type { Int64 } from '../../../../base/int64.ts';
import { silentLogger } from '../../../../base/logger.ts';
import { SimClock } from '../../../../base/testing/sim-clock.ts';
import { SimRandom } from '../../../../base/testing/sim-random.ts';
import type { ErrorName } from '../../../../protocol/errors.ts';
import { arrayOf, NO_ELEMENTS } from '../../../../protocol/schema/index.ts';
import { SimCoordinatorLog } from '../../runtime/testing/sim-coordinator-log.ts';
import { describe, describeAbsent } from '../describe.ts';
import { defaultGroupConfig, type GroupConfig } from '../group-config.ts';
import { GroupCoordinator } from '../group-coordinator.ts';
import type {
  DescribedGroup,
  JoinRequest,
  JoinResult,
  OffsetCommitRequest,
  OffsetDeleteResult,
  SyncRequest,
  SyncResult,
} from '../messages.ts';
import { replayedGroups } from './replayed.ts';

/** An answer that may not have come yet. Answering twice fails the test. */
export class Reply<Result> {
  #result: Result | undefined;

  set(result: Result): void {
    if (this.#result !== undefined) throw new Error('a request is answered twice');
    this.#result = result;
  }

  get isParked(): boolean {
    return this.#result === undefined;
  }

  get result(): Result {
    if (this.#result === undefined) throw new Error('the request is still parked');
    return this.#result;
  }
}

export interface JoinOptions extends Partial<JoinRequest> {
  /** Metadata of the protocol 'range'; `protocols` overrides it. */
  metadata?: string | Buffer;
}

/** A coordinator of one partition on virtual time, with shorthands for what clients do. */
export class GroupHarness {
  readonly clock = new SimClock();
  readonly random = new SimRandom(7);
  readonly log = new SimCoordinatorLog(this.clock);
  config: GroupConfig;
  coordinator: GroupCoordinator;
  /** What the members may say of themselves; for coordinators made from now on. */
  maxMemberBytes = Number.POSITIVE_INFINITY;

  constructor(config: Partial<GroupConfig> = {}) {
    this.config = { ...defaultGroupConfig, ...config };
    this.coordinator = this.#make();
  }

  /** A harness whose partition is loaded. */
  static async started(config: Partial<GroupConfig> = {}): Promise<GroupHarness> {
    const harness = new GroupHarness(config);
    await harness.elect();
    return harness;
  }

  async elect(leaderEpoch = 0): Promise<void> {
    this.coordinator.runtime.onElection(0, leaderEpoch);
    await this.clock.settle();
  }

  /** A new coordinator over the same log; the old one does nothing any more. */
  async restart(): Promise<void> {
    this.coordinator.runtime.stop();
    this.coordinator = this.#make();
    await this.elect();
  }

  /** The group as a restart would find it, without one. */
  replayed(groupId = 'group'): DescribedGroup {
    const now = { wallMs: this.clock.now(), monotonicMs: 0 };
    const group = replayedGroups(this.log.loaded(0), now).get(groupId);
    return group === undefined ? describeAbsent(groupId) : describe(group);
  }

  /** Lets the log commit. */
  turn(): void {
    this.clock.runTurn();
  }

  join(memberId: string, options: JoinOptions = {}): Reply<JoinResult> {
    return this.joinAndAbandon(memberId, options).reply;
  }

  joinAndAbandon(memberId: string, options: JoinOptions = {}) {
    const { metadata = '', ...rest } = options;
    const reply = new Reply<JoinResult>();
    const abandon = this.coordinator.join(
      {
        groupId: 'group',
        memberId,
        instanceId: null,
        clientId: 'client',
        clientHost: '/127.0.0.1',
        sessionTimeoutMs: 10_000,
        rebalanceTimeoutMs: 60_000,
        protocolType: 'consumer',
        protocols: [{ name: 'range', metadata: Buffer.from(metadata) }],
        memberIdRequired: false,
        canSkipAssignment: true,
        reason: null,
        ...rest,
      },
      (result) => reply.set(result),
    );
    return { reply, abandon };
  }

  sync(
    memberId: string,
    generation: number,
    assignments: Record<string, string> = {},
    options: Partial<SyncRequest> = {},
  ): Reply<SyncResult> {
    const reply = new Reply<SyncResult>();
    this.coordinator.sync(
      {
        groupId: 'group',
        generation,
        memberId,
        instanceId: null,
        protocolType: null,
        protocolName: null,
        assignments: Object.entries(assignments).map(([id, text]) => ({
          memberId: id,
          assignment: Buffer.from(text),
        })),
        ...options,
      },
      (result) => reply.set(result),
    );
    return reply;
  }

  heartbeat(memberId: string, generation: number, instanceId: string | null = null): ErrorName {
    return this.coordinator.heartbeat({ groupId: 'group', generation, memberId, instanceId });
  }

  leave(...memberIds: string[]): ErrorName[] {
    const members = memberIds.map((memberId) => ({ memberId, instanceId: null, reason: null }));
    const result = this.coordinator.leave({ groupId: 'group', members });
    return result.error === 'NONE' ? result.members.map(({ error }) => error) : [result.error];
  }

  commit(offset: number, options: Partial<OffsetCommitRequest> = {}): Reply<ErrorName[]> {
    const reply = new Reply<ErrorName[]>();
    this.coordinator.commitOffsets(
      {
        groupId: 'group',
        generation: -1,
        memberId: '',
        instanceId: null,
        knowsGroupIdNotFound: false,
        entries: [{ topic: 'topic', partition: 0, offset, leaderEpoch: -1, metadata: '' }],
        ...options,
      },
      (errors) => reply.set(errors),
    );
    return reply;
  }

  /** The committed offset, -1 for none. */
  committed(topic = 'topic', partition = 0, groupId = 'group'): Int64 {
    const { topics } = this.coordinator.fetchOffsets({
      groupId,
      topics: [{ topic, partitions: [partition] }],
      requireStable: false,
    });
    return arrayOf(arrayOf(topics)[0]?.partitions ?? NO_ELEMENTS)[0]?.offset ?? Number.NaN;
  }

  deleteGroup(groupId = 'group'): Reply<ErrorName> {
    const reply = new Reply<ErrorName>();
    this.coordinator.deleteGroup(groupId, (error) => reply.set(error));
    return reply;
  }

  deleteOffsets(topics: { topic: string; partitions: number[] }[]): Reply<OffsetDeleteResult> {
    const reply = new Reply<OffsetDeleteResult>();
    this.coordinator.deleteOffsets({ groupId: 'group', topics }, (result) => reply.set(result));
    return reply;
  }

  state(groupId = 'group'): string {
    return this.coordinator.describe(groupId).state;
  }

  /**
   * `count` members join, the first as leader, and get `assignment of <n>`. The group is stable then.
   */
  stable(count: number, options: JoinOptions = {}): { ids: string[]; generation: number } {
    const leader = this.join('', options).result.memberId;
    const followers = Array.from({ length: count - 1 }, () => this.join('', options));
    // With followers this rejoin completes the rebalance, else it just repeats the answer.
    const { generation } = this.join(leader, options).result;
    const ids = [leader, ...followers.map((reply) => reply.result.memberId)];
    const assignments = Object.fromEntries(ids.map((id, index) => [id, `assignment of ${index}`]));
    for (const id of ids) this.sync(id, generation, id === leader ? assignments : {});
    this.turn();
    return { ids, generation };
  }

  #make(): GroupCoordinator {
    const coordinator = new GroupCoordinator({
      clock: this.clock,
      random: this.random,
      logger: silentLogger,
      log: this.log,
      config: () => this.config,
      partitionCount: () => 1,
      maxMemberBytes: this.maxMemberBytes,
    });
    coordinator.runtime.start();
    return coordinator;
  }
}
