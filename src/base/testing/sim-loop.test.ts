// If this breaks, a seed of the simulation does not give the same run twice, or the dead go on working.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimLoop } from './sim-loop.ts';
import { SimRandom } from './sim-random.ts';

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

test('events come in order of time, each with its promises, then the end of the turn', async () => {
  const loop = new SimLoop(new SimRandom(1), settle);
  const process = loop.process(1000);
  const log: string[] = [];
  process.after(20, () => log.push(`late at ${process.now()}`));
  process.after(10, () => {
    process.endOfTurn(() => log.push('end of turn'));
    void Promise.resolve().then(() => log.push('promise'));
    log.push(`early at ${process.now()}`);
  });
  process.after(15, () => log.push('never')).cancel();
  await loop.run(() => log.length === 4, 100);
  assert.deepEqual(log, ['early at 1010', 'promise', 'end of turn', 'late at 1020']);
});

test('a dead process does nothing any more, and what it throws as it dies is nobody’s', async () => {
  const loop = new SimLoop(new SimRandom(1), settle);
  const dying = loop.process(0);
  const log: string[] = [];
  dying.after(1, () => {
    dying.endOfTurn(() => log.push('its end of turn'));
    dying.kill();
    throw new Error('the disk is gone');
  });
  dying.after(2, () => log.push('its timer'));
  let isOver = false;
  loop.after(3, () => {
    isOver = true;
  });
  await loop.run(() => isOver, 100);
  assert.deepEqual(log, []);
});

test('nothing left to happen, too long a wait and a turn without an end are errors', async () => {
  const loop = new SimLoop(new SimRandom(1), settle);
  await assert.rejects(
    loop.run(() => false, 100),
    /nothing is left to happen/,
  );
  const process = loop.process(0);
  const tick = () => void process.after(30, tick);
  tick();
  await assert.rejects(
    loop.run(() => false, 100),
    /in 100 simulated ms/,
  );
  const again = () => process.endOfTurn(() => queueMicrotask(again));
  again();
  await assert.rejects(
    loop.run(() => false, 100),
    /a turn has no end/,
  );
});
