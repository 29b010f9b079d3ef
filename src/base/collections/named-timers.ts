import type { Clock, Timer } from '../clock.ts';

/** Timers by name, at most one of each, that end together. */
export class NamedTimers {
  readonly #clock: Clock;
  readonly #timers = new Map<string, Timer>();
  #isEnded = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Runs `work` after `firstMs`, and again after as long as it says. */
  every(name: string, firstMs: number, work: () => number): void {
    this.once(name, firstMs, () => this.every(name, work(), work));
  }

  /** Runs `work` after `delayMs`, unless a timer of the name is under way. */
  once(name: string, delayMs: number, work: () => void): void {
    if (this.#isEnded || this.#timers.has(name)) return;
    const timer = this.#clock.after(delayMs, () => {
      this.#timers.delete(name);
      work();
    });
    this.#timers.set(name, timer);
  }

  /** Nothing fires any more. */
  end(): void {
    this.#isEnded = true;
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }
}
