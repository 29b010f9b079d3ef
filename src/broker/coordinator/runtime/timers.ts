import type { Clock, Timer } from '../../../base/clock.ts';

interface Armed {
  dueMs: number;
  timer: Timer;
}

/**
 * One timer per key (a group, a transactional id), for the earliest of its deadlines. Deadlines move
 * away with every heartbeat, so a timer that rings too early is the rule: it is set again then, and a
 * heartbeat costs nothing.
 */
export class KeyedTimers {
  readonly #clock: Clock;
  readonly #onDue: (key: string) => void;
  readonly #armed = new Map<string, Armed>();

  constructor(clock: Clock, onDue: (key: string) => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  /** Sees to it that `onDue` is called at `dueMs` (monotonic) at the latest; Infinity is never. */
  arm(key: string, dueMs: number): void {
    const armed = this.#armed.get(key);
    if (dueMs === Number.POSITIVE_INFINITY) {
      this.cancel(key);
      return;
    }
    if (armed !== undefined && armed.dueMs <= dueMs) return;
    armed?.timer.cancel();
    const delayMs = Math.max(0, dueMs - this.#clock.monotonicMs());
    this.#armed.set(key, {
      dueMs,
      timer: this.#clock.after(delayMs, () => this.#ring(key, dueMs)),
    });
  }

  cancel(key: string): void {
    this.#armed.get(key)?.timer.cancel();
    this.#armed.delete(key);
  }

  cancelAll(): void {
    for (const { timer } of this.#armed.values()) timer.cancel();
    this.#armed.clear();
  }

  #ring(key: string, dueMs: number): void {
    // After a stall of the process the heartbeats that came meanwhile are still in the sockets:
    // they are heard before anybody is given up.
    this.#clock.endOfTurn(() => {
      if (this.#armed.get(key)?.dueMs !== dueMs) return;
      this.#armed.delete(key);
      this.#onDue(key);
    });
  }
}
