// If this breaks, records change between producer and consumer, or a damaged batch brings down
// whoever reads it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CODECS, type CodecName } from '../../compression/index.ts';
import { BatchBuilder, buildBatch, estimateRecordSize, type RecordInput } from './batch-builder.ts';
import { buildEndTxnMarker, parseEndTxnMarker } from './control-batch.ts';
import { CorruptRecordsError, decodeAllRecords, decodeRecords } from './record.ts';
import * as RecordBatch from './record-batch.ts';
import { RecordCursor, recordSizesAddUp } from './record-cursor.ts';
import {
  JAVA_ABORT_MARKER,
  JAVA_BATCHES,
  JAVA_COMMIT_MARKER,
  JAVA_LOG_APPEND_TIME_BATCH,
} from './testing/batches.ts';

const JAVA_RECORDS: RecordInput[] = [
  {
    timestamp: 1_700_000_000_000,
    key: 'k1',
    value: 'value one',
    headers: [
      { key: 'h', value: Buffer.from([1, 2]) },
      { key: 'h', value: null },
    ],
  },
  { timestamp: 1_699_999_999_000, key: null, value: '' },
  { timestamp: 1_700_000_360_000, key: '', value: null },
];

const JAVA_OPTIONS = {
  baseOffset: 5_000_000_000,
  leaderEpoch: 9,
  producerId: 77,
  producerEpoch: 3,
  baseSequence: 2 ** 31 - 2,
  transactional: true,
} as const;

for (const [codec, hex] of Object.entries(JAVA_BATCHES)) {
  test(`records that Java wrote with ${codec} are read`, () => {
    const records = decodeRecords(Buffer.from(hex, 'hex'));
    assert.deepEqual(
      records.map(({ offset, sequence }) => [offset, sequence]),
      [
        [5_000_000_000, 2 ** 31 - 2],
        [5_000_000_001, 2 ** 31 - 1],
        [5_000_000_002, 0],
      ],
    );
    assert.deepEqual(
      records.map(({ timestamp, key, value, headers }) => ({ timestamp, key, value, headers })),
      [
        {
          timestamp: 1_700_000_000_000,
          key: Buffer.from('k1'),
          value: Buffer.from('value one'),
          headers: [
            { key: 'h', value: Buffer.from([1, 2]) },
            { key: 'h', value: null },
          ],
        },
        { timestamp: 1_699_999_999_000, key: null, value: Buffer.alloc(0), headers: [] },
        { timestamp: 1_700_000_360_000, key: Buffer.alloc(0), value: null, headers: [] },
      ],
    );
  });
}

test('an uncompressed batch has the very bytes that Java writes', () => {
  assert.equal(buildBatch(JAVA_RECORDS, JAVA_OPTIONS).toString('hex'), JAVA_BATCHES.none);
  const appended = buildBatch([{ timestamp: 1_700_000_000_000, key: 'k', value: 'v' }], {
    timestampType: 'LogAppendTime',
    logAppendTime: 1_700_000_001_234,
  });
  assert.equal(appended.toString('hex'), JAVA_LOG_APPEND_TIME_BATCH);
});

test('with LogAppendTime every record has the time of the batch', () => {
  const [record] = decodeRecords(Buffer.from(JAVA_LOG_APPEND_TIME_BATCH, 'hex'));
  assert.equal(record?.timestamp, 1_700_000_001_234);
  assert.equal(record?.timestampType, 'LogAppendTime');
});

const bytes = fc.option(fc.uint8Array({ maxLength: 60 }), { nil: null });
const anyRecord = fc.record({
  timestamp: fc.integer({ min: -1, max: 2 ** 45 }),
  key: bytes,
  value: bytes,
  headers: fc.array(fc.record({ key: fc.string({ maxLength: 8 }), value: bytes }), {
    maxLength: 3,
  }),
});

