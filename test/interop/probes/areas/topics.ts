import { setTimeout as delay } from 'node:timers/promises';
import { ZERO_UUID } from '../../../../src/base/random.ts';
import type { ElementOf } from '../../../../src/protocol/schema/index.ts';
import type { Json } from '../normalise.ts';
import { type Asker, eachVersion, inTurn, type Probe } from '../probe.ts';
import type { BodyOf } from '../wire.ts';

type NewTopic = ElementOf<BodyOf<'CreateTopics'>['topics']>;

function create(asker: Asker, topics: readonly NewTopic[], version = 7, validateOnly = false) {
  return asker.ask('CreateTopics', version, {
    topics,
    timeoutMs: 10_000,
    ...(version >= 1 && { validateOnly }),
  });
}

/** Without the configs, which a probe of their own looks at. */
function withoutConfigs(answer: Json): Json {
  if (answer === null || typeof answer !== 'object' || Array.isArray(answer)) return answer;
  const { topics } = answer;
  if (!Array.isArray(topics)) return answer;
  return {
    ...answer,
    topics: topics.map((topic) =>
      topic !== null && typeof topic === 'object' && !Array.isArray(topic)
        ? {
            ...topic,
            configs: Array.isArray(topic['configs']) ? topic['configs'].length > 0 : null,
          }
        : topic,
    ),
  };
}

/** How many partitions a topic has now. */
async function partitionCount(asker: Asker, name: string): Promise<number> {
  const { topics } = await asker.raw('Metadata', 9, {
    topics: [{ name }],
    allowAutoTopicCreation: false,
  });
  return topics[0]?.errorCode === 0 ? topics[0].partitions.length : -1;
}

