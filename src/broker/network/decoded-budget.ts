import type { Clock, Timer } from '../../base/clock.ts';

/** A request waits so long for the memory that others have, then it is refused. */
const LONGEST_WAIT_MS = 30_000;

/** Memory for one decoded request. */
export interface DecodedMemory {
  /** The most that its arrays may take up. */
  readonly maxBytes: number;
  /** It takes up so much, now that it is decoded. */
  shrinkTo(bytes: number): void;
  release(): void;
}

export interface DecodedBudgetLimits {
  /** Of all long requests that are being decoded or handled. */
  readonly maxBytes: number;
  readonly maxBytesPerRequest: number;
}

interface Waiter {
  readonly bytes: number;
  readonly since: number;
  readonly begin: (memory: DecodedMemory) => void;
  readonly refuse: () => void;
}

/**
 * The memory that long requests may take up when they are decoded, over all connections. It is reserved before
 * anything is decoded; where it is not left, the next ones wait in turn.
 */
export class DecodedBudget {
  readonly maxBytes: number;
  readonly #clock: Clock;
  readonly #maxBytesPerRequest: number;
  #usedBytes = 0;
  readonly #waiting = new Set<Waiter>();
  #timer: Timer | undefined;

  constructor(clock: Clock, limits: DecodedBudgetLimits) {
    this.#clock = clock;
    this.maxBytes = limits.maxBytes;
    this.#maxBytesPerRequest = limits.maxBytesPerRequest;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /**
   * For a request that takes up at most `mostBytes`: `begin`, at once or when it is its turn, or `refuse` when that
   * takes too long.
   */
  reserve(mostBytes: number, begin: (memory: DecodedMemory) => void, refuse: () => void): void {
    const bytes = Math.min(this.#maxBytesPerRequest, mostBytes);
    const waiter = { bytes, since: this.#clock.monotonicMs(), begin, refuse };
    if (this.#waiting.size === 0 && this.#fits(bytes)) {
      begin(this.#take(bytes));
      return;
    }
    this.#waiting.add(waiter);
    this.#watch();
  }

  #fits(bytes: number): boolean {
    return this.#usedBytes + bytes <= this.maxBytes || this.#usedBytes === 0;
  }

  #take(maxBytes: number): DecodedMemory {
    let bytes = maxBytes;
    this.#usedBytes += bytes;
    const giveAllBut = (kept: number) => {
      if (kept >= bytes) return;
      this.#usedBytes -= bytes - kept;
      bytes = kept;
      this.#letIn();
    };
    return { maxBytes, shrinkTo: giveAllBut, release: () => giveAllBut(0) };
  }

  #letIn(): void {
    for (const waiter of this.#waiting) {
      if (!this.#fits(waiter.bytes)) break;
      this.#waiting.delete(waiter);
      waiter.begin(this.#take(waiter.bytes));
    }
    if (this.#waiting.size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #watch(): void {
    const oldest = this.#waiting.values().next().value;
    if (!oldest || this.#timer) return;
    const dueMs = oldest.since + LONGEST_WAIT_MS - this.#clock.monotonicMs();
    this.#timer = this.#clock.after(Math.max(0, dueMs), () => {
      this.#timer = undefined;
      const now = this.#clock.monotonicMs();
      for (const waiter of this.#waiting) {
        if (now - waiter.since < LONGEST_WAIT_MS) break;
        this.#waiting.delete(waiter);
        waiter.refuse();
      }
      this.#watch();
    });
  }
}
