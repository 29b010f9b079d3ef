import type { Clock, Timer } from '../../base/clock.ts';

/** More rounds than this means timers that set themselves for now, for ever. */
const MOST_ROUNDS = 1_000;

/** Dates beyond it have another form, which programs that read them do not know. */
const LATEST_MS = Date.UTC(9999, 11, 31);

interface PendingTimer extends Timer {
  readonly dueMs: number;
  readonly callback: () => void;
}

/**
 * The broker's time, as the test sees it: `advance` moves it on, and sockets and files go on in real
 * time. Unless it is stopped, it also passes by itself.
 */
export interface BrokerClock {
  /** What the broker takes the time to be: milliseconds since the Unix epoch. */
  now(): number;
  /**
   * Moves the time on by `ms`, as if the broker had been asleep: all that falls due in between happens
   * now, once. Resolves when timers have fired; what they began (a rebalance, a deletion of files) may
   * take its real time, for which there are the `waitFor` functions.
   */
  advance(ms: number): Promise<void>;
  /** From here on only `advance` moves the time. Also long polls then wait for `advance`, or data. */
  stop(): void;
  /** Time passes by itself again, from where it is. */
  resume(): void;
}

/**
 * Real time plus what a test adds to it.
 * @internal
 */
export class TestClock implements Clock, BrokerClock {
  readonly #real: Clock;
  readonly #startWallMs: number;
  readonly #startMs: number;
  /** What `advance` added, less the real time that passed while time stood still. */
  #shiftMs = 0;
  #stoppedAtMs: number | undefined;
  /** By due time, then by order of the calls. */
  #timers: PendingTimer[] = [];
  #armed: { timer: Timer; realDueMs: number } | undefined;
  /** Called after timers fired. */
  onFired: () => void = () => {};

  constructor(real: Clock) {
    this.#real = real;
    this.#startWallMs = real.now();
    this.#startMs = real.monotonicMs();
  }

  now(): number {
    return Math.floor(this.#startWallMs + this.monotonicMs() - this.#startMs);
  }

  monotonicMs(): number {
    return (this.#stoppedAtMs ?? this.#real.monotonicMs()) + this.#shiftMs;
  }

  after(delayMs: number, callback: () => void): Timer {
    const timer: PendingTimer = {
      dueMs: this.monotonicMs() + Math.max(0, delayMs),
      callback,
      cancel: () => this.#remove(timer),
    };
    let index = this.#timers.length;
    while (index > 0 && this.#timers[index - 1]!.dueMs > timer.dueMs) index--;
    this.#timers.splice(index, 0, timer);
    if (index === 0) this.#arm();
    return timer;
  }

  endOfTurn(callback: () => void): void {
    this.#real.endOfTurn(callback);
  }

  nextTurn(callback: () => void): void {
    this.#real.nextTurn(callback);
  }

  async advance(ms: number): Promise<void> {
    if (typeof ms !== 'number' || !(ms >= 0 && this.now() + ms <= LATEST_MS)) {
      throw new RangeError(
        `clock.advance: time goes forward only, by a number of milliseconds and to the year 9999 at the latest, not by ${ms}`,
      );
    }
    this.#shiftMs += ms;
    for (let round = 0; this.#fire(this.monotonicMs()); round++) {
      if (round === MOST_ROUNDS) throw new Error('timers set themselves for now, for ever');
      await this.#turn();
    }
    await this.#turn();
  }

  stop(): void {
    this.#stoppedAtMs ??= this.#real.monotonicMs();
    this.#arm();
  }

  resume(): void {
    if (this.#stoppedAtMs === undefined) return;
    this.#shiftMs -= this.#real.monotonicMs() - this.#stoppedAtMs;
    this.#stoppedAtMs = undefined;
    this.#arm();
  }

  /** Timers not yet fired or cancelled, to show that none leaks. */
  get pendingTimers(): number {
    return this.#timers.length;
  }

  /** Fires what is due by `limitMs`, once each; false when there was nothing. */
  #fire(limitMs: number): boolean {
    const due = this.#timers.filter(({ dueMs }) => dueMs <= limitMs);
    // One of them may cancel another, so each is looked up again.
    for (const timer of due) if (this.#remove(timer)) timer.callback();
    this.#arm();
    if (due.length > 0) this.onFired();
    return due.length > 0;
  }

  #remove(timer: PendingTimer): boolean {
    const index = this.#timers.indexOf(timer);
    if (index < 0) return false;
    this.#timers.splice(index, 1);
    if (this.#timers.length === 0) this.#arm();
    return true;
  }

  /** Keeps one real timer, for the first of these. One that went in between wakes it for nothing. */
  #arm(): void {
    const first = this.#stoppedAtMs === undefined ? this.#timers[0] : undefined;
    if (first && this.#armed?.realDueMs === first.dueMs - this.#shiftMs) return;
    this.#armed?.timer.cancel();
    this.#armed = undefined;
    if (!first) return;
    const { dueMs } = first;
    const timer = this.#real.after(dueMs - this.monotonicMs(), () => {
      this.#armed = undefined;
      // Real timers may be a fraction of a millisecond early.
      this.#fire(Math.max(dueMs, this.monotonicMs()));
    });
    this.#armed = { timer, realDueMs: dueMs - this.#shiftMs };
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => this.#real.endOfTurn(resolve));
  }
}