for (const { name: codec } of CODECS) {
  test(`records come back from a ${codec} batch as they went in`, () => {
    fc.assert(
      fc.property(
        fc.array(anyRecord, { maxLength: 20 }),
        fc.nat(2 ** 40),
        (records, baseOffset) => {
          const batch = buildBatch(records, { baseOffset, codec });
          assert.equal(RecordBatch.isCrcValid(batch), true);
          assert.equal(RecordBatch.headerProblem(batch), undefined);
          assert.equal(RecordBatch.sizeInBytes(batch), batch.length);
          const read = decodeRecords(batch);
          assert.deepEqual(
            read.map(({ offset }) => offset),
            records.map((_, index) => baseOffset + index),
          );
          assert.deepEqual(
            read.map(({ timestamp, key, value, headers }) => ({ timestamp, key, value, headers })),
            records.map((record) => ({
              timestamp: record.timestamp,
              key: record.key && Buffer.from(record.key),
              value: record.value && Buffer.from(record.value),
              headers: record.headers.map(({ key, value }) => ({
                key,
                value: value && Buffer.from(value),
              })),
            })),
          );
          assert.equal(
            RecordBatch.maxTimestamp(batch),
            records.reduce((max, { timestamp }) => Math.max(max, timestamp), -1),
          );
        },
      ),
      { numRuns: 60 },
    );
  });
}

test('a compacted batch keeps its gaps, its span and its delete horizon', () => {
  const batch = buildBatch(
    [
      { timestamp: 500, value: 'a', offsetDelta: 2 },
      { timestamp: 700, value: null, offsetDelta: 5 },
    ],
    { baseOffset: 100, deleteHorizonMs: 9_000, lastOffsetDelta: 9 },
  );
  assert.equal(RecordBatch.hasDeleteHorizon(batch), true);
  assert.equal(RecordBatch.baseTimestamp(batch), 9_000);
  assert.equal(RecordBatch.nextOffset(batch), 110);
  assert.deepEqual(
    decodeRecords(batch).map(({ offset, timestamp }) => [offset, timestamp]),
    [
      [102, 500],
      [105, 700],
    ],
  );
  const emptied = buildBatch([], { baseOffset: 100, codec: 'zstd', lastOffsetDelta: 9 });
  assert.deepEqual(decodeRecords(emptied), []);
  assert.equal(RecordBatch.headerProblem(emptied), undefined);
});

test('the builder knows its size before it is built', () => {
  const builder = new BatchBuilder();
  for (const record of JAVA_RECORDS) {
    const before = builder.sizeInBytes;
    builder.append(record);
    assert.ok(builder.sizeInBytes - before <= estimateRecordSize(record));
  }
  assert.equal(builder.recordCount, 3);
  assert.equal(builder.sizeInBytes, builder.build().length);
});

test('transaction markers have the very bytes of Java, and are read', () => {
  for (const [type, hex] of [
    ['COMMIT', JAVA_COMMIT_MARKER],
    ['ABORT', JAVA_ABORT_MARKER],
  ] as const) {
    const marker = buildEndTxnMarker({
      type,
      coordinatorEpoch: 11,
      producerId: 123,
      producerEpoch: 4,
      timestamp: 1_700_000_000_000,
      baseOffset: 42,
      leaderEpoch: 7,
    });
    assert.equal(marker.toString('hex'), hex);
    assert.deepEqual(parseEndTxnMarker(marker), { type, coordinatorEpoch: 11 });
  }
  assert.equal(parseEndTxnMarker(Buffer.from(JAVA_BATCHES.none, 'hex')), undefined);
  const leaderChange = buildBatch([{ key: Buffer.from([0, 0, 0, 2]), value: '' }], {
    control: true,
  });
  assert.equal(parseEndTxnMarker(leaderChange), undefined);
  const short = buildBatch([{ key: Buffer.from([0, 0, 0, 1]), value: 'x' }], { control: true });
  assert.throws(() => parseEndTxnMarker(short), CorruptRecordsError);
});

test('several batches are read up to the one that is cut off', () => {
  const batch = Buffer.from(JAVA_BATCHES.gzip, 'hex');
  const buffer = Buffer.concat([batch, batch, batch.subarray(0, 70)]);
  assert.equal(decodeAllRecords(buffer).length, 6);
});

