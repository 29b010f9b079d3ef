import type { Clock, Timer } from '../clock.ts';

/** More end-of-turn rounds than this means callbacks that queue themselves for ever. */
const MOST_ROUNDS = 10_000;

/** Enough hops for chains of `await` between two events. */
const MICROTASK_HOPS = 64;

interface SimTimer {
  dueMs: number;
  order: number;
  callback: () => void;
}

/** Timers on virtual time: they fire in order of due time, then of the calls. */
class TimerQueue {
  nowMs: number;
  #timers: SimTimer[] = [];
  #order = 0;

  constructor(startMs: number) {
    this.nowMs = startMs;
  }

  get size(): number {
    return this.#timers.length;
  }

  add(delayMs: number, callback: () => void): Timer {
    const timer: SimTimer = {
      dueMs: this.nowMs + Math.max(0, delayMs),
      order: this.#order++,
      callback,
    };
    let index = this.#timers.length;
    while (index > 0 && this.#timers[index - 1]!.dueMs > timer.dueMs) index--;
    this.#timers.splice(index, 0, timer);
    return {
      cancel: () => {
        const at = this.#timers.indexOf(timer);
        if (at >= 0) this.#timers.splice(at, 1);
      },
    };
  }

  /** Moves time to the first timer due by `limitMs` and fires it; false when there is none. */
  fireNext(limitMs: number): boolean {
    const first = this.#timers[0];
    if (!first || first.dueMs > limitMs) return false;
    this.#timers.shift();
    this.nowMs = Math.max(this.nowMs, first.dueMs);
    first.callback();
    return true;
  }
}

/** Time that stands still until a test moves it. Nothing runs by itself: not even end-of-turn work. */
export class SimClock implements Clock {
  readonly #timers: TimerQueue;
  #queue: (() => void)[] = [];
  #nextQueue: (() => void)[] = [];
  readonly #startMs: number;

  constructor(startMs = 1_700_000_000_000) {
    this.#startMs = startMs;
    this.#timers = new TimerQueue(startMs);
  }

  now(): number {
    return Math.floor(this.#timers.nowMs);
  }

  monotonicMs(): number {
    return this.#timers.nowMs - this.#startMs;
  }

  after(delayMs: number, callback: () => void): Timer {
    return this.#timers.add(delayMs, callback);
  }

  endOfTurn(callback: () => void): void {
    this.#queue.push(callback);
  }

  nextTurn(callback: () => void): void {
    this.#nextQueue.push(callback);
  }

  /** Timers not yet fired or cancelled, to show that none leaks. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** Runs what is queued for the end of the turn, and what that queues. True if anything ran. */
  runTurn(): boolean {
    let rounds = 0;
    this.#queue = [...this.#nextQueue, ...this.#queue];
    this.#nextQueue = [];
    while (this.#queue.length > 0) {
      if (++rounds > MOST_ROUNDS)
        throw new Error('end-of-turn callbacks queue themselves for ever');
      const current = this.#queue;
      this.#queue = [];
      for (const callback of current) callback();
    }
    return rounds > 0;
  }

  /** Moves time on by `ms`; each timer due by then fires at its own time, in a turn of its own. */
  advance(ms: number): void {
    const targetMs = this.#timers.nowMs + ms;
    this.runTurn();
    while (this.#timers.fireNext(targetMs)) this.runTurn();
    this.#timers.nowMs = targetMs;
  }

  /** Lets promises and end-of-turn work settle without moving time. */
  async settle(): Promise<void> {
    do {
      for (let hop = 0; hop < MICROTASK_HOPS; hop++) await undefined;
    } while (this.runTurn());
  }

  /** Like `advance`, and lets promises settle before, between and after the timers. */
  async advanceAndSettle(ms: number): Promise<void> {
    const targetMs = this.#timers.nowMs + ms;
    await this.settle();
    while (this.#timers.fireNext(targetMs)) await this.settle();
    this.#timers.nowMs = targetMs;
  }
}

/**
 * Virtual time over a real end of turn, for tests with real sockets and files: I/O goes on by
 * itself, time moves only through `advance`.
 */
export class ManualClock implements Clock {
  readonly #timers: TimerQueue;
  readonly #real: Clock;
  readonly #startMs: number;

  constructor(real: Clock, startMs = 1_700_000_000_000) {
    this.#real = real;
    this.#startMs = startMs;
    this.#timers = new TimerQueue(startMs);
  }

  now(): number {
    return Math.floor(this.#timers.nowMs);
  }

  monotonicMs(): number {
    return this.#timers.nowMs - this.#startMs;
  }

  after(delayMs: number, callback: () => void): Timer {
    return this.#timers.add(delayMs, callback);
  }

  endOfTurn(callback: () => void): void {
    this.#real.endOfTurn(callback);
  }

  nextTurn(callback: () => void): void {
    this.#real.nextTurn(callback);
  }

  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** Moves time on by `ms` and fires the timers due by then, each at its own time. */
  advance(ms: number): void {
    const targetMs = this.#timers.nowMs + ms;
    while (this.#timers.fireNext(targetMs));
    this.#timers.nowMs = targetMs;
  }
}
