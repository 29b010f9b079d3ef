import type { Clock, Timer } from '../../base/clock.ts';
import type { FileSystem, VolumeSpace } from '../../base/file-system.ts';
import type { Logger } from '../../base/logger.ts';

/** While bytes are being written, the free space is asked for this often at least. */
const CHECK_INTERVAL_MS = 5000;

/** While there is too little, this often. */
const LOW_CHECK_INTERVAL_MS = 1000;

/** Written since the free space was last asked for, this much leads to another look. */
const CHECK_AFTER_BYTES = 256 * 1024 * 1024;

/** After a write that found the disk full, producers wait this long, twice as long after each. */
const FULL_BACKOFF_MS = 1000;
const LARGEST_FULL_BACKOFF_MS = 60_000;

/** Free bytes beyond the reserve before producers may write again, as a part of the reserve. */
const HYSTERESIS = 0.1;

export interface DiskSpaceOptions {
  readonly path: string;
  readonly fileSystem: FileSystem;
  readonly clock: Clock;
  readonly logger: Logger;
  /** `log.disk.reserved.bytes` now in force; 0 reserves nothing, -1 what reservedOf says. */
  readonly reservedBytes: () => number;
}

/** What is reserved where the configuration leaves it to us. */
export function reservedOf(totalBytes: number): number {
  return Math.min(256 * 1024 * 1024, Math.floor(totalBytes / 20));
}

/**
 * Whether a log directory has room for producers. The file system is asked in the background; in
 * between, what was written is subtracted. Idle, it has no timer.
 */
export class DiskSpace {
  readonly #options: DiskSpaceOptions;
  /** Producers are refused; everything else goes on. */
  isLow = false;
  /** Why, for those who are refused. */
  reason = '';
  /** As last asked for; undefined before the first look, and where the system does not say. */
  #space: VolumeSpace | undefined;
  #writtenBytes = 0;
  #timer: Timer | undefined;
  #isChecking = false;
  #isStopped = false;
  /** A write found the disk full: no producer before this, whatever the system says. */
  #fullUntilMs = 0;
  #backoffMs = FULL_BACKOFF_MS;

  constructor(options: DiskSpaceOptions) {
    this.#options = options;
  }

  /** Bytes went to the directory's files. Once per log and turn, so it must cost nothing. */
  written(sizeInBytes: number): void {
    this.#writtenBytes += sizeInBytes;
    if (this.#timer === undefined) this.#arm();
    if (this.#space === undefined || this.isLow) return;
    const reserved = this.#reserved(this.#space);
    const left = this.#space.freeBytes - this.#writtenBytes;
    if (left < reserved) this.#becomeLow(left, reserved);
    else if (this.#writtenBytes > Math.min(CHECK_AFTER_BYTES, (left - reserved) / 2)) this.check();
  }

  /** A write found no space, reserve or not. */
  exhausted(error: Error): void {
    const now = this.#options.clock.monotonicMs();
    if (now >= this.#fullUntilMs) {
      // Full again soon after it went on: the system's figures are not to be relied on (a quota).
      const isAgain = this.#fullUntilMs > 0 && now - this.#fullUntilMs < LARGEST_FULL_BACKOFF_MS;
      this.#backoffMs = isAgain
        ? Math.min(this.#backoffMs * 2, LARGEST_FULL_BACKOFF_MS)
        : FULL_BACKOFF_MS;
      this.#fullUntilMs = now + this.#backoffMs;
    }
    this.#setLow(`${this.#options.path} is full: ${error.message}`);
  }

  /** Asks the file system now; the answer changes `isLow` when it comes. */
  check(): void {
    if (this.#isChecking || this.#isStopped) return;
    this.#isChecking = true;
    this.#timer?.cancel();
    this.#timer = undefined;
    const { fileSystem, path } = this.#options;
    const writtenBefore = this.#writtenBytes;
    void fileSystem.space(path).then(
      (space) => this.#checked(space, writtenBefore),
      // No figures: a write that fails says it too.
      () => this.#checked(undefined, writtenBefore),
    );
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #reserved({ totalBytes }: VolumeSpace): number {
    const configured = this.#options.reservedBytes();
    return configured >= 0 ? configured : reservedOf(totalBytes);
  }

  #checked(space: VolumeSpace | undefined, writtenBefore: number): void {
    this.#isChecking = false;
    if (this.#isStopped) return;
    this.#space = space;
    this.#writtenBytes -= writtenBefore;
    const reserved = space ? this.#reserved(space) : 0;
    const freeBytes = space?.freeBytes ?? Number.POSITIVE_INFINITY;
    if (freeBytes < reserved) this.#becomeLow(freeBytes, reserved);
    else if (this.isLow) this.#recover(freeBytes, reserved);
    if (this.isLow || this.#writtenBytes > 0) this.#arm();
  }

  #recover(freeBytes: number, reserved: number): void {
    if (this.#options.clock.monotonicMs() < this.#fullUntilMs) return;
    if (freeBytes < reserved * (1 + HYSTERESIS)) return;
    this.isLow = false;
    const { path, logger } = this.#options;
    logger.info({ logDir: path, freeBytes }, `${path} has space again: producers may write`);
  }

  #becomeLow(freeBytes: number, reserved: number): void {
    const free = Math.max(0, Math.round(freeBytes));
    this.#setLow(
      `${this.#options.path} has ${free} bytes left, fewer than the ${reserved} of log.disk.reserved.bytes; delete data, shorten its retention, or give the volume more space`,
    );
  }

  #setLow(reason: string): void {
    this.reason = reason;
    if (this.isLow) return;
    this.isLow = true;
    const { path, logger } = this.#options;
    logger.error({ logDir: path }, `producers must wait: ${reason}`);
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#arm();
  }

  #arm(): void {
    if (this.#timer !== undefined || this.#isChecking || this.#isStopped) return;
    const delayMs = this.isLow ? LOW_CHECK_INTERVAL_MS : CHECK_INTERVAL_MS;
    this.#timer = this.#options.clock.after(delayMs, () => {
      this.#timer = undefined;
      this.check();
    });
  }
}
