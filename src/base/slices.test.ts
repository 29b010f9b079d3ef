// If this breaks, one large request, or very many of them, keep everybody else waiting.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { promised, Slices, STEPS_PER_TURN, type Steps } from './slices.ts';
import { SimClock } from './testing/sim-clock.ts';

const CAUSE = { of: 'a test', step: 'duty' } as const;

/** So many steps; `seen` hears of each which turn it was in. */
function* work(slices: Slices, steps: number, seen: () => void): Steps<number> {
  for (let step = 0; step < steps; step++) {
    seen();
    if (slices.isOver()) yield;
  }
  return steps;
}

/** Counts the steps of each turn, and hears what came of the work. */
function observed(clock: SimClock) {
  const turns: number[] = [0];
  const seen = () => turns[turns.length - 1]!++;
  const results: unknown[] = [];
  let isWanted = true;
  const receiver = {
    isWanted: () => isWanted,
    done: (result: unknown) => results.push(result),
    failed: (error: unknown) => results.push(error),
    dropped: () => results.push('dropped'),
  };
  const untilDone = async (count: number) => {
    for (let turn = 0; turn < 10_000 && results.length < count; turn++) {
      turns.push(0);
      await clock.settle();
    }
  };
  return {
    turns,
    seen,
    results,
    receiver,
    untilDone,
    leave: () => {
      isWanted = false;
    },
  };
}

test('short work is done at once, and asks for no other turn', () => {
  const clock = new SimClock();
  const slices = new Slices(clock);
  const { seen, results, receiver } = observed(clock);
  slices.run(work(slices, 15, seen), receiver, CAUSE);
  assert.deepEqual(results, [15]);
  assert.equal(slices.waiting, 0);
});

test('all long work together takes its share of a turn, however much of it there is', async () => {
  const clock = new SimClock();
  let turn = 0;
  const perTurn = new Map<number, number>();
  const counting = {
    ...wrapped(clock),
    nextTurn: (callback: () => void) =>
      clock.nextTurn(() => {
        turn++;
        callback();
      }),
  };
  const slices = new Slices(counting);
  const results: number[] = [];
  const pieces = 20;
  for (let piece = 0; piece < pieces; piece++) {
    slices.run(
      work(slices, 3 * STEPS_PER_TURN, () => perTurn.set(turn, (perTurn.get(turn) ?? 0) + 1)),
      {
        isWanted: () => true,
        done: (steps) => results.push(steps),
        failed: assert.fail,
        dropped: () => assert.fail(),
      },
      CAUSE,
    );
  }
  for (let round = 0; round < 1000 && results.length < pieces; round++) await clock.settle();
  assert.equal(results.length, pieces);
  // Each piece takes one step at least when it begins, also where the turn is spent.
  const most = Math.max(...perTurn.values());
  assert.ok(most <= STEPS_PER_TURN + pieces, `${most} steps in one turn`);
  assert.ok(perTurn.size >= 3 * pieces, `${perTurn.size} turns`);
});

/** The methods of a clock as a plain object's. */
function wrapped(clock: SimClock) {
  return {
    now: () => clock.now(),
    monotonicMs: () => clock.monotonicMs(),
    after: (delayMs: number, callback: () => void) => clock.after(delayMs, callback),
    endOfTurn: (callback: () => void) => clock.endOfTurn(callback),
  };
}

test('a clock that moves ends the turn before the steps do', () => {
  const clock = new SimClock();
  let now = 0;
  const slices = new Slices({ ...wrapped(clock), nextTurn: () => {}, monotonicMs: () => now });
  let steps = 0;
  while (!slices.isOver()) {
    now += 0.05;
    steps++;
  }
  assert.ok(steps > 40 && steps < 100, `${steps} steps of 50 microseconds`);
});

test('work that nobody waits for any more ends with its turn', async () => {
  const clock = new SimClock();
  const slices = new Slices(clock);
  const { turns, seen, results, receiver, leave, untilDone } = observed(clock);
  slices.run(work(slices, 10 * STEPS_PER_TURN, seen), receiver, CAUSE);
  leave();
  await untilDone(1);
  assert.deepEqual(results, ['dropped']);
  assert.equal(
    turns.reduce((sum, steps) => sum + steps),
    STEPS_PER_TURN,
  );
});

test('an error ends the work, in its first turn and in a later one', async () => {
  const clock = new SimClock();
  const slices = new Slices(clock);
  const { results, receiver, untilDone } = observed(clock);
  function* failing(after: number): Steps<void> {
    for (let step = 0; step < after; step++) if (slices.isOver()) yield;
    throw new Error(`after ${after}`);
  }
  slices.run(failing(0), receiver, CAUSE);
  slices.run(failing(2 * STEPS_PER_TURN), receiver, CAUSE);
  await untilDone(2);
  assert.deepEqual(
    results.map((error) => (error as Error).message),
    ['after 0', `after ${2 * STEPS_PER_TURN}`],
  );
});

test('steps can be awaited', async () => {
  const clock = new SimClock();
  const slices = new Slices(clock);
  const result = promised(
    slices,
    work(slices, 3 * STEPS_PER_TURN, () => {}),
  );
  for (let round = 0; round < 5; round++) await clock.settle();
  assert.equal(await result, 3 * STEPS_PER_TURN);
});
