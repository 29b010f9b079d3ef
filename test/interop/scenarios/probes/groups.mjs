// Groups and offsets at the edges, asked byte by byte. Numbers in names are PROTOCOL semantics.
import { batch } from '../../lib/batch.mjs';
import * as kafka from '../../lib/requests.mjs';

/** What of a join answer is the same on every run. */
const joined = ({ error, generation, protocol, leader, member, members }) => ({
  error,
  generation,
  protocol,
  leader: leader === '' ? '' : leader === member ? 'itself' : 'another',
  member: member === '' ? '' : 'an id',
  members: members.length,
});

/** Joins as the only member and syncs; answers what the member needs afterwards. */
async function settled(connection, group, options = {}) {
  const first = await kafka.joinGroup(connection, group, options);
  const join =
    first.error === 79
      ? await kafka.joinGroup(connection, group, { ...options, member: first.member })
      : first;
  const sync = await kafka.syncGroup(connection, group, {
    generation: join.generation,
    member: join.member,
    instance: options.instance ?? null,
    assignments: [[join.member, 'all of it']],
  });
  return { generation: join.generation, member: join.member, sync };
}

export const groupProbes = [
  {
    name: '24, 26: group ids and session timeouts that are refused',
    async run({ connection, group }) {
      await kafka.findCoordinator(connection, group('limits'));
      return {
        emptyGroup: (await kafka.joinGroup(connection, '', { member: '' })).error,
        tooShort: (await kafka.joinGroup(connection, group('limits'), { session: 10 })).error,
        tooLong: (await kafka.joinGroup(connection, group('limits'), { session: 100_000_000 }))
          .error,
        noProtocols: (
          await kafka.joinGroup(connection, group('limits'), { version: 3, protocols: [] })
        ).error,
        noType: (await kafka.joinGroup(connection, group('limits'), { version: 3, type: '' }))
          .error,
        unknownMember: (await kafka.joinGroup(connection, group('limits'), { member: 'made-up' }))
          .error,
      };
    },
  },
  {
    name: '45: Join v4 and later sends a new member back for its id; v3 takes it in',
    async run({ connection, group }) {
      const name = group('join');
      await kafka.findCoordinator(connection, name);
      const first = await kafka.joinGroup(connection, name, { version: 4 });
      const second = await kafka.joinGroup(connection, name, { version: 4, member: first.member });
      const old = await kafka.joinGroup(connection, group('join-old'), { version: 3 });
      return {
        first: joined(first),
        second: joined(second),
        old: joined(old),
        static: joined(
          await kafka.joinGroup(connection, group('join-static'), { instance: 'one' }),
        ),
      };
    },
  },
  {
    name: '48: a member whose protocols nobody shares is refused and the group unharmed',
    async run({ connection, group }) {
      const name = group('protocols');
      await kafka.findCoordinator(connection, name);
      const member = await settled(connection, name, { protocols: ['range', 'roundrobin'] });
      const other = await kafka.joinGroup(connection, name, { version: 3, protocols: ['sticky'] });
      const otherType = await kafka.joinGroup(connection, name, { version: 3, type: 'connect' });
      return {
        other: joined(other),
        otherType: joined(otherType),
        heartbeat: await kafka.heartbeat(connection, name, member),
      };
    },
  },
  {
    name: '47, 49, 50: sync, heartbeat, rejoin of a leader, generations and members that are wrong',
    async run({ connection, group }) {
      const name = group('stable');
      await kafka.findCoordinator(connection, name);
      const member = await settled(connection, name);
      const { generation } = member;
      return {
        generation,
        assignment: member.sync,
        syncAgain: await kafka.syncGroup(connection, name, { generation, member: member.member }),
        heartbeat: await kafka.heartbeat(connection, name, member),
        wrongGeneration: await kafka.heartbeat(connection, name, { ...member, generation: 9 }),
        wrongMember: await kafka.heartbeat(connection, name, { ...member, member: 'made-up' }),
        unknownGroup: await kafka.heartbeat(connection, group('never'), {
          generation: 1,
          member: 'made-up',
        }),
        syncWrongGeneration: (
          await kafka.syncGroup(connection, name, { generation: 9, member: member.member })
        ).error,
        syncWrongMember: (
          await kafka.syncGroup(connection, name, { generation, member: 'made-up' })
        ).error,
        leaderRejoins: joined(await kafka.joinGroup(connection, name, { member: member.member })),
        afterwards: await kafka.heartbeat(connection, name, {
          member: member.member,
          generation: generation + 1,
        }),
      };
    },
  },
  {
    name: '46, 50: a second member joins: the first hears of it by heartbeat, and both get a new generation',
    async run({ connection, connect, group }) {
      const name = group('two');
      await kafka.findCoordinator(connection, name);
      const first = await settled(connection, name);
      const other = connect();
      const { member: id } = await kafka.joinGroup(other, name);
      const waiting = kafka.joinGroup(other, name, { member: id });
      let told = 0;
      for (let attempt = 0; attempt < 50 && told === 0; attempt++) {
        told = await kafka.heartbeat(connection, name, first);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      const again = await kafka.joinGroup(connection, name, { member: first.member });
      const second = await waiting;
      const follower = kafka.syncGroup(other, name, { generation: second.generation, member: id });
      const leader = await kafka.syncGroup(connection, name, {
        generation: again.generation,
        member: first.member,
        assignments: [
          [first.member, 'one'],
          [id, 'two'],
        ],
      });
      const state = await kafka.describeGroup(connection, name);
      const answers = {
        told,
        again: joined(again),
        second: joined(second),
        leader,
        follower: await follower,
        state,
      };
      answers.followerRejoinsUnchanged = joined(await kafka.joinGroup(other, name, { member: id }));
      answers.leave = await kafka.leaveGroup(other, name, [
        [id, null],
        ['made-up', null],
      ]);
      answers.firstIsTold = await kafka.heartbeat(connection, name, {
        member: first.member,
        generation: again.generation,
      });
      return answers;
    },
  },
  {
    name: '51: static members: the same instance replaces, the old holder is fenced, leaving is by instance',
    async run({ connection, connect, group }) {
      const name = group('static');
      await kafka.findCoordinator(connection, name);
      const first = await settled(connection, name, { instance: 'i-1' });
      const replacing = await kafka.joinGroup(connect(), name, { instance: 'i-1' });
      return {
        replacing: { ...joined(replacing), sameMember: replacing.member === first.member },
        fencedHeartbeat: await kafka.heartbeat(connection, name, { ...first, instance: 'i-1' }),
        fencedSync: (await kafka.syncGroup(connection, name, { ...first, instance: 'i-1' })).error,
        newHeartbeat: await kafka.heartbeat(connection, name, {
          generation: replacing.generation,
          member: replacing.member,
          instance: 'i-1',
        }),
        leaveUnknown: await kafka.leaveGroup(connection, name, [['', 'i-9']]),
        leave: await kafka.leaveGroup(connection, name, [['', 'i-1']]),
        afterwards: (await kafka.describeGroup(connection, name)).state,
      };
    },
  },
  {
    name: '54: OffsetCommit: by members, by none, with a long note, of unknown topics',
    async run({ connection, group, topic }) {
      const name = group('commit');
      const target = await topic('committed');
      await kafka.findCoordinator(connection, name);
      const answers = {
        simple: await kafka.offsetCommit(connection, name, target, 5, { metadata: 'a note' }),
        long: await kafka.offsetCommit(connection, name, target, 6, { metadata: 'x'.repeat(4097) }),
        longest: await kafka.offsetCommit(connection, name, target, 7, {
          metadata: 'x'.repeat(4096),
        }),
        unknownTopic: await kafka.offsetCommit(connection, name, 'none-such', 1),
        unknownPartition: await kafka.offsetCommit(connection, name, target, 1, { partition: 9 }),
        memberOfNone: await kafka.offsetCommit(connection, name, target, 1, {
          generation: 3,
          member: 'made-up',
        }),
        newGroupWithGeneration: await kafka.offsetCommit(
          connection,
          group('commit-never'),
          target,
          1,
          { generation: 3, member: 'made-up' },
        ),
      };
      const member = await settled(connection, name);
      answers.simpleWhileStable = await kafka.offsetCommit(connection, name, target, 8);
      answers.byMember = await kafka.offsetCommit(connection, name, target, 9, member);
      answers.wrongGeneration = await kafka.offsetCommit(connection, name, target, 9, {
        ...member,
        generation: 9,
      });
      answers.wrongMember = await kafka.offsetCommit(connection, name, target, 9, {
        ...member,
        member: 'made-up',
      });
      answers.stored = (await kafka.offsetFetch(connection, name, { [target]: [0] })).rows.map(
        ({ offset, metadata }) => [offset, metadata.length],
      );
      return answers;
    },
  },
  {
    name: '55: OffsetFetch: nothing committed, unknown partitions, all topics',
    async run({ connection, group, topic }) {
      const name = group('fetch');
      const target = await topic('fetched', { partitions: 2 });
      await kafka.findCoordinator(connection, name);
      const plain = ({ rows, error }) => ({
        error,
        rows: rows.map(({ partition, offset, metadata, error: code }) => ({
          partition,
          offset,
          metadata,
          error: code,
        })),
      });
      const before = plain(await kafka.offsetFetch(connection, name, { [target]: [0] }));
      await kafka.offsetCommit(connection, name, target, 3, { metadata: 'größe', partition: 1 });
      return {
        before,
        unknown: plain(
          await kafka.offsetFetch(connection, name, { [target]: [0, 7], 'none-such': [0] }),
        ),
        all: plain(await kafka.offsetFetch(connection, name, null)),
        allOfNone: plain(await kafka.offsetFetch(connection, group('fetch-never'), null)),
      };
    },
  },
  {
    name: '57: DescribeGroups and DeleteGroups: unknown, empty, alive',
    async run({ connection, group, topic }) {
      const name = group('describe');
      const target = await topic('described');
      await kafka.findCoordinator(connection, name);
      const answers = {
        unknown: await kafka.describeGroup(connection, group('describe-never')),
        deleteUnknown: await kafka.deleteGroup(connection, group('describe-never')),
      };
      const member = await settled(connection, name);
      await kafka.offsetCommit(connection, name, target, 2, member);
      answers.stable = await kafka.describeGroup(connection, name);
      answers.deleteStable = await kafka.deleteGroup(connection, name);
      await kafka.leaveGroup(connection, name, [[member.member, null]]);
      answers.empty = await kafka.describeGroup(connection, name);
      answers.deleteEmpty = await kafka.deleteGroup(connection, name);
      answers.deleted = await kafka.describeGroup(connection, name);
      answers.offsets = (await kafka.offsetFetch(connection, name, { [target]: [0] })).rows.map(
        ({ offset }) => offset,
      );
      return answers;
    },
  },
  {
    name: '14: committed offsets of a deleted topic are gone',
    async run({ connection, group, topic, referee }) {
      const name = group('gone');
      const target = await topic('gone');
      await kafka.findCoordinator(connection, name);
      await kafka.offsetCommit(connection, name, target, 4);
      await kafka.deleteTopics(connection, [target]);
      await referee.createTopic(target);
      let offset;
      for (let attempt = 0; attempt < 40; attempt++) {
        [{ offset }] = (await kafka.offsetFetch(connection, name, { [target]: [0] })).rows;
        if (offset === -1) break;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      return offset;
    },
  },
  {
    name: '58: a client may not produce to __consumer_offsets',
    async run({ connection, group }) {
      await kafka.findCoordinator(connection, group('internal'));
      return (
        await kafka.produce(connection, '__consumer_offsets', batch([{ key: 'k', value: 'v' }]))
      ).error;
    },
  },
  {
    name: 'FindCoordinator: a key type that is none, an empty group',
    run: async ({ connection }) => ({
      empty: await kafka.findCoordinator(connection, ''),
      type: await kafka.findCoordinator(connection, 'x', 9).catch(() => 'closed'),
    }),
  },
];
