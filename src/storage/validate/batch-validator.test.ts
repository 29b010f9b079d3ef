// If this breaks, a producer's bad batch is stored and stops every consumer of the partition, or a
// good one is refused.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { writeInt64 } from '../../base/int64.ts';
import { CODECS, type CodecName, codecByName } from '../../compression/index.ts';
import { TEST_FRAMES } from '../../compression/testing/frames.ts';
import {
  type BatchOptions,
  buildBatch,
  type RecordInput,
} from '../../protocol/records/batch-builder.ts';
import { buildEndTxnMarker } from '../../protocol/records/control-batch.ts';
import { writeLegacyMessage } from '../../protocol/records/legacy-message.ts';
import { downConvert } from '../../protocol/records/legacy-message-set.ts';
import { CorruptRecordsError, decodeRecords } from '../../protocol/records/record.ts';
import * as RecordBatch from '../../protocol/records/record-batch.ts';
import { JAVA_BATCHES } from '../../protocol/records/testing/batches.ts';
import { LEGACY_SETS } from '../../protocol/records/testing/legacy-sets.ts';
import { batchAround } from '../testing/batch-around.ts';
import { type ProduceRules, validateForProduce } from './batch-validator.ts';

const NOW = 1_700_000_500_000;

const RULES: ProduceRules = {
  requestVersion: 9,
  maxMessageBytes: 1_000_000,
  timestampType: 'CreateTime',
  timestampBeforeMaxMs: Number.POSITIVE_INFINITY,
  timestampAfterMaxMs: 3_600_000,
  compacted: false,
  compressionType: 'producer',
  now: NOW,
};

const RECORDS: RecordInput[] = [
  { timestamp: NOW - 3, key: 'k1', value: 'v1', headers: [{ key: 'h', value: null }] },
  { timestamp: NOW - 1, key: 'k2', value: null },
  { timestamp: NOW - 2, key: 'k3', value: 'v3' },
];

const batchOf = (options: BatchOptions = {}, records = RECORDS): Buffer =>
  buildBatch(records, options);

function valid(records: Buffer, rules: Partial<ProduceRules> = {}) {
  const result = validateForProduce(records, { ...RULES, ...rules });
  assert.ok(result.kind === 'valid', inspect(result));
  assert.equal(RecordBatch.isCrcValid(result.batch), true);
  assert.equal(RecordBatch.headerProblem(result.batch), undefined);
  assert.equal(RecordBatch.maxTimestamp(result.batch), result.maxTimestamp);
  return result;
}

function rejected(records: Buffer, rules: Partial<ProduceRules> = {}) {
  const result = validateForProduce(records, { ...RULES, ...rules });
  assert.ok(result.kind === 'rejected', 'the batch was taken');
  return result;
}

/** A batch around one of TEST_FRAMES, which is named by its codec and what it is. */
function framed(title: string): Buffer {
  const frame = TEST_FRAMES.find(({ codec, name }) => `${codec}: ${name}` === title);
  assert.ok(frame, title);
  return batchAround(frame);
}

/** A batch with one header field changed and the checksum put right. */
function changed(change: (batch: Buffer) => void, options: BatchOptions = {}): Buffer {
  const batch = batchOf(options);
  change(batch);
  batch.writeUInt32BE(RecordBatch.computeCrc(batch), 17);
  return batch;
}

for (const { name } of CODECS) {
  test(`a good ${name} batch is taken as it is, not copied and not changed`, () => {
    const batch = batchOf({ codec: name });
    const before = Buffer.from(batch);
    const result = valid(batch);
    assert.equal(result.batch, batch);
    assert.deepEqual(batch, before);
    assert.equal(result.recordCount, 3);
    assert.equal(result.maxTimestamp, NOW - 1);
    assert.equal(result.logAppendTime, -1);
    assert.equal(result.converted, false);
  });
}

test('a compressed batch is not decompressed when no rule asks for it', () => {
  for (const [codec, name] of [
    ['gzip', 'a wrong checksum'],
    ['snappy', 'a raw block that is cut off'],
    ['lz4', 'wrong checksums of blocks'],
    ['zstd', 'a wrong checksum'],
  ]) {
    const batch = framed(`${codec}: ${name}`);
    valid(batch);
    valid(batch, { timestampType: 'LogAppendTime' });
    assert.throws(() => decodeRecords(batch), CorruptRecordsError);
    assert.equal(downConvert(batch, { magic: 1, fromOffset: 0 }).kind !== 'converted', true);
    assert.equal(rejected(batch, { compacted: true }).error, 'INVALID_RECORD');
    assert.equal(rejected(batch, { readRecords: true }).error, 'INVALID_RECORD');
  }
});

