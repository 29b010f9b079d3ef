import type { Clock, Timer } from '../clock.ts';

/** Longer delays overflow the runtime's timer and would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * How often callbacks queued by end-of-turn callbacks still run in the same turn: a disk write
 * completes requests, which queue the connections' writes. Past it the rest waits for the next turn,
 * so that a callback that queues itself can't keep sockets from being read.
 */
const ROUNDS_PER_TURN = 8;

/** The real clock. Create one for each process: its end-of-turn queue is in order of the calls. */
export class NodeClock implements Clock {
  #queue: (() => void)[] = [];
  #scheduled = false;
  readonly #drain = () => this.#runQueue();

  now(): number {
    return Date.now();
  }

  monotonicMs(): number {
    return performance.now();
  }

  cpuMs(): number {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  }

  after(delayMs: number, callback: () => void): Timer {
    return new NodeTimer(delayMs, callback);
  }

  endOfTurn(callback: () => void): void {
    this.#queue.push(callback);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#drain);
  }

  nextTurn(callback: () => void): void {
    // Immediates wait for the I/O events first; from one of them, for those of the next turn.
    setImmediate(callback);
  }

  #runQueue(): void {
    let current: (() => void)[] = [];
    let index = 0;
    try {
      for (let round = 0; round < ROUNDS_PER_TURN && this.#queue.length > 0; round++) {
        current = this.#queue;
        this.#queue = [];
        for (index = 0; index < current.length; index++) current[index]!();
      }
    } finally {
      // Only a callback that threw leaves some of its round: they still run, in their order.
      if (index < current.length) this.#queue = [...current.slice(index + 1), ...this.#queue];
      this.#scheduled = this.#queue.length > 0;
      if (this.#scheduled) setImmediate(this.#drain);
    }
  }
}

class NodeTimer implements Timer {
  #handle: NodeJS.Timeout | undefined;

  constructor(delayMs: number, callback: () => void) {
    this.#arm(Math.max(0, Math.ceil(delayMs)), callback);
  }

  cancel(): void {
    clearTimeout(this.#handle);
    this.#handle = undefined;
  }

  #arm(remainingMs: number, callback: () => void): void {
    const stepMs = Math.min(remainingMs, LONGEST_TIMER_MS);
    this.#handle = setTimeout(() => {
      this.#handle = undefined;
      if (stepMs < remainingMs) this.#arm(remainingMs - stepMs, callback);
      else callback();
    }, stepMs);
  }
}