export const topicProbes: readonly Probe[] = [
  {
    name: 'create topics: the answer at every version',
    run: (asker) =>
      eachVersion(0, 7, async (version) => {
        const name = asker.name(`v${version}`);
        const topic = { name, numPartitions: 2, replicationFactor: 1 };
        const good = withoutConfigs(await create(asker, [topic], version));
        await asker.settled(name);
        return { good, again: withoutConfigs(await create(asker, [topic], version)) };
      }),
  },
  {
    name: 'create topics: the configs in the answer',
    run: (asker) =>
      create(asker, [
        {
          name: asker.name('a'),
          numPartitions: 1,
          replicationFactor: 1,
          configs: [
            { name: 'retention.ms', value: '1000' },
            { name: 'cleanup.policy', value: 'compact' },
          ],
        },
      ]),
  },
  {
    name: 'create topics: validate only',
    async run(asker) {
      const topic = { name: asker.name('v'), numPartitions: 3, replicationFactor: 1 };
      const answers = await eachVersion(1, 7, async (version) =>
        withoutConfigs(await create(asker, [topic], version, true)),
      );
      return { answers, count: await partitionCount(asker, topic.name) };
    },
  },
  {
    name: 'create topics: broker defaults by version',
    run: (asker) =>
      eachVersion(0, 7, async (version) => {
        const topic = (suffix: string, numPartitions: number, replicationFactor: number) => ({
          name: asker.name(`v${version}${suffix}`),
          numPartitions,
          replicationFactor,
        });
        return inTurn({
          both: async () => withoutConfigs(await create(asker, [topic('both', -1, -1)], version)),
          partitions: async () =>
            withoutConfigs(await create(asker, [topic('partitions', -1, 1)], version)),
          factor: async () =>
            withoutConfigs(await create(asker, [topic('factor', 1, -1)], version)),
        });
      }),
  },
  {
    name: 'create topics: numbers that cannot be',
    run: (asker) =>
      inTurn(
        Object.fromEntries(
          [
            [0, 1],
            [-2, 1],
            [1, 0],
            [1, -2],
            [1, 2],
            [1, 32_767],
            [0, 0],
            [-1, 2],
          ].map(([numPartitions, replicationFactor]) => [
            `${numPartitions}/${replicationFactor}`,
            async () =>
              withoutConfigs(
                await create(asker, [
                  {
                    name: asker.name('bad'),
                    numPartitions: numPartitions!,
                    replicationFactor: replicationFactor!,
                  },
                ]),
              ),
          ]),
        ),
      ),
  },
  {
    name: 'create topics: names',
    async run(asker) {
      const long = (length: number) => asker.prefix + 'x'.repeat(length - asker.prefix.length);
      const names = ['', '.', '..', 'a b', 'a/b', 'ü', 'a:b', 'a*', long(249), long(250)];
      const answers: Record<string, unknown> = {};
      for (const name of names) {
        const answer = await create(asker, [{ name, numPartitions: 1, replicationFactor: 1 }]);
        answers[name === long(249) ? '249' : name === long(250) ? '250' : name] =
          withoutConfigs(answer);
      }
      const collision = async (first: string, second: string) => {
        await asker.topic(first);
        const name = asker.name(second);
        return withoutConfigs(
          await create(asker, [{ name, numPartitions: 1, replicationFactor: 1 }]),
        );
      };
      answers['collision'] = await collision('a.b', 'a_b');
      answers['collision of the other kind'] = await collision('c_d', 'c.d');
      answers['collision within a request'] = withoutConfigs(
        await create(
          asker,
          ['e.f', 'e_f'].map((name) => ({
            name: asker.name(name),
            numPartitions: 1,
            replicationFactor: 1,
          })),
        ),
      );
      answers['internal'] = withoutConfigs(
        await create(
          asker,
          [{ name: '__transaction_state', numPartitions: 1, replicationFactor: 1 }],
          7,
          true,
        ),
      );
      return answers;
    },
  },
  {
    name: 'create topics: duplicates, empty lists, mixed fates',
    run: (asker) =>
      inTurn({
        empty: () => create(asker, []),
        duplicates: async () =>
          withoutConfigs(
            await create(
              asker,
              ['twice', 'once', 'twice', 'twice'].map((name) => ({
                name: asker.name(name),
                numPartitions: 1,
                replicationFactor: 1,
              })),
            ),
          ),
        once: () => partitionCount(asker, asker.name('once')),
        mixed: async () =>
          withoutConfigs(
            await create(asker, [
              { name: asker.name('good'), numPartitions: 1, replicationFactor: 1 },
              { name: asker.name('bad'), numPartitions: 1, replicationFactor: 5 },
              { name: 'b a d', numPartitions: 1, replicationFactor: 1 },
            ]),
          ),
      }),
  },
  {
    name: 'create topics: assignments',
    async run(asker) {
      const cases: Record<string, Omit<NewTopic, 'name'>> = {
        good: {
          numPartitions: -1,
          replicationFactor: -1,
          assignments: [
            { partitionIndex: 0, brokerIds: [1] },
            { partitionIndex: 1, brokerIds: [1] },
          ],
        },
        withCount: {
          numPartitions: 1,
          replicationFactor: -1,
          assignments: [{ partitionIndex: 0, brokerIds: [1] }],
        },
        withFactor: {
          numPartitions: -1,
          replicationFactor: 1,
          assignments: [{ partitionIndex: 0, brokerIds: [1] }],
        },
        gap: {
          numPartitions: -1,
          replicationFactor: -1,
          assignments: [
            { partitionIndex: 0, brokerIds: [1] },
            { partitionIndex: 2, brokerIds: [1] },
          ],
        },
        notFromZero: {
          numPartitions: -1,
          replicationFactor: -1,
          assignments: [{ partitionIndex: 1, brokerIds: [1] }],
        },
        unknownBroker: {
          numPartitions: -1,
          replicationFactor: -1,
          assignments: [{ partitionIndex: 0, brokerIds: [77] }],
        },
        noReplicas: {
          numPartitions: -1,
          replicationFactor: -1,
          assignments: [{ partitionIndex: 0, brokerIds: [] }],
        },
        brokerTwice: {
          numPartitions: -1,
          replicationFactor: -1,
          assignments: [{ partitionIndex: 0, brokerIds: [1, 1] }],
        },
        partitionTwice: {
          numPartitions: -1,
          replicationFactor: -1,
          assignments: [
            { partitionIndex: 0, brokerIds: [1] },
            { partitionIndex: 0, brokerIds: [1] },
          ],
        },
        negativeBroker: {
          numPartitions: -1,
          replicationFactor: -1,
          assignments: [{ partitionIndex: 0, brokerIds: [-1] }],
        },
      };
      const answers: Record<string, unknown> = {};
      for (const [name, topic] of Object.entries(cases)) {
        answers[name] = withoutConfigs(await create(asker, [{ ...topic, name: asker.name(name) }]));
      }
      return answers;
    },
  },
  {
    name: 'create topics: configs that cannot be',
    async run(asker) {
      const cases: Record<string, [string, string | null][]> = {
        unknown: [['no.such.key', '1']],
        notANumber: [['retention.ms', 'soon']],
        outOfRange: [['retention.ms', '-2']],
        tooLarge: [['segment.bytes', '99999999999']],
        tooSmall: [['segment.bytes', '1']],
        null: [['retention.ms', null]],
        emptyName: [['', '1']],
        badEnum: [['cleanup.policy', 'shred']],
        emptyPolicy: [['cleanup.policy', '']],
        badBool: [['preallocate', 'yes']],
        twice: [
          ['retention.ms', '1'],
          ['retention.ms', '2'],
        ],
        lagInverted: [
          ['min.compaction.lag.ms', '20'],
          ['max.compaction.lag.ms', '10'],
        ],
        spaces: [['retention.ms', ' 1000 ']],
        policyWithSpaces: [['cleanup.policy', 'compact, delete']],
        compression: [['compression.type', 'lzma']],
        uppercase: [['compression.type', 'GZIP']],
        gzipLevel: [['compression.gzip.level', '0']],
        gzipLevel10: [['compression.gzip.level', '10']],
        lz4Level: [['compression.lz4.level', '18']],
        zstdLevel: [['compression.zstd.level', '23']],
        remote: [['remote.storage.enable', 'true']],
        minIsr0: [['min.insync.replicas', '0']],
        minIsr9: [['min.insync.replicas', '9']],
        throttled: [['leader.replication.throttled.replicas', 'nonsense']],
        throttledAll: [['leader.replication.throttled.replicas', '*']],
        dirtyRatio: [['min.cleanable.dirty.ratio', '1.5']],
        formatVersion: [['message.format.version', '0.9.0']],
        formatVersionUnknown: [['message.format.version', '99']],
        timestampType: [['message.timestamp.type', 'Whenever']],
        brokerKey: [['log.retention.hours', '1']],
        differenceMax: [['message.timestamp.difference.max.ms', '5']],
        localRetention: [['local.retention.ms', '5']],
        indexBytes: [['segment.index.bytes', '3']],
        downconversion: [['message.downconversion.enable', 'false']],
      };
      const answers: Record<string, unknown> = {};
      for (const [name, configs] of Object.entries(cases)) {
        const topic = {
          name: asker.name(name),
          numPartitions: 1,
          replicationFactor: 1,
          configs: configs.map(([key, value]) => ({ name: key, value })),
        };
        answers[name] = withoutConfigs(await create(asker, [topic], 7, true));
      }
      return answers;
    },
  },
  {
    name: 'delete topics: every version, unknown and twice',
    run: (asker) =>
      eachVersion(0, 6, async (version) => {
        const name = await asker.topic(`v${version}`);
        const names = [name, asker.name('unknown'), 'b a d'];
        const body = (each: readonly string[]) =>
          version >= 6
            ? { topics: each.map((topic) => ({ name: topic })), timeoutMs: 10_000 }
            : { topicNames: each, timeoutMs: 10_000 };
        return inTurn({
          first: () => asker.ask('DeleteTopics', version, body(names)),
          again: async () => {
            await delay(100);
            return asker.ask('DeleteTopics', version, body([name]));
          },
          none: () => asker.ask('DeleteTopics', version, body([])),
        });
      }),
  },
  {
    name: 'delete topics: by id',
    async run(asker) {
      const name = await asker.topic('a');
      const topicId = await asker.settled(name);
      const other = await asker.topic('b');
      const otherId = await asker.settled(other);
      const ask = (topics: NonNullable<BodyOf<'DeleteTopics'>['topics']>) =>
        asker.ask('DeleteTopics', 6, { topics, timeoutMs: 10_000 });
      return inTurn({
        unknownId: () => ask([{ name: null, topicId: 'AAAAAAAAQACAAAAAAAAAAA' }]),
        zeroId: () => ask([{ name: null, topicId: ZERO_UUID }]),
        idAndName: () => ask([{ name, topicId }]),
        idTwice: () =>
          ask([
            { name: null, topicId },
            { name: null, topicId },
          ]),
        nameTwice: () => ask([{ name: other }, { name: other }]),
        nameAndItsId: () => ask([{ name: other }, { name: null, topicId: otherId }]),
        counts: async () => [await partitionCount(asker, name), await partitionCount(asker, other)],
        byId: () => ask([{ name: null, topicId }]),
      });
    },
  },
  {
    name: 'delete topics: a topic made anew has a new id and no records',
    async run(asker) {
      const name = await asker.topic('a');
      const topicId = await asker.settled(name);
      await asker.ask('DeleteTopics', 6, { topics: [{ name }], timeoutMs: 10_000 });
      await delay(200);
      await asker.topic('a');
      const again = await asker.settled(name);
      const fetched = await asker.ask('Fetch', 13, {
        maxWaitMs: 0,
        minBytes: 1,
        topics: [{ topicId, partitions: [{ partition: 0, partitionMaxBytes: 1000 }] }],
      });
      return { newId: topicId !== again, fetched };
    },
  },
  {
    name: 'create partitions',
    async run(asker) {
      const name = await asker.topic('a', { partitions: 2 });
      const ask = (
        topics: NonNullable<BodyOf<'CreatePartitions'>['topics']>,
        version = 3,
        validateOnly = false,
      ) => asker.ask('CreatePartitions', version, { topics, timeoutMs: 10_000, validateOnly });
      const brokers = (...lists: number[][]) => lists.map((brokerIds) => ({ brokerIds }));
      return inTurn({
        fewer: () => ask([{ name, count: 1, assignments: null }]),
        equal: () => ask([{ name, count: 2, assignments: null }]),
        zero: () => ask([{ name, count: 0, assignments: null }]),
        negative: () => ask([{ name, count: -1, assignments: null }]),
        unknown: () => ask([{ name: asker.name('unknown'), count: 3, assignments: null }]),
        twice: () =>
          ask([
            { name, count: 3, assignments: null },
            { name, count: 4, assignments: null },
          ]),
        none: () => ask([]),
        validateOnly: () => ask([{ name, count: 3, assignments: null }], 3, true),
        assignmentTooShort: () => ask([{ name, count: 4, assignments: brokers([1]) }]),
        assignmentTooLong: () => ask([{ name, count: 3, assignments: brokers([1], [1]) }]),
        assignmentUnknownBroker: () => ask([{ name, count: 3, assignments: brokers([7]) }]),
        assignmentEmpty: () => ask([{ name, count: 3, assignments: [] }]),
        assignmentNoReplicas: () => ask([{ name, count: 3, assignments: brokers([]) }]),
        assignmentTwoReplicas: () => ask([{ name, count: 3, assignments: brokers([1, 1]) }]),
        untouched: () => partitionCount(asker, name),
        assignment: () => ask([{ name, count: 3, assignments: brokers([1]) }]),
        v0: () => ask([{ name, count: 4, assignments: null }], 0),
        v1: () => ask([{ name, count: 5, assignments: null }], 1),
        v2: () => ask([{ name, count: 6, assignments: null }], 2),
        v3: () => ask([{ name, count: 7, assignments: null }], 3),
        count: async () => {
          await asker.settled(name);
          await delay(200);
          return partitionCount(asker, name);
        },
      });
    },
  },
];