test('a stream that no consumer of Kafka can read is refused, with the reason, whatever the topic', () => {
  for (const rules of [{}, { compacted: true }, { timestampType: 'LogAppendTime' }] as const) {
    for (const [frame, reason] of [
      ['lz4: linked blocks', /lz4: its blocks are linked/],
      ['lz4: no bytes', /lz4: cut off in the frame header/],
      ['gzip: a zlib stream', /gzip: incorrect header/],
      ['snappy: a block that is cut off', /snappy: block of \d+ bytes with/],
      ['zstd: a window of 144 MiB', /zstd: a window of 150994944 bytes/],
    ] as const) {
      const { error, detail } = rejected(framed(frame), rules);
      assert.equal(error, 'INVALID_RECORD', frame);
      assert.match(detail, reason);
    }
  }
});

test('a batch cut off at any byte is refused', () => {
  const batch = batchOf();
  for (let length = 0; length < batch.length; length++) {
    const { error } = rejected(Buffer.from(batch.subarray(0, length)));
    assert.equal(error, 'INVALID_RECORD', `cut at ${length}`);
  }
});

test('a flipped bit is CORRUPT_MESSAGE wherever the checksum guards', () => {
  const batch = batchOf();
  for (let at = 17; at < batch.length; at++) {
    const damaged = Buffer.from(batch);
    damaged[at]! ^= 0x10;
    assert.equal(rejected(damaged).error, 'CORRUPT_MESSAGE', `byte ${at}`);
  }
});

test('exactly one batch is taken', () => {
  const batch = batchOf();
  assert.equal(rejected(Buffer.concat([batch, batch])).error, 'INVALID_RECORD');
  assert.equal(rejected(Buffer.concat([batch, Buffer.alloc(1)])).error, 'INVALID_RECORD');
  const gzipped = batchOf({ codec: 'gzip' });
  assert.equal(rejected(Buffer.concat([gzipped, gzipped])).error, 'INVALID_RECORD');
  assert.equal(rejected(Buffer.alloc(0)).error, 'INVALID_RECORD');
});

test('hostile lengths and formats are CORRUPT_MESSAGE', () => {
  const withLength = (length: number): Buffer => {
    const batch = batchOf();
    batch.writeInt32BE(length, 8);
    return batch;
  };
  for (const length of [-1, 0, 10, 48, -(2 ** 31)]) {
    assert.equal(rejected(withLength(length)).error, 'CORRUPT_MESSAGE', `length ${length}`);
  }
  assert.equal(rejected(withLength(2 ** 31 - 1)).error, 'INVALID_RECORD');
  for (const magic of [3, 127, -1]) {
    const batch = batchOf();
    batch.writeInt8(magic, 16);
    assert.equal(rejected(batch).error, 'CORRUPT_MESSAGE', `magic ${magic}`);
  }
});

test('a header that producers may not write is INVALID_RECORD', () => {
  const producer = { producerId: 5, producerEpoch: 0, baseSequence: 0 };
  const cases: [string, Buffer][] = [
    ['base offset', changed((batch) => RecordBatch.setBaseOffset(batch, 0, 7))],
    ['negative base offset', changed((batch) => batch.writeBigInt64BE(-1n, 0))],
    ['base offset beyond 2^53', changed((batch) => batch.writeBigInt64BE(2n ** 60n, 0))],
    ['no records', changed((batch) => batch.writeInt32BE(0, 57))],
    ['negative count', changed((batch) => batch.writeInt32BE(-1, 57))],
    ['too many records', changed((batch) => batch.writeInt32BE(4, 57))],
    ['offset delta below the count', changed((batch) => batch.writeInt32BE(1, 23))],
    ['offset delta above the count', changed((batch) => batch.writeInt32BE(3, 23))],
    ['negative offset delta', changed((batch) => batch.writeInt32BE(-1, 23))],
    ['control', batchOf({ ...producer, control: true })],
    ['no sequence', batchOf({ ...producer, baseSequence: -1 })],
    ['no epoch', batchOf({ ...producer, producerEpoch: -1 })],
    ['transactional without producer', batchOf({ transactional: true })],
  ];
  for (const [name, batch] of cases) {
    assert.equal(rejected(batch).error, 'INVALID_RECORD', name);
  }
  valid(batchOf({ ...producer, transactional: true }));
  // As in Kafka, which tells a producer by an id of 0 or more.
  valid(batchOf({ ...producer, producerId: -2 }));
});

