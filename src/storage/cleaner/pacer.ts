import type { Clock } from '../../base/clock.ts';

/** How long the event loop belongs to compaction at a time. */
const SLICE_MS = 2;
/** Codecs keep their memory until the event loop has had a turn: it gets one this often. */
const SLICE_BYTES = 4 * 1024 * 1024;
/** Shorter waits are saved up. */
const MIN_WAIT_MS = 10;

/** Compaction was told to end; what it had begun is worthless. */
export class CleaningStoppedError extends Error {
  override name = 'CleaningStoppedError';
}

/** Lets compaction have only so much of the event loop and of the disk. Shared by all passes. */
export class Pacer {
  /** log.cleaner.io.max.bytes.per.second, of reads and writes together. */
  maxBytesPerSecond: number;
  readonly #clock: Clock;
  #sliceStartMs = 0;
  #sliceBytes = 0;
  /** When the bytes so far are paid for. */
  #paidUntilMs = 0;
  #isStopped = false;
  readonly #waiting = new Set<() => void>();

  constructor(clock: Clock, maxBytesPerSecond: number) {
    this.#clock = clock;
    this.maxBytesPerSecond = maxBytesPerSecond;
  }

  /** Waits end, and the next step of every pass fails with CleaningStoppedError. */
  stop(): void {
    this.#isStopped = true;
    for (const wake of [...this.#waiting]) wake();
  }

  /** To be called before a pass begins, and after every wait for something else. */
  startSlice(): void {
    this.#sliceStartMs = this.#clock.monotonicMs();
    this.#sliceBytes = 0;
  }

  /**
   * Accounts for `diskBytes` read or written and `memoryBytes` of records decoded; a promise where it
   * is time to pause. Throws CleaningStoppedError.
   */
  spend(diskBytes: number, memoryBytes = 0): Promise<void> | undefined {
    if (this.#isStopped) throw new CleaningStoppedError('compaction is ending');
    const now = this.#clock.monotonicMs();
    const cost = (diskBytes * 1000) / this.maxBytesPerSecond;
    this.#paidUntilMs = Math.max(this.#paidUntilMs, now) + cost;
    const waitMs = this.#paidUntilMs - now;
    if (waitMs >= MIN_WAIT_MS) return this.#wait(waitMs);
    this.#sliceBytes += memoryBytes;
    if (now - this.#sliceStartMs >= SLICE_MS || this.#sliceBytes >= SLICE_BYTES) {
      return this.#wait(0);
    }
    return undefined;
  }

  async #wait(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const wake = () => {
        timer.cancel();
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = this.#clock.after(ms, wake);
      this.#waiting.add(wake);
    });
    if (this.#isStopped) throw new CleaningStoppedError('compaction is ending');
    this.startSlice();
  }
}
