// If this breaks, clients from before Kafka 0.11 cannot produce, or read wrong offsets, or are served
// bytes they cannot parse.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { CodecName } from '../../compression/index.ts';
import { buildBatch } from './batch-builder.ts';
import { buildEndTxnMarker } from './control-batch.ts';
import { LegacyMessageCursor, writeLegacyMessage } from './legacy-message.ts';
import { downConvert } from './legacy-message-set.ts';
import { readLegacyMessageSet } from './legacy-set-records.ts';
import { DOWN_CONVERSIONS, LEGACY_SETS } from './testing/legacy-sets.ts';

const CREATE_TIMES = [1_700_000_000_000, 1_699_999_999_000, 1_700_000_360_000];
const APPEND_TIME = 1_700_000_001_234;
const KEYS = [Buffer.from('k1'), null, Buffer.alloc(0)];
const VALUES = [Buffer.from('value one'), Buffer.alloc(0), null];

function read(set: Buffer) {
  const result = readLegacyMessageSet(set);
  assert.equal(result.kind, 'read', JSON.stringify(result.kind === 'rejected' && result));
  assert.ok(result.kind === 'read');
  return result;
}

for (const { madeBy, magic, codec, timestampType, hex } of LEGACY_SETS) {
  test(`a ${codec} set of magic ${magic} and ${timestampType} by ${madeBy} is read`, () => {
    const set = read(Buffer.from(hex, 'hex'));
    assert.equal(set.magic, magic);
    assert.equal(set.codec, codec);
    const times = timestampType === 'LogAppendTime' ? Array(3).fill(APPEND_TIME) : CREATE_TIMES;
    assert.deepEqual(
      set.records,
      KEYS.map((key, index) => ({
        offset: BigInt(index),
        timestamp: magic === 0 ? -1 : times[index],
        timestampType: magic === 0 ? 'CreateTime' : timestampType,
        key,
        value: VALUES[index],
      })),
    );
  });

  test(`a damaged ${codec} set of magic ${magic} and ${timestampType} is refused`, () => {
    const original = Buffer.from(hex, 'hex');
    const whole = read(original).records.length;
    for (let length = 0; length < original.length; length++) {
      const cut = readLegacyMessageSet(original.subarray(0, length));
      assert.ok(cut.kind === 'rejected' || cut.records.length < whole, `cut at ${length}`);
    }
    // Every byte of a message is under its checksum but offset, size and the checksum itself.
    for (let at = 8; at < original.length; at++) {
      if (codec === 'none' && at >= 37) break; // later messages also have unchecked offsets
      const changed = Buffer.from(original);
      changed[at]! ^= 0x01;
      const result = readLegacyMessageSet(changed);
      assert.ok(result.kind === 'rejected', `byte ${at}`);
    }
  });
}

test('the wrapper offset 0 of old librdkafka is taken as a base of 0', () => {
  const vector = LEGACY_SETS.find(({ magic, codec }) => magic === 1 && codec === 'gzip');
  const set = Buffer.from(vector?.hex ?? '', 'hex');
  set.writeBigInt64BE(0n, 0);
  assert.deepEqual(
    read(set).records.map(({ offset }) => offset),
    [0n, 1n, 2n],
  );
  set.writeBigInt64BE(1n, 0);
  const result = readLegacyMessageSet(set);
  assert.equal(result.kind === 'rejected' && result.error, 'INVALID_RECORD');
  set.writeBigInt64BE(102n, 0);
  assert.deepEqual(
    read(set).records.map(({ offset }) => offset),
    [100n, 101n, 102n],
  );
});

/** The first message of a set, as plain fields. */
function readLegacyMessage(set: Buffer) {
  const cursor = new LegacyMessageCursor(set);
  assert.ok(cursor.next());
  const { magic, storedOffset, codecId, timestampType, timestamp, key, value } = cursor;
  return { magic, storedOffset, codecId, timestampType, timestamp, key, value };
}

test('a set that is intact but against the rules is INVALID_RECORD', () => {
  const message = (magic: 0 | 1, value: Buffer | null, codecId = 0): Buffer =>
    writeLegacyMessage(
      { offset: 0, timestamp: 5, timestampType: 'CreateTime', key: null, value, codecId },
      magic,
    );
  const text = Buffer.from('text');
  const gzipped = LEGACY_SETS.filter(({ codec }) => codec === 'gzip').map(({ hex }) =>
    Buffer.from(hex, 'hex'),
  );
  const [gzip0, gzip1] = gzipped as [Buffer, Buffer];
  const inner = readLegacyMessage(gzip1).value;
  const cases: [string, Buffer][] = [
    ['nothing', Buffer.alloc(0)],
    ['two formats', Buffer.concat([message(0, text), message(1, text)])],
    ['a compressed message among others', Buffer.concat([gzip0, message(0, text)])],
    ['compressed null', message(1, null, 1)],
    ['zstd', message(1, text, 4)],
    ['inner of another format', message(0, inner, 1)],
    ['compressed twice', message(1, gzipSync(gzip1), 1)],
    ['compressed nothing', message(1, gzipSync(Buffer.alloc(0)), 1)],
  ];
  for (const [name, set] of cases) {
    const result = readLegacyMessageSet(set);
    assert.equal(result.kind === 'rejected' && result.error, 'INVALID_RECORD', name);
  }
});

