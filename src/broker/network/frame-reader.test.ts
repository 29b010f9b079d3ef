// If this breaks, a request is cut at the wrong byte, or a length alone makes the broker allocate.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BufferPool } from '../../base/collections/buffer-pool.ts';
import { FrameReader } from './frame-reader.ts';
import { frame } from './testing/test-broker.ts';

class RecordingPool extends BufferPool {
  acquired: number[] = [];

  override acquire(size: number): Buffer {
    this.acquired.push(size);
    return super.acquire(size);
  }
}

function reader(maxFrameBytes = 1 << 24, mayTake = true) {
  const pool = new RecordingPool({ maxRetainedBytes: 1 << 26 });
  const frames: Buffer[] = [];
  const bad: number[] = [];
  const frameReader = new FrameReader({
    pool,
    maxFrameBytes,
    receiver: {
      onCutFrame: () => mayTake,
      onFrame: (buffer, size) => {
        frames.push(Buffer.from(buffer.subarray(0, size)));
        pool.release(buffer);
      },
      onBadLength: (size) => bad.push(size),
    },
  });
  return { pool, frames, bad, frameReader };
}

test('any cut of the stream gives the same frames, empty ones too', () => {
  const bodies = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 12 });
  const cuts = fc.infiniteStream(fc.integer({ min: 1, max: 50 }));
  fc.assert(
    fc.property(bodies, cuts, (wanted, cut) => {
      const stream = Buffer.concat(wanted.map(frame));
      const { frames, frameReader } = reader();
      for (let at = 0; at < stream.length; ) {
        const chunk = Buffer.from(stream.subarray(at, at + (cut.next().value ?? 1)));
        frameReader.push(chunk);
        at += chunk.length;
        chunk.fill(0xee);
      }
      assert.deepEqual(
        frames,
        wanted.map((body) => Buffer.from(body)),
      );
    }),
  );
});

test('a frame of many megabytes arrives whole, most of its memory taken when much of it is there', () => {
  const body = Buffer.alloc(7_000_001);
  for (let index = 0; index < body.length; index += 997) body[index] = index & 0xff;
  const stream = frame(body);
  const { pool, frames, frameReader } = reader();
  for (let at = 0; at < stream.length; at += 65_536) {
    const before = at;
    frameReader.push(stream.subarray(at, at + 65_536));
    const largest = Math.max(...pool.acquired);
    assert.ok(largest <= 1280 * 1024 || before + 65_536 > 1280 * 1024, `${largest} at ${before}`);
  }
  assert.equal(pool.acquired.length, 2, 'nothing beyond the first step is copied');
  assert.equal(frames.length, 1);
  assert.ok(frames[0]!.equals(body));
});

test('a negative or oversized length ends the stream before anything is allocated', () => {
  for (const size of [-1, -(2 ** 31), 1001, 2 ** 31 - 1]) {
    const { pool, frames, bad, frameReader } = reader(1000);
    const prefix = Buffer.alloc(4);
    prefix.writeInt32BE(size);
    frameReader.push(Buffer.concat([frame(Buffer.from('good')), prefix, frame(Buffer.from('x'))]));
    frameReader.push(frame(Buffer.from('after')));
    assert.deepEqual(frames.map(String), ['good']);
    assert.deepEqual(bad, [size]);
    assert.deepEqual(pool.acquired, [4]);
  }
});

test('a frame of exactly the limit is taken', () => {
  const { frames, bad, frameReader } = reader(1000);
  frameReader.push(frame(Buffer.alloc(1000, 'x')));
  assert.equal(frames.length, 1);
  assert.deepEqual(bad, []);
});

test('a frame that has to wait for its memory takes up no more than has come of it', () => {
  const body = Buffer.alloc(3_000_001, 7);
  const stream = frame(body);
  const { pool, frames, frameReader } = reader(1 << 24, false);
  frameReader.push(stream.subarray(0, 60_000));
  assert.deepEqual(pool.acquired, [60_000 - 4]);
  for (let at = 60_000; at < stream.length; at += 60_000) {
    frameReader.push(stream.subarray(at, at + 60_000));
  }
  assert.deepEqual(pool.acquired.slice(1), [1280 * 1024, 3_000_001]);
  assert.ok(frames[0]!.equals(body));
});
