/** A log that is held up until the disk has caught up. */
export interface HeldUpLog {
  /** It may look again whether it can write. */
  wake(): void;
}

/**
 * Bounds the bytes of a log directory that are written and not synced. Without a bound a producer that is faster
 * than the disk fills the system's memory, until the system holds up whoever writes next: the whole
 * process. Here only the logs wait that have much unsynced themselves.
 */
export class UnsyncedBudget {
  readonly #limitBytes: () => number;
  readonly #freeBytes: () => number;
  readonly #onWait: () => void;
  readonly #waiting = new Set<HeldUpLog>();
  #bytes = 0;
  /** How often a log had to wait. */
  waits = 0;

  /**
   * A log with fewer unsynced bytes than `freeBytes` never waits: they start its background sync. `onWait`
   * hears of each that has to.
   */
  constructor(limits: {
    limitBytes: () => number;
    freeBytes: () => number;
    onWait?: () => void;
  }) {
    this.#onWait = limits.onWait ?? (() => {});
    this.#limitBytes = limits.limitBytes;
    this.#freeBytes = limits.freeBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Whether a log that has `logBytes` unsynced may not write now; `synced` wakes it. */
  mustWait(log: HeldUpLog, logBytes: number): boolean {
    if (this.#bytes < this.#limitBytes() || logBytes < this.#freeBytes()) return false;
    if (!this.#waiting.has(log)) {
      this.waits++;
      this.#onWait();
    }
    this.#waiting.add(log);
    return true;
  }

  written(sizeInBytes: number): void {
    this.#bytes += sizeInBytes;
  }

  /** So many bytes are synced, or nobody will sync them any more. */
  synced(sizeInBytes: number): void {
    this.#bytes -= sizeInBytes;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const log of waiting) log.wake();
  }
}
