/** A connection that waits until the broker as a whole holds less. */
export interface BudgetWaiter {
  onBudgetFreed(): void;
}

/**
 * Bytes of requests in flight and of answers not sent yet, over all connections. One that finds it
 * exhausted finishes what it has and goes on when told; those that wait are told in turn.
 */
export class InFlightBudget {
  readonly #limitBytes: number;
  #usedBytes = 0;
  readonly #waiters = new Set<BudgetWaiter>();

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  get exhausted(): boolean {
    return this.#usedBytes >= this.#limitBytes;
  }

  take(bytes: number): void {
    this.#usedBytes += bytes;
  }

  give(bytes: number): void {
    this.#usedBytes -= bytes;
    if (this.#waiters.size === 0) return;
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
