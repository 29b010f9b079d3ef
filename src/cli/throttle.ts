import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';

/** Below this it is not worth to sleep. */
const LEAST_SLEEP_MS = 2;
/** The longest a stop has to wait for a sleeper. */
const MOST_SLEEP_MS = 200;

/** Holds a sender back to so many items a second; a negative rate does not. */
export class Throttle {
  readonly #perSecond: number;
  readonly #startMs = performance.now();

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** How long item number `count` is too early, in milliseconds. */
  earlyMs(count: number, elapsedMs: number): number {
    if (this.#perSecond < 0) return 0;
    if (this.#perSecond === 0) return Number.POSITIVE_INFINITY;
    return (count * 1000) / this.#perSecond - elapsedMs;
  }

  /** Resolves when `count` items may have been sent, or once `stopped` says so. */
  async wait(count: number, stopped: () => boolean): Promise<void> {
    for (;;) {
      const early = this.earlyMs(count, performance.now() - this.#startMs);
      if (early < LEAST_SLEEP_MS || stopped()) return;
      await sleep(Math.min(early, MOST_SLEEP_MS));
    }
  }
}

/** Lets input, output and timers have their turn. */
export async function breathe(): Promise<void> {
  await nextTurn();
}
