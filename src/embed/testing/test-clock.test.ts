// If this breaks, a test that moves the broker's time sees timers too early, too late, twice or never.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../base/testing/sim-clock.ts';
import { processClock } from '../start-broker.ts';
import { TestClock } from './test-clock.ts';

/** A test clock over real time that the test also moves. */
function clocks() {
  const real = new ManualClock(processClock, 1_000_000);
  return { real, clock: new TestClock(real) };
}

test('time passes by itself, and timers fire in the order of their due times', () => {
  const { real, clock } = clocks();
  const fired: string[] = [];
  clock.after(20, () => fired.push('second'));
  clock.after(10, () => fired.push(`first at ${clock.now()}`));
  clock.after(15, () => fired.push('cancelled')).cancel();
  real.advance(9);
  assert.deepEqual(fired, []);
  real.advance(11);
  assert.deepEqual(fired, ['first at 1000010', 'second']);
  assert.equal(real.pendingTimers, 0);
});

test('advancing fires what is due, once each, at the new time, also what that sets for now', async () => {
  const { real, clock } = clocks();
  const fired: string[] = [];
  const every = () => {
    fired.push(`tick at ${clock.now()}`);
    clock.after(1_000, every);
  };
  clock.after(1_000, every);
  clock.after(5_000, () => clock.after(0, () => fired.push('chained')));
  clock.after(3_600_001, () => fired.push('later'));
  await clock.advance(3_600_000);
  assert.deepEqual(fired, ['tick at 4600000', 'chained']);
  assert.equal(clock.monotonicMs() - real.monotonicMs(), 3_600_000);
  real.advance(1);
  assert.deepEqual(fired.slice(2), ['later'], 'the rest goes on in real time');
  real.advance(998);
  assert.equal(fired.length, 3);
  real.advance(1);
  assert.equal(fired[3], 'tick at 4601000');
});

test('a timer may cancel another that is due at the same time', async () => {
  const { clock } = clocks();
  const fired: number[] = [];
  const second = { cancel: () => {} };
  clock.after(1, () => {
    fired.push(1);
    second.cancel();
  });
  Object.assign(second, { cancel: clock.after(2, () => fired.push(2)).cancel });
  await clock.advance(10);
  assert.deepEqual(fired, [1]);
  assert.equal(clock.pendingTimers, 0);
});

test('stopped time moves through advance only, and goes on from there when it is resumed', async () => {
  const { real, clock } = clocks();
  const fired: number[] = [];
  clock.after(100, () => fired.push(clock.now()));
  real.advance(40);
  clock.stop();
  clock.stop();
  real.advance(1_000_000);
  assert.deepEqual(fired, []);
  assert.equal(clock.now(), 1_000_040);
  await clock.advance(30);
  clock.resume();
  clock.resume();
  assert.equal(clock.now(), 1_000_070);
  real.advance(29);
  assert.deepEqual(fired, []);
  real.advance(1);
  assert.deepEqual(fired, [1_000_100]);
});

test('time does not go back, and timers that set themselves for ever are found out', async () => {
  const { clock } = clocks();
  await assert.rejects(clock.advance(-1), /forward only/);
  const again = () => {
    clock.after(0, again);
  };
  clock.after(0, again);
  await assert.rejects(clock.advance(1), /for ever/);
});
