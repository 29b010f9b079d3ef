import type { Clock } from './clock.ts';
import type { TurnCause, TurnWatch } from './turn-watch.ts';

/** Of one turn of the event loop, all long work together has so many milliseconds. */
const MS_PER_TURN = 3;

/** And so many steps, so that a clock that stands still (a simulation's) bounds it, too. */
export const STEPS_PER_TURN = 4096;

/** The clock is looked at once in so many steps: a step is some tens of microseconds at the very most. */
const STEPS_PER_LOOK = 16;

/** What long work asks after each of its steps. */
export interface Pace {
  /**
   * Counts a step, or one that is as much work as `steps` of some tens of microseconds; true when the work has to let
   * others have their turn.
   */
  isOver(steps?: number): boolean;
}

/** Work that takes one step after another, and yields where its turn is over. */
export type Steps<Result> = Generator<void, Result, void>;

/** The turn's share, as one piece of work sees it. */
export interface LongWork extends Pace {
  /** Goes on in a later turn; for work that is written with `await`. */
  nextTurn(): Promise<void>;
  /** See {@link Slices.run}. */
  run<Result>(steps: Steps<Result>, receiver: StepsReceiver<Result>, cause: TurnCause): void;
}

/**
 * The share of the event loop that long work has: requests with many rows, large answers, sweeps. However
 * many of them there are, they take a few milliseconds of a turn together, one after the other; between the turns
 * everybody else is served.
 */
export class Slices implements LongWork {
  readonly #clock: Clock;
  readonly #watch: TurnWatch | undefined;
  #steps = 0;
  #stepsAtLook = 0;
  #beganMs: number | undefined = undefined;
  #isSpent = false;
  /** Work that goes on in later turns. */
  readonly #waiting: (() => void)[] = [];
  #isScheduled = false;
  readonly #onTurn = () => this.#nextShare();

  constructor(clock: Clock, watch?: TurnWatch) {
    this.#clock = clock;
    this.#watch = watch;
  }

  /** How much work waits for its turn. */
  get waiting(): number {
    return this.#waiting.length;
  }

  isOver(steps = 1): boolean {
    if (this.#isSpent) return true;
    this.#steps += steps;
    if (this.#steps - this.#stepsAtLook < STEPS_PER_LOOK) return false;
    this.#stepsAtLook = this.#steps;
    const now = this.#clock.monotonicMs();
    this.#beganMs ??= now;
    this.#isSpent = this.#steps >= STEPS_PER_TURN || now - this.#beganMs >= MS_PER_TURN;
    this.#schedule();
    return this.#isSpent;
  }

  /** Calls back in a later turn, when it is this work's turn again. */
  later(goOn: () => void): void {
    this.#waiting.push(goOn);
    this.#schedule();
  }

  /** Goes on in a later turn; for work that is written with `await`. */
  nextTurn(): Promise<void> {
    return new Promise((resolve) => this.later(resolve));
  }

  /**
   * Does the work, as much of it as this turn has room for at once, and tells what came of it: at once where it
   * was short. Where nobody waits for it any more, it ends with its turn.
   */
  run<Result>(steps: Steps<Result>, receiver: StepsReceiver<Result>, cause: TurnCause): void {
    let result: IteratorResult<void, Result>;
    const beganMs = this.#clock.monotonicMs();
    try {
      result = steps.next();
    } catch (error) {
      receiver.failed(error);
      return;
    }
    this.#watch?.observe(this.#clock.monotonicMs() - beganMs, cause);
    if (result.done) {
      receiver.done(result.value);
      return;
    }
    this.later(() => {
      if (receiver.isWanted()) this.run(steps, receiver, cause);
      else receiver.dropped();
    });
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#clock.nextTurn(this.#onTurn);
  }

  #nextShare(): void {
    this.#isScheduled = false;
    this.#steps = 0;
    this.#stepsAtLook = 0;
    this.#beganMs = undefined;
    this.#isSpent = false;
    // Each of those that wait now at most once: what goes on waits behind the others again.
    for (let left = this.#waiting.length; left > 0 && !this.#isSpent; left--) {
      this.#waiting.shift()?.();
    }
    if (this.#waiting.length > 0) this.#schedule();
  }
}

/** Does the steps in one go, for work that is known to be little. */
export function atOnce<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** Does the steps for a function that is written with `await`. */
export async function promised<Result>(
  work: Pick<LongWork, 'nextTurn'>,
  steps: Steps<Result>,
): Promise<Result> {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    await work.nextTurn();
  }
}

export interface StepsReceiver<Result> {
  /** Whether anybody still waits for the result. */
  isWanted(): boolean;
  done(result: Result): void;
  failed(error: unknown): void;
  /** In place of the two, where nobody waited any more. */
  dropped(): void;
}
