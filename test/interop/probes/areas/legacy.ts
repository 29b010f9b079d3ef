import { LEGACY_SETS } from '../../../../src/protocol/records/testing/legacy-sets.ts';
import { batchOf } from '../../../support/topics.ts';
import type { Json } from '../normalise.ts';
import { type Asker, eachVersion, LITTLE_PATIENCE_MS, type Probe } from '../probe.ts';
import { damaged, message } from './legacy-sets.ts';
import { fetched, isRefused } from './produce.ts';

async function fates(
  asker: Asker,
  sets: Readonly<Record<string, Buffer | null>>,
  version: number,
  configs: Readonly<Record<string, string>> = {},
): Promise<Record<string, Json>> {
  const answers: Record<string, Json> = {};
  for (const [name, set] of Object.entries(sets)) {
    const topic = await asker.newTopic({ configs });
    const patience = set === null ? { patienceMs: LITTLE_PATIENCE_MS } : {};
    const row = await asker.produce(topic, set, { version, ...patience });
    if (isRefused(row)) delete row['logStartOffset'];
    answers[name] = { row, fetched: await fetched(asker, topic) };
  }
  return answers;
}

export const legacyProbes: readonly Probe[] = [
  {
    name: 'legacy produce: the answer at every version',
    async run(asker) {
      const topic = await asker.topic('t');
      return eachVersion(0, 2, async (version) => ({
        answer: await asker.ask('Produce', version, {
          acks: 1,
          timeoutMs: 1000,
          topicData: [
            {
              name: topic,
              partitionData: [{ index: 0, records: message({ magic: version === 2 ? 1 : 0 }) }],
            },
            { name: asker.name('no'), partitionData: [{ index: 0, records: message() }] },
          ],
        }),
        fetched: await fetched(asker, topic),
      }));
    },
  },
  {
    name: 'legacy produce: sets that old Java clients made',
    async run(asker) {
      const sets = Object.fromEntries(
        LEGACY_SETS.map(({ magic, codec, timestampType, hex }) => [
          `${magic} ${codec} ${timestampType}`,
          Buffer.from(hex, 'hex'),
        ]),
      );
      return {
        v2: await fates(asker, sets, 2),
        v1: await fates(asker, sets, 1),
        appendTime: await fates(asker, sets, 2, { 'message.timestamp.type': 'LogAppendTime' }),
      };
    },
  },
  {
    name: 'legacy produce: sets that cannot be',
    run: (asker) =>
      fates(
        asker,
        {
          null: null,
          empty: Buffer.alloc(0),
          wrongCrc: damaged(message(), 33),
          cutOff: message().subarray(0, 30),
          goodAndCutOff: Buffer.concat([message(), message().subarray(0, 20)]),
          short: Buffer.alloc(10),
          magic2: batchOf(['x']),
          mixed: Buffer.concat([message({ magic: 0 }), message()]),
          magic1ThenBatch: Buffer.concat([message(), batchOf(['x'])]),
          sizeZero: Buffer.alloc(40),
          unknownCodec: message({ attributes: 5 }),
          zstd: message({ attributes: 4, value: 'x' }),
          gzipOfNothing: message({ attributes: 1, value: 'not gzip' }),
          gzipNull: message({ attributes: 1, value: null }),
          offsets: Buffer.concat([message({ offset: 9n }), message({ offset: 9n })]),
          negativeTimestamp: message({ timestamp: -1n }),
          veryNegativeTimestamp: message({ timestamp: -9n }),
          appendTime: message({ attributes: 8 }),
          nullValue: message({ key: 'k', value: null }),
        },
        2,
      ),
  },
  {
    name: 'legacy produce: batches of today in old requests, and the other way round',
    run: async (asker) => ({
      v0: await fates(asker, { batch: batchOf(['x']), magic1: message() }, 0),
      v3: await fates(asker, { magic1: message(), magic0: message({ magic: 0 }) }, 3),
      v9: await fates(asker, { magic1: message(), magic0: message({ magic: 0 }) }, 9),
    }),
  },
  {
    name: 'legacy produce: compacted topics and codecs of the topic',
    run: async (asker) => ({
      compacted: await fates(
        asker,
        {
          noKey: Buffer.concat([message({ key: 'k' }), message()]),
          keyed: message({ key: 'k' }),
        },
        2,
        { 'cleanup.policy': 'compact' },
      ),
      gzip: await fates(asker, { two: Buffer.concat([message(), message()]) }, 2, {
        'compression.type': 'gzip',
      }),
      uncompressed: await fates(
        asker,
        { gzip: Buffer.from(LEGACY_SETS.find(({ codec }) => codec === 'gzip')!.hex, 'hex') },
        1,
        { 'compression.type': 'uncompressed' },
      ),
      large: await fates(
        asker,
        { two: Buffer.concat([message({ value: 'x'.repeat(500) }), message()]) },
        2,
        {
          'max.message.bytes': '300',
        },
      ),
    }),
  },
  {
    name: 'legacy fetch: conversions at every version',
    async run(asker) {
      const answers: Record<string, unknown> = {};
      for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
        const topic = await asker.topic(codec);
        await asker.produce(
          topic,
          batchOf(
            [
              {
                timestamp: 1_700_000_000_000,
                key: 'k',
                value: 'a',
                headers: [{ key: 'h', value: 'v' }],
              },
              { timestamp: 1_700_000_000_001, value: null },
            ],
            { codec },
          ),
        );
        await asker.produce(topic, batchOf(['b']));
        answers[codec] = {
          from0: await eachVersion(0, 4, (version) => fetched(asker, topic, 0, version)),
          from1: await eachVersion(0, 4, (version) => fetched(asker, topic, 1, version)),
          from2: await eachVersion(0, 4, (version) => fetched(asker, topic, 2, version)),
        };
      }
      return answers;
    },
  },
  {
    name: 'legacy fetch: with message.downconversion.enable off',
    async run(asker) {
      const topic = await asker.topic('t', {
        configs: { 'message.downconversion.enable': 'false' },
      });
      await asker.produce(topic, batchOf(['b']));
      return eachVersion(0, 5, (version) => fetched(asker, topic, 0, version));
    },
  },
  {
    name: 'legacy fetch: batches larger than the limit',
    async run(asker) {
      const topic = await asker.topic('t');
      await asker.produce(topic, batchOf(['x'.repeat(2000)]));
      await asker.produce(topic, batchOf(['y']));
      return eachVersion(0, 5, async (version) => {
        const { responses } = await asker.raw('Fetch', version, {
          maxWaitMs: 0,
          minBytes: 0,
          topics: [{ topic, partitions: [{ partition: 0, partitionMaxBytes: 100 }] }],
        });
        const row = responses[0]?.partitions[0];
        return {
          error: row?.errorCode,
          size: row?.records === null ? 'null' : row?.records.length,
        };
      });
    },
  },
];