test('a record count or size that is wrong is an error', () => {
  for (const codec of ['none', 'gzip'] as const) {
    const batch = buildBatch([{ value: 'one' }, { value: 'two' }], { codec, lastOffsetDelta: 9 });
    for (const count of [1, 3, 10]) {
      const wrong = Buffer.from(batch);
      wrong.writeInt32BE(count, 57);
      assert.throws(() => decodeRecords(wrong), CorruptRecordsError);
    }
  }
});

test('bytes left inside a record are an error', () => {
  for (const headers of [[], [{ key: 'h', value: 'v' }]]) {
    const longer = Buffer.concat([buildBatch([{ value: 'x', headers }]), Buffer.alloc(1)]);
    longer.writeInt32BE(longer.length - 12, 8);
    longer[RecordBatch.HEADER_SIZE]! += 2;
    assert.throws(() => decodeRecords(longer), /1 bytes left in a record/);
  }
});

test('stepping over records ends where reading them ends', () => {
  fc.assert(
    fc.property(fc.array(anyRecord, { maxLength: 10 }), (records) => {
      const batch = buildBatch(records);
      const cursor = new RecordCursor(batch, RecordBatch.HEADER_SIZE);
      for (const index of records.keys()) {
        cursor.next();
        cursor.skipHeaders();
        assert.equal(cursor.offsetDelta, index);
      }
      assert.equal(cursor.isAtEnd, true);
    }),
  );
});

test('record sizes add up for the right count of whole records, and for nothing else', () => {
  fc.assert(
    fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 10 }), (records) => {
      const batch = buildBatch(records);
      const from = RecordBatch.HEADER_SIZE;
      const count = records.length;
      assert.equal(recordSizesAddUp(batch, from, batch.length, count), true);
      assert.equal(recordSizesAddUp(batch, from, batch.length, count - 1), false);
      assert.equal(recordSizesAddUp(batch, from, batch.length, count + 1), false);
      assert.equal(recordSizesAddUp(batch, from, batch.length - 1, count), false);
    }),
  );
  // Minus one, then one: a negative size must not be taken for a step back.
  assert.equal(recordSizesAddUp(Buffer.from([0x01, 0x02, 0x00]), 0, 3, 2), false);
  assert.equal(recordSizesAddUp(Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0x00]), 0, 6, 1), false);
});

test('records beyond the bound are an error', () => {
  const batch = buildBatch([{ value: Buffer.alloc(100_000) }], { codec: 'gzip' });
  assert.throws(() => decodeRecords(batch, 0, 50_000), CorruptRecordsError);
  assert.equal(decodeRecords(batch, 0, 110_000).length, 1);
});

test('a damaged batch gives CorruptRecordsError or records, and nothing else', () => {
  const codecs: CodecName[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
  for (const codec of codecs) {
    const original = buildBatch(JAVA_RECORDS, { codec });
    const tries = [
      ...Array.from({ length: original.length }, (_, length) => original.subarray(0, length)),
      ...Array.from({ length: original.length * 3 }, (_, index) => {
        const changed = Buffer.from(original);
        changed[Math.floor(index / 3)]! ^= [0x01, 0x80, 0xff][index % 3]!;
        return changed;
      }),
    ];
    for (const batch of tries) {
      try {
        decodeRecords(batch);
      } catch (error) {
        assert.ok(error instanceof CorruptRecordsError, String(error));
      }
    }
  }
});

test('arbitrary bytes as records never do more than fail', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(3), (payload, count) => {
      const header = buildBatch([], { lastOffsetDelta: 3 });
      const batch = Buffer.concat([header, payload]);
      batch.writeInt32BE(batch.length - 12, 8);
      batch.writeInt32BE(count, 57);
      try {
        decodeRecords(batch);
      } catch (error) {
        assert.ok(error instanceof CorruptRecordsError, String(error));
      }
    }),
    { numRuns: 1000 },
  );
});
