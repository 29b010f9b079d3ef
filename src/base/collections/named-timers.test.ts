// If this breaks, checks that run now and then stop, run twice, or go on after everything is closed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimClock } from '../testing/sim-clock.ts';
import { NamedTimers } from './named-timers.ts';

test('a repeated timer waits as long as the work says', () => {
  const clock = new SimClock();
  const timers = new NamedTimers(clock);
  const firedMs: number[] = [];
  const startMs = clock.monotonicMs();
  timers.every('check', 10, () => {
    firedMs.push(clock.monotonicMs() - startMs);
    return 30;
  });
  clock.advance(75);
  assert.deepEqual(firedMs, [10, 40, 70]);
});

test('one timer of a name at a time, and another one after it fired', () => {
  const clock = new SimClock();
  const timers = new NamedTimers(clock);
  let fired = 0;
  timers.once('retry', 10, () => fired++);
  timers.once('retry', 10, () => fired++);
  clock.advance(10);
  assert.equal(fired, 1);
  timers.once('retry', 10, () => fired++);
  clock.advance(10);
  assert.equal(fired, 2);
});

test('after the end nothing fires, not even what its last work asks for', () => {
  const clock = new SimClock();
  const timers = new NamedTimers(clock);
  let fired = 0;
  timers.every('check', 10, () => {
    fired++;
    timers.end();
    return 10;
  });
  timers.once('other', 20, () => fired++);
  clock.advance(100);
  timers.once('late', 1, () => fired++);
  clock.advance(100);
  assert.equal(fired, 1);
});
