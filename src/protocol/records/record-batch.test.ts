// If this breaks, the broker misreads batch headers, or hands on a batch that clients find corrupt.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { buildBatch } from './batch-builder.ts';
import * as RecordBatch from './record-batch.ts';
import { JAVA_BATCHES, JAVA_COMMIT_MARKER } from './testing/batches.ts';

const java = Buffer.from(JAVA_BATCHES.none, 'hex');

test('every header field of a batch made by Java is read', () => {
  const padded = Buffer.concat([Buffer.from('junk'), java]);
  const at = 4;
  assert.equal(RecordBatch.baseOffset(padded, at), 5_000_000_000);
  assert.equal(RecordBatch.sizeInBytes(padded, at), java.length);
  assert.equal(RecordBatch.batchLength(padded, at), java.length - 12);
  assert.equal(RecordBatch.leaderEpoch(padded, at), 9);
  assert.equal(RecordBatch.magic(padded, at), 2);
  assert.equal(RecordBatch.crc(padded, at), 0x94672ae0);
  assert.equal(RecordBatch.attributes(padded, at), 0x10);
  assert.equal(RecordBatch.codecId(padded, at), 0);
  assert.equal(RecordBatch.timestampType(padded, at), 'CreateTime');
  assert.equal(RecordBatch.isTransactional(padded, at), true);
  assert.equal(RecordBatch.isControl(padded, at), false);
  assert.equal(RecordBatch.hasDeleteHorizon(padded, at), false);
  assert.equal(RecordBatch.lastOffsetDelta(padded, at), 2);
  assert.equal(RecordBatch.baseTimestamp(padded, at), 1_700_000_000_000);
  assert.equal(RecordBatch.maxTimestamp(padded, at), 1_700_000_360_000);
  assert.equal(RecordBatch.producerId(padded, at), 77);
  assert.equal(RecordBatch.producerEpoch(padded, at), 3);
  assert.equal(RecordBatch.baseSequence(padded, at), 2 ** 31 - 2);
  assert.equal(RecordBatch.lastSequence(padded, at), 0);
  assert.equal(RecordBatch.recordCount(padded, at), 3);
  assert.equal(RecordBatch.lastOffset(padded, at), 5_000_000_002);
  assert.equal(RecordBatch.nextOffset(padded, at), 5_000_000_003);
  assert.equal(RecordBatch.isCrcValid(padded, at), true);
  assert.equal(RecordBatch.headerProblem(padded, at), undefined);
  assert.equal(RecordBatch.isControl(Buffer.from(JAVA_COMMIT_MARKER, 'hex')), true);
});

test('base offset and leader epoch are patched without touching the checksum', () => {
  const batch = Buffer.from(java);
  RecordBatch.setBaseOffset(batch, 0, 2 ** 40 + 7);
  RecordBatch.setLeaderEpoch(batch, 0, 12);
  assert.equal(RecordBatch.baseOffset(batch), 2 ** 40 + 7);
  assert.equal(RecordBatch.leaderEpoch(batch), 12);
  assert.equal(RecordBatch.crc(batch), RecordBatch.crc(java));
  assert.equal(RecordBatch.isCrcValid(batch), true);
});

test('patches under the checksum renew it', () => {
  const batch = Buffer.concat([java, java]);
  const at = java.length;
  RecordBatch.setMaxTimestampAndType(batch, at, 123, 'LogAppendTime');
  assert.equal(RecordBatch.maxTimestamp(batch, at), 123);
  assert.equal(RecordBatch.timestampType(batch, at), 'LogAppendTime');
  assert.equal(RecordBatch.isCrcValid(batch, at), true);
  RecordBatch.setMaxTimestampAndType(batch, at, 1_700_000_360_000, 'CreateTime');
  assert.deepEqual(batch.subarray(at), java);
  RecordBatch.setProducerState(batch, at, { id: 5, epoch: 6, baseSequence: 7 });
  assert.equal(RecordBatch.producerId(batch, at), 5);
  assert.equal(RecordBatch.producerEpoch(batch, at), 6);
  assert.equal(RecordBatch.baseSequence(batch, at), 7);
  assert.equal(RecordBatch.isCrcValid(batch, at), true);
  assert.deepEqual(batch.subarray(0, at), java);
});

test('a header of any 64 bits reads back as it was written', () => {
  const any = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
  fc.assert(
    fc.property(fc.tuple(any, any, any), ([base, most, producer]) => {
      const batch = Buffer.from(java);
      batch.writeBigInt64BE(base, 27);
      batch.writeBigInt64BE(most, 35);
      batch.writeBigInt64BE(producer, 43);
      assert.equal(BigInt(RecordBatch.baseTimestamp(batch)), base);
      assert.equal(BigInt(RecordBatch.maxTimestamp(batch)), most);
      assert.equal(BigInt(RecordBatch.producerId(batch)), producer);
      assert.equal(RecordBatch.headerProblem(batch), undefined);
    }),
  );
});