test('the broker itself may write control batches', () => {
  const marker = buildEndTxnMarker({
    type: 'ABORT',
    coordinatorEpoch: 1,
    producerId: 5,
    producerEpoch: 0,
    timestamp: NOW,
  });
  assert.equal(rejected(marker).error, 'INVALID_RECORD');
  const rules = { allowControl: true, compacted: true, compressionType: 'gzip' } as const;
  assert.equal(valid(marker, rules).batch, marker);
});

test('an uncompressed batch must hold the records its header counts', () => {
  const two = [{ value: 'one' }, { value: 'two' }];
  const three = buildBatch(two);
  three.writeInt32BE(2, 23);
  three.writeInt32BE(3, 57);
  const one = buildBatch(two);
  one.writeInt32BE(0, 23);
  one.writeInt32BE(1, 57);
  const longer = buildBatch(two);
  longer[RecordBatch.HEADER_SIZE]! += 2;
  const negative = buildBatch(two);
  negative[RecordBatch.HEADER_SIZE] = 1;
  for (const batch of [three, one, longer, negative]) {
    batch.writeUInt32BE(RecordBatch.computeCrc(batch), 17);
    assert.equal(rejected(batch).error, 'INVALID_RECORD');
    assert.equal(rejected(batch, { compacted: true }).error, 'INVALID_RECORD');
  }
});

test('zstd is for Produce 7 and newer, and unknown codecs for none', () => {
  const zstd = batchOf({ codec: 'zstd' });
  valid(zstd, { requestVersion: 7 });
  for (const requestVersion of [0, 3, 6]) {
    assert.equal(rejected(zstd, { requestVersion }).error, 'UNSUPPORTED_COMPRESSION_TYPE');
  }
  for (const codec of [5, 6, 7]) {
    const batch = changed((bytes) => bytes.writeInt16BE(codec, 21));
    assert.equal(rejected(batch).error, 'UNSUPPORTED_COMPRESSION_TYPE');
  }
});

test('max.message.bytes looks at the batch as it is stored', () => {
  const records = [{ key: 'k', timestamp: NOW, value: Buffer.alloc(20_000) }];
  const plain = batchOf({}, records);
  const gzipped = batchOf({ codec: 'gzip' }, records);
  valid(plain, { maxMessageBytes: plain.length });
  assert.equal(rejected(plain, { maxMessageBytes: plain.length - 1 }).error, 'MESSAGE_TOO_LARGE');
  valid(gzipped, { maxMessageBytes: 1_000 });
  const unpacked = rejected(gzipped, { maxMessageBytes: 1_000, compressionType: 'none' });
  assert.equal(unpacked.error, 'MESSAGE_TOO_LARGE');
});

test('LogAppendTime puts the time of the broker into the batch, in place', () => {
  for (const codec of ['none', 'lz4'] as const) {
    const batch = batchOf({ codec });
    const result = valid(batch, { timestampType: 'LogAppendTime' });
    assert.equal(result.batch, batch);
    assert.equal(result.maxTimestamp, NOW);
    assert.equal(result.logAppendTime, NOW);
    assert.deepEqual(
      decodeRecords(batch).map(({ timestamp, timestampType }) => [timestamp, timestampType]),
      Array(3).fill([NOW, 'LogAppendTime']),
    );
  }
});

test('a producer that claims LogAppendTime is refused there, and corrected with CreateTime', () => {
  const claim = { timestampType: 'LogAppendTime', logAppendTime: NOW - 50 } as const;
  const refused = rejected(batchOf(claim), { timestampType: 'LogAppendTime' });
  assert.equal(refused.error, 'INVALID_TIMESTAMP');
  assert.equal(refused.recordErrors.length, 3);
  const { batch } = valid(batchOf(claim));
  assert.equal(RecordBatch.timestampType(batch), 'CreateTime');
  const absent = batchOf({ ...claim, logAppendTime: -1 });
  assert.equal(rejected(absent).error, 'INVALID_TIMESTAMP');
});

