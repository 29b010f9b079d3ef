// If this breaks, a tool that is told to stop while its broker takes nothing does not end, or does not say which records
// are lost.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimClock } from '../base/testing/sim-clock.ts';
import { DeliveryError, type Producer } from '../client/index.ts';
import { Delivery } from './delivery.ts';
import type { Terminal } from './terminal.ts';

/** A producer whose records a test settles. */
class FakeProducer {
  readonly open: { resolve: (at: never) => void; reject: (error: Error) => void }[] = [];
  readonly abandoned: string[] = [];

  send(): Promise<never> {
    return new Promise((resolve, reject) => this.open.push({ resolve, reject }));
  }

  async flush(): Promise<void> {}

  abandon(reason: string): void {
    this.abandoned.push(reason);
    for (const { reject } of this.open) reject(new DeliveryError(reason, { mayBeStored: true }));
  }
}

function start() {
  const producer = new FakeProducer();
  const signals: (() => void)[] = [];
  const clock = new SimClock();
  const terminal: Pick<Terminal, 'onInterrupt'> = {
    onInterrupt(stop, hurry) {
      signals.push(stop, hurry ?? (() => {}));
    },
  };
  const delivery = new Delivery(
    producer as unknown as Producer,
    terminal,
    { topic: 't', noun: 'line' },
    clock,
  );
  return { producer, delivery, signals, clock };
}

test('the lines that were not stored are reported by number, first and last', async () => {
  const { producer, delivery } = start();
  for (let line = 1; line <= 9; line++) void delivery.send({ topic: 't', value: 'x' }, line);
  producer.open.forEach(({ resolve, reject }, index) => {
    if (index === 3 || index === 4 || index === 7) reject(new Error(`reason ${index}`));
    else resolve(undefined as never);
  });
  await assert.rejects(delivery.finish(), {
    message:
      '3 of 9 records were not stored in topic t (the first is line 4, the last line 8): reason 3',
  });
});

test('lines in a row are reported as such, and those that may be stored all the same', async () => {
  const { producer, delivery } = start();
  for (let line = 1; line <= 4; line++) void delivery.send({ topic: 't', value: 'x' }, line);
  producer.open.forEach(({ resolve, reject }, index) => {
    if (index >= 2) reject(new DeliveryError('late', { mayBeStored: index === 2 }));
    else resolve(undefined as never);
  });
  await assert.rejects(delivery.finish(), {
    message:
      '2 of 4 records were not stored in topic t (lines 3 to 4); 1 of them may be, but no answer came: late',
  });
});

test('after a signal what is on its way has five seconds, after a second one none', () => {
  const { producer, delivery, signals, clock } = start();
  let isTold = false;
  delivery.onStop(() => {
    isTold = true;
  });
  signals[0]?.();
  assert.ok(isTold && delivery.isStopped);
  clock.advance(4999);
  assert.equal(producer.abandoned.length, 0);
  clock.advance(1);
  assert.equal(producer.abandoned.length, 1);
  const other = start();
  other.signals[0]?.();
  other.signals[1]?.();
  assert.equal(other.producer.abandoned.length, 1);
});

test('who stores everything says nothing', async () => {
  const { producer, delivery } = start();
  void delivery.send({ topic: 't', value: 'x' }, 1);
  producer.open[0]?.resolve(undefined as never);
  await delivery.finish();
});
