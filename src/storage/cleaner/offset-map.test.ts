// If this breaks, compaction takes one key for another and drops its value, or takes all memory.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SimRandom } from '../../base/testing/sim-random.ts';
import { OffsetMap } from './offset-map.ts';

const put = (map: OffsetMap, key: Uint8Array, offset: number) =>
  map.put(Buffer.from(key), 0, key.length, offset);
const get = (map: OffsetMap, key: Uint8Array) => map.get(Buffer.from(key), 0, key.length);

test('it knows the latest offset of every key', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.uint8Array({ maxLength: 20 }), fc.integer({ min: 0, max: 1e15 }))),
      fc.nat(),
      (puts, seed) => {
        const options = { maxBytes: 1_000_000, loadFactor: 0.9 };
        const map = new OffsetMap(new SimRandom(seed), options);
        const model = new Map<string, { key: Uint8Array; offset: number }>();
        for (const [key, offset] of puts) {
          assert.ok(put(map, key, offset));
          const known = model.get(String(key));
          if (!known || known.offset < offset) model.set(String(key), { key, offset });
        }
        for (const { key, offset } of model.values()) assert.equal(get(map, key), offset);
        assert.equal(map.size, model.size);
        assert.equal(get(map, Buffer.from('a key that is longer than any of those')), -1);
      },
    ),
    { numRuns: 200 },
  );
});

test('it grows to its bound and no further, uses most of it, and forgets nothing then', () => {
  const maxBytes = 2_000_000;
  const map = new OffsetMap(new SimRandom(1), { maxBytes, loadFactor: 0.9 });
  let count = 0;
  while (put(map, Buffer.from(`key ${count}`), count)) count++;
  assert.ok(map.sizeInBytes <= maxBytes * 1.01, `${map.sizeInBytes} bytes`);
  // The first of its 256 parts to be full decides.
  assert.ok((count * 24) / maxBytes > 0.7, `${count} keys`);
  for (let known = 0; known < count; known++) {
    assert.equal(get(map, Buffer.from(`key ${known}`)), known);
  }
  assert.ok(put(map, Buffer.from('key 0'), count), 'a key that it knows has its place');
});

test('a map of almost no memory takes a key all the same', () => {
  const map = new OffsetMap(new SimRandom(1), { maxBytes: 0, loadFactor: 0.9 });
  assert.ok(put(map, Buffer.from('k'), 5));
  assert.equal(get(map, Buffer.from('k')), 5);
  assert.equal(get(map, Buffer.from('other')), -1);
});

test('its hash is HalfSipHash-2-4-64, as its authors publish it', () => {
  // Key 00 01 .. 07 for both lanes; the input 00 01 .. n-1. From the reference implementation's vectors.
  const secret = {
    bytes: () => Buffer.from('00010203040506070001020304050607', 'hex'),
    int: () => 0,
  };
  const map = new OffsetMap(secret, { maxBytes: 1_000_000, loadFactor: 0.9 });
  const input = Buffer.from(Array.from({ length: 9 }, (_, index) => index));
  for (const [size, expected] of [
    [0, '218d1f59b9b83cc8'],
    [1, 'be552412f8387315'],
    [4, 'd5e78a175be52ea1'],
    [7, 'ff202728b07bc684'],
    [9, '5b51cccc13888307'],
  ] as const) {
    const words = map.hashOf(input, 0, size);
    const bytes = Buffer.alloc(8);
    bytes.writeInt32LE(words[0]!, 0);
    bytes.writeInt32LE(words[1]!, 4);
    assert.equal(bytes.toString('hex'), expected, `of ${size} bytes`);
  }
});
