import { type Asker, eachVersion, inTurn, LITTLE_PATIENCE_MS, type Probe } from '../probe.ts';
import type { BodyOf } from '../wire.ts';
import { member, ready } from './groups.ts';

type CommitTopics = NonNullable<BodyOf<'OffsetCommit'>['topics']>;

function commit(
  asker: Asker,
  version: number,
  topics: CommitTopics,
  body: BodyOf<'OffsetCommit'> = {},
) {
  return asker.ask('OffsetCommit', version, {
    groupId: asker.name('g'),
    ...(version >= 1 && { generationIdOrMemberEpoch: -1, memberId: '' }),
    ...body,
    topics,
  });
}

function partition(
  partitionIndex: number,
  committedOffset: number,
  committedMetadata: string | null = 'm',
) {
  return { partitionIndex, committedOffset, committedMetadata };
}

function fetchOffsets(
  asker: Asker,
  version: number,
  topics: readonly { name: string; partitionIndexes: readonly number[] }[] | null,
  groupId = asker.name('g'),
) {
  return asker.ask(
    'OffsetFetch',
    version,
    version >= 8 ? { groups: [{ groupId, topics }] } : { groupId, topics },
  );
}

export const offsetProbes: readonly Probe[] = [
  {
    name: 'offsets: commit and fetch at every version',
    async run(asker) {
      await ready(asker);
      const topic = await asker.topic('t', { partitions: 3 });
      const unknown = asker.name('no');
      return {
        commit: await eachVersion(0, 9, (version) =>
          commit(asker, version, [
            {
              name: topic,
              partitions: [partition(0, version), partition(1, 5, null), partition(9, 1)],
            },
            { name: unknown, partitions: [partition(0, 1)] },
          ]),
        ),
        fetch: await eachVersion(0, 9, (version) =>
          inTurn({
            named: () =>
              fetchOffsets(asker, version, [
                { name: topic, partitionIndexes: [0, 1, 2, 9] },
                { name: unknown, partitionIndexes: [0] },
              ]),
            none: () => fetchOffsets(asker, version, []),
            all: async () => (version >= 2 ? fetchOffsets(asker, version, null) : 'not asked'),
            unknownGroup: () =>
              fetchOffsets(
                asker,
                version,
                [{ name: topic, partitionIndexes: [0] }],
                asker.name('x'),
              ),
            emptyGroup: () =>
              fetchOffsets(asker, version, [{ name: topic, partitionIndexes: [0] }], ''),
            unknownGroupAll: async () =>
              version >= 2 ? fetchOffsets(asker, version, null, asker.name('x')) : 'not asked',
          }),
        ),
      };
    },
  },
  {
    name: 'offsets: several groups in one request',
    async run(asker) {
      await ready(asker);
      await ready(asker, 'h');
      const topic = await asker.topic('t');
      await commit(asker, 5, [{ name: topic, partitions: [partition(0, 1)] }]);
      await commit(asker, 5, [{ name: topic, partitions: [partition(0, 2)] }], {
        groupId: asker.name('h'),
      });
      const topics = [{ name: topic, partitionIndexes: [0] }];
      return eachVersion(8, 9, (version) =>
        inTurn({
          two: () =>
            asker.ask('OffsetFetch', version, {
              groups: [
                { groupId: asker.name('g'), topics },
                { groupId: asker.name('h'), topics: null },
                { groupId: asker.name('x'), topics },
                { groupId: '', topics },
              ],
            }),
          twice: () =>
            asker.ask('OffsetFetch', version, {
              groups: [
                { groupId: asker.name('g'), topics },
                { groupId: asker.name('g'), topics: null },
              ],
            }),
          none: () =>
            asker.ask('OffsetFetch', version, { groups: [] }, { patienceMs: LITTLE_PATIENCE_MS }),
          stable: () =>
            asker.ask('OffsetFetch', version, {
              groups: [{ groupId: asker.name('g'), topics }],
              requireStable: true,
            }),
          ...(version >= 9 && {
            memberEpoch: () =>
              asker.ask('OffsetFetch', version, {
                groups: [{ groupId: asker.name('g'), memberId: 'm', memberEpoch: 5, topics }],
              }),
          }),
        }),
      );
    },
  },
  {
    name: 'offsets: what can be committed',
    async run(asker) {
      await ready(asker);
      const topic = await asker.topic('t', { partitions: 2 });
      const one = (each: ReturnType<typeof partition>) => [{ name: topic, partitions: [each] }];
      return inTurn({
        negative: () => commit(asker, 8, one(partition(0, -1))),
        veryNegative: () => commit(asker, 8, one(partition(0, -7))),
        large: () => commit(asker, 8, one(partition(0, 9_007_199_254_740_991))),
        metadata4096: () => commit(asker, 8, one(partition(0, 1, 'x'.repeat(4096)))),
        metadata4097: () => commit(asker, 8, one(partition(0, 2, 'x'.repeat(4097)))),
        metadataTooLargeAmongGood: () =>
          commit(asker, 8, [
            { name: topic, partitions: [partition(0, 3, 'x'.repeat(5000)), partition(1, 4)] },
          ]),
        emptyMetadata: () => commit(asker, 8, one(partition(0, 5, ''))),
        fetched: () => fetchOffsets(asker, 7, [{ name: topic, partitionIndexes: [0, 1] }]),
        emptyGroup: () => commit(asker, 8, one(partition(0, 1)), { groupId: '' }),
        noTopics: () => commit(asker, 8, []),
        noPartitions: () => commit(asker, 8, [{ name: topic, partitions: [] }]),
        partitionTwice: () =>
          commit(asker, 8, [{ name: topic, partitions: [partition(0, 7), partition(0, 8)] }]),
        negativePartition: () => commit(asker, 8, one(partition(-1, 1))),
        epoch: () =>
          commit(asker, 8, [
            { name: topic, partitions: [{ ...partition(0, 9), committedLeaderEpoch: 4 }] },
          ]),
        fetchedEpoch: () => fetchOffsets(asker, 7, [{ name: topic, partitionIndexes: [0] }]),
        internal: async () => {
          await asker.settled('__consumer_offsets');
          return commit(asker, 8, [{ name: '__consumer_offsets', partitions: [partition(0, 1)] }]);
        },
        memberOfNobody: () => commit(asker, 8, one(partition(0, 1)), { memberId: 'm' }),
        generationOfNobody: () =>
          commit(asker, 8, one(partition(0, 1)), { generationIdOrMemberEpoch: 3, memberId: 'm' }),
        generationWithoutMember: () =>
          commit(asker, 8, one(partition(0, 1)), { generationIdOrMemberEpoch: 3 }),
        newGroupWithGeneration: () =>
          commit(asker, 8, one(partition(0, 1)), {
            groupId: asker.name('new'),
            generationIdOrMemberEpoch: 3,
            memberId: 'm',
          }),
        instanceOfNobody: () =>
          commit(asker, 8, one(partition(0, 1)), { groupInstanceId: 'i', memberId: 'm' }),
        retention: () => commit(asker, 4, one(partition(0, 11)), { retentionTimeMs: 100_000 }),
        v1Timestamp: () =>
          asker.ask('OffsetCommit', 1, {
            groupId: asker.name('g'),
            generationIdOrMemberEpoch: -1,
            memberId: '',
            topics: [
              {
                name: topic,
                partitions: [{ ...partition(0, 12), commitTimestamp: 1_700_000_000_000 }],
              },
            ],
          }),
      });
    },
  },
  {
    name: 'offsets: commits of members and to groups with members',
    async run(asker) {
      await ready(asker);
      const topic = await asker.topic('t');
      const one = await member(asker);
      const topics = [{ name: topic, partitions: [partition(0, 1)] }];
      const by = (memberId: string, generation: number, version = 8) =>
        commit(asker, version, topics, {
          ...(version >= 1 && { memberId, generationIdOrMemberEpoch: generation }),
        });
      await one.join();
      return inTurn({
        beforeSync: () => by(one.id, one.generation),
        sync: () => one.lead(),
        own: () => by(one.id, one.generation),
        ownV9: () => by(one.id, one.generation, 9),
        oldGeneration: () => by(one.id, one.generation - 1),
        newGeneration: () => by(one.id, one.generation + 1),
        stranger: () => by('nobody', one.generation),
        simple: () => by('', -1),
        simpleV0: () => by('', -1, 0),
        strangerNoGeneration: () => by('nobody', -1),
        memberNoGeneration: () => by(one.id, -1),
        whileRebalancing: async () => {
          const two = await member(asker);
          const joining = two.join();
          await new Promise((resolve) => setTimeout(resolve, 200));
          const answer = await by(one.id, one.generation);
          await one.join();
          await joining;
          return answer;
        },
        afterRebalanceOldGeneration: () => by(one.id, one.generation - 1),
        afterRebalance: () => by(one.id, one.generation),
      });
    },
  },
  {
    name: 'offsets: of a deleted topic',
    async run(asker) {
      await ready(asker);
      const topic = await asker.topic('t');
      await commit(asker, 8, [{ name: topic, partitions: [partition(0, 5)] }]);
      await asker.ask('DeleteTopics', 6, { topics: [{ name: topic }], timeoutMs: 5000 });
      await new Promise((resolve) => setTimeout(resolve, 500));
      return {
        named: await fetchOffsets(asker, 7, [{ name: topic, partitionIndexes: [0] }]),
        all: await fetchOffsets(asker, 7, null),
      };
    },
  },
];
