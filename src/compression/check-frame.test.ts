// If this breaks, a producer's records are acknowledged and stored, and every consumer ends at them; or
// records that a Kafka takes are refused.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { codecByName, DecompressionError } from './index.ts';
import { TEST_FRAMES } from './testing/frames.ts';

const CONTENT = Buffer.from(
  Array.from({ length: 12 }, (_, index) => `a record of some length ${index}`).join(),
);

/** Nothing in the headers of these is wrong; who decompresses them finds out. */
const SEEN_ONLY_WITHIN = new Set([
  'gzip: a wrong checksum',
  'gzip: a wrong size',
  'gzip: no trailer',
  'gzip: cut off in its data',
  'snappy: a raw block that claims too much',
  'snappy: a raw block that is cut off',
  'snappy: the framing of others',
  'lz4: wrong checksums of blocks',
  'zstd: a wrong checksum',
]);

function refusal(work: () => void): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    assert.ok(error instanceof DecompressionError, String(error));
    return error.message;
  }
}

for (const { name, codec, kafka, make } of TEST_FRAMES) {
  const title = `${codec}: ${name}`;
  test(`${title}: ${kafka === 'takes' ? 'taken' : 'refused'}, as by Kafka`, () => {
    const { checkFrame, decompress } = codecByName(codec);
    const stream = make(CONTENT);
    const seen = refusal(() => checkFrame(stream));
    const isHidden = SEEN_ONLY_WITHIN.has(title);
    assert.equal(seen === undefined, kafka === 'takes' || isHidden, seen);
    if (seen !== undefined) return;
    let content: Buffer | undefined;
    const problem = refusal(() => {
      content = decompress(stream, 1024 * 1024);
    });
    const isWhole = problem === undefined && content?.equals(CONTENT) === true;
    assert.equal(isWhole, kafka === 'takes', problem);
  });
}

test('only headers are looked at, never what lies in the blocks', () => {
  const large = randomBytes(1024 * 1024);
  for (const codec of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
    const { compress, checkFrame } = codecByName(codec);
    const stream = compress(large);
    // Within the first block, where anything may be: only who decompresses it could tell.
    stream.fill(0, 100, 120);
    assert.equal(
      refusal(() => checkFrame(stream)),
      undefined,
      codec,
    );
  }
});
