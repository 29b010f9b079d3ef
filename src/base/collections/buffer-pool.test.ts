// If this breaks, frames share memory or the pool grows without bound.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BufferPool } from './buffer-pool.ts';

const MB = 1024 * 1024;

test('a buffer holds what was asked for and wastes at most a fifth of itself', () => {
  const pool = new BufferPool({ maxRetainedBytes: MB });
  fc.assert(
    fc.property(fc.integer({ min: 257, max: 2 * MB }), (size) => {
      const { length } = pool.acquire(size);
      assert.ok(length >= size);
      assert.ok((length - size) / length <= 0.2, `${size} -> ${length}`);
    }),
  );
  for (const exact of [256, 320, 512, 640, MB, 16 * MB]) {
    assert.equal(pool.acquire(exact).length, exact);
  }
});

test('a released buffer is handed out again, and never two at once', () => {
  const pool = new BufferPool({ maxRetainedBytes: MB });
  const first = pool.acquire(1000);
  const second = pool.acquire(1000);
  assert.notEqual(first, second);
  pool.release(first);
  assert.equal(pool.retainedBytes, first.length);
  assert.equal(pool.acquire(900), first);
  assert.equal(pool.retainedBytes, 0);
});

test('what is kept is bounded, and very large buffers are never kept', () => {
  const pool = new BufferPool({ maxRetainedBytes: 1024 });
  const buffers = [pool.acquire(512), pool.acquire(512), pool.acquire(512)];
  for (const buffer of buffers) pool.release(buffer);
  assert.equal(pool.retainedBytes, 1024);
  const wide = new BufferPool({ maxRetainedBytes: 1024 * MB });
  wide.release(wide.acquire(16 * MB + 1));
  assert.equal(wide.retainedBytes, 0);
});

test('a buffer from elsewhere is refused', () => {
  const pool = new BufferPool({ maxRetainedBytes: MB });
  assert.throws(() => pool.release(Buffer.alloc(1001)), /only buffers of the pool/);
});
