import { setTimeout as delay } from 'node:timers/promises';
import { type Asker, eachVersion, inTurn, LITTLE_PATIENCE_MS, type Probe } from '../probe.ts';
import type { BodyOf } from '../wire.ts';

const TOPIC = 2;
const BROKER = 4;
const [SET, DELETE, APPEND, SUBTRACT] = [0, 1, 2, 3];

function describe(
  asker: Asker,
  resources: NonNullable<BodyOf<'DescribeConfigs'>['resources']>,
  version = 4,
  more: BodyOf<'DescribeConfigs'> = {},
) {
  return asker.ask('DescribeConfigs', version, { resources, ...more });
}

/** The value and source of some keys, as they are now. */
async function values(asker: Asker, name: string, keys: readonly string[], type = TOPIC) {
  await delay(150);
  const { results } = await asker.raw('DescribeConfigs', 1, {
    resources: [{ resourceType: type, resourceName: name, configurationKeys: keys }],
  });
  return Object.fromEntries(
    (results[0]?.configs ?? []).map((each) => [each.name, `${each.value} (${each.configSource})`]),
  );
}

type Change = [key: string, operation: number, value: string | null];

function alter(
  asker: Asker,
  name: string,
  changes: readonly Change[],
  type = TOPIC,
  validateOnly = false,
) {
  return asker.ask('IncrementalAlterConfigs', 1, {
    resources: [
      {
        resourceType: type,
        resourceName: name,
        configs: changes.map(([key, configOperation, value]) => ({
          name: key,
          configOperation,
          value,
        })),
      },
    ],
    validateOnly,
  });
}

