// If this breaks, a record's sizes and deltas are misread, and everything after it too.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { buildBatch } from './batch-builder.ts';
import { decodeRecords } from './record.ts';
import { sizeOfVarint, sizeOfVarlong, writeVarint, writeVarlong } from './varint.ts';

const hexOf = (write: typeof writeVarint, value: number): string => {
  const buffer = Buffer.alloc(10);
  return buffer.subarray(0, write(buffer, value, 0)).toString('hex');
};

test('varints have the bytes of Protocol Buffers', () => {
  const known: [number, string][] = [
    [0, '00'],
    [-1, '01'],
    [1, '02'],
    [63, '7e'],
    [-64, '7f'],
    [64, '8001'],
    [8191, 'fe7f'],
    [8192, '808001'],
    [2 ** 31 - 1, 'feffffff0f'],
    [-(2 ** 31), 'ffffffff0f'],
  ];
  for (const [value, hex] of known) {
    assert.equal(hexOf(writeVarint, value), hex);
    assert.equal(hexOf(writeVarlong, value), hex);
    assert.equal(sizeOfVarint(value), hex.length / 2);
    assert.equal(sizeOfVarlong(value), hex.length / 2);
  }
  assert.equal(hexOf(writeVarlong, Number.MAX_SAFE_INTEGER), 'feffffffffffff1f');
  assert.equal(hexOf(writeVarlong, Number.MIN_SAFE_INTEGER), 'fdffffffffffff1f');
});

test('the size told is the size written', () => {
  fc.assert(
    fc.property(fc.integer(), fc.maxSafeInteger(), (small, large) => {
      const buffer = Buffer.alloc(10);
      assert.equal(writeVarint(buffer, small, 0), sizeOfVarint(small));
      assert.equal(writeVarlong(buffer, large, 0), sizeOfVarlong(large));
    }),
    { numRuns: 500 },
  );
});

test('a long varint comes back as it was, or as an error beyond 2^53', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 42 }), fc.maxSafeInteger(), (base, timestamp) => {
      fc.pre(Number.isSafeInteger(timestamp - base));
      const batch = buildBatch([{ timestamp: base }, { timestamp }]);
      assert.equal(decodeRecords(batch)[1]?.timestamp, timestamp);
    }),
    { numRuns: 300 },
  );
});
