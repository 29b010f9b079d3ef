// If this breaks, compressed records of other clients cannot be read, or theirs cannot read ours, or
// a small hostile batch can take all of the broker's memory.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { CODECS, codecById, codecByName, DecompressionError, lz4ForMagic0 } from './index.ts';
import { lz4HeaderChecksum, walkLz4Frame } from './lz4-frame.ts';
import { LZ4_MAGIC_0, TEXT, VECTORS, XXH32_VECTORS } from './testing/vectors.ts';
import { xxhash32 } from './xxhash32.ts';
import { decompressZstd } from './zstd.ts';
import { zstdContentSize } from './zstd-frame.ts';
import type { ZstdLibrary } from './zstd-library.ts';
import { zstdWasm } from './zstd-wasm.ts';

const MEBIBYTE = 1024 * 1024;
const compressing = CODECS.filter((codec) => codec.name !== 'none');

for (const { codec, madeBy, hex } of VECTORS) {
  test(`${codec} reads what ${madeBy} wrote`, () => {
    const input = Buffer.from(hex, 'hex');
    assert.deepEqual(codecByName(codec).decompress(input, TEXT.length), TEXT);
    assert.throws(() => codecByName(codec).decompress(input, TEXT.length - 1), /more than 1799/);
  });
}

test('codecs have the numbers of the batch attributes, and 5 to 7 have none', () => {
  assert.deepEqual(
    [0, 1, 2, 3, 4, 5, 6, 7].map((id) => codecById(id)?.name),
    ['none', 'gzip', 'snappy', 'lz4', 'zstd', undefined, undefined, undefined],
  );
  for (const codec of CODECS) assert.equal(codecById(codec.id), codecByName(codec.name));
});

for (const codec of [...CODECS, lz4ForMagic0]) {
  test(`${codec.name} gives back what it was given`, () => {
    const pieces = fc.array(
      fc.record({
        bytes: fc.uint8Array({ maxLength: 300 }),
        times: fc.integer({ min: 1, max: 400 }),
      }),
      { maxLength: 4 },
    );
    fc.assert(
      fc.property(pieces, (parts) => {
        const input = Buffer.concat(
          parts.flatMap(({ bytes, times }) => Array<Uint8Array>(times).fill(bytes)),
        );
        const output = codec.decompress(codec.compress(input), input.length);
        assert.ok(output.equals(input));
      }),
      { numRuns: 40 },
    );
  });
}

test('a level is taken where the codec has levels', () => {
  const input = Buffer.from(
    Array.from({ length: 9_000 }, (_, index) => (index * index) % 8191).join(),
  );
  for (const name of ['gzip', 'zstd'] as const) {
    const codec = codecByName(name);
    assert.notDeepEqual(codec.compress(input, 1), codec.compress(input, 9), name);
    assert.deepEqual(codec.decompress(codec.compress(input, 9), input.length), input);
  }
});

test('a bomb is refused at the bound, and the memory for it is never taken', () => {
  const zeros = Buffer.alloc(64 * MEBIBYTE);
  for (const codec of compressing) {
    const bomb = codec.compress(zeros);
    const before = process.memoryUsage().rss;
    assert.throws(() => codec.decompress(bomb, MEBIBYTE), DecompressionError, codec.name);
    assert.ok(process.memoryUsage().rss - before < 32 * MEBIBYTE, codec.name);
  }
  const bomb = zstdWasm.compress(zeros, 3);
  assert.throws(() => decompressZstd(zstdWasm, bomb, MEBIBYTE), /more than 1048576 bytes/);
});

test('a bomb that lies about its size is refused too', () => {
  // snappy: claims 4 GiB in the block's first bytes.
  const snappy = Buffer.from('ffffffff0f00', 'hex');
  assert.throws(() => codecByName('snappy').decompress(snappy, 2 ** 40), /4294967295 bytes from 6/);
  // zstd: claims 2^60 bytes and holds one.
  const zstd = Buffer.from('28b52ffde000000000000000100900007a', 'hex');
  assert.throws(() => codecByName('zstd').decompress(zstd, 2 ** 40), DecompressionError);
  // zstd without a declared size, of one-byte blocks that repeat 128 KiB each.
  const run = Buffer.from([0x02, 0x00, 0x10, 0x61]);
  const last = Buffer.from([0x03, 0x00, 0x10, 0x61]);
  const runs = Buffer.concat([
    Buffer.from('28b52ffd0058', 'hex'),
    ...Array<Buffer>(1000).fill(run),
    last,
  ]);
  const exactly = 1001 * 128 * 1024;
  assert.deepEqual(zstdContentSize(runs), { atLeast: exactly, atMost: exactly });
  assert.throws(() => codecByName('zstd').decompress(runs, MEBIBYTE), DecompressionError);
  const untouched: ZstdLibrary = {
    compress: () => assert.fail('not called'),
    decompress: () => assert.fail('decompressed what cannot fit'),
  };
  assert.throws(() => decompressZstd(untouched, runs, MEBIBYTE), /more than 1048576 bytes/);
  assert.equal(decompressZstd(zstdWasm, runs, 128 * MEBIBYTE).length, exactly);
});

test('input cut off at any byte is an error, never a shorter output', () => {
  for (const { codec, madeBy, hex } of VECTORS) {
    const input = Buffer.from(hex, 'hex');
    for (let length = 0; length < input.length; length++) {
      const cut = input.subarray(0, length);
      if (codec === 'snappy' && length === 16) continue; // a framed stream of no blocks
      assert.throws(
        () => codecByName(codec).decompress(cut, MEBIBYTE),
        DecompressionError,
        `${madeBy} cut at ${length}`,
      );
    }
  }
});

