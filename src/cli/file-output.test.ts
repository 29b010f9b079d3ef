// If this breaks, a tool says that it wrote what a full disk did not take, and commits the offsets of what is lost.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FileOutput } from './file-output.ts';

/** A disk with room for so many bytes, that takes at most `atOnce` in one call. */
function disk(room: number, atOnce = Number.POSITIVE_INFINITY) {
  const taken: number[] = [];
  let left = room;
  const write = (_: number, bytes: Uint8Array, from: number, length: number): number => {
    if (left === 0) {
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), {
        code: 'ENOSPC',
        errno: -28,
      });
    }
    const count = Math.min(left, atOnce, length);
    taken.push(...bytes.subarray(from, from + count));
    left -= count;
    return count;
  };
  return { taken, output: new FileOutput(1, write as typeof import('node:fs').writeSync) };
}

test('a write that is taken piece by piece is written whole', () => {
  const { output, taken } = disk(100, 3);
  output.write(Buffer.from('0123456789'));
  assert.equal(Buffer.from(taken).toString(), '0123456789');
  assert.equal(output.bytes, 10);
  assert.equal(output.failure, undefined);
});

test('a full disk: the bytes that it took are known, the reason too, and nothing more is written', () => {
  const { output, taken } = disk(7);
  output.write(Buffer.from('01234'));
  output.write(Buffer.from('56789'));
  output.write(Buffer.from('more'));
  assert.equal(output.bytes, 7);
  assert.equal(Buffer.from(taken).toString(), '0123456');
  assert.deepEqual(output.failure, { isReaderGone: false, reason: 'no space left on device' });
});

test('a device that is not ready is asked again', () => {
  let refusals = 3;
  const write = (_: number, __: Uint8Array, ___: number, length: number): number => {
    if (refusals-- > 0) throw Object.assign(new Error('EAGAIN'), { code: 'EAGAIN', errno: -11 });
    return length;
  };
  const output = new FileOutput(1, write as typeof import('node:fs').writeSync);
  output.write(Buffer.from('abc'));
  assert.equal(output.bytes, 3);
});
