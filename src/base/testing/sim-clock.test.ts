// If this breaks, tests that advance time see timers late, early or out of order.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock, SimClock } from './sim-clock.ts';

test('timers fire in order of due time, at their time, with the turn in between', () => {
  const clock = new SimClock(1000);
  const log: string[] = [];
  const note = (what: string) => () => {
    log.push(`${what}@${clock.now()}`);
    clock.endOfTurn(() => log.push(`turn after ${what}`));
  };
  clock.after(20, note('b'));
  clock.after(10, note('a'));
  clock.after(20, note('c'));
  const cancelled = clock.after(15, note('never'));
  clock.after(10, () => clock.after(5, note('nested')));
  cancelled.cancel();
  clock.advance(25);
  assert.deepEqual(log, [
    'a@1010',
    'turn after a',
    'nested@1015',
    'turn after nested',
    'b@1020',
    'turn after b',
    'c@1020',
    'turn after c',
  ]);
  assert.equal(clock.now(), 1025);
  assert.equal(clock.monotonicMs(), 25);
  assert.equal(clock.pendingTimers, 0);
});

test('work for the next turn waits for it, and settling goes on until there is none', async () => {
  const clock = new SimClock();
  const log: string[] = [];
  clock.endOfTurn(() => {
    clock.nextTurn(() => {
      log.push('second');
      clock.nextTurn(() => log.push('third'));
    });
    clock.endOfTurn(() => log.push('first'));
  });
  clock.runTurn();
  assert.deepEqual(log, ['first']);
  clock.runTurn();
  assert.deepEqual(log, ['first', 'second']);
  await clock.settle();
  assert.deepEqual(log, ['first', 'second', 'third']);
});

test('settling runs promises and turns until nothing is left', async () => {
  const clock = new SimClock();
  const log: string[] = [];
  const work = async () => {
    await new Promise<void>((resolve) => clock.endOfTurn(resolve));
    log.push('one');
    await new Promise<void>((resolve) => clock.after(5, resolve));
    log.push('two');
    await new Promise<void>((resolve) => clock.endOfTurn(resolve));
    log.push('three');
  };
  void work();
  await clock.settle();
  assert.deepEqual(log, ['one']);
  await clock.advanceAndSettle(5);
  assert.deepEqual(log, ['one', 'two', 'three']);
});

test('a manual clock moves only when told, over the end of turn of another clock', () => {
  const under = new SimClock();
  const clock = new ManualClock(under, 500);
  const log: string[] = [];
  clock.after(10, () => log.push('timer'));
  clock.endOfTurn(() => log.push('turn'));
  under.advance(100);
  assert.deepEqual(log, ['turn']);
  clock.advance(9);
  assert.deepEqual(log, ['turn']);
  clock.advance(1);
  assert.deepEqual(log, ['turn', 'timer']);
  assert.equal(clock.now(), 510);
});
