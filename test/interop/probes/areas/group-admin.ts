import { type Asker, eachVersion, inTurn, type Probe } from '../probe.ts';
import { member, ready } from './groups.ts';

async function listed(
  asker: Asker,
  version: number,
  body: { statesFilter?: string[]; typesFilter?: string[] } = {},
) {
  const answer = await asker.raw('ListGroups', version, body);
  const groups = answer.groups.filter(({ groupId }) => groupId.startsWith(asker.prefix));
  return asker.normal({ ...answer, groups });
}

/** An empty group with an offset, a stable one, and one that has a member but no assignment yet. */
async function threeGroups(asker: Asker) {
  for (const group of ['empty', 'stable', 'completing']) await ready(asker, group);
  const topic = await asker.topic('t', { partitions: 2 });
  const topics = [0, 1].map((partitionIndex) => ({ partitionIndex, committedOffset: 5 }));
  for (const group of ['empty', 'stable']) {
    await asker.ask('OffsetCommit', 5, {
      groupId: asker.name(group),
      generationIdOrMemberEpoch: -1,
      topics: [
        { name: topic, partitions: topics.map((each) => ({ ...each, committedMetadata: '' })) },
      ],
    });
  }
  const stable = await member(asker, 'stable');
  // The subscription that OffsetDelete reads: version 0, one topic, no user data.
  const name = Buffer.from(topic);
  const subscription = Buffer.alloc(2 + 4 + 2 + name.length + 4);
  subscription.writeInt32BE(1, 2);
  subscription.writeInt16BE(name.length, 6);
  name.copy(subscription, 8);
  subscription.writeInt32BE(-1, 8 + name.length);
  await stable.join({ protocols: [{ name: 'range', metadata: subscription }] });
  await stable.lead();
  const completing = await member(asker, 'completing');
  await completing.join();
  return { topic, stable, completing };
}

export const groupAdminProbes: readonly Probe[] = [
  {
    name: 'group admin: describe',
    async run(asker) {
      await threeGroups(asker);
      const groups = ['empty', 'stable', 'completing', 'unknown'].map((group) => asker.name(group));
      return {
        versions: await eachVersion(0, 5, (version) =>
          asker.ask('DescribeGroups', version, {
            groups,
            ...(version >= 3 && { includeAuthorizedOperations: version >= 4 }),
          }),
        ),
        twice: await asker.ask('DescribeGroups', 5, { groups: [groups[0]!, groups[0]!] }),
        emptyName: await asker.ask('DescribeGroups', 5, { groups: [''] }),
        none: await asker.ask('DescribeGroups', 5, { groups: [] }),
      };
    },
  },
  {
    name: 'group admin: list',
    async run(asker) {
      await threeGroups(asker);
      return {
        versions: await eachVersion(0, 5, (version) => listed(asker, version)),
        ...(await inTurn({
          stable: () => listed(asker, 4, { statesFilter: ['Stable'] }),
          lowercase: () => listed(asker, 4, { statesFilter: ['stable'] }),
          two: () => listed(asker, 4, { statesFilter: ['Stable', 'Empty'] }),
          nonsense: () => listed(asker, 4, { statesFilter: ['Nonsense'] }),
          completing: () => listed(asker, 4, { statesFilter: ['CompletingRebalance'] }),
          classic: () => listed(asker, 5, { typesFilter: ['classic'] }),
          Classic: () => listed(asker, 5, { typesFilter: ['Classic'] }),
          consumer: () => listed(asker, 5, { typesFilter: ['consumer'] }),
          nonsenseType: () => listed(asker, 5, { typesFilter: ['nonsense'] }),
          both: () => listed(asker, 5, { typesFilter: ['classic'], statesFilter: ['Empty'] }),
        })),
      };
    },
  },
  {
    name: 'group admin: delete',
    async run(asker) {
      await threeGroups(asker);
      const [empty, stable, unknown] = ['empty', 'stable', 'unknown'].map((group) =>
        asker.name(group),
      );
      return inTurn({
        mixed: () => asker.ask('DeleteGroups', 0, { groupsNames: [empty!, stable!, unknown!, ''] }),
        again: () => asker.ask('DeleteGroups', 1, { groupsNames: [empty!] }),
        twice: () => asker.ask('DeleteGroups', 2, { groupsNames: [unknown!, unknown!] }),
        none: () => asker.ask('DeleteGroups', 2, { groupsNames: [] }),
        described: () => asker.ask('DescribeGroups', 5, { groups: [empty!] }),
        offsets: () => asker.ask('OffsetFetch', 5, { groupId: empty!, topics: null }),
        stillThere: () => asker.ask('DescribeGroups', 2, { groups: [stable!] }),
      });
    },
  },
  {
    name: 'group admin: delete offsets',
    async run(asker) {
      const { topic } = await threeGroups(asker);
      const other = await asker.topic('u');
      const ask = (group: string, name: string, ...partitions: number[]) =>
        asker.ask('OffsetDelete', 0, {
          groupId: group === '' ? '' : asker.name(group),
          topics: [{ name, partitions: partitions.map((partitionIndex) => ({ partitionIndex })) }],
        });
      return inTurn({
        subscribed: () => ask('stable', topic, 0),
        notSubscribed: () => ask('stable', other, 0),
        completing: () => ask('completing', topic, 0),
        empty: () => ask('empty', topic, 0, 7),
        emptyAgain: () => ask('empty', topic, 0),
        unknownTopic: () => ask('empty', asker.name('no'), 0),
        unknownGroup: () => ask('unknown', topic, 0),
        emptyName: () => ask('', topic, 0),
        noTopics: () => asker.ask('OffsetDelete', 0, { groupId: asker.name('empty'), topics: [] }),
        left: () => asker.ask('OffsetFetch', 5, { groupId: asker.name('empty'), topics: null }),
        otherType: async () => {
          await ready(asker, 'connect');
          const worker = await member(asker, 'connect');
          await worker.join({ protocolType: 'connect' });
          await worker.lead();
          return ask('connect', topic, 0);
        },
      });
    },
  },
  {
    name: 'group admin: find the coordinator',
    async run(asker) {
      await ready(asker);
      const keys = (version: number, key: string, keyType = 0) =>
        asker.ask('FindCoordinator', version, {
          ...(version < 4 ? { key } : { coordinatorKeys: [key] }),
          ...(version >= 1 && { keyType }),
        });
      return {
        versions: await eachVersion(0, 6, (version) =>
          inTurn({
            group: () => keys(version, asker.name('g')),
            empty: () => keys(version, ''),
            ...(version >= 1 && {
              type2: () => keys(version, asker.name('g'), 2),
              type9: () => keys(version, asker.name('g'), 9),
              negative: () => keys(version, asker.name('g'), -1),
            }),
          }),
        ),
        several: await asker.ask('FindCoordinator', 4, {
          coordinatorKeys: [asker.name('g'), asker.name('h'), asker.name('g'), ''],
          keyType: 0,
        }),
        none: await asker.ask('FindCoordinator', 4, { coordinatorKeys: [], keyType: 0 }),
      };
    },
  },
];
