// If this breaks, a turn's requests are no longer written together, or a long timeout fires at once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NodeClock } from './node-clock.ts';

const nextTurn = (clock: NodeClock) => new Promise<void>((resolve) => clock.endOfTurn(resolve));

test('end-of-turn work runs once, in order, after the turn, with what it queues itself', async () => {
  const clock = new NodeClock();
  const ran: string[] = [];
  const seenLater: string[][] = [];
  clock.endOfTurn(() => {
    ran.push('first');
    clock.endOfTurn(() => ran.push('queued by first'));
  });
  clock.endOfTurn(() => ran.push('second'));
  setImmediate(() => seenLater.push([...ran]));
  assert.deepEqual(ran, []);
  await nextTurn(clock);
  await nextTurn(clock);
  assert.deepEqual(ran, ['first', 'second', 'queued by first']);
  assert.deepEqual(seenLater, [['first', 'second', 'queued by first']]);
});

test('work that queues itself for ever leaves other work its turn', async () => {
  const clock = new NodeClock();
  let rounds = 0;
  let stop = false;
  const again = () => {
    rounds++;
    if (!stop) clock.endOfTurn(again);
  };
  clock.endOfTurn(again);
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  stop = true;
  assert.ok(rounds > 1 && rounds < 100, `${rounds} rounds`);
});

test('work for the next turn runs after what the turn still queues', async () => {
  const clock = new NodeClock();
  const ran: string[] = [];
  await new Promise<void>((resolve) => {
    clock.endOfTurn(() => {
      clock.nextTurn(() => {
        ran.push('next turn');
        resolve();
      });
      clock.endOfTurn(() => clock.endOfTurn(() => ran.push('this turn')));
    });
  });
  assert.deepEqual(ran, ['this turn', 'next turn']);
});

test('a timer does not fire early, at once for a very long delay, or after its cancel', async () => {
  const clock = new NodeClock();
  let fired = '';
  const start = clock.monotonicMs();
  const endless = clock.after(2 ** 33, () => {
    fired += 'endless';
  });
  const cancelled = clock.after(0, () => {
    fired += 'cancelled';
  });
  cancelled.cancel();
  cancelled.cancel();
  await new Promise<void>((resolve) => clock.after(3, resolve));
  assert.ok(clock.monotonicMs() - start >= 2.5);
  assert.equal(fired, '');
  endless.cancel();
  assert.ok(Number.isInteger(clock.now()));
});
