import type { Clock, Timer } from '../../base/clock.ts';

/** Notices that nothing has come from a client, or gone to it, for a while. */
export class IdleWatch {
  readonly #clock: Clock;
  /** Asked when the time is over: such a client is waited for once more. */
  readonly #isBusy: () => boolean;
  readonly #onIdle: () => void;
  #lastActivityMs: number;
  #timer: Timer | undefined = undefined;

  constructor(clock: Clock, isBusy: () => boolean, onIdle: () => void) {
    this.#clock = clock;
    this.#isBusy = isBusy;
    this.#onIdle = onIdle;
    this.#lastActivityMs = clock.monotonicMs();
  }

  /** When bytes last came or went, on the monotonic clock. */
  get lastActivityMs(): number {
    return this.#lastActivityMs;
  }

  active(): void {
    this.#lastActivityMs = this.#clock.monotonicMs();
  }

  /** From now on the client may be silent for so long. */
  start(maxIdleMs: number): void {
    this.#timer?.cancel();
    const idleMs = this.#clock.monotonicMs() - this.#lastActivityMs;
    const isBusy = this.#isBusy();
    if (idleMs >= maxIdleMs && !isBusy) {
      this.#onIdle();
      return;
    }
    const waitMs = isBusy ? maxIdleMs : maxIdleMs - idleMs;
    this.#timer = this.#clock.after(waitMs, () => this.start(maxIdleMs));
  }

  stop(): void {
    this.#timer?.cancel();
  }
}
