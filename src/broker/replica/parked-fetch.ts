import type { Clock, Timer } from '../../base/clock.ts';
import type { FetchWaiter, Partition } from './partition.ts';

/**
 * A fetch that found too little and waits (the purgatory's place for fetches): on every partition
 * that it reads, and on the clock. It counts the bytes that become visible and never reads; what was
 * seen before is forgotten, the woken fetch reads again.
 */
export class ParkedFetch implements FetchWaiter {
  #missingBytes: number;
  readonly #partitions: readonly Partition[];
  readonly #timer: Timer;
  #onWake: (() => void) | undefined;

  /** `onWake` is called once: when `missingBytes` have come, a partition changed, or time is up. */
  constructor(
    clock: Clock,
    partitions: readonly Partition[],
    options: { missingBytes: number; maxWaitMs: number },
    onWake: () => void,
  ) {
    this.#missingBytes = options.missingBytes;
    this.#partitions = partitions;
    this.#onWake = onWake;
    for (const partition of partitions) partition.park(this);
    this.#timer = clock.after(options.maxWaitMs, () => this.wake());
  }

  grew(bytes: number): void {
    this.#missingBytes -= bytes;
    if (this.#missingBytes <= 0) this.wake();
  }

  changed(): void {
    this.wake();
  }

  /** Ends the wait now: time is up, or the broker shuts down and wants everybody answered. */
  wake(): void {
    const onWake = this.#onWake;
    this.cancel();
    onWake?.();
  }

  /** The client is gone: nobody will be woken. Idempotent. */
  cancel(): void {
    if (!this.#onWake) return;
    this.#onWake = undefined;
    this.#timer.cancel();
    for (const partition of this.#partitions) partition.unpark(this);
  }
}
