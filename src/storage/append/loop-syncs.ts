import type { Clock } from '../../base/clock.ts';

/** The event loop waits for syncs so long in a second, and for one more. */
const MS_PER_SECOND = 20;

/** The syncs that the event loop itself waits for, of all logs together. */
export class LoopSyncs {
  readonly #clock: Clock;
  #secondBeganMs = Number.NEGATIVE_INFINITY;
  #spentMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether somebody who can do without should ask for one now. */
  get hasRoom(): boolean {
    if (this.#clock.monotonicMs() - this.#secondBeganMs >= 1000) return true;
    return this.#spentMs < MS_PER_SECOND;
  }

  /** Throws what `sync` throws. */
  run(sync: () => void): void {
    const beganMs = this.#clock.monotonicMs();
    if (beganMs - this.#secondBeganMs >= 1000) {
      this.#secondBeganMs = beganMs;
      this.#spentMs = 0;
    }
    try {
      sync();
    } finally {
      this.#spentMs += this.#clock.monotonicMs() - beganMs;
    }
  }
}
