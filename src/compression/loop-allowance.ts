import type { Clock } from '../base/clock.ts';

/** What one thing may cost on the event loop, in bytes of plain records: half a millisecond to one. */
export const SMALL_BYTES = 256 * 1024;

/** What all together may cost in a turn. */
const TURN_BYTES = 1024 * 1024;

/**
 * Who may decompress, compress and read records on the event loop, and how much of it in a turn. Whoever is refused
 * hands the work over to another thread.
 */
export class LoopAllowance {
  readonly #clock: Clock;
  #spent = 0;
  readonly #renew = () => {
    this.#spent = 0;
  };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether work of that cost may be done now, in bytes of plain records. It counts as done. */
  take(cost: number): boolean {
    if (cost === 0) return true;
    if (cost > SMALL_BYTES || this.#spent >= TURN_BYTES) return false;
    if (this.#spent === 0) this.#clock.nextTurn(this.#renew);
    this.#spent += cost;
    return true;
  }
}
