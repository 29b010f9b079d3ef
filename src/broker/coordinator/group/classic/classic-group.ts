import { assert } from '../../../../base/assert.ts';
import type { Int64 } from '../../../../base/int64.ts';
import type { GroupMetadataValue } from '../../../../protocol/state-records/index.ts';
import type { JoinedMember, NamedProtocol } from '../messages.ts';
import { type AboutItself, expiryOf, type JoinAnswer, type Member, metadataFor } from './member.ts';
import { MemberMemory, memberBytes } from './member-memory.ts';
import { allowedFrom, type GroupState } from './states.ts';
import { subscribedTopics } from './subscription.ts';

/** How long the group stays in PreparingRebalance. Monotonic milliseconds. */
export interface JoinWait {
  deadlineMs: number;
  /**
   * Set while an empty group waits `group.initial.rebalance.delay.ms` for more members; each new one
   * prolongs the wait by up to `delayMs`, as long as `remainingMs` lasts.
   */
  initial: { delayMs: number; remainingMs: number } | undefined;
}

/**
 * A classic group: the data, with the operations that keep its parts consistent. What the group
 * does with them is in join.ts, sync.ts, rebalance.ts and their neighbours.
 */
export class ClassicGroup {
  readonly kind = 'classic';
  readonly groupId: string;
  state: GroupState = 'Empty';
  /** Wall clock; undefined when the record it comes from does not say. */
  stateSinceMs: Int64 | undefined;
  generation = 0;
  /** null until the first member: then the group only stores offsets. */
  protocolType: string | null = null;
  protocolName: string | null = null;
  leaderId: string | null = null;
  readonly members = new Map<string, Member>();
  /** Instance id to member id (KIP-345). */
  readonly staticMembers = new Map<string, string>();
  /** Ids handed out by MEMBER_ID_REQUIRED, and when each is forgotten. */
  readonly pendingMembers = new Map<string, number>();
  /** Members of this generation that have not synced yet. */
  readonly pendingSync = new Set<string>();
  syncDeadlineMs: number | undefined;
  joinWait: JoinWait | undefined;
  /** A member came during the initial wait. */
  newMemberAdded = false;
  /** Topics of a "consumer" group; undefined when unknown, as for every other protocol type. */
  subscribedTopics: ReadonlySet<string> | undefined;
  /**
   * What the log holds: the last generation, with its members and their assignments. Undefined when
   * there is no record of the group. Changed by replay only.
   */
  stored: GroupMetadataValue | undefined;
  /** Records of the group that are on their way to the log. */
  storingCount = 0;
  #joiningCount = 0;
  /** How many members support each protocol. */
  readonly #supporters = new Map<string, number>();

  readonly #memory: MemberMemory;

  constructor(groupId: string, memory = new MemberMemory()) {
    this.groupId = groupId;
    this.#memory = memory;
  }

  get joiningCount(): number {
    return this.#joiningCount;
  }

  get isConsumerGroup(): boolean {
    return this.protocolType === 'consumer';
  }

  /** True when the log holds a record of the group, or one may be on its way there. */
  get mayBeStored(): boolean {
    return this.stored !== undefined || this.storingCount > 0;
  }

  /** True when nobody is in the group, nor about to be. */
  get isVacant(): boolean {
    return this.state === 'Empty' && this.pendingMembers.size === 0;
  }

  transitionTo(state: GroupState, nowWallMs: number): void {
    assert(
      allowedFrom[state].includes(this.state),
      `group ${this.groupId} cannot go from ${this.state} to ${state}`,
    );
    this.state = state;
    this.stateSinceMs = nowWallMs;
  }

  member(memberId: string): Member {
    const member = this.members.get(memberId);
    assert(member !== undefined, `group ${this.groupId} has no member ${memberId}`);
    return member;
  }

  add(member: Member): void {
    assert(!this.members.has(member.memberId), `member ${member.memberId} is added twice`);
    if (member.instanceId !== null) {
      assert(!this.staticMembers.has(member.instanceId), `${member.instanceId} is added twice`);
      this.staticMembers.set(member.instanceId, member.memberId);
    }
    this.members.set(member.memberId, member);
    this.leaderId ??= member.memberId;
    this.#countProtocols(member, 1);
    if (member.joining !== undefined) this.#joiningCount++;
    this.pendingMembers.delete(member.memberId);
  }

  /** Forgets the member. Its parked requests must have been answered. */
  remove(memberId: string): void {
    this.pendingMembers.delete(memberId);
    this.pendingSync.delete(memberId);
    const member = this.members.get(memberId);
    if (member === undefined) return;
    assert(
      member.joining === undefined && member.syncing === undefined,
      `member ${memberId} is removed with a request parked`,
    );
    this.members.delete(memberId);
    this.#countProtocols(member, -1);
    if (member.instanceId !== null) this.staticMembers.delete(member.instanceId);
    if (this.leaderId === memberId) {
      this.leaderId = this.members.keys().next().value ?? null;
    }
  }

