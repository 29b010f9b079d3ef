import { gzipSync } from 'node:zlib';
import { codecByName, lz4ForMagic0 } from '../../../../src/compression/index.ts';
import { batchOf } from '../../../support/topics.ts';
import type { Json } from '../normalise.ts';
import { type Asker, type Probe, rowOf } from '../probe.ts';
import { damaged, type MessageOptions, message } from './legacy-sets.ts';
import { isRefused } from './produce.ts';

/** How a message set can be compressed: bytes in, what a wrapper's value holds out. */
interface Compression {
  readonly id: number;
  compress(bytes: Buffer): Buffer;
}

/** Snappy with literals only, as a block without the framing of the Java library. */
function rawSnappy(bytes: Buffer): Buffer {
  const size: number[] = [];
  let rest = bytes.length;
  for (; rest >= 0x80; rest >>>= 7) size.push((rest & 0x7f) | 0x80);
  size.push(rest);
  const parts: Buffer[] = [Buffer.from(size)];
  for (let at = 0; at < bytes.length; at += 60) {
    const literal = bytes.subarray(at, at + 60);
    parts.push(Buffer.from([(literal.length - 1) << 2]), literal);
  }
  return Buffer.concat(parts);
}

const COMPRESSIONS: Readonly<Record<string, Compression>> = {
  gzip: { id: 1, compress: (bytes) => gzipSync(bytes) },
  'snappy xerial': { id: 2, compress: (bytes) => codecByName('snappy').compress(bytes) },
  'snappy raw': { id: 2, compress: rawSnappy },
  lz4: { id: 3, compress: (bytes) => codecByName('lz4').compress(bytes) },
  'lz4 old checksum': { id: 3, compress: (bytes) => lz4ForMagic0.compress(bytes) },
  zstd: { id: 4, compress: (bytes) => codecByName('zstd').compress(bytes) },
};

const MAGICS = [0, 1] as const;

/** Produces each set to a partition of its own, and reads back what is there then. */
async function fates(
  asker: Asker,
  sets: Readonly<Record<string, Buffer>>,
  {
    version = 2,
    configs = {},
  }: { version?: number; configs?: Readonly<Record<string, string>> } = {},
): Promise<Record<string, Json>> {
  const topic = await asker.newTopic({ partitions: Object.keys(sets).length, configs });
  const answers: Record<string, Json> = {};
  for (const [partition, [name, set]] of Object.entries(sets).entries()) {
    const row = await asker.produce(topic, set, { version, partition });
    if (isRefused(row)) delete row['logStartOffset'];
    if (isRefused(row) || typeof row === 'object') delete (row as Record<string, Json>)['index'];
    const answer = await asker.ask('Fetch', 12, {
      maxWaitMs: 0,
      minBytes: 0,
      topics: [
        { topic, partitions: [{ partition, fetchOffset: 0, partitionMaxBytes: 1_000_000 }] },
      ],
    });
    const fetched = rowOf(answer, 'responses', 'partitions') as Record<string, Json>;
    answers[name] = {
      row,
      end: fetched['highWatermark'] ?? null,
      records: fetched['records'] ?? null,
    };
  }
  return answers;
}

/** Three messages as the insides of a compressed one, each with these changes. */
function inner(magic: 0 | 1, offsets = [0n, 1n, 2n], changes: MessageOptions = {}): Buffer {
  return Buffer.concat(
    offsets.map((offset, index) =>
      message({
        magic,
        offset,
        key: `k${index}`,
        value: `value ${index} `.repeat(10),
        timestamp: 1_700_000_000_000n + BigInt(index),
        ...changes,
      }),
    ),
  );
}

function wrapped(
  compression: Compression,
  magic: 0 | 1,
  insides: Buffer,
  options: MessageOptions = {},
): Buffer {
  return message({
    magic,
    attributes: compression.id,
    offset: 2n,
    timestamp: 1_700_000_000_002n,
    value: compression.compress(insides),
    ...options,
  });
}

function eachCodec<T>(magic: 0 | 1, make: (compression: Compression) => T): Record<string, T> {
  return Object.fromEntries(
    Object.entries(COMPRESSIONS).map(([name, compression]) => [
      `${name} ${magic}`,
      make(compression),
    ]),
  );
}

const SIZE_AT = 8;

function resized(set: Buffer, size: number): Buffer {
  const copy = Buffer.from(set);
  copy.writeInt32BE(size, SIZE_AT);
  return copy;
}

