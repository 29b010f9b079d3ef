import type { Clock, Timer } from '../../base/clock.ts';
import type { OwnedLog } from '../log-owner.ts';

export interface FlusherSettings {
  readonly backgroundFlushMs: number;
  readonly backgroundFlushBytes: number;
}

/**
 * Syncs written data of a log directory in the background, in small steps and one log at a time, so that neither a
 * power cut costs much nor a segment's roll leaves a gigabyte to sync at once. Idle, it has no timer.
 */
export class LogFlusher {
  readonly #clock: Clock;
  readonly #settings: () => FlusherSettings;
  /** Logs with unsynced data, and since when. */
  readonly #dirty = new Map<OwnedLog, number>();
  #timer: Timer | undefined;
  #running: Promise<void> | undefined;
  /** Before it starts it only remembers; loading logs needs the disk for itself. */
  #isStarted = false;
  #isStopped = false;

  constructor(clock: Clock, settings: () => FlusherSettings) {
    this.#clock = clock;
    this.#settings = settings;
  }

  /** `log` has unsynced data. */
  written(log: OwnedLog): void {
    if (this.#isStopped) return;
    if (!this.#dirty.has(log)) this.#dirty.set(log, this.#clock.monotonicMs());
    if (this.#running || !this.#isStarted) return;
    if (this.#isLarge(log)) this.#run();
    else this.#arm(Math.min(this.#settings().backgroundFlushMs, log.config.flushMs));
  }

  start(): void {
    this.#isStarted = true;
    if (this.#dirty.size > 0) this.#arm(this.#settings().backgroundFlushMs);
  }

  #isLarge(log: OwnedLog): boolean {
    return log.unsyncedBytes >= this.#settings().backgroundFlushBytes;
  }

  forget(log: OwnedLog): void {
    this.#dirty.delete(log);
  }

  /** No sync begins any more; resolves when the one under way is done. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    await this.#running;
  }

  #arm(delayMs: number): void {
    this.#timer ??= this.#clock.after(delayMs, () => this.#run());
  }

  #run(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#running || this.#isStopped) return;
    this.#running = this.#syncDue().finally(() => {
      this.#running = undefined;
      if (this.#dirty.size > 0 && !this.#isStopped) this.#arm(this.#settings().backgroundFlushMs);
    });
  }

  async #syncDue(): Promise<void> {
    const now = this.#clock.monotonicMs();
    for (const [log, since] of [...this.#dirty]) {
      const dueMs = Math.min(this.#settings().backgroundFlushMs, log.config.flushMs);
      const isDue = now - since >= dueMs;
      if (!isDue && !this.#isLarge(log)) continue;
      this.#dirty.delete(log);
      // A failure has taken the log's directory offline already; there is nothing to do about it.
      await log.flush().catch(() => undefined);
      if (this.#isStopped) return;
    }
  }
}
