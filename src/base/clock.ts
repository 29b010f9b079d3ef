/** A pending callback; `cancel` is idempotent and safe after it fired. */
export interface Timer {
  cancel(): void;
}

/** Time as a port: nothing below the composition root reads the ambient clock. */
export interface Clock {
  /** Wall clock, milliseconds since the Unix epoch, an integer. May jump. */
  now(): number;
  /** Milliseconds from an arbitrary start, fractional, never going back. For measuring durations. */
  monotonicMs(): number;
  /** CPU time that this process has used, in milliseconds; absent where nothing but the passing of time is simulated. */
  cpuMs?(): number;
  /** Runs `callback` once, no sooner than `delayMs` from now. */
  after(delayMs: number, callback: () => void): Timer;
  /**
   * Runs `callback` after the I/O events of the current event-loop turn have been handled, in the
   * order of the calls. This is what lets one write serve every request of a turn.
   */
  endOfTurn(callback: () => void): void;
  /**
   * Runs `callback` in the turn after this one, when the I/O events that have come meanwhile have been
   * handled. For work that goes on in pieces, so that others get their turn between.
   */
  nextTurn(callback: () => void): void;
}