test('damaged input gives an error or some output, but never harm', () => {
  const inputs = [...VECTORS, { codec: 'lz4' as const, hex: LZ4_MAGIC_0.toString('hex') }];
  for (const { codec, hex } of inputs) {
    const original = Buffer.from(hex, 'hex');
    for (let at = 0; at < original.length; at++) {
      for (const bits of [0x01, 0x80, 0xff]) {
        const input = Buffer.from(original);
        input[at]! ^= bits;
        try {
          assert.ok(codecByName(codec).decompress(input, MEBIBYTE).length <= MEBIBYTE);
        } catch (error) {
          assert.ok(error instanceof DecompressionError, String(error));
        }
      }
    }
  }
});

test('arbitrary bytes never do more than fail', () => {
  const start = fc.constantFrom('', '04224d1860408237', '28b52ffd0058', '82534e4150505900', '1f8b');
  fc.assert(
    fc.property(start, fc.uint8Array({ maxLength: 200 }), (prefix, bytes) => {
      const input = Buffer.concat([Buffer.from(prefix, 'hex'), bytes]);
      for (const codec of [...compressing, lz4ForMagic0]) {
        try {
          codec.decompress(input, MEBIBYTE);
        } catch (error) {
          assert.ok(error instanceof DecompressionError, String(error));
        }
      }
    }),
    { numRuns: 300 },
  );
});

test('LZ4 of magic 0 carries the wrong header checksum, reads both, and magic 2 refuses it', () => {
  assert.deepEqual(lz4ForMagic0.decompress(LZ4_MAGIC_0, TEXT.length), TEXT);
  const ours = lz4ForMagic0.compress(TEXT);
  const { headerChecksumAt } = walkLz4Frame(ours, MEBIBYTE);
  assert.notEqual(ours[headerChecksumAt], lz4HeaderChecksum(ours, headerChecksumAt));
  assert.equal(lz4ForMagic0.decompress(ours, TEXT.length).equals(TEXT), true);
  assert.throws(() => codecByName('lz4').decompress(LZ4_MAGIC_0, MEBIBYTE), /header checksum/);
  const right = codecByName('lz4').compress(TEXT);
  assert.deepEqual(lz4ForMagic0.decompress(right, TEXT.length), TEXT);
});

test('LZ4 frames have independent blocks, which Java demands', () => {
  const frame = codecByName('lz4').compress(Buffer.alloc(300_000, 'abcdefgh'));
  assert.equal(frame[4]! & 0x20, 0x20);
});

test('the size of an LZ4 frame is summed exactly when a bound needs it', () => {
  const input = Buffer.concat([TEXT, Buffer.alloc(70_000, 'xyz'), TEXT]);
  const frame = codecByName('lz4').compress(input);
  assert.equal(walkLz4Frame(frame, input.length).contentBound, input.length);
  assert.throws(() => walkLz4Frame(frame, input.length - 1), DecompressionError);
});

test('snappy streams one after the other are one stream', () => {
  const snappy = codecByName('snappy');
  const twice = Buffer.concat([snappy.compress(TEXT), snappy.compress(TEXT)]);
  assert.deepEqual(snappy.decompress(twice, 2 * TEXT.length), Buffer.concat([TEXT, TEXT]));
});

test('zstd by WebAssembly and the one in use read each other', () => {
  const zstd = codecByName('zstd');
  assert.deepEqual(decompressZstd(zstdWasm, zstd.compress(TEXT), TEXT.length), TEXT);
  assert.deepEqual(zstd.decompress(zstdWasm.compress(TEXT, 19), TEXT.length), TEXT);
  for (const { codec, hex } of VECTORS) {
    if (codec !== 'zstd') continue;
    assert.deepEqual(decompressZstd(zstdWasm, Buffer.from(hex, 'hex'), TEXT.length), TEXT);
  }
});

test('gzip made by plain zlib is gzip', () => {
  assert.deepEqual(codecByName('gzip').decompress(gzipSync(TEXT), TEXT.length), TEXT);
});

test('xxhash32 has the reference values', () => {
  for (const [input, hash] of XXH32_VECTORS) assert.equal(xxhash32(input), hash);
});

test('many small blocks are as much work as a few large ones, and many gzip members are refused', () => {
  const snappy = codecByName('snappy');
  const empty = snappy.compress(Buffer.from('x'));
  const blocks = Buffer.concat([empty, ...new Array<Buffer>(99).fill(empty.subarray(16))]);
  assert.equal(snappy.decompress(blocks, 100).toString(), 'x'.repeat(100));
  assert.equal(snappy.contentBound(blocks), 100 * 4096);
  const gzip = codecByName('gzip');
  const members = (count: number) =>
    Buffer.concat([...new Array<Buffer>(count).fill(gzipSync('x')), Buffer.from('no member')]);
  assert.equal(gzip.decompress(members(64), 64).toString(), 'x'.repeat(64));
  assert.throws(() => gzip.decompress(members(65), 65), DecompressionError);
});

test('gzip is decompressed into memory of the size of its content, whatever size it claims', () => {
  const gzip = codecByName('gzip');
  const content = Buffer.alloc(1_000_000, 'abc');
  const stored = gzip.compress(content);
  const output = gzip.decompress(stored, content.length);
  assert.ok(output.equals(content));
  // One piece, of which a byte is left; joined from many it would be of its size, and twice that on the way.
  assert.equal(output.buffer.byteLength, content.length + 1);
  for (const claimed of [0, 1, 0xffffffff]) {
    const lying = Buffer.from(stored);
    lying.writeUInt32LE(claimed, lying.length - 4);
    assert.throws(() => gzip.decompress(lying, content.length), DecompressionError);
  }
});
