// If this breaks, every batch is refused as corrupt, or a corrupt one is stored.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { crc32c, crc32cIsNative, crc32cPortable } from './crc32c.ts';

/** The examples of RFC 3720, appendix B.4, and the usual check value. */
const KNOWN: readonly [input: Uint8Array, crc: number][] = [
  [Buffer.from(''), 0],
  [Buffer.from('123456789'), 0xe3069283],
  [Buffer.alloc(32), 0x8a9136aa],
  [Buffer.alloc(32, 0xff), 0x62a8ab43],
  [Buffer.from(Array.from({ length: 32 }, (_, index) => index)), 0x46dd794e],
  [Buffer.from(Array.from({ length: 32 }, (_, index) => 31 - index)), 0x113fdb5c],
];

test('crc32c has the known values, natively and in the fallback', () => {
  for (const [input, crc] of KNOWN) {
    assert.equal(crc32c(input), crc);
    assert.equal(crc32cPortable(input), crc);
  }
});

test('the fallback and the native add-on agree on any bytes', () => {
  assert.ok(crc32cIsNative, 'the add-on did not load, so there is nothing to compare');
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(20), (bytes, skipped) => {
      const view = bytes.subarray(Math.min(skipped, bytes.length));
      assert.equal(crc32cPortable(view), crc32c(view));
    }),
  );
});