test('timestamps out of range are INVALID_TIMESTAMP, and the records are named', () => {
  const late = [
    { timestamp: NOW, value: 'a' },
    { timestamp: NOW + 3_600_001, value: 'b' },
    { timestamp: NOW + 3_600_000, value: 'c' },
  ];
  for (const codec of ['none', 'zstd'] as const) {
    const result = rejected(batchOf({ codec }, late));
    assert.equal(result.error, 'INVALID_TIMESTAMP');
    assert.deepEqual(
      result.recordErrors.map(({ batchIndex }) => batchIndex),
      [1],
    );
  }
  const early = [
    { timestamp: NOW, value: 'a' },
    { timestamp: NOW - 1_001, value: 'b' },
    { timestamp: -1, value: 'without a time' },
  ];
  valid(batchOf({}, early));
  const result = rejected(batchOf({ codec: 'gzip' }, early), { timestampBeforeMaxMs: 1_000 });
  assert.equal(result.error, 'INVALID_TIMESTAMP');
  assert.deepEqual(
    result.recordErrors.map(({ batchIndex }) => batchIndex),
    [1],
  );
  valid(batchOf({}, early), { timestampBeforeMaxMs: 1_001 });
  valid(batchOf({}, late), { timestampType: 'LogAppendTime' });
});

test('timestamps of any 64 bits are kept, whatever the topic makes of the batch', () => {
  const [most, least] = [2n ** 63n - 1n, -(2n ** 63n)];
  const rules = {
    timestampAfterMaxMs: Number.POSITIVE_INFINITY,
    timestampBeforeMaxMs: Number.POSITIVE_INFINITY,
    compressionType: 'gzip',
  } as const;
  const batch = batchOf({}, [{ timestamp: most }, { timestamp: least }, { timestamp: 0 }]);
  const stored = valid(batch, rules);
  assert.equal(stored.maxTimestamp, most);
  assert.deepEqual(
    decodeRecords(stored.batch).map(({ timestamp }) => timestamp),
    [most, least, 0],
  );
  const set = writeLegacyMessage(
    { offset: 0, timestamp: most, timestampType: 'CreateTime', key: null, value: null, codecId: 0 },
    1,
  );
  assert.equal(valid(set, { ...rules, requestVersion: 2 }).maxTimestamp, most);
  assert.equal(
    rejected(set, { ...rules, timestampAfterMaxMs: 1, requestVersion: 2 }).error,
    'INVALID_TIMESTAMP',
  );
});

test('a maximum timestamp in the header that cannot be right is corrected', () => {
  for (const wrong of [-1, 0, NOW - 4, NOW + 10_000_000]) {
    const batch = changed((bytes) => writeInt64(bytes, wrong, 35));
    assert.equal(valid(batch).maxTimestamp, NOW - 1, `header says ${wrong}`);
  }
  // Where the topic has no limit: retention would wait for that time.
  const timestampAfterMaxMs = Number.POSITIVE_INFINITY;
  for (const wrong of [NOW + 61_000, Number.MAX_SAFE_INTEGER]) {
    const batch = changed((bytes) => writeInt64(bytes, wrong, 35));
    assert.equal(valid(batch, { timestampAfterMaxMs }).maxTimestamp, NOW - 1, `${wrong}`);
  }
});

test('a compacted topic takes no record without a key', () => {
  const records = [
    { timestamp: NOW, key: 'k', value: 'a' },
    { timestamp: NOW, key: null, value: 'b' },
    { timestamp: NOW, key: '', value: 'c' },
    { timestamp: NOW, value: 'd' },
  ];
  for (const { name } of CODECS) {
    const result = rejected(batchOf({ codec: name }, records), { compacted: true });
    assert.equal(result.error, 'INVALID_RECORD');
    assert.deepEqual(
      result.recordErrors.map(({ batchIndex }) => batchIndex),
      [1, 3],
    );
    assert.match(result.recordErrors[0]?.message ?? '', /key/);
    const good = batchOf({ codec: name });
    assert.equal(valid(good, { compacted: true }).batch, good);
  }
});

test('record errors are bounded', () => {
  const records = Array.from({ length: 500 }, () => ({ timestamp: NOW, value: 'v' }));
  assert.equal(rejected(batchOf({}, records), { compacted: true }).recordErrors.length, 100);
});