test('compressed bytes that are damaged or a bomb are refused', () => {
  const wrap = (value: Buffer): Buffer =>
    writeLegacyMessage(
      { offset: 0, timestamp: 5, timestampType: 'CreateTime', key: null, value, codecId: 1 },
      1,
    );
  const damaged = readLegacyMessageSet(wrap(Buffer.from('not gzip')));
  assert.equal(damaged.kind === 'rejected' && damaged.error, 'UNKNOWN_SERVER_ERROR');
  const plain = (value: Buffer): Buffer =>
    writeLegacyMessage(
      { offset: 0, timestamp: 5, timestampType: 'CreateTime', key: null, value, codecId: 0 },
      1,
    );
  const large = wrap(gzipSync(plain(Buffer.alloc(100_000))));
  const bomb = readLegacyMessageSet(large, { maxDecompressedBytes: 50_000 });
  assert.equal(bomb.kind === 'rejected' && bomb.error, 'MESSAGE_TOO_LARGE');
  const many = wrap(gzipSync(Buffer.concat(Array(101).fill(plain(Buffer.alloc(0))))));
  const tooMany = readLegacyMessageSet(many, { maxRecords: 100 });
  assert.equal(tooMany.kind === 'rejected' && tooMany.error, 'MESSAGE_TOO_LARGE');
  assert.equal(readLegacyMessageSet(many, { maxRecords: 101 }).kind, 'read');
});

test('a bomb of what is no message at all is corrupt, as its first bytes tell', () => {
  const zeros = gzipSync(Buffer.alloc(10_000_000));
  const set = writeLegacyMessage(
    { offset: 0, timestamp: 5, timestampType: 'CreateTime', key: null, value: zeros, codecId: 1 },
    0,
  );
  const bomb = readLegacyMessageSet(set, { maxDecompressedBytes: 5_000_000 });
  assert.equal(bomb.kind === 'rejected' && bomb.error, 'CORRUPT_MESSAGE');
});

for (const vector of DOWN_CONVERSIONS) {
  const { codec, timestampType, magic, fromOffset } = vector;
  test(`${codec} ${timestampType} becomes magic ${magic} from ${fromOffset} as Java does it`, () => {
    const converted = downConvert(Buffer.from(vector.batch, 'hex'), { magic, fromOffset });
    assert.ok(converted.kind === 'converted');
    const expected = Buffer.from(vector.messageSet, 'hex');
    if (codec === 'none') {
      assert.equal(converted.messageSet.toString('hex'), vector.messageSet);
      return;
    }
    // The compressors differ in their output, so the wrappers are compared without it.
    const ours = readLegacyMessage(converted.messageSet);
    const javas = readLegacyMessage(expected);
    assert.deepEqual({ ...ours, value: 0 }, { ...javas, value: 0 });
    assert.deepEqual(read(converted.messageSet), read(expected));
    // Magic number, descriptor and header checksum of LZ4, wrong in magic 0 as those readers expect.
    if (codec === 'lz4') {
      assert.deepEqual(ours.value?.subarray(0, 7), javas.value?.subarray(0, 7));
    }
    assert.equal(converted.messageCount, 3);
  });
}

test('records are left out of uncompressed batches below the offset asked for, and only there', () => {
  const records = [{ value: 'a' }, { value: 'b' }, { value: 'c' }];
  for (const [codec, expected] of [
    ['none', [11n, 12n]],
    ['gzip', [10n, 11n, 12n]],
  ] as const) {
    const batch = buildBatch(records, { baseOffset: 10, codec });
    const converted = downConvert(batch, { magic: 1, fromOffset: 11 });
    assert.ok(converted.kind === 'converted');
    assert.deepEqual(
      read(converted.messageSet).records.map(({ offset }) => offset),
      expected,
    );
  }
});

