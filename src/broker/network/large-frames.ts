import type { Clock, Timer } from '../../base/clock.ts';

/** A request that needs no more than this is received without asking; it fits a frame's first step. */
export const LARGE_FRAME_BYTES = 1280 * 1024;

/** A sender that holds memory while others wait for it must get on within this. */
const STALL_MS = 30_000;

/** A connection that receives a large request. */
export interface LargeFrameHolder {
  /** When bytes last came, on the monotonic clock. */
  readonly lastActivityMs: number;
  /** The memory is there: read on. */
  onLargeFrameAllowed(): void;
  /** The sender stopped in the middle of its request while others wait. */
  onLargeFrameStalled(): void;
}

/**
 * Bounds what large requests take up while they are being received, over all connections: with the
 * limit reached the next ones wait in turn, unread. One is always let in, however large.
 */
export class LargeFrames {
  readonly #clock: Clock;
  readonly #limitBytes: number;
  readonly #holders = new Map<LargeFrameHolder, number>();
  readonly #waiting = new Map<LargeFrameHolder, number>();
  #heldBytes = 0;
  #stallTimer: Timer | undefined;

  constructor(clock: Clock, limitBytes: number) {
    this.#clock = clock;
    this.#limitBytes = limitBytes;
  }

  /** Announced bytes of the large requests that are being received. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Whether the request may be received now; if not the holder is told when it may. */
  take(holder: LargeFrameHolder, bytes: number): boolean {
    if (this.#waiting.size === 0 && this.#fits(bytes)) {
      this.#hold(holder, bytes);
      return true;
    }
    this.#waiting.set(holder, bytes);
    this.#watch();
    return false;
  }

  /** The request is there, or its connection is gone. No error where nothing was held. */
  give(holder: LargeFrameHolder): void {
    this.#waiting.delete(holder);
    const bytes = this.#holders.get(holder);
    if (bytes !== undefined) {
      this.#holders.delete(holder);
      this.#heldBytes -= bytes;
    }
    for (const [next, wanted] of this.#waiting) {
      if (!this.#fits(wanted)) break;
      this.#waiting.delete(next);
      this.#hold(next, wanted);
      next.onLargeFrameAllowed();
    }
    if (this.#waiting.size > 0) return;
    this.#stallTimer?.cancel();
    this.#stallTimer = undefined;
  }

  #fits(bytes: number): boolean {
    return this.#holders.size === 0 || this.#heldBytes + bytes <= this.#limitBytes;
  }

  #hold(holder: LargeFrameHolder, bytes: number): void {
    this.#holders.set(holder, bytes);
    this.#heldBytes += bytes;
  }

  #watch(): void {
    this.#stallTimer ??= this.#clock.after(STALL_MS, () => {
      this.#stallTimer = undefined;
      const now = this.#clock.monotonicMs();
      for (const holder of [...this.#holders.keys()]) {
        if (now - holder.lastActivityMs >= STALL_MS) holder.onLargeFrameStalled();
      }
      if (this.#waiting.size > 0) this.#watch();
    });
  }
}
