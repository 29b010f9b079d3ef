// If these break, groups miss their deadlines, or a stall of the process throws out live members.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimClock } from '../../../base/testing/sim-clock.ts';
import { KeyedTimers } from './timers.ts';

function timersOf(clock: SimClock) {
  const due: string[] = [];
  return { due, timers: new KeyedTimers(clock, (groupId) => due.push(groupId)) };
}

test('heartbeats that came in during a stall are heard before anybody is given up', () => {
  const clock = new SimClock();
  const order: string[] = [];
  const timers = new KeyedTimers(clock, () => order.push('deadline'));
  timers.arm('group', 10);
  // The rest of the turn in which the timer fires: what was in the sockets is read.
  clock.after(10, () => order.push('unrelated'));
  const original = clock.endOfTurn.bind(clock);
  clock.endOfTurn = (callback) => {
    order.push('heartbeat');
    original(callback);
  };
  clock.advance(10);
  assert.deepEqual(order.slice(0, 2), ['heartbeat', 'deadline']);
});

test('an earlier deadline replaces a later one, a later one waits for the earlier', () => {
  const clock = new SimClock();
  const { due, timers } = timersOf(clock);
  timers.arm('group', 100);
  timers.arm('group', 50);
  timers.arm('group', 80);
  assert.equal(clock.pendingTimers, 1);
  clock.advance(50);
  assert.deepEqual(due, ['group']);
  assert.equal(clock.pendingTimers, 0);
});

test('a cancelled deadline never rings, not even when its turn has begun', () => {
  const clock = new SimClock();
  const { due, timers } = timersOf(clock);
  timers.arm('one', 10);
  timers.arm('two', 10);
  timers.arm('three', Number.POSITIVE_INFINITY);
  timers.cancel('one');
  timers.arm('two', Number.POSITIVE_INFINITY);
  clock.advance(1_000);
  timers.arm('four', 2_000);
  timers.cancelAll();
  clock.advance(5_000);
  assert.deepEqual(due, []);
  assert.equal(clock.pendingTimers, 0);
});