export const legacyDamageProbes: readonly Probe[] = [
  {
    name: 'legacy damage: every codec, intact, at every version',
    async run(asker) {
      const answers: Record<string, unknown> = {};
      for (const magic of MAGICS) {
        const sets = eachCodec(magic, (compression) => wrapped(compression, magic, inner(magic)));
        sets[`none ${magic}`] = inner(magic);
        for (const version of [0, 1, 2]) {
          answers[`magic ${magic} v${version}`] = await fates(asker, sets, { version });
        }
      }
      return answers;
    },
  },
  {
    name: 'legacy damage: batches of today by codec at old versions',
    async run(asker) {
      const sets = Object.fromEntries(
        (['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const).map((codec) => [
          codec,
          batchOf(['a', 'b'], { codec }),
        ]),
      );
      const answers: Record<string, unknown> = {};
      for (const version of [0, 1, 2, 3, 6, 7]) {
        answers[`v${version}`] = await fates(asker, sets, { version });
      }
      return answers;
    },
  },
  {
    name: 'legacy damage: plain sets that are cut off',
    async run(asker) {
      const answers: Record<string, unknown> = {};
      for (const magic of MAGICS) {
        const first = message({ magic, key: 'k', value: 'a value' });
        const second = message({ magic, offset: 1n, value: 'another' });
        const sets: Record<string, Buffer> = {};
        for (const length of [1, 8, 11, 12, 13, 16, 17, 18, 22, 25, 26, first.length - 1]) {
          sets[`first cut at ${length}`] = first.subarray(0, length);
        }
        for (const length of [1, 11, 12, 16, 17, 25, second.length - 1]) {
          sets[`second cut at ${length}`] = Buffer.concat([first, second.subarray(0, length)]);
        }
        sets['zeros behind'] = Buffer.concat([first, Buffer.alloc(40)]);
        sets['few zeros behind'] = Buffer.concat([first, Buffer.alloc(10)]);
        answers[`magic ${magic}`] = await fates(asker, sets);
      }
      return answers;
    },
  },
  {
    name: 'legacy damage: sizes and checksums of plain messages',
    async run(asker) {
      const answers: Record<string, unknown> = {};
      for (const magic of MAGICS) {
        const good = message({ magic, key: 'k', value: 'a value' });
        const after = message({ magic, offset: 1n, value: 'after it' });
        const least = magic === 0 ? 14 : 22;
        const sets: Record<string, Buffer> = {
          crc: damaged(good, 13),
          crcOfSecond: Buffer.concat([good, damaged(after, 13)]),
          key: damaged(good, magic === 0 ? 22 : 30),
          value: damaged(good, good.length - 1),
          sizeZero: resized(good, 0),
          sizeNegative: resized(good, -1),
          sizeLeast: resized(good, least),
          sizeBelowLeast: resized(good, least - 1),
          size14: resized(good, 14),
          size13: resized(good, 13),
          sizeHuge: resized(good, 0x7fffffff),
          sizeShorter: resized(good, good.length - 12 - 1),
          sizeLonger: resized(Buffer.concat([good, after]), good.length - 12 + 1),
          secondSizeZero: Buffer.concat([good, resized(after, 0)]),
          secondSizeNegative: Buffer.concat([good, resized(after, -7)]),
          secondSizeHuge: Buffer.concat([good, resized(after, 0x7fffffff)]),
          keyBelowNull: message({ magic, key: 'k', keySize: -2 }),
          keyTooLong: message({ magic, key: 'k', keySize: 100 }),
          keyHuge: message({ magic, key: 'k', keySize: 0x7fffffff }),
          valueBelowNull: message({ magic, value: null, valueSize: -2 }),
          valueTooLong: message({ magic, valueSize: 100 }),
          valueHuge: message({ magic, valueSize: 0x7fffffff }),
          valueTooShort: message({ magic, value: 'abc', valueSize: 1 }),
          moreBehindValue: message({ magic, trailer: Buffer.from('more') }),
          magic3: message({ magic: 3 }),
          magicNegative: message({ magic: -1 & 0xff }),
          attributes10: message({ magic, attributes: 0x10 }),
          attributes80: message({ magic, attributes: 0x80 }),
          attributesF0: message({ magic, attributes: 0xf0 }),
          timestampType: message({ magic, attributes: 8 }),
          codec5: message({ magic, attributes: 5 }),
          codec6: message({ magic, attributes: 6 }),
          codec7: message({ magic, attributes: 7 }),
          offsets: Buffer.concat([good, message({ magic, offset: 0n })]),
          offsetsDown: Buffer.concat([
            message({ magic, offset: 9n }),
            message({ magic, offset: 3n }),
          ]),
          offsetNegative: message({ magic, offset: -5n }),
          offsetHuge: message({ magic, offset: 2n ** 62n }),
        };
        answers[`magic ${magic}`] = await fates(asker, sets);
      }
      return answers;
    },
  },
  {
    name: 'legacy damage: compressed messages as a whole',
    async run(asker) {
      const answers: Record<string, unknown> = {};
      for (const magic of MAGICS) {
        const put = (name: string, make: (compression: Compression) => Buffer) => {
          for (const [codec, set] of Object.entries(eachCodec(magic, make))) {
            sets[`${codec} ${name}`] = set;
          }
        };
        const sets: Record<string, Buffer> = {};
        put('null', (compression) => wrapped(compression, magic, inner(magic), { value: null }));
        put('no bytes', (compression) =>
          wrapped(compression, magic, inner(magic), { value: Buffer.alloc(0) }),
        );
        put('nothing inside', (compression) => wrapped(compression, magic, Buffer.alloc(0)));
        put('not compressed', (compression) =>
          wrapped(compression, magic, inner(magic), { value: inner(magic) }),
        );
        put('outer checksum', (compression) =>
          damaged(wrapped(compression, magic, inner(magic)), 13),
        );
        put('cut off', (compression) => wrapped(compression, magic, inner(magic)).subarray(0, -3));
        put('with a key', (compression) => wrapped(compression, magic, inner(magic), { key: 'k' }));
        put('twice', (compression) =>
          Buffer.concat([0, 1].map(() => wrapped(compression, magic, inner(magic)))),
        );
        put('behind a plain one', (compression) =>
          Buffer.concat([message({ magic }), wrapped(compression, magic, inner(magic))]),
        );
        put('before a plain one', (compression) =>
          Buffer.concat([wrapped(compression, magic, inner(magic)), message({ magic })]),
        );
        answers[`magic ${magic}`] = await fates(asker, sets);
      }
      return answers;
    },
  },
  {
    name: 'legacy damage: inside the compressed stream',
    async run(asker) {
      const answers: Record<string, unknown> = {};
      for (const magic of MAGICS) {
        const sets: Record<string, Buffer> = {};
        for (const [codec, compression] of Object.entries(COMPRESSIONS)) {
          if (codec === 'zstd') continue;
          const stream = compression.compress(inner(magic));
          const put = (name: string, value: Buffer) => {
            sets[`${codec} ${name}`] = wrapped(compression, magic, inner(magic), { value });
          };
          for (const length of [1, 4, 9, 20, Math.floor(stream.length / 2)]) {
            put(`cut at ${length}`, stream.subarray(0, length));
          }
          put('cut by 1', stream.subarray(0, -1));
          put('cut by 9', stream.subarray(0, -9));
          put('more behind', Buffer.concat([stream, Buffer.from('more')]));
          put('twice', Buffer.concat([stream, stream]));
          put('first byte', damaged(stream, 0));
          put('in the middle', damaged(stream, Math.floor(stream.length / 2)));
        }
        answers[`magic ${magic}`] = await fates(asker, sets);
      }
      return answers;
    },
  },
  {
    name: 'legacy damage: the messages inside',
    async run(asker) {
      const answers: Record<string, unknown> = {};
      for (const magic of MAGICS) {
        const other = magic === 0 ? 1 : 0;
        const gzip = COMPRESSIONS['gzip']!;
        const good = inner(magic);
        const one = message({ magic, value: 'one' });
        const insides: Record<string, Buffer> = {
          checksum: damaged(good, 13),
          checksumOfLast: damaged(good, good.length - 1),
          cutInHeader: good.subarray(0, 7),
          cutInFirst: good.subarray(0, 20),
          cutInLast: good.subarray(0, -3),
          cutInLastHeader: good.subarray(0, Math.floor((good.length / 3) * 2) + 5),
          bytesBehind: Buffer.concat([good, Buffer.from('12345')]),
          zerosBehind: Buffer.concat([good, Buffer.alloc(40)]),
          zeros: Buffer.alloc(64),
          manyZeros: Buffer.alloc(100_000),
          otherMagic: inner(other),
          otherMagicLast: Buffer.concat([one, message({ magic: other, offset: 1n })]),
          batch: batchOf(['x']),
          magic3: message({ magic: 3 }),
          sizeZero: resized(one, 0),
          sizeNegative: resized(one, -1),
          size13: resized(one, 13),
          sizeBelowLeast: resized(one, magic === 0 ? 13 : 21),
          sizeHuge: resized(one, 0x7fffffff),
          size100M: resized(one, 100_000_000),
          keyBelowNull: message({ magic, key: 'k', keySize: -2 }),
          keyTooLong: message({ magic, key: 'k', keySize: 100 }),
          valueTooLong: message({ magic, valueSize: 100 }),
          valueTooShort: message({ magic, value: 'abc', valueSize: 1 }),
          moreBehindValue: message({ magic, trailer: Buffer.from('more') }),
          compressedInside: wrapped(gzip, magic, good),
          compressedAmong: Buffer.concat([one, wrapped(gzip, magic, good)]),
          saysCompressed: message({ magic, attributes: 1 }),
          codec5Inside: message({ magic, attributes: 5 }),
          timestampTypeInside: message({ magic, attributes: 8 }),
          unusedAttributesInside: message({ magic, attributes: 0xf0 }),
          timestampNegative: message({ magic, timestamp: -1n }),
          nulls: message({ magic, key: null, value: null }),
        };
        const sets = Object.fromEntries(
          Object.entries(insides).map(([name, bytes]) => [name, wrapped(gzip, magic, bytes)]),
        );
        sets['wrapperTimestampType'] = wrapped(gzip, magic, good, { attributes: 1 | 8 });
        sets['wrapperUnusedAttributes'] = wrapped(gzip, magic, good, { attributes: 1 | 0xf0 });
        sets['codec5'] = wrapped(gzip, magic, good, { attributes: 5 });
        sets['codec7'] = wrapped(gzip, magic, good, { attributes: 7 });
        sets['wrapperTimestampNegative'] = wrapped(gzip, magic, good, { timestamp: -1n });
        answers[`magic ${magic}`] = await fates(asker, sets);
      }
      return answers;
    },
  },
  {
    name: 'legacy damage: offsets inside',
    async run(asker) {
      const answers: Record<string, unknown> = {};
      const offsets: Readonly<Record<string, readonly bigint[]>> = {
        fromOne: [1n, 2n, 3n],
        absolute: [100n, 101n, 102n],
        gaps: [0n, 5n, 9n],
        down: [2n, 1n, 0n],
        downLate: [0n, 2n, 1n],
        equal: [0n, 0n, 0n],
        negative: [-3n, -2n, -1n],
        huge: [2n ** 62n, 2n ** 62n + 1n, 2n ** 62n + 2n],
        lastNegative: [0n, 1n, -1n],
      };
      const wrappers: readonly bigint[] = [0n, 1n, 2n, 102n, -1n, 2n ** 62n];
      for (const magic of MAGICS) {
        const sets: Record<string, Buffer> = {};
        for (const codec of ['gzip', 'snappy xerial', 'lz4'] as const) {
          for (const [name, list] of Object.entries(offsets)) {
            for (const offset of wrappers) {
              if (codec !== 'gzip' && offset !== 2n) continue;
              const insides = inner(magic, [...list]);
              sets[`${codec} ${name} in ${offset}`] = wrapped(
                COMPRESSIONS[codec]!,
                magic,
                insides,
                {
                  offset,
                },
              );
            }
          }
        }
        answers[`magic ${magic}`] = await fates(asker, sets);
      }
      return answers;
    },
  },
  {
    name: 'legacy damage: what compresses very well',
    async run(asker) {
      const answers: Record<string, unknown> = {};
      for (const magic of MAGICS) {
        const value = Buffer.alloc(3_000_000);
        const sets = {
          largeRecord: wrapped(COMPRESSIONS['gzip']!, magic, message({ magic, value })),
          largeRecordSnappy: wrapped(
            COMPRESSIONS['snappy xerial']!,
            magic,
            message({ magic, value }),
          ),
          manyRecords: wrapped(
            COMPRESSIONS['gzip']!,
            magic,
            Buffer.concat(
              Array.from({ length: 20_000 }, (_, n) => message({ magic, offset: BigInt(n) })),
            ),
          ),
          zeros: wrapped(COMPRESSIONS['gzip']!, magic, Buffer.alloc(5_000_000)),
        };
        const rows = await fates(asker, sets);
        for (const row of Object.values(rows)) delete (row as Record<string, Json>)['records'];
        answers[`magic ${magic}`] = rows;
        answers[`magic ${magic}, uncompressed`] = await fates(asker, sets, {
          configs: { 'compression.type': 'uncompressed' },
        }).then((all) => {
          for (const row of Object.values(all)) delete (row as Record<string, Json>)['records'];
          return all;
        });
      }
      return answers;
    },
  },
];
