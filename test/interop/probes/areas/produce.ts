import { type CodecName, codecByName } from '../../../../src/compression/index.ts';
import type { BatchOptions, RecordInput } from '../../../../src/protocol/records/batch-builder.ts';
import { crc32c } from '../../../../src/protocol/records/crc32c.ts';
import { batchOf } from '../../../support/topics.ts';
import type { Json } from '../normalise.ts';
import { type Asker, eachVersion, inTurn, LITTLE_PATIENCE_MS, type Probe } from '../probe.ts';

/** A batch with bytes changed and, unless `keepCrc`, a right checksum. */
function changed(
  change: (batch: Buffer) => void,
  {
    values = ['a', 'b'] as readonly (string | RecordInput)[],
    keepCrc = false,
    ...options
  }: BatchOptions & {
    values?: readonly (string | RecordInput)[];
    keepCrc?: boolean;
  } = {},
): Buffer {
  const batch = Buffer.from(batchOf(values, options));
  change(batch);
  if (!keepCrc) batch.writeUInt32BE(crc32c(batch.subarray(21)), 17);
  return batch;
}

/** A batch whose records are changed before they are compressed, with a right checksum. */
function recompressed(
  values: readonly string[],
  codec: CodecName,
  change: (records: Buffer) => Buffer | number,
): Buffer {
  const plain = Buffer.from(batchOf(values));
  const records = plain.subarray(61);
  const after = change(records);
  const { id, compress } = codecByName(codec);
  const body = compress(typeof after === 'number' ? records : after);
  const batch = Buffer.concat([plain.subarray(0, 61), body]);
  batch.writeInt32BE(batch.length - 12, 8);
  batch.writeInt16BE(id, 21);
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17);
  return batch;
}

/** Each batch to a topic of its own: the row of the answer, and what can be fetched then. */
async function fates(
  asker: Asker,
  batches: Readonly<Record<string, Buffer | null>>,
  configs: Readonly<Record<string, string>> = {},
  version = 9,
): Promise<Record<string, Json>> {
  const answers: Record<string, Json> = {};
  for (const [name, batch] of Object.entries(batches)) {
    const topic = await asker.newTopic({ configs });
    const patience = batch === null ? { patienceMs: LITTLE_PATIENCE_MS } : {};
    const row = await asker.produce(topic, batch, { version, ...patience });
    if (isRefused(row)) delete row['logStartOffset'];
    answers[name] = { row, fetched: await fetched(asker, topic) };
  }
  return answers;
}

/** A refusal's log start offset means nothing: Kafka has -1 or the offset, by where it noticed. */
export function isRefused(row: Json): row is { [name: string]: Json } {
  return (
    row !== null && typeof row === 'object' && !Array.isArray(row) && row['errorCode'] !== 'NONE'
  );
}

/** Everything in the first partition. */
export async function fetched(
  asker: Asker,
  topic: string,
  offset = 0,
  version = 12,
): Promise<Json> {
  const answer = await asker.raw('Fetch', version, {
    maxWaitMs: 0,
    minBytes: 0,
    topics: [
      { topic, partitions: [{ partition: 0, fetchOffset: offset, partitionMaxBytes: 1_000_000 }] },
    ],
  });
  const row = answer.responses[0]?.partitions[0];
  if (!row) return 'no row';
  const { errorCode, highWatermark, records } = row;
  return asker.normal({ errorCode, highWatermark, records });
}

const LONG_AGO = 1_000_000_000_000;