test('control batches, emptied batches and a partial tail are left out', () => {
  const marker = buildEndTxnMarker({
    type: 'COMMIT',
    coordinatorEpoch: 1,
    producerId: 1,
    producerEpoch: 0,
    timestamp: 5,
  });
  const data = buildBatch([{ value: 'x' }], { baseOffset: 3 });
  const emptied = buildBatch([], { baseOffset: 4, codec: 'lz4', lastOffsetDelta: 5 });
  const batches = Buffer.concat([marker, emptied, data, data.subarray(0, 65)]);
  const converted = downConvert(batches, { magic: 0, fromOffset: 0 });
  assert.ok(converted.kind === 'converted');
  assert.equal(converted.messageCount, 1);
  assert.equal(read(converted.messageSet).records[0]?.offset, 3n);
  const nothing = downConvert(marker, { magic: 0, fromOffset: 0 });
  assert.ok(nothing.kind === 'converted' && nothing.messageSet.length === 0);
});

test('zstd cannot be converted, and a damaged batch is named', () => {
  const zstd = buildBatch([{ value: 'x' }], { codec: 'zstd' });
  const result = downConvert(zstd, { magic: 1, fromOffset: 0 });
  assert.equal(result.kind === 'unsupported' && result.error, 'UNSUPPORTED_COMPRESSION_TYPE');
  const plain = buildBatch([{ value: 'before' }]);
  const upTo = downConvert(Buffer.concat([plain, zstd]), { magic: 1, fromOffset: 0 });
  assert.ok(upTo.kind === 'converted' && upTo.messageCount === 1);
  const damaged = buildBatch([{ value: 'x' }, { value: 'y' }], { codec: 'gzip' });
  damaged[damaged.length - 1]! ^= 0xff;
  assert.equal(downConvert(damaged, { magic: 1, fromOffset: 0 }).kind, 'corrupt');
  const wrongCount = buildBatch([{ value: 'x' }], { lastOffsetDelta: 4 });
  wrongCount.writeInt32BE(3, 57);
  assert.equal(downConvert(wrongCount, { magic: 1, fromOffset: 0 }).kind, 'corrupt');
});

test('what is converted down is the same records, whatever they are', () => {
  const bytes = fc.option(fc.uint8Array({ maxLength: 40 }), { nil: null });
  const record = fc.record({
    timestamp: fc.nat(2 ** 40),
    key: bytes,
    value: bytes,
    gap: fc.nat(3),
  });
  const codec = fc.constantFrom<CodecName>('none', 'gzip', 'snappy', 'lz4');
  fc.assert(
    fc.property(
      fc.array(record, { minLength: 1, maxLength: 12 }),
      codec,
      fc.constantFrom<0 | 1>(0, 1),
      fc.nat(2 ** 40),
      (records, codecName, magic, baseOffset) => {
        let delta = -1;
        const inputs = records.map(({ gap, ...rest }) => {
          delta += 1 + gap;
          return { ...rest, offsetDelta: delta };
        });
        const batch = buildBatch(inputs, { baseOffset, codec: codecName });
        const converted = downConvert(batch, { magic, fromOffset: 0 });
        assert.ok(converted.kind === 'converted');
        assert.deepEqual(
          read(converted.messageSet).records.map(({ offset, timestamp, key, value }) => ({
            offset,
            timestamp,
            key,
            value,
          })),
          inputs.map(({ offsetDelta, timestamp, key, value }) => ({
            offset: BigInt(baseOffset + offsetDelta),
            timestamp: magic === 0 ? -1 : timestamp,
            key: key && Buffer.from(key),
            value: value && Buffer.from(value),
          })),
        );
      },
    ),
    { numRuns: 150 },
  );
});

test('arbitrary bytes are never more than refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), fc.nat(2), fc.nat(120), (bytes, magic, size) => {
      const set = Buffer.from(bytes);
      if (set.length > 17) {
        set[16] = magic;
        set.writeInt32BE(size, 8);
        // A right checksum, so that what is under it is looked at.
        set.writeUInt32BE(crc32(set.subarray(16, 12 + size)), 12);
      }
      readLegacyMessageSet(set);
      downConvert(set, { magic: 1, fromOffset: 0 });
    }),
    { numRuns: 1000 },
  );
});

test('a long set ends after the batch that makes it long, so that others get their turn', () => {
  const batches = [0, 1, 2].map((baseOffset) =>
    buildBatch([{ value: Buffer.alloc(600) }], {
      baseOffset,
      codec: baseOffset === 0 ? 'gzip' : 'none',
    }),
  );
  const converted = downConvert(Buffer.concat(batches), {
    magic: 1,
    fromOffset: 0,
    enoughBytes: 1000,
  });
  assert.ok(converted.kind === 'converted');
  assert.equal(converted.messageCount, 2);
});

test('a batch of more records than can be converted in a moment is refused before it is read', () => {
  const batch = buildBatch([{ value: 'x' }], { codec: 'gzip' });
  batch.writeInt32BE(1_000_000, 23);
  batch.writeInt32BE(1_000_001, 57);
  const refused = downConvert(batch, { magic: 1, fromOffset: 0 });
  assert.ok(refused.kind === 'corrupt');
  assert.match(refused.detail, /^1000001 records in one batch/);
});
