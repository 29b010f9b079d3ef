import type { Clock, Timer } from '../../base/clock.ts';
import type { BrokerParts } from '../../broker/broker-apis.ts';
import type { FetchWaiter, Partition } from '../../broker/replica/partition.ts';

/** A wait ended without what it waited for; the message says what was there instead. */
export class WaitTimeoutError extends Error {
  override name = 'WaitTimeoutError';
}

/**
 * Tells that the broker did something after which its state may be another: a request came, records
 * became visible, a topic changed, a timer fired. Whoever waits looks again then;
 * nobody polls. While nobody waits it costs nothing but a counter.
 * @internal
 */
export class Activity implements FetchWaiter {
  readonly #clock: Clock;
  readonly #parked = new Set<Partition>();
  #parts: BrokerParts | undefined;
  #waits = 0;
  #version = 0;
  #isScheduled = false;
  #isClosed = false;
  #wake: (() => void)[] = [];

  /** `clock` is the real one: waits have deadlines in the test's time, not the broker's. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Begins to see the topics. */
  attach(parts: BrokerParts): void {
    this.#parts = parts;
    parts.metadata.subscribe(() => {
      if (this.#waits > 0) this.#park();
      this.touch();
    });
  }

  /** Something happened. Those who wait look at the end of the turn, when what it led to is done. */
  touch(): void {
    this.#version++;
    if (this.#waits === 0 || this.#isScheduled) return;
    this.#isScheduled = true;
    this.#clock.endOfTurn(() => {
      this.#isScheduled = false;
      for (const wake of this.#wake.splice(0)) wake();
    });
  }

  /** The broker stops: what is waited for will never come. */
  close(): void {
    this.#isClosed = true;
    this.touch();
  }

  grew(): void {
    this.touch();
  }

  changed(): void {
    this.touch();
  }

  /**
   * Looks now and after everything that happens, until there is something. Rejects with
   * WaitTimeoutError after `timeoutMs`, or when the broker stops: `what` was waited for, and `seen`
   * says how things are.
   */
  async until<T>(
    look: () => T | undefined | Promise<T | undefined>,
    about: { what: string; seen: () => string; timeoutMs: number },
  ): Promise<T> {
    if (this.#waits++ === 0) this.#park();
    const deadline = new Deadline(this.#clock, about.timeoutMs);
    try {
      for (;;) {
        const version = this.#version;
        const found = await look();
        if (found !== undefined) return found;
        if (this.#isClosed || deadline.isOver) {
          const why = this.#isClosed ? 'the broker was stopped' : `${about.timeoutMs} ms went by`;
          throw new WaitTimeoutError(`${why} without ${about.what}: ${about.seen()}`);
        }
        if (version === this.#version) {
          await new Promise<void>((resolve) => {
            this.#wake.push(resolve);
            deadline.onOver = resolve;
          });
        }
      }
    } finally {
      deadline.cancel();
      if (--this.#waits === 0) this.#unpark();
    }
  }

  #park(): void {
    for (const partition of this.#parts?.partitions.all() ?? []) {
      if (this.#parked.has(partition)) continue;
      partition.park(this);
      this.#parked.add(partition);
    }
  }

  #unpark(): void {
    for (const partition of this.#parked) partition.unpark(this);
    this.#parked.clear();
  }
}

class Deadline {
  isOver = false;
  onOver: () => void = () => {};
  readonly #timer: Timer;

  constructor(clock: Clock, ms: number) {
    this.#timer = clock.after(ms, () => {
      this.isOver = true;
      this.onOver();
    });
  }

  cancel(): void {
    this.#timer.cancel();
  }
}