test('compression.type of the topic wins, and nothing but the codec changes', () => {
  const producer = { producerId: 9, producerEpoch: 2, baseSequence: 70, transactional: true };
  for (const { name: from } of CODECS) {
    for (const { name: to } of CODECS) {
      const batch = batchOf({ ...producer, codec: from });
      const result = valid(batch, { compressionType: to });
      assert.equal(result.converted, from !== to);
      assert.equal(RecordBatch.codecId(result.batch), codecByName(to).id);
      assert.deepEqual(decodeRecords(result.batch), decodeRecords(batchOf(producer)));
      assert.equal(RecordBatch.producerId(result.batch), 9);
      assert.equal(RecordBatch.producerEpoch(result.batch), 2);
      assert.equal(RecordBatch.isTransactional(result.batch), true);
    }
  }
  const timed = valid(batchOf(), { compressionType: 'gzip', timestampType: 'LogAppendTime' });
  assert.equal(decodeRecords(timed.batch)[0]?.timestamp, NOW);
});

test('offsets with gaps in a batch are counted anew', () => {
  const records = RECORDS.map((record, index) => ({ ...record, offsetDelta: index * 2 }));
  const batch = batchOf({ lastOffsetDelta: 2 }, records);
  const result = valid(batch, { compacted: true });
  assert.deepEqual(
    decodeRecords(result.batch).map(({ offset }) => offset),
    [0, 1, 2],
  );
});

test('more records than can be read in a moment are MESSAGE_TOO_LARGE, and not decompressed', () => {
  const batch = changed((bytes) => {
    bytes.writeInt32BE(2_000_000, 23);
    bytes.writeInt32BE(2_000_001, 57);
  });
  const refused = rejected(batch, { compacted: true });
  assert.equal(refused.error, 'MESSAGE_TOO_LARGE');
  assert.match(refused.detail, /^2000001 records/);
});

test('a bomb is MESSAGE_TOO_LARGE', () => {
  // 2,400 runs of 128 KiB: 10 KB that would become 300 MiB.
  const run = Buffer.from([0x02, 0x00, 0x10, 0x61]);
  const last = Buffer.from([0x03, 0x00, 0x10, 0x61]);
  const bomb = [Buffer.from('28b52ffd0058', 'hex'), ...Array<Buffer>(2400).fill(run), last];
  const header = batchOf().subarray(0, RecordBatch.HEADER_SIZE);
  const batch = Buffer.concat([header, ...bomb]);
  batch.writeInt32BE(batch.length - 12, 8);
  batch.writeInt16BE(4, 21);
  batch.writeUInt32BE(RecordBatch.computeCrc(batch), 17);
  assert.equal(rejected(batch, { compacted: true }).error, 'MESSAGE_TOO_LARGE');
});

for (const { madeBy, magic, codec, timestampType, hex } of LEGACY_SETS) {
  test(`a ${codec} set of magic ${magic} and ${timestampType} by ${madeBy} is converted`, () => {
    const set = Buffer.from(hex, 'hex');
    const result = valid(set, { requestVersion: magic === 0 ? 0 : 2 });
    assert.equal(result.converted, true);
    assert.equal(result.recordCount, 3);
    assert.equal(RecordBatch.magic(result.batch), 2);
    assert.equal(RecordBatch.codecId(result.batch), codecByName(codec).id);
    const appended =
      timestampType === 'LogAppendTime' ? Array(3).fill(1_700_000_001_234) : undefined;
    const created = [1_700_000_000_000, 1_699_999_999_000, 1_700_000_360_000];
    const times = magic === 0 ? [-1, -1, -1] : (appended ?? created);
    assert.deepEqual(
      decodeRecords(result.batch).map(({ offset, timestamp, key, value }) => [
        offset,
        timestamp,
        key?.toString(),
        value?.toString(),
      ]),
      [
        [0, times[0], 'k1', 'value one'],
        [1, times[1], undefined, ''],
        [2, times[2], '', undefined],
      ],
    );
    const { error } = rejected(set, { requestVersion: 3 });
    assert.equal(error, 'INVALID_RECORD');
  });
}

