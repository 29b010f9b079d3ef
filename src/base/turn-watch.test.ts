// If this breaks, nobody finds out which request or duty made all others wait.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogCapture } from '../../test/support/log-capture.ts';
import { Metrics } from './metrics.ts';
import { SimClock } from './testing/sim-clock.ts';
import { TurnWatch } from './turn-watch.ts';

/** Time also goes by without a timer, as it does while the event loop is held up. */
class HeldClock extends SimClock {
  heldMs = 0;

  override monotonicMs(): number {
    return super.monotonicMs() + this.heldMs;
  }
}

function setup() {
  const clock = new HeldClock();
  const logger = new LogCapture();
  const metrics = new Metrics();
  const watch = new TurnWatch(clock, logger, metrics);
  const longest = () => {
    const [metric] = metrics.all();
    assert.equal(metric?.kind, 'gauge');
    return Array.from(metric.read(), ({ labels, value }) => [
      `${labels?.['of']} ${labels?.['step']}`,
      Math.round(value * 1000),
    ]);
  };
  return { clock, logger, watch, longest };
}

test('the longest turn of each API and step is kept for one to two minutes', async () => {
  const { clock, watch, longest } = setup();
  watch.observe(30, { of: 'Fetch', step: 'handle' });
  watch.observe(12, { of: 'Fetch', step: 'handle' });
  watch.observe(7, { of: 'Fetch', step: 'encode' });
  watch.observe(0.5, { of: 'Produce', step: 'handle' });
  assert.deepEqual(longest(), [
    ['Fetch handle', 30],
    ['Fetch encode', 7],
  ]);
  await clock.advanceAndSettle(61_000);
  watch.observe(3, { of: 'Fetch', step: 'handle' });
  assert.deepEqual(longest()[0], ['Fetch handle', 30]);
  await clock.advanceAndSettle(61_000);
  assert.deepEqual(longest(), [['Fetch handle', 3]]);
  await clock.advanceAndSettle(120_000);
  assert.deepEqual(longest(), []);
});

test('a line in the log names who held up the others for more than 100 ms, once a minute', async () => {
  const { clock, logger, watch } = setup();
  const cause = { of: 'Fetch', step: 'handle', clientId: 'reports' } as const;
  watch.observe(99, cause);
  assert.equal(logger.lines.length, 0);
  watch.observe(120, cause);
  watch.observe(150, cause);
  assert.equal(logger.lines.length, 1);
  assert.match(logger.lines[0]!.msg, /^Fetch kept everybody else waiting for 120 ms/);
  assert.equal(logger.lines[0]!['clientId'], 'reports');
  assert.equal(logger.lines[0]!.level, 'info');
  await clock.advanceAndSettle(60_000);
  watch.observe(1500, cause);
  assert.equal(logger.lines.length, 2);
  assert.equal(logger.lines[1]!.level, 'warn');
});

test('work that is awaited is measured by how late a timer is while it is under way', async () => {
  const { clock, watch, longest } = setup();
  const ended = watch.underWay({ of: 'CreateTopics', step: 'handle' });
  await clock.advanceAndSettle(50);
  assert.deepEqual(longest(), [], 'the loop was free');
  clock.heldMs += 80;
  await clock.advanceAndSettle(10);
  assert.deepEqual(longest(), [['CreateTopics handle', 80]]);
  ended();
  await clock.advanceAndSettle(10);
  clock.heldMs += 500;
  await clock.advanceAndSettle(10);
  assert.deepEqual(longest(), [['CreateTopics handle', 80]], 'it had ended');
  assert.equal(clock.pendingTimers, 0);
});

test('what only waits is not looked at for ever', async () => {
  const { clock, watch } = setup();
  watch.underWay({ of: 'JoinGroup', step: 'handle' });
  await clock.advanceAndSettle(11_000);
  assert.equal(clock.pendingTimers, 0);
});

test('nobody is blamed while other programs have the processor', async () => {
  const { clock, watch, longest } = setup();
  let cpuMs = 0;
  Object.assign(clock, { cpuMs: () => cpuMs });
  watch.underWay({ of: 'CreateTopics', step: 'handle' });
  await clock.advanceAndSettle(5);
  clock.heldMs += 500;
  cpuMs += 12;
  await clock.advanceAndSettle(10);
  assert.deepEqual(longest(), [['CreateTopics handle', 12]]);
});
