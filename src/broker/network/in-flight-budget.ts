/** A connection that waits until the broker as a whole holds less. */
export interface BudgetWaiter {
  onBudgetFreed(): void;
}

/** One answer may take this part of what is left, so that slow clients never take all of it together. */
const ANSWERS_PER_REMAINDER = 8;

/** What an answer may take in any case: with nothing left the clients still get on. */
const SMALLEST_ANSWER_BYTES = 64 * 1024;

/** A long answer may take this part of what others leave, so that a few of them never take all of it. */
const LONG_ANSWERS_PER_REMAINDER = 2;

/**
 * Bytes of large requests that arrive, of requests in flight and of answers not sent yet, over all
 * connections. One that finds it exhausted finishes what it has and goes on when told; those that
 * wait are told in turn.
 */
export class InFlightBudget {
  readonly limitBytes: number;
  #usedBytes = 0;
  readonly #waiters = new Set<BudgetWaiter>();

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  get exhausted(): boolean {
    return this.#usedBytes >= this.limitBytes;
  }

  /** The most that the next answer should hold. */
  get answerBytes(): number {
    const share = Math.floor((this.limitBytes - this.#usedBytes) / ANSWERS_PER_REMAINDER);
    return Math.max(SMALLEST_ANSWER_BYTES, share);
  }

  /** Whether an answer that holds `heldBytes` already may take `bytes` more. */
  mayGrow(heldBytes: number, bytes: number): boolean {
    const left = this.limitBytes - (this.#usedBytes - heldBytes);
    const share = Math.max(SMALLEST_ANSWER_BYTES, left / LONG_ANSWERS_PER_REMAINDER);
    return heldBytes + bytes <= share;
  }

  take(bytes: number): void {
    this.#usedBytes += bytes;
  }

  give(bytes: number): void {
    this.#usedBytes -= bytes;
    if (this.#waiters.size === 0 || this.exhausted) return;
    // Whoever still can't go on registers again and is asked only after the others.
    const turns = [...this.#waiters];
    for (const waiter of turns) {
      if (this.exhausted) return;
      if (this.#waiters.delete(waiter)) waiter.onBudgetFreed();
    }
  }

  wait(waiter: BudgetWaiter): void {
    this.#waiters.add(waiter);
  }

  forget(waiter: BudgetWaiter): void {
    this.#waiters.delete(waiter);
  }
}