export const produceProbes: readonly Probe[] = [
  {
    name: 'produce: the answer at every version',
    async run(asker) {
      const topic = await asker.topic('t');
      return eachVersion(3, 11, (version) =>
        asker.ask('Produce', version, {
          acks: 1,
          timeoutMs: 1000,
          topicData: [
            { name: topic, partitionData: [{ index: 0, records: batchOf(['x']) }] },
            { name: asker.name('unknown'), partitionData: [{ index: 3, records: batchOf(['x']) }] },
          ],
        }),
      );
    },
  },
  {
    name: 'produce: headers that contradict the batch',
    run: (asker) =>
      fates(asker, {
        good: batchOf(['a', 'b']),
        wrongCrc: changed((batch) => batch.writeUInt8(batch.at(-1)! ^ 1, batch.length - 1), {
          keepCrc: true,
        }),
        countTooHigh: changed((batch) => batch.writeInt32BE(3, 57)),
        countTooLow: changed((batch) => batch.writeInt32BE(1, 57)),
        countZero: changed((batch) => batch.writeInt32BE(0, 57)),
        countNegative: changed((batch) => batch.writeInt32BE(-1, 57)),
        deltaTooHigh: changed((batch) => batch.writeInt32BE(2, 23)),
        deltaTooLow: changed((batch) => batch.writeInt32BE(0, 23)),
        deltaNegative: changed((batch) => batch.writeInt32BE(-1, 23)),
        countAndDeltaTooHigh: changed((batch) => {
          batch.writeInt32BE(3, 57);
          batch.writeInt32BE(2, 23);
        }),
        countAndDeltaTooLow: changed((batch) => {
          batch.writeInt32BE(1, 57);
          batch.writeInt32BE(0, 23);
        }),
        baseOffsetSet: changed((batch) => batch.writeBigInt64BE(77n, 0)),
        baseOffsetNegative: changed((batch) => batch.writeBigInt64BE(-5n, 0)),
        leaderEpochSet: changed((batch) => batch.writeInt32BE(9, 12)),
        magic3: changed((batch) => batch.writeInt8(3, 16)),
        magicNegative: changed((batch) => batch.writeInt8(-1, 16)),
        magic1: changed((batch) => batch.writeInt8(1, 16)),
        control: batchOf(['a'], { control: true }),
        transactional: batchOf(['a'], {
          transactional: true,
          producerId: 9,
          producerEpoch: 0,
          baseSequence: 0,
        }),
        unusedAttributes: changed((batch) => batch.writeInt16BE(0x0100, 21)),
        codec5: changed((batch) => batch.writeInt16BE(5, 21)),
        codec7: changed((batch) => batch.writeInt16BE(7, 21)),
        appendTimeSet: changed((batch) => batch.writeInt16BE(8, 21)),
        deleteHorizonSet: changed((batch) => batch.writeInt16BE(0x40, 21)),
        lengthTooLong: changed((batch) => batch.writeInt32BE(batch.length - 12 + 1, 8), {
          keepCrc: true,
        }),
        lengthTooShort: changed((batch) => batch.writeInt32BE(batch.length - 12 - 1, 8), {
          keepCrc: true,
        }),
        lengthZero: changed((batch) => batch.writeInt32BE(0, 8), { keepCrc: true }),
        lengthNegative: changed((batch) => batch.writeInt32BE(-1, 8), { keepCrc: true }),
        length13: changed((batch) => batch.writeInt32BE(13, 8), { keepCrc: true }),
        length48: changed((batch) => batch.writeInt32BE(48, 8), { keepCrc: true }),
        maxTimestampTooHigh: changed((batch) => batch.writeBigInt64BE(1_700_000_000_999n, 35)),
        maxTimestampNone: changed((batch) => batch.writeBigInt64BE(-1n, 35)),
        baseTimestampNegative: changed((batch) => batch.writeBigInt64BE(-1n, 27)),
        maxTimestampBelowNone: changed((batch) => batch.writeBigInt64BE(-2n, 35)),
      }),
  },
  {
    name: 'produce: bytes that are no batch',
    run: (asker) => {
      const good = batchOf(['a']);
      return fates(asker, {
        null: null,
        empty: Buffer.alloc(0),
        one: Buffer.alloc(1),
        sixteen: good.subarray(0, 16),
        seventeen: good.subarray(0, 17),
        header: good.subarray(0, 61),
        cutOff: good.subarray(0, good.length - 1),
        two: Buffer.concat([good, good]),
        bytesAfter: Buffer.concat([good, Buffer.from('12345')]),
        partOfAnotherAfter: Buffer.concat([good, good.subarray(0, 40)]),
        zeros: Buffer.alloc(80),
      });
    },
  },
  {
    name: 'produce: records that contradict the batch',
    run: (asker) => {
      const body = (batch: Buffer) => batch.subarray(61);
      return fates(asker, {
        recordLengthTooLong: changed((batch) => body(batch).writeUInt8(0x7e, 0)),
        recordLengthTooShort: changed((batch) => body(batch).writeUInt8(2, 0)),
        recordLengthZero: changed((batch) => body(batch).writeUInt8(0, 0)),
        recordLengthNegative: changed((batch) => body(batch).writeUInt8(1, 0)),
        recordAttributes: changed((batch) => body(batch).writeUInt8(1, 1)),
        timestampDelta: changed((batch) => body(batch).writeUInt8(20, 2)),
        offsetDelta: changed((batch) => body(batch).writeUInt8(4, 3)),
        offsetDeltaNegative: changed((batch) => body(batch).writeUInt8(1, 3)),
        keyLength: changed((batch) => body(batch).writeUInt8(40, 4)),
        keyLengthBelowNull: changed((batch) => body(batch).writeUInt8(3, 4)),
        valueLength: changed((batch) => body(batch).writeUInt8(40, 5)),
        headerCount: changed((batch) => body(batch).writeUInt8(4, 7)),
        headerCountNegative: changed((batch) => body(batch).writeUInt8(1, 7)),
        nullHeaderKey: changed((batch) => batch.writeUInt8(1, batch.length - 4), {
          values: [{ timestamp: LONG_AGO, value: 'v', headers: [{ key: 'k', value: 'h' }] }],
        }),
        nullHeaderValue: batchOf([
          { timestamp: LONG_AGO, value: 'v', headers: [{ key: 'k', value: null }] },
        ]),
        gapInOffsets: batchOf([
          { timestamp: LONG_AGO, value: 'a' },
          { timestamp: LONG_AGO, value: 'b', offsetDelta: 5 },
        ]),
        emptyKeyAndValue: batchOf([{ timestamp: LONG_AGO, key: '', value: '' }]),
        nullKeyAndValue: batchOf([{ timestamp: LONG_AGO, key: null, value: null }]),
      });
    },
  },
  {
    name: 'produce: damaged records behind a codec',
    async run(asker) {
      const answers: Record<string, unknown> = {};
      for (const codec of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
        const values = ['aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'bbbbbbbbbbbbbbbbbbbbbbbbbbb'];
        answers[codec] = await fates(asker, {
          good: batchOf(values, { codec }),
          countTooHigh: changed((batch) => batch.writeInt32BE(3, 57), { values, codec }),
          countTooLow: changed((batch) => batch.writeInt32BE(1, 57), { values, codec }),
          countAndDeltaTooHigh: changed(
            (batch) => {
              batch.writeInt32BE(3, 57);
              batch.writeInt32BE(2, 23);
            },
            { values, codec },
          ),
          damagedWithin: recompressed(values, codec, (records) => records.writeUInt8(0x7e, 0)),
          cutWithin: recompressed(values, codec, (records) => records.subarray(0, 9)),
          moreWithin: recompressed(values, codec, (records) => Buffer.concat([records, records])),
          offsetsWithin: recompressed(values, codec, (records) => records.writeUInt8(8, 3)),
          noStream: changed((batch) => batch.fill(0, 61), { values, codec }),
          control: batchOf(values, { codec, control: true }),
        });
      }
      return answers;
    },
  },
  {
    name: 'produce: acks and timeouts',
    async run(asker) {
      const topic = await asker.topic('t');
      const acks = (value: number, timeoutMs = 1000) =>
        asker.ask('Produce', 9, {
          acks: value,
          timeoutMs,
          topicData: [{ name: topic, partitionData: [{ index: 0, records: batchOf(['x']) }] }],
        });
      return inTurn({
        two: () => acks(2),
        minusTwo: () => acks(-2),
        one: () => acks(1),
        all: () => acks(-1),
        allTimeout0: () => acks(-1, 0),
        allTimeoutNegative: () => acks(-1, -1),
        noTopics: () => asker.ask('Produce', 9, { acks: 1, timeoutMs: 1000, topicData: [] }),
        noTopicsBadAcks: () => asker.ask('Produce', 9, { acks: 5, timeoutMs: 1000, topicData: [] }),
        noPartitions: () =>
          asker.ask('Produce', 9, {
            acks: 1,
            timeoutMs: 1000,
            topicData: [{ name: topic, partitionData: [] }],
          }),
        end: () => fetched(asker, topic),
      });
    },
  },
  {
    name: 'produce: acks 0 is silent, and an error closes',
    async run(asker) {
      const topic = await asker.topic('t');
      const send = async (name: string, records: Buffer) => {
        const client = await asker.connect();
        const body = {
          acks: 0,
          timeoutMs: 1000,
          topicData: [{ name, partitionData: [{ index: 0, records }] }],
        };
        const { ProduceRequest } = await import('../../../../src/protocol/messages/00-produce.ts');
        client.send(ProduceRequest, 9, body);
        return asker.ask('Heartbeat', 0, { groupId: '' }, { on: client });
      };
      return inTurn({
        good: () => send(topic, batchOf(['x'])),
        unknown: () => send(asker.name('unknown'), batchOf(['x'])),
        damaged: () =>
          send(
            topic,
            changed((batch) => batch.writeInt32BE(9, 57)),
          ),
        end: () => fetched(asker, topic),
      });
    },
  },
  {
    name: 'produce: topics and partitions that do not exist or cannot be written',
    async run(asker) {
      const topic = await asker.topic('t');
      const to = (name: string, index: number) =>
        asker.ask('Produce', 9, {
          acks: 1,
          timeoutMs: 1000,
          topicData: [{ name, partitionData: [{ index, records: batchOf(['x']) }] }],
        });
      await asker.ask('FindCoordinator', 0, { key: asker.name('g') });
      await asker.settled('__consumer_offsets');
      return inTurn({
        unknownTopic: () => to(asker.name('unknown'), 0),
        unknownPartition: () => to(topic, 9),
        negativePartition: () => to(topic, -1),
        badName: () => to('b a d', 0),
        emptyName: () => to('', 0),
        internal: () => to('__consumer_offsets', 0),
        internalMissingPartition: () => to('__consumer_offsets', 99),
        notCreated: async () => {
          const { topics } = await asker.raw('Metadata', 9, {
            topics: [{ name: asker.name('unknown') }],
            allowAutoTopicCreation: false,
          });
          return asker.normal(topics);
        },
        partitionTwice: () =>
          asker.ask('Produce', 9, {
            acks: 1,
            timeoutMs: 1000,
            topicData: [
              {
                name: topic,
                partitionData: [
                  { index: 0, records: batchOf(['x']) },
                  { index: 0, records: batchOf(['y']) },
                ],
              },
            ],
          }),
        topicTwice: () =>
          asker.ask('Produce', 9, {
            acks: 1,
            timeoutMs: 1000,
            topicData: ['x', 'y'].map((value) => ({
              name: topic,
              partitionData: [{ index: 0, records: batchOf([value]) }],
            })),
          }),
        end: () => fetched(asker, topic),
      });
    },
  },
  {
    name: 'produce: LogAppendTime',
    run: (asker) =>
      fates(
        asker,
        {
          plain: batchOf(['a', 'b']),
          gzip: batchOf(['a', 'b'], { codec: 'gzip' }),
          noTimestamp: batchOf([{ value: 'a' }]),
          appendTimeSet: changed((batch) => batch.writeInt16BE(8, 21)),
          future: batchOf([{ timestamp: 32_503_680_000_000, value: 'a' }]),
        },
        { 'message.timestamp.type': 'LogAppendTime' },
      ),
  },
  {
    name: 'produce: timestamps',
    run: (asker) =>
      fates(asker, {
        none: batchOf([{ value: 'a' }]),
        zero: batchOf([{ timestamp: 0, value: 'a' }]),
        negative: batchOf([{ timestamp: -2, value: 'a' }]),
        future: batchOf([{ timestamp: 32_503_680_000_000, value: 'a' }]),
        unordered: batchOf([
          { timestamp: LONG_AGO + 5, value: 'a' },
          { timestamp: LONG_AGO, value: 'b' },
          { timestamp: LONG_AGO + 9, value: 'c' },
          { timestamp: LONG_AGO + 1, value: 'd' },
        ]),
        unorderedGzip: batchOf(
          [
            { timestamp: LONG_AGO + 5, value: 'a' },
            { timestamp: LONG_AGO, value: 'b' },
          ],
          { codec: 'gzip' },
        ),
      }),
  },
  {
    name: 'produce: timestamps out of bounds',
    async run(asker) {
      const now = Date.now();
      const at = (...timestamps: number[]) =>
        batchOf(timestamps.map((timestamp) => ({ timestamp, value: 'x' })));
      const batches = {
        now: at(now),
        past: at(now - 7_200_000),
        future: at(now + 7_200_000),
        pastAndNow: at(now - 7_200_000, now, now - 7_200_000),
        none: batchOf([{ value: 'x' }]),
        gzipPast: batchOf([{ timestamp: now - 7_200_000, value: 'x' }], { codec: 'gzip' }),
      };
      const strip = (answers: Record<string, Json>) =>
        Object.fromEntries(
          Object.entries(answers).map(([name, answer]) => [
            name,
            JSON.parse(
              JSON.stringify(answer)
                .replace(/\d{13}/g, '"time"')
                .replaceAll('""time""', '"time"')
                .replace(/@"time"/g, '@time'),
            ),
          ]),
        );
      return {
        before: strip(
          await fates(asker, batches, { 'message.timestamp.before.max.ms': '3600000' }),
        ),
        after: strip(await fates(asker, batches, { 'message.timestamp.after.max.ms': '3600000' })),
        difference: strip(
          await fates(asker, batches, { 'message.timestamp.difference.max.ms': '3600000' }),
        ),
        v5: strip(await fates(asker, batches, { 'message.timestamp.before.max.ms': '3600000' }, 5)),
      };
    },
  },
  {
    name: 'produce: compacted topics want keys',
    run: async (asker) => {
      const records: RecordInput[] = [
        { timestamp: LONG_AGO, key: 'k', value: 'a' },
        { timestamp: LONG_AGO, value: 'b' },
        { timestamp: LONG_AGO, key: '', value: 'c' },
        { timestamp: LONG_AGO, value: 'd' },
      ];
      const batches = {
        plain: batchOf(records),
        gzip: batchOf(records, { codec: 'gzip' }),
        keyed: batchOf([records[0]!, records[2]!]),
        tombstone: batchOf([{ timestamp: LONG_AGO, key: 'k', value: null }]),
      };
      return {
        v9: await fates(asker, batches, { 'cleanup.policy': 'compact' }),
        both: await fates(asker, batches, { 'cleanup.policy': 'compact,delete' }),
        v7: await fates(asker, batches, { 'cleanup.policy': 'compact' }, 7),
      };
    },
  },
  {
    name: 'produce: the size of a batch',
    async run(asker) {
      const value = 'x'.repeat(1000);
      const batch = batchOf([value]);
      const sizes: Record<string, unknown> = {};
      for (const less of [0, 1]) {
        sizes[`limit ${less} below`] = await fates(
          asker,
          { plain: batch, gzip: batchOf([value], { codec: 'gzip' }) },
          { 'max.message.bytes': String(batch.length - less) },
        );
      }
      sizes['default'] = await fates(asker, {
        exact: batchOf(['x'.repeat(1_048_588 - 73)]),
        above: batchOf(['x'.repeat(1_048_588 - 72)]),
      });
      sizes['segment'] = await fates(
        asker,
        { above: batchOf(['x'.repeat(3000)]) },
        { 'segment.bytes': '2000', 'max.message.bytes': '5000' },
      );
      return sizes;
    },
  },
  {
    name: 'produce: codecs of the topic',
    async run(asker) {
      const answers: Record<string, unknown> = {};
      for (const type of ['producer', 'uncompressed', 'gzip', 'snappy', 'lz4', 'zstd']) {
        answers[type] = await fates(
          asker,
          {
            none: batchOf(['a', 'b']),
            gzip: batchOf(['a', 'b'], { codec: 'gzip' }),
            zstd: batchOf(['a', 'b'], { codec: 'zstd' }),
          },
          { 'compression.type': type },
        );
      }
      return answers;
    },
  },
  {
    name: 'produce: zstd by version',
    async run(asker) {
      const topic = await asker.topic('t');
      const zstd = batchOf(['x'], { codec: 'zstd' });
      return {
        versions: await eachVersion(3, 9, async (version) => {
          const row = await asker.produce(topic, zstd, { version });
          if (isRefused(row)) delete row['logStartOffset'];
          return row;
        }),
        fetch: await eachVersion(0, 12, (version) => fetched(asker, topic, 0, version)),
      };
    },
  },
  {
    name: 'produce: min.insync.replicas above what there is',
    run: (asker) =>
      inTurn({
        acks: async () => {
          const topic = await asker.topic('t', { configs: { 'min.insync.replicas': '2' } });
          return {
            all: await asker.produce(topic, batchOf(['x']), { acks: -1 }),
            one: await asker.produce(topic, batchOf(['x']), { acks: 1 }),
            fetched: await fetched(asker, topic),
          };
        },
      }),
  },
];
