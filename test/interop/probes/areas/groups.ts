import type { RawClient } from '../../../support/raw-client.ts';
import { type Asker, eachVersion, inTurn, type Probe } from '../probe.ts';
import type { BodyOf } from '../wire.ts';

const PROTOCOLS = [{ name: 'range', metadata: Buffer.from('m') }];

type JoinBody = BodyOf<'JoinGroup'>;

function joinBody(asker: Asker, version: number, body: JoinBody = {}): JoinBody {
  return {
    groupId: asker.name('g'),
    sessionTimeoutMs: 30_000,
    ...(version >= 1 && { rebalanceTimeoutMs: 30_000 }),
    memberId: '',
    protocolType: 'consumer',
    protocols: PROTOCOLS,
    ...body,
  };
}

function join(
  asker: Asker,
  version: number,
  body: JoinBody = {},
  on?: RawClient,
  patienceMs = 15_000,
) {
  return asker.ask('JoinGroup', version, joinBody(asker, version, body), {
    ...(on && { on }),
    patienceMs,
  });
}

/** A member that has joined: its id, and what it is asked with. */
class Member {
  readonly asker: Asker;
  readonly client: RawClient;
  readonly groupId: string;
  id = '';
  generation = -1;

  constructor(asker: Asker, client: RawClient, groupId: string) {
    this.asker = asker;
    this.client = client;
    this.groupId = groupId;
  }

  /** Begins a join; it may wait for others. */
  joining(body: JoinBody = {}, version = 5) {
    const answer = this.asker
      .raw(
        'JoinGroup',
        version,
        joinBody(this.asker, version, { groupId: this.groupId, memberId: this.id, ...body }),
        { on: this.client },
      )
      .then((joined) => {
        if (joined.memberId !== '') this.id = joined.memberId;
        if (joined.errorCode === 0) this.generation = joined.generationId;
        return this.asker.normal(joined);
      });
    answer.catch(() => {});
    return answer;
  }

  /** Joins with both requests that v4 and later take. */
  async join(body: JoinBody = {}, version = 5) {
    if (this.id === '' && version >= 4 && !body.groupInstanceId) await this.joining(body, version);
    return this.joining(body, version);
  }

  sync(
    assignments: BodyOf<'SyncGroup'>['assignments'] = [],
    more: BodyOf<'SyncGroup'> = {},
    version = 3,
  ) {
    return this.asker.begin(
      'SyncGroup',
      version,
      {
        groupId: this.groupId,
        generationId: this.generation,
        memberId: this.id,
        assignments,
        ...more,
      },
      this.client,
    );
  }

  heartbeat(more: BodyOf<'Heartbeat'> = {}, version = 3) {
    return this.asker.ask(
      'Heartbeat',
      version,
      { groupId: this.groupId, generationId: this.generation, memberId: this.id, ...more },
      { on: this.client },
    );
  }

  /** Syncs as the only member and its leader. */
  async lead(): Promise<unknown> {
    return this.sync([{ memberId: this.id, assignment: Buffer.from('all') }]).answer;
  }
}

async function member(asker: Asker, group = 'g'): Promise<Member> {
  return new Member(asker, await asker.connect(), asker.name(group));
}

/** The coordinator has been asked for, and its partition is loaded. */
async function ready(asker: Asker, group = 'g'): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    await asker.ask('FindCoordinator', 0, { key: asker.name(group) });
    const { groups } = await asker.raw('DescribeGroups', 0, { groups: [asker.name(group)] });
    if (groups[0]?.errorCode === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the coordinator does not come up');
}

export { Member, member, ready };

