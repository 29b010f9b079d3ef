import type { Clock } from '../../base/clock.ts';

/**
 * What may be read from the page cache on the event loop in one turn, by all readers together: copying
 * a megabyte into fresh memory can take two milliseconds, and a hundred readers may ask in one turn.
 */
export class TurnQuota {
  readonly #clock: Clock;
  readonly #limitBytes: number;
  #usedBytes = 0;
  readonly #reset = () => {
    this.#usedBytes = 0;
  };

  constructor(clock: Clock, limitBytes: number) {
    this.#clock = clock;
    this.#limitBytes = limitBytes;
  }

  /** Whether `bytes` more may be read; false once the turn has had its limit. */
  take(bytes: number): boolean {
    if (this.#usedBytes >= this.#limitBytes) return false;
    if (this.#usedBytes === 0) this.#clock.endOfTurn(this.#reset);
    this.#usedBytes += bytes;
    return true;
  }
}