test('old formats obey the rules of the topic too', () => {
  const [plain] = LEGACY_SETS.filter(({ magic }) => magic === 1);
  const set = Buffer.from(plain?.hex ?? '', 'hex');
  const old = { requestVersion: 2 };
  const keyless = rejected(set, { ...old, compacted: true });
  assert.equal(keyless.error, 'INVALID_RECORD');
  assert.deepEqual(
    keyless.recordErrors.map(({ batchIndex }) => batchIndex),
    [1],
  );
  assert.equal(rejected(set, { ...old, maxMessageBytes: 40 }).error, 'MESSAGE_TOO_LARGE');
  assert.equal(rejected(set, { ...old, maxMessageBytes: 90 }).error, 'MESSAGE_TOO_LARGE');
  assert.equal(
    rejected(set, { ...old, now: NOW * 2, timestampBeforeMaxMs: 5 }).error,
    'INVALID_TIMESTAMP',
  );
  // What was sent is measured, however small it becomes.
  const value = Buffer.alloc(5_000);
  const large = writeLegacyMessage(
    { offset: 0, timestamp: NOW, timestampType: 'CreateTime', key: null, value, codecId: 0 },
    1,
  );
  const shrunk = { ...old, maxMessageBytes: 1_000, compressionType: 'gzip' } as const;
  assert.equal(rejected(large, shrunk).error, 'MESSAGE_TOO_LARGE');
  const gzipped = valid(set, { ...old, compressionType: 'gzip' });
  assert.equal(RecordBatch.codecId(gzipped.batch), 1);
  const timed = valid(set, { ...old, timestampType: 'LogAppendTime' });
  assert.equal(timed.logAppendTime, NOW);
  assert.equal(decodeRecords(timed.batch)[2]?.timestamp, NOW);
  const damaged = Buffer.from(set);
  damaged[set.length - 1]! ^= 1;
  // The last message no longer counts as one: it is damaged, not cut off.
  assert.equal(rejected(damaged, old).error, 'CORRUPT_MESSAGE');
});

test('a batch of today in an old request is judged as one', () => {
  const batch = batchOf();
  assert.equal(valid(batch, { requestVersion: 1 }).batch, batch);
});

test('whatever bytes come, the answer is a verdict, and what is taken is readable or an error', () => {
  const codec = fc.constantFrom<CodecName>('none', 'gzip', 'snappy', 'lz4', 'zstd');
  const patches = fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 4 });
  const rules = fc.record({
    requestVersion: fc.constantFrom(0, 2, 3, 9),
    compacted: fc.boolean(),
    compressionType: fc.constantFrom<CodecName | 'producer'>('producer', 'lz4', 'none'),
    timestampType: fc.constantFrom<RecordBatch.TimestampType>('CreateTime', 'LogAppendTime'),
    timestampBeforeMaxMs: fc.constantFrom(Number.POSITIVE_INFINITY, 1_000),
  });
  fc.assert(
    fc.property(codec, patches, rules, (name, changes, chosen) => {
      const batch = batchOf({ codec: name });
      for (const [at, byte] of changes) if (at < batch.length) batch[at] = byte;
      const size = RecordBatch.sizeInBytes(batch);
      if (size === batch.length) batch.writeUInt32BE(RecordBatch.computeCrc(batch), 17);
      const result = validateForProduce(batch, { ...RULES, ...chosen });
      if (result.kind === 'rejected') return;
      RecordBatch.setBaseOffset(result.batch, 0, 1_000);
      assert.equal(RecordBatch.isCrcValid(result.batch), true);
      assert.equal(RecordBatch.headerProblem(result.batch), undefined);
      assert.equal(RecordBatch.nextOffset(result.batch), 1_000 + result.recordCount);
      try {
        assert.equal(decodeRecords(result.batch).length, result.recordCount);
      } catch (error) {
        assert.ok(error instanceof CorruptRecordsError, String(error));
      }
      downConvert(result.batch, { magic: 1, fromOffset: 0 });
    }),
    { numRuns: 1500 },
  );
});

test('a batch made by Java is taken as it is', () => {
  for (const hex of Object.values(JAVA_BATCHES)) {
    const batch = Buffer.from(hex, 'hex');
    RecordBatch.setBaseOffset(batch, 0, 0);
    assert.equal(valid(batch).batch, batch);
  }
});

test('where Kafka is equalled, records that are numbered wrongly are not mended', () => {
  for (const codec of CODECS) {
    const plain = batchOf();
    const records = Buffer.from(plain.subarray(RecordBatch.HEADER_SIZE));
    // Of the first record: size, attributes, time; then the offset.
    assert.equal(records[3], 0);
    records[3] = 8;
    const frame = { name: 'misnumbered', codec: codec.name, kafka: 'refuses' } as const;
    const batch = batchAround({ ...frame, make: () => codec.compress(records) }, plain);
    const stored = valid(batch, { compacted: true }).batch;
    assert.deepEqual(
      decodeRecords(stored).map(({ offset }) => offset),
      [0, 1, 2],
    );
    if (codec.name === 'none') {
      const kept = valid(batch, { readRecords: true });
      assert.ok(kept.batch.subarray(RecordBatch.HEADER_SIZE).equals(records));
    } else {
      assert.equal(rejected(batch, { readRecords: true }).error, 'INVALID_RECORD');
    }
  }
});
