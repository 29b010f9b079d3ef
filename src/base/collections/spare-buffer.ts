import type { Clock, Timer } from '../clock.ts';

/**
 * Keeps the last of the very large buffers for a while: where one came, the next is often as large, and
 * fresh memory of that size costs milliseconds in one go (pages, and a garbage collection).
 */
export class SpareBuffer {
  readonly #clock: Clock;
  readonly #idleMs: number;
  #buffer: Buffer | undefined;
  #timer: Timer | undefined;
  #isEnded = false;

  /** It is given up when nobody took it for `idleMs`. */
  constructor(options: { clock: Clock; idleMs: number }) {
    this.#clock = options.clock;
    this.#idleMs = options.idleMs;
  }

  /** The kept buffer, where it has exactly this size. */
  take(size: number): Buffer | undefined {
    if (this.#buffer?.length !== size) return undefined;
    const buffer = this.#buffer;
    this.drop();
    return buffer;
  }

  /** Keeps `buffer` instead of the one that is kept. */
  keep(buffer: Buffer): void {
    this.drop();
    if (this.#isEnded) return;
    this.#buffer = buffer;
    this.#timer = this.#clock.after(this.#idleMs, () => this.drop());
  }

  /** Keeps nothing from now on, and leaves no timer. */
  end(): void {
    this.#isEnded = true;
    this.drop();
  }

  drop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#buffer = undefined;
  }
}
