// If this breaks, each request of tens of megabytes costs everybody milliseconds, or its memory is kept for ever.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimClock } from '../testing/sim-clock.ts';
import { BufferPool } from './buffer-pool.ts';
import { SpareBuffer } from './spare-buffer.ts';

const MB = 1024 * 1024;

function setup() {
  const clock = new SimClock();
  const spare = new SpareBuffer({ clock, idleMs: 5000 });
  return { clock, spare, pool: new BufferPool({ maxRetainedBytes: MB, spare }) };
}

test('the last very large buffer serves the next request of about its size, one at a time', () => {
  const { pool } = setup();
  const first = pool.acquire(50 * MB);
  pool.release(first);
  const second = pool.acquire(50 * MB - 1000);
  assert.equal(second, first);
  assert.notEqual(pool.acquire(50 * MB), first);
});

test('a buffer of another size is kept instead', () => {
  const { pool } = setup();
  const large = pool.acquire(50 * MB);
  const small = pool.acquire(20 * MB);
  pool.release(large);
  pool.release(small);
  assert.notEqual(pool.acquire(50 * MB), large);
  assert.equal(pool.acquire(20 * MB), small);
});

test('after its end nothing is kept, and no timer is left', () => {
  const { clock, spare, pool } = setup();
  const first = pool.acquire(50 * MB);
  spare.end();
  pool.release(first);
  assert.notEqual(pool.acquire(50 * MB), first);
  assert.equal(clock.pendingTimers, 0);
});

test('nobody takes it for a while: it is given up', async () => {
  const { clock, pool } = setup();
  const first = pool.acquire(50 * MB);
  pool.release(first);
  await clock.advanceAndSettle(4999);
  pool.release(pool.acquire(50 * MB));
  await clock.advanceAndSettle(4999);
  assert.equal(pool.acquire(50 * MB), first);
  pool.release(first);
  await clock.advanceAndSettle(5001);
  assert.notEqual(pool.acquire(50 * MB), first);
});