export const groupProbes: readonly Probe[] = [
  {
    name: 'groups: one member at every version',
    async run(asker) {
      return eachVersion(0, 9, async (version) => {
        const group = `g${version}`;
        await ready(asker, group);
        const groupId = asker.name(group);
        const first = await asker.raw('JoinGroup', version, joinBody(asker, version, { groupId }));
        const second =
          first.memberId !== '' && first.errorCode !== 0
            ? await asker.raw(
                'JoinGroup',
                version,
                joinBody(asker, version, { groupId, memberId: first.memberId }),
              )
            : first;
        const { memberId, generationId } = second;
        const syncVersion = Math.min(version, 5);
        const leaveVersion = Math.min(version, 5);
        const heartbeatVersion = Math.min(version, 4);
        return {
          first: asker.normal(first),
          second: asker.normal(second),
          sync: await asker.ask('SyncGroup', syncVersion, {
            groupId,
            generationId,
            memberId,
            ...(syncVersion >= 5 && { protocolType: 'consumer', protocolName: 'range' }),
            assignments: [{ memberId, assignment: Buffer.from('all') }],
          }),
          heartbeat: await asker.ask('Heartbeat', heartbeatVersion, {
            groupId,
            generationId,
            memberId,
          }),
          described: await asker.ask('DescribeGroups', Math.min(version, 5), {
            groups: [groupId],
            ...(version >= 3 && { includeAuthorizedOperations: true }),
          }),
          leave: await asker.ask('LeaveGroup', leaveVersion, {
            groupId,
            ...(leaveVersion < 3 ? { memberId } : { members: [{ memberId }] }),
          }),
          afterLeave: await asker.ask('DescribeGroups', Math.min(version, 5), {
            groups: [groupId],
          }),
          leaveAgain: await asker.ask('LeaveGroup', leaveVersion, {
            groupId,
            ...(leaveVersion < 3 ? { memberId } : { members: [{ memberId }] }),
          }),
        };
      });
    },
  },
  {
    name: 'groups: joins that are refused',
    async run(asker) {
      await ready(asker);
      const answers: Record<string, unknown> = {};
      for (const version of [0, 3, 5, 7, 9]) {
        answers[`v${version}`] = await inTurn({
          emptyGroup: () => join(asker, version, { groupId: '' }),
          shortSession: () => join(asker, version, { sessionTimeoutMs: 999 }),
          longSession: () => join(asker, version, { sessionTimeoutMs: 1_800_001 }),
          negativeSession: () => join(asker, version, { sessionTimeoutMs: -1 }),
          unknownMember: () => join(asker, version, { memberId: 'nobody' }),
          noProtocols: () =>
            join(asker, version, { protocols: [], groupId: asker.name(`np${version}`) }),
          noType: () =>
            join(asker, version, { protocolType: '', groupId: asker.name(`nt${version}`) }),
          unknownMemberNewGroup: () =>
            join(asker, version, { memberId: 'nobody', groupId: asker.name(`um${version}`) }),
          ...(version >= 5 && {
            emptyInstance: () =>
              join(asker, version, { groupInstanceId: '', groupId: asker.name(`ei${version}`) }),
            unknownInstanceWithMember: () =>
              join(asker, version, {
                groupInstanceId: 'i',
                memberId: 'nobody',
                groupId: asker.name(`ui${version}`),
              }),
          }),
        });
      }
      return answers;
    },
  },
  {
    name: 'groups: requests to a group that does not exist',
    async run(asker) {
      await ready(asker);
      const groupId = asker.name('none');
      return inTurn({
        heartbeat: () =>
          eachVersion(0, 4, (version) =>
            asker.ask('Heartbeat', version, { groupId, generationId: 1, memberId: 'm' }),
          ),
        heartbeatEmptyGroup: () =>
          asker.ask('Heartbeat', 4, { groupId: '', generationId: 1, memberId: 'm' }),
        sync: () =>
          eachVersion(0, 5, (version) =>
            asker.ask('SyncGroup', version, { groupId, generationId: 1, memberId: 'm' }),
          ),
        syncEmptyGroup: () =>
          asker.ask('SyncGroup', 4, { groupId: '', generationId: 1, memberId: 'm' }),
        leave: () =>
          eachVersion(0, 5, (version) =>
            asker.ask('LeaveGroup', version, {
              groupId,
              ...(version < 3
                ? { memberId: 'm' }
                : { members: [{ memberId: 'm' }, { memberId: '', groupInstanceId: 'i' }] }),
            }),
          ),
        leaveEmptyGroup: () => asker.ask('LeaveGroup', 2, { groupId: '', memberId: 'm' }),
        leaveEmptyGroupV3: () =>
          asker.ask('LeaveGroup', 3, { groupId: '', members: [{ memberId: 'm' }] }),
        leaveNobody: () => asker.ask('LeaveGroup', 3, { groupId, members: [] }),
      });
    },
  },
  {
    name: 'groups: generations and unknown members',
    async run(asker) {
      await ready(asker);
      const one = await member(asker);
      await one.join();
      return inTurn({
        heartbeatBeforeSync: () => one.heartbeat(),
        syncOld: () => one.sync([], { generationId: one.generation - 1 }).answer,
        syncNew: () => one.sync([], { generationId: one.generation + 1 }).answer,
        syncStranger: () => one.sync([], { memberId: 'nobody' }).answer,
        syncWrongType: () =>
          one.sync([], { protocolType: 'connect', protocolName: 'range' }, 5).answer,
        syncWrongName: () =>
          one.sync([], { protocolType: 'consumer', protocolName: 'sticky' }, 5).answer,
        syncNullNames: () => one.sync([], {}, 5).answer,
        sync: () => one.lead(),
        syncAgain: () => one.lead(),
        syncAgainOther: () =>
          one.sync([{ memberId: one.id, assignment: Buffer.from('other') }]).answer,
        heartbeat: () => one.heartbeat(),
        heartbeatOld: () => one.heartbeat({ generationId: one.generation - 1 }),
        heartbeatNew: () => one.heartbeat({ generationId: one.generation + 1 }),
        heartbeatNegative: () => one.heartbeat({ generationId: -1 }),
        heartbeatStranger: () => one.heartbeat({ memberId: 'nobody' }),
        heartbeatEmpty: () => one.heartbeat({ memberId: '' }),
        heartbeatInstance: () => one.heartbeat({ groupInstanceId: 'i' }),
        syncInstance: () => one.sync([], { groupInstanceId: 'i' }).answer,
        leaveStranger: () =>
          asker.ask('LeaveGroup', 3, {
            groupId: one.groupId,
            members: [{ memberId: 'nobody' }, { memberId: one.id }, { memberId: one.id }],
          }),
        heartbeatAfterLeave: () => one.heartbeat(),
        syncAfterLeave: () => one.sync().answer,
        rejoinAfterLeave: () => one.joining(),
      });
    },
  },
  {
    name: 'groups: two members, a rebalance, and who sees whom',
    async run(asker) {
      await ready(asker);
      const [one, two] = [await member(asker), await member(asker)];
      const joined = await one.join();
      const synced = await one.lead();
      const secondJoin = two.join();
      // The first learns of the second by its heartbeat, and joins again.
      const learnt: unknown[] = [];
      for (let attempt = 0; attempt < 50; attempt++) {
        const answer = await one.heartbeat();
        if (JSON.stringify(answer).includes('27')) {
          learnt.push(answer);
          break;
        }
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      const syncWhileRebalancing = await one.sync().answer;
      const waiting = await Promise.race([
        secondJoin,
        new Promise((resolve) => setTimeout(resolve, 100, 'waiting')),
      ]);
      const firstAgain = await one.join();
      const second = await secondJoin;
      const followerSync = two.sync();
      const parked = await followerSync.within(150);
      const heartbeatWhileCompleting = [await one.heartbeat()];
      const leaderSync = await one.sync([
        { memberId: one.id, assignment: Buffer.from('for one') },
        { memberId: two.id, assignment: Buffer.from('for two') },
        { memberId: 'nobody', assignment: Buffer.from('for nobody') },
      ]).answer;
      const described = await asker.ask('DescribeGroups', 5, { groups: [one.groupId] });
      const left = await asker.ask('LeaveGroup', 1, { groupId: one.groupId, memberId: two.id });
      const afterLeave = await one.heartbeat();
      return {
        joined,
        synced,
        learnt,
        syncWhileRebalancing,
        waiting,
        firstAgain,
        second,
        parked,
        heartbeatWhileCompleting,
        leaderSync,
        followerSync: await followerSync.answer,
        described,
        left,
        afterLeave,
      };
    },
  },
  {
    name: 'groups: rejoining without a change',
    async run(asker) {
      await ready(asker);
      const [one, two] = [await member(asker), await member(asker)];
      await one.join();
      await one.lead();
      const secondJoin = two.join();
      await new Promise((resolve) => setTimeout(resolve, 200));
      await one.join();
      await secondJoin;
      const followerSync = two.sync();
      await one.sync([
        { memberId: one.id, assignment: Buffer.from('1') },
        { memberId: two.id, assignment: Buffer.from('2') },
      ]).answer;
      await followerSync.answer;
      const follower = await two.joining();
      const state = async () => {
        const { groups } = await asker.raw('DescribeGroups', 5, { groups: [one.groupId] });
        return groups[0]?.groupState;
      };
      const afterFollower = await state();
      const changed = two.joining({ protocols: [{ name: 'range', metadata: Buffer.from('new') }] });
      await new Promise((resolve) => setTimeout(resolve, 100));
      const afterChange = await state();
      const leader = await one.joining();
      const newGeneration = await changed;
      return { follower, afterFollower, afterChange, leader, newGeneration };
    },
  },
  {
    name: 'groups: the protocol that all support',
    async run(asker) {
      await ready(asker);
      const [one, two, three] = [await member(asker), await member(asker), await member(asker)];
      const named = (...names: string[]) => ({
        protocols: names.map((name) => ({ name, metadata: Buffer.from(name) })),
      });
      const first = await one.join(named('a', 'b', 'c'));
      await one.lead();
      const incompatible = await three.join(named('z'));
      const otherType = await three.join({ ...named('a'), protocolType: 'connect' });
      const noProtocols = await three.join({ protocols: [] });
      const heartbeat = await one.heartbeat();
      const second = two.join(named('c', 'b'));
      await new Promise((resolve) => setTimeout(resolve, 200));
      const firstAgain = await one.joining(named('a', 'b', 'c'));
      return {
        first,
        incompatible,
        otherType,
        noProtocols,
        heartbeat,
        firstAgain,
        second: await second,
      };
    },
  },
  {
    name: 'groups: static members',
    async run(asker) {
      await ready(asker);
      const one = await member(asker);
      const first = await one.joining({ groupInstanceId: 'i' });
      const sync = await one.sync([{ memberId: one.id, assignment: Buffer.from('all') }], {
        groupInstanceId: 'i',
      }).answer;
      const replacement = await member(asker);
      const replaced = await replacement.joining({ groupInstanceId: 'i' });
      const fenced = await inTurn({
        heartbeat: () => one.heartbeat({ groupInstanceId: 'i' }),
        heartbeatWithoutInstance: () => one.heartbeat(),
        sync: () => one.sync([], { groupInstanceId: 'i' }).answer,
        join: () => one.joining({ groupInstanceId: 'i' }),
        commit: () =>
          asker.ask('OffsetCommit', 7, {
            groupId: one.groupId,
            generationIdOrMemberEpoch: one.generation,
            memberId: one.id,
            groupInstanceId: 'i',
            topics: [],
          }),
      });
      const own = await inTurn({
        heartbeat: () => replacement.heartbeat({ groupInstanceId: 'i' }),
        heartbeatWithoutInstance: () => replacement.heartbeat(),
        sync: () => replacement.sync([], { groupInstanceId: 'i' }).answer,
        described: () => asker.ask('DescribeGroups', 5, { groups: [one.groupId] }),
        rejoin: () => replacement.joining({ groupInstanceId: 'i' }),
      });
      const leave = await inTurn({
        otherMember: () =>
          asker.ask('LeaveGroup', 3, {
            groupId: one.groupId,
            members: [{ memberId: 'nobody', groupInstanceId: 'i' }],
          }),
        unknownInstance: () =>
          asker.ask('LeaveGroup', 3, {
            groupId: one.groupId,
            members: [{ memberId: '', groupInstanceId: 'x' }],
          }),
        byInstance: () =>
          asker.ask('LeaveGroup', 5, {
            groupId: one.groupId,
            members: [{ memberId: '', groupInstanceId: 'i', reason: 'because' }],
          }),
        heartbeat: () => replacement.heartbeat({ groupInstanceId: 'i' }),
      });
      return { first, sync, replaced, fenced, own, leave };
    },
  },
  {
    name: 'groups: a static leader comes back',
    run: (asker) =>
      eachVersion(5, 9, async (version) => {
        const group = `s${version}`;
        await ready(asker, group);
        const one = await member(asker, group);
        await one.joining({ groupInstanceId: 'i' }, version);
        await one.sync([{ memberId: one.id, assignment: Buffer.from('all') }], {
          groupInstanceId: 'i',
        }).answer;
        const back = await member(asker, group);
        const joined = await back.joining({ groupInstanceId: 'i' }, version);
        const changed = await member(asker, group);
        const other = await changed.joining(
          {
            groupInstanceId: 'i',
            protocols: [{ name: 'range', metadata: Buffer.from('changed') }],
          },
          version,
        );
        return { joined, other };
      }),
  },
  {
    name: 'groups: a member that falls silent',
    async run(asker) {
      await ready(asker);
      const one = await member(asker);
      await one.join({ sessionTimeoutMs: 1000 });
      await one.lead();
      const before = await one.heartbeat();
      await new Promise((resolve) => setTimeout(resolve, 1600));
      return {
        before,
        after: await one.heartbeat(),
        described: await asker.ask('DescribeGroups', 5, { groups: [one.groupId] }),
      };
    },
  },
  {
    name: 'groups: a member that does not come back to a rebalance',
    async run(asker) {
      await ready(asker);
      const [one, two] = [await member(asker), await member(asker)];
      await one.join({ rebalanceTimeoutMs: 700 });
      await one.lead();
      const second = await two.join({ rebalanceTimeoutMs: 700 });
      return { second, first: await one.heartbeat() };
    },
  },
  {
    name: 'groups: a joiner that hangs up is forgotten',
    async run(asker) {
      await ready(asker);
      const group = asker.name('g');
      const pending = await member(asker);
      const asked = await pending.joining();
      const describedPending = await asker.ask('DescribeGroups', 5, { groups: [group] });
      const secondJoin = await member(asker);
      const other = await secondJoin.join({ rebalanceTimeoutMs: 1000 });
      return { asked, describedPending, other };
    },
  },
];
