import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';

/** A line on the way through many or long logs, no more often than this. */
const REPORT_INTERVAL_MS = 5000;

/** The event loop turns at least this often while logs are loaded, for signals and timers. */
const TURN_MS = 20;

/** Bytes that are scanned between two looks at the clock. */
const BYTES_PER_LOOK = 1024 * 1024;

const MEGABYTE = 1024 * 1024;

/** How far the logs of one directory are loaded: says so now and then, and lets the event loop turn. */
export class LoadProgress {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #logDir: string;
  readonly #logCount: number;
  readonly #startMs: number;
  #reportedMs: number;
  #turnedMs: number;
  #loaded = 0;
  #scannedBytes = 0;
  #unseenBytes = 0;

  constructor(clock: Clock, logger: Logger, of: { logDir: string; logCount: number }) {
    this.#clock = clock;
    this.#logger = logger;
    this.#logDir = of.logDir;
    this.#logCount = of.logCount;
    this.#startMs = clock.monotonicMs();
    this.#reportedMs = this.#startMs;
    this.#turnedMs = this.#startMs;
  }

  get tookMs(): number {
    return Math.round(this.#clock.monotonicMs() - this.#startMs);
  }

  get scannedBytes(): number {
    return this.#scannedBytes;
  }

  /** Another log is there. */
  loaded(): void {
    this.#loaded++;
    this.#reportIfDue();
  }

  /** Recovery or a rebuild of indexes went through so many more bytes. */
  scanned(bytes: number): void {
    this.#scannedBytes += bytes;
    this.#unseenBytes += bytes;
    if (this.#unseenBytes < BYTES_PER_LOOK) return;
    this.#unseenBytes = 0;
    this.#reportIfDue();
  }

  /** Resolves at once, or when the event loop has turned. */
  async turn(): Promise<void> {
    if (this.#clock.monotonicMs() - this.#turnedMs < TURN_MS) return;
    await new Promise<void>((resolve) => this.#clock.endOfTurn(resolve));
    this.#turnedMs = this.#clock.monotonicMs();
  }

  #reportIfDue(): void {
    const now = this.#clock.monotonicMs();
    if (now - this.#reportedMs < REPORT_INTERVAL_MS) return;
    this.#reportedMs = now;
    const logs = `${group(this.#loaded)} of ${group(this.#logCount)} logs`;
    const megabytes = Math.round(this.#scannedBytes / MEGABYTE);
    const perSecond = Math.round(megabytes / ((now - this.#startMs) / 1000));
    const fields = { logDir: this.#logDir, loaded: this.#loaded, of: this.#logCount };
    if (megabytes === 0) this.#logger.info(fields, `loading: ${logs}`);
    else {
      this.#logger.info(
        { ...fields, scannedBytes: this.#scannedBytes },
        `recovering: ${logs}, ${group(megabytes)} MB checked, ${group(perSecond)} MB/s`,
      );
    }
  }
}

/** 12345 as 12,345. */
function group(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}
