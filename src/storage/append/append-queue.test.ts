// If this breaks, a request to thousands of partitions holds everybody up, or one of them is never written.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimClock } from '../../base/testing/sim-clock.ts';
import { AppendQueue } from './append-queue.ts';

function dirty(count: number) {
  const clock = new SimClock();
  const queue = new AppendQueue(clock);
  const written: number[] = [];
  const published: number[] = [];
  for (let index = 0; index < count; index++) {
    queue.add({
      writeTurn: () => void written.push(index),
      publish: () => {
        assert.ok(written.includes(index), 'written first');
        published.push(index);
      },
    });
  }
  return { clock, queue, written, published };
}

test('thousands of logs are written over several turns, each once and in their order', () => {
  const { clock, queue, written, published } = dirty(1200);
  clock.runTurn();
  assert.equal(written.length, 500);
  assert.equal(published.length, 500);
  let late = 0;
  queue.add({ writeTurn: () => void late++, publish: () => {} });
  clock.runTurn();
  assert.equal(written.length, 1000);
  clock.runTurn();
  assert.deepEqual(
    written,
    Array.from({ length: 1200 }, (_, index) => index),
  );
  assert.deepEqual(published, written);
  assert.equal(late, 1);
});

test('what is asked for now is done now, and not once more', () => {
  const { clock, queue, written } = dirty(1200);
  clock.runTurn();
  queue.run();
  assert.equal(written.length, 1200);
  let next = 0;
  queue.add({ writeTurn: () => void next++, publish: () => {} });
  clock.runTurn();
  clock.runTurn();
  assert.equal(written.length, 1200);
  assert.equal(next, 1);
});