export const configProbes: readonly Probe[] = [
  {
    name: 'configs: every key of a topic, with synonyms and types',
    async run(asker) {
      const name = await asker.topic('a', {
        configs: { 'retention.ms': '1000', 'cleanup.policy': 'compact,delete' },
      });
      const answer = await asker.raw('DescribeConfigs', 4, {
        resources: [{ resourceType: TOPIC, resourceName: name, configurationKeys: null }],
        includeSynonyms: true,
        includeDocumentation: true,
      });
      const result = answer.results[0];
      return Object.fromEntries(
        (result?.configs ?? []).map(({ name: key, documentation, ...rest }) => [
          key,
          asker.normal(
            { ...rest, documented: documentation !== null && documentation !== '' },
            { keepOrder: true },
          ),
        ]),
      );
    },
  },
  {
    name: 'configs: the answer at every version',
    async run(asker) {
      const name = await asker.topic('a', { configs: { 'retention.ms': '1000' } });
      return eachVersion(0, 4, (version) =>
        describe(
          asker,
          [
            {
              resourceType: TOPIC,
              resourceName: name,
              configurationKeys: ['retention.ms', 'segment.bytes', 'no.such.key'],
            },
          ],
          version,
          { ...(version >= 1 && { includeSynonyms: true }) },
        ),
      );
    },
  },
  {
    name: 'configs: resources that do not exist or cannot',
    async run(asker) {
      const name = await asker.topic('a');
      const one = (resourceType: number, resourceName: string) =>
        describe(asker, [{ resourceType, resourceName, configurationKeys: ['retention.ms'] }]);
      return inTurn({
        unknownTopic: () => one(TOPIC, asker.name('unknown')),
        badTopic: () => one(TOPIC, 'b a d'),
        emptyTopic: () => one(TOPIC, ''),
        type0: () => one(0, name),
        type3: () => one(3, name),
        type99: () => one(99, name),
        unknownBroker: () => one(BROKER, '77'),
        brokerNotANumber: () => one(BROKER, 'one'),
        noKeys: () =>
          describe(asker, [{ resourceType: TOPIC, resourceName: name, configurationKeys: [] }]),
        none: () => describe(asker, []),
        twice: () =>
          describe(asker, [
            { resourceType: TOPIC, resourceName: name, configurationKeys: ['retention.ms'] },
            { resourceType: TOPIC, resourceName: name, configurationKeys: ['segment.ms'] },
          ]),
        internal: async () => {
          await asker.ask('FindCoordinator', 0, { key: 'g' });
          await asker.settled('__consumer_offsets');
          return values(asker, '__consumer_offsets', [
            'cleanup.policy',
            'compression.type',
            'segment.bytes',
          ]);
        },
      });
    },
  },
  {
    name: 'configs: incremental changes',
    async run(asker) {
      const name = await asker.topic('a');
      const keys = ['cleanup.policy', 'retention.ms', 'segment.ms'];
      const now = () => values(asker, name, keys);
      return inTurn({
        set: () => alter(asker, name, [['retention.ms', SET!, '5000']]),
        afterSet: now,
        append: () => alter(asker, name, [['cleanup.policy', APPEND!, 'compact']]),
        afterAppend: now,
        appendTwice: () => alter(asker, name, [['cleanup.policy', APPEND!, 'compact']]),
        afterAppendTwice: now,
        subtract: () => alter(asker, name, [['cleanup.policy', SUBTRACT!, 'delete']]),
        afterSubtract: now,
        subtractAbsent: () => alter(asker, name, [['cleanup.policy', SUBTRACT!, 'delete']]),
        afterSubtractAbsent: now,
        subtractAll: () => alter(asker, name, [['cleanup.policy', SUBTRACT!, 'compact']]),
        afterSubtractAll: now,
        delete: () => alter(asker, name, [['cleanup.policy', DELETE!, null]]),
        afterDelete: now,
        deleteUnset: () => alter(asker, name, [['segment.ms', DELETE!, null]]),
        deleteWithValue: () => alter(asker, name, [['retention.ms', DELETE!, 'x']]),
        afterDeleteWithValue: now,
        oneBad: () =>
          alter(asker, name, [
            ['retention.ms', SET!, '7000'],
            ['segment.ms', SET!, 'soon'],
          ]),
        afterOneBad: now,
        unknownKey: () => alter(asker, name, [['no.such.key', SET!, '1']]),
        deleteUnknownKey: () => alter(asker, name, [['no.such.key', DELETE!, null]]),
        appendToNumber: () => alter(asker, name, [['retention.ms', APPEND!, '1']]),
        subtractFromNumber: () => alter(asker, name, [['retention.ms', SUBTRACT!, '1']]),
        nullValue: () => alter(asker, name, [['retention.ms', SET!, null]]),
        appendNull: () => alter(asker, name, [['cleanup.policy', APPEND!, null]]),
        operation9: () => alter(asker, name, [['retention.ms', 9, '1']]),
        twice: () =>
          alter(asker, name, [
            ['retention.ms', SET!, '1'],
            ['retention.ms', SET!, '2'],
          ]),
        noChanges: () => alter(asker, name, []),
        emptyValue: () => alter(asker, name, [['retention.ms', SET!, '']]),
        emptyList: () => alter(asker, name, [['leader.replication.throttled.replicas', SET!, '']]),
        unknownTopic: () => alter(asker, asker.name('unknown'), [['retention.ms', SET!, '1']]),
        badTopic: () => alter(asker, 'b a d', [['retention.ms', SET!, '1']]),
        emptyTopic: () => alter(asker, '', [['retention.ms', SET!, '1']]),
        type0: () => alter(asker, name, [['retention.ms', SET!, '1']], 0),
        type99: () => alter(asker, name, [['retention.ms', SET!, '1']], 99),
        validateOnly: () => alter(asker, name, [['retention.ms', SET!, '9000']], TOPIC, true),
        validateOnlyBad: () => alter(asker, name, [['retention.ms', SET!, '-9']], TOPIC, true),
        afterAll: now,
        resourceTwice: () =>
          asker.ask('IncrementalAlterConfigs', 0, {
            resources: [1, 2].map((value) => ({
              resourceType: TOPIC,
              resourceName: name,
              configs: [{ name: 'retention.ms', configOperation: SET!, value: String(value) }],
            })),
          }),
        none: () => asker.ask('IncrementalAlterConfigs', 0, { resources: [] }),
        mixedResources: () =>
          asker.ask('IncrementalAlterConfigs', 1, {
            resources: [name, asker.name('unknown')].map((resourceName) => ({
              resourceType: TOPIC,
              resourceName,
              configs: [{ name: 'retention.ms', configOperation: SET!, value: '4444' }],
            })),
          }),
        end: now,
      });
    },
  },
  {
    name: 'configs: replacing all',
    async run(asker) {
      const name = await asker.topic('a', { configs: { 'segment.ms': '5000' } });
      const now = () => values(asker, name, ['cleanup.policy', 'retention.ms', 'segment.ms']);
      const replace = (
        version: number,
        configs: { name: string; value: string | null }[],
        resourceName = name,
        validateOnly = false,
      ) =>
        asker.ask('AlterConfigs', version, {
          resources: [{ resourceType: TOPIC, resourceName, configs }],
          validateOnly,
        });
      return inTurn({
        before: now,
        v0: () => replace(0, [{ name: 'retention.ms', value: '1000' }]),
        afterV0: now,
        v1: () => replace(1, [{ name: 'segment.ms', value: '1000' }]),
        validateOnly: () => replace(2, [{ name: 'retention.ms', value: '7' }], name, true),
        afterV1: now,
        unknownKey: () => replace(2, [{ name: 'no.such.key', value: '1' }]),
        badValue: () => replace(2, [{ name: 'segment.ms', value: 'soon' }]),
        nullValue: () => replace(2, [{ name: 'segment.ms', value: null }]),
        twice: () =>
          replace(2, [
            { name: 'segment.ms', value: '1' },
            { name: 'segment.ms', value: '2' },
          ]),
        unknownTopic: () => replace(2, [{ name: 'segment.ms', value: '1' }], asker.name('unknown')),
        unchanged: now,
        nothing: () => replace(2, []),
        end: now,
        resourceTwice: () =>
          asker.ask(
            'AlterConfigs',
            2,
            {
              resources: [1, 2].map((value) => ({
                resourceType: TOPIC,
                resourceName: name,
                configs: [{ name: 'retention.ms', value: String(value) }],
              })),
            },
            { patienceMs: LITTLE_PATIENCE_MS },
          ),
      });
    },
  },
  {
    name: 'configs: of the broker',
    async run(asker) {
      const keys = [
        'broker.id',
        'log.retention.ms',
        'log.cleaner.threads',
        'num.partitions',
        'auto.create.topics.enable',
        'message.max.bytes',
        'compression.type',
        'ssl.keystore.password',
        'log.segment.bytes',
      ];
      const row = async (resourceName: string) => {
        const { results } = await asker.raw('DescribeConfigs', 4, {
          resources: [{ resourceType: BROKER, resourceName, configurationKeys: keys }],
          includeSynonyms: true,
        });
        const { configs = [], ...rest } = results[0] ?? {};
        return asker.normal({
          ...rest,
          configs: configs.map(({ documentation: _, ...each }) => each),
        });
      };
      const set = (resourceName: string, key: string, operation: number, value: string | null) =>
        alter(asker, resourceName, [[key, operation, value]], BROKER);
      return inTurn({
        own: () => row('1'),
        default: () => row(''),
        readOnly: () => set('1', 'broker.id', SET!, '7'),
        unknownKey: () => set('1', 'no.such.key', SET!, '7'),
        badValue: () => set('1', 'message.max.bytes', SET!, 'x'),
        unknownBroker: () => set('77', 'message.max.bytes', SET!, '1000012'),
        notANumber: () => set('one', 'message.max.bytes', SET!, '1000012'),
        clusterWide: () => set('', 'message.max.bytes', SET!, '1000012'),
        afterClusterWide: () => values(asker, '1', ['message.max.bytes'], BROKER),
        afterClusterWideDefault: () => values(asker, '', ['message.max.bytes'], BROKER),
        perBroker: () => set('1', 'message.max.bytes', SET!, '1000013'),
        afterPerBroker: () => values(asker, '1', ['message.max.bytes'], BROKER),
        topicSees: async () => {
          const name = await asker.topic('sees');
          return values(asker, name, ['max.message.bytes']);
        },
        undo: () => set('1', 'message.max.bytes', DELETE!, null),
        undoDefault: () => set('', 'message.max.bytes', DELETE!, null),
        end: () => values(asker, '1', ['message.max.bytes'], BROKER),
      });
    },
  },
  {
    name: 'configs: the keys of the broker, with types and defaults',
    async run(asker) {
      const { results } = await asker.raw('DescribeConfigs', 4, {
        resources: [{ resourceType: BROKER, resourceName: '1', configurationKeys: null }],
      });
      return Object.fromEntries(
        (results[0]?.configs ?? []).map((each) => [
          each.name,
          `${each.configType} ${each.configSource === 5 ? each.value : `(source ${each.configSource})`}${each.readOnly ? ' read-only' : ''}${each.isSensitive ? ' sensitive' : ''}`,
        ]),
      );
    },
  },
];