  /** Gives a static member its new id, with everything that hangs on the old one. */
  rename(member: Member, memberId: string): void {
    assert(member.instanceId !== null, `member ${member.memberId} is not static`);
    const oldMemberId = member.memberId;
    this.members.delete(oldMemberId);
    member.memberId = memberId;
    this.members.set(memberId, member);
    this.staticMembers.set(member.instanceId, memberId);
    if (this.leaderId === oldMemberId) this.leaderId = memberId;
    if (this.pendingSync.delete(oldMemberId)) this.pendingSync.add(memberId);
  }

  /** Replaces what the member said about itself; `protocols` must be copies. */
  update(member: Member, values: AboutItself): void {
    this.#countProtocols(member, -1);
    member.protocols = values.protocols;
    member.rebalanceTimeoutMs = values.rebalanceTimeoutMs;
    member.sessionTimeoutMs = values.sessionTimeoutMs;
    this.#countProtocols(member, 1);
  }

  parkJoin(member: Member, answer: JoinAnswer): void {
    assert(member.joining === undefined, `member ${member.memberId} already waits to join`);
    member.joining = answer;
    this.#joiningCount++;
  }

  unparkJoin(member: Member): JoinAnswer | undefined {
    const answer = member.joining;
    if (answer === undefined) return undefined;
    member.joining = undefined;
    this.#joiningCount--;
    return answer;
  }

  hasAllMembersJoined(): boolean {
    return this.#joiningCount === this.members.size && this.pendingMembers.size === 0;
  }

  /** The longest of the members' rebalance timeouts. */
  rebalanceTimeoutMs(): number {
    let longestMs = 0;
    for (const member of this.members.values()) {
      longestMs = Math.max(longestMs, member.rebalanceTimeoutMs);
    }
    return longestMs;
  }

  /** True when a member with these protocols could be part of the group. */
  supports(protocolType: string, protocols: readonly NamedProtocol[]): boolean {
    if (this.state === 'Empty') return protocolType !== '' && protocols.length > 0;
    return (
      this.protocolType === protocolType &&
      protocols.some(({ name }) => this.#supporters.get(name) === this.members.size)
    );
  }

  /** The protocol most members prefer among those that all of them support. */
  electProtocol(): string {
    const votes = new Map<string, number>();
    for (const member of this.members.values()) {
      const choice = member.protocols.find(
        ({ name }) => this.#supporters.get(name) === this.members.size,
      );
      assert(choice !== undefined, `group ${this.groupId} has no protocol in common`);
      votes.set(choice.name, (votes.get(choice.name) ?? 0) + 1);
    }
    let elected: string | undefined;
    for (const [name, count] of votes) {
      if (elected === undefined || count > (votes.get(elected) ?? 0)) elected = name;
    }
    assert(elected !== undefined, `group ${this.groupId} elects a protocol without members`);
    return elected;
  }

  /** What the leader hears about the members. */
  memberList(): JoinedMember[] {
    const protocolName = this.protocolName ?? '';
    return [...this.members.values()].map((member) => ({
      memberId: member.memberId,
      instanceId: member.instanceId,
      metadata: metadataFor(member, protocolName),
    }));
  }

  /** Reads the subscriptions anew, at each new generation and after a replay. */
  refreshSubscribedTopics(): void {
    this.subscribedTopics = this.#readSubscribedTopics();
  }

  isSubscribedTo(topic: string): boolean {
    return this.subscribedTopics === undefined || this.subscribedTopics.has(topic);
  }

  /** The earliest moment at which time alone changes the group. */
  nextDeadlineMs(): number {
    let earliestMs = Number.POSITIVE_INFINITY;
    if (this.joinWait !== undefined) earliestMs = this.joinWait.deadlineMs;
    if (this.syncDeadlineMs !== undefined) earliestMs = Math.min(earliestMs, this.syncDeadlineMs);
    for (const member of this.members.values()) {
      earliestMs = Math.min(earliestMs, expiryOf(member));
    }
    for (const deadlineMs of this.pendingMembers.values()) {
      earliestMs = Math.min(earliestMs, deadlineMs);
    }
    return earliestMs;
  }

  #readSubscribedTopics(): ReadonlySet<string> | undefined {
    if (!this.isConsumerGroup) return undefined;
    const all = new Set<string>();
    for (const member of this.members.values()) {
      const topics = subscribedTopics(metadataFor(member, this.protocolName ?? ''));
      if (topics === undefined) return undefined;
      for (const topic of topics) all.add(topic);
    }
    return all;
  }

  /** The shard is unloaded: its members are counted no more. */
  release(): void {
    for (const { protocols } of this.members.values()) this.#memory.add(-memberBytes(protocols));
  }

  #countProtocols(member: Member, change: 1 | -1): void {
    this.#memory.add(change * memberBytes(member.protocols));
    for (const { name } of member.protocols) {
      const count = (this.#supporters.get(name) ?? 0) + change;
      if (count > 0) this.#supporters.set(name, count);
      else this.#supporters.delete(name);
    }
  }
}