test('a batch cut at any byte is no batch, and what precedes it is found', () => {
  const two = Buffer.concat([java, java]);
  for (let length = 0; length <= two.length; length++) {
    const cut = Buffer.from(two.subarray(0, length));
    const expected = length === two.length ? [0, java.length] : length >= java.length ? [0] : [];
    assert.deepEqual([...RecordBatch.batchPositions(cut)], expected, `cut at ${length}`);
    if (length < java.length) assert.equal(RecordBatch.isCrcValid(cut), false);
  }
});

test('a length too small for its format is the end, not a batch and not a loop', () => {
  for (const magic of [1, 2]) {
    for (const length of [-2147483648, -13, -12, 0, 4, 48]) {
      const buffer = Buffer.from(java);
      buffer.writeInt8(magic, 16);
      buffer.writeInt32BE(length, 8);
      const least = magic === 1 ? 17 : 61;
      const expected = length + 12 >= least ? 1 : 0;
      assert.equal([...RecordBatch.batchPositions(buffer)].length > 0 ? 1 : 0, expected);
      assert.equal(RecordBatch.isCrcValid(buffer), false);
    }
  }
});

test('a flipped bit from the checksum on is always found', () => {
  const batch = buildBatch([{ key: 'k', value: 'v' }]);
  for (let at = 17; at < batch.length; at++) {
    for (let bit = 0; bit < 8; bit++) {
      batch[at]! ^= 1 << bit;
      assert.equal(RecordBatch.isCrcValid(batch), false, `bit ${bit} of byte ${at}`);
      batch[at]! ^= 1 << bit;
    }
  }
  assert.equal(RecordBatch.isCrcValid(batch), true);
});

test('a checksum in pieces is the checksum, whatever the pieces', () => {
  const batch = buildBatch([{ key: 'k', value: 'some value' }]);
  const inPieces = (bytes: Buffer, pieceBytes: number) => {
    const pieces = RecordBatch.isCrcValidInPieces(bytes, pieceBytes);
    for (let steps = 1; ; steps++) {
      const { done, value } = pieces.next();
      if (done) return { steps, value };
    }
  };
  const covered = batch.length - 21;
  for (let pieceBytes = 1; pieceBytes <= batch.length; pieceBytes++) {
    const steps = Math.ceil(covered / pieceBytes);
    assert.deepEqual(inPieces(batch, pieceBytes), { steps, value: true });
    const damaged = Buffer.from(batch);
    damaged[batch.length - 1]! ^= 1;
    assert.deepEqual(inPieces(damaged, pieceBytes), { steps, value: false });
  }
  assert.equal(inPieces(batch.subarray(0, batch.length - 1), 10).value, false);
});

test('a header without a problem never makes an accessor throw', () => {
  const patch = fc.record({
    at: fc.nat(RecordBatch.HEADER_SIZE - 1),
    byte: fc.nat(255),
  });
  fc.assert(
    fc.property(fc.array(patch, { maxLength: 6 }), (patches) => {
      const batch = Buffer.from(java);
      for (const { at, byte } of patches) batch[at] = byte;
      if (RecordBatch.headerProblem(batch) !== undefined) return;
      const { baseOffset, baseTimestamp, maxTimestamp, producerId, nextOffset } = RecordBatch;
      for (const read of [baseOffset, nextOffset]) assert.ok(Number.isSafeInteger(read(batch)));
      for (const read of [baseTimestamp, maxTimestamp, producerId]) read(batch);
      assert.ok(RecordBatch.recordCount(batch) <= RecordBatch.lastOffsetDelta(batch) + 1);
    }),
    { numRuns: 1000 },
  );
});

test('the problem with a header is named', () => {
  const broken = (change: (batch: Buffer) => void): string | undefined => {
    const batch = Buffer.from(java);
    change(batch);
    return RecordBatch.headerProblem(batch);
  };
  assert.match(RecordBatch.headerProblem(java.subarray(0, 60)) ?? '', /cut off/);
  assert.match(broken((batch) => batch.writeInt8(1, 16)) ?? '', /magic 1/);
  assert.match(broken((batch) => batch.writeInt32BE(48, 8)) ?? '', /fewer than a header/);
  assert.match(broken((batch) => batch.writeBigInt64BE(2n ** 60n, 0)) ?? '', /last offset/);
  assert.match(broken((batch) => batch.writeBigInt64BE(-1n, 0)) ?? '', /negative/);
  assert.match(broken((batch) => batch.writeBigInt64BE(2n ** 53n - 2n, 0)) ?? '', /last offset/);
  assert.match(broken((batch) => batch.writeInt32BE(-1, 23)) ?? '', /delta -1/);
  assert.match(broken((batch) => batch.writeInt32BE(4, 57)) ?? '', /4 records in 3 offsets/);
  assert.equal(
    broken((batch) => batch.writeInt32BE(0, 57)),
    undefined,
  );
});
